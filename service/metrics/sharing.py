"""
One folder in which the processes of a service show each other what they have counted.

Each keeps one file there, ``<process id>-<random>``, and replaces it as a whole. What the dead counted stays
counted: who starts takes over their files, so that there are hardly more files than processes.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from service.metrics import merging
from service.metrics.ledger import Ledger, Snapshot

FOLDER = "SERVICE_METRICS_FOLDER"
"""The environment variable by which a parent tells its workers the folder."""

MOST_NAMES = 100
"""So many of the files that were taken over last are named: nobody is still reading an earlier one."""


@contextlib.contextmanager
def folder() -> Iterator[None]:
    """
    Name a fresh folder in the environment, for the processes that are started meanwhile.

    Only POSIX tells whether a process lives without harm to it: elsewhere each process tells its own.
    """
    if os.name != "posix":
        yield
        return
    with tempfile.TemporaryDirectory(prefix="service-metrics-", ignore_cleanup_errors=True) as path:
        os.environ[FOLDER] = path
        try:
            yield
        finally:
            del os.environ[FOLDER]


class _Page(NamedTuple):
    """A file: whose it is, who is taking it over, its numbers, and whose numbers are in them."""

    owner: str
    taker: str
    snapshot: Snapshot
    includes: Sequence[str]


class Sharing:
    """
    The counts of one process among those of the others.

    Files are not locked. A reader that finds one gone looks again. Who takes one over renames it first,
    which only one can do, and names it in its own, so that nobody counts it twice.
    """

    def __init__(self, ledger: Ledger, folder: Path | None) -> None:
        """Take this process' counts, and the folder; without one it is the only process."""
        self._ledger = ledger
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._inherited: Snapshot = {}
        self._includes: list[str] = []

    @classmethod
    def of_environment(cls, ledger: Ledger) -> "Sharing":
        """Share by the folder that ``folder`` has named to this process, if it has."""
        named = os.environ.get(FOLDER)
        return cls(ledger, Path(named) if named else None)

    def join(self) -> None:
        """
        Take over what the dead have counted, and show what this process has.

        Raises:
            OSError: The folder cannot be written.
        """
        if self._folder:
            for path in self._files():
                self._claim(path)
            pages = [page for page in self._pages() if page.taker == self._name]
            self._inherited = merging.merged((page.snapshot, False) for page in pages)
            names = [name for page in pages for name in (*page.includes, page.owner)]
            self._includes = names[-MOST_NAMES:]
            self.publish()
            for path in self._folder.glob(f"*.{self._name}"):
                path.unlink()

    def publish(self) -> None:
        """
        Show what this process has.

        Raises:
            OSError: The folder cannot be written.
        """
        if self._folder:
            fresh = self._folder / f"new-{self._name}"
            fresh.write_bytes(_written(self._own(), self._includes))
            fresh.replace(self._folder / self._name)

    def whole(self) -> Snapshot:
        """Give what all processes have counted, after it was published what this one has."""
        if not self._folder:
            return self._ledger.snapshot()
        # What was told once must not be less when another process is asked: it reads the file.
        with contextlib.suppress(OSError):
            self.publish()
        others = [page for page in self._pages() if page.owner != self._name]
        accounts = [(page.snapshot, not self._is_dead(page.owner)) for page in others]
        return merging.merged([(self._own(), True), *accounts])

    def _own(self) -> Snapshot:
        return merging.merged([(self._ledger.snapshot(), True), (self._inherited, False)])

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*")) if self._folder else []

    def _pages(self) -> list[_Page]:
        """Read every file whose numbers are in no other."""
        while True:
            try:
                pages = [_read(path) for path in self._files()]
            except FileNotFoundError:
                continue
            included = {name for page in pages for name in page.includes}
            return [page for page in pages if page.owner not in included]

    def _claim(self, path: Path) -> None:
        """Begin to take over a file, unless its owner lives, or another is doing it."""
        owner, _, taker = path.name.partition(".")
        if self._is_dead(owner) and (not taker or self._is_dead(taker)):
            with contextlib.suppress(FileNotFoundError):
                path.rename(path.with_name(f"{owner}.{self._name}"))

    def _is_dead(self, name: str) -> bool:
        process = int(name.partition("-")[0])
        if process == os.getpid():
            return name != self._name
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def _written(snapshot: Snapshot, includes: Sequence[str]) -> bytes:
    families = {name: list(series.items()) for name, series in snapshot.items()}
    return orjson.dumps({"includes": includes, "families": families})


def _read(path: Path) -> _Page:
    owner, _, taker = path.name.partition(".")
    read = orjson.loads(path.read_bytes())
    families = {
        name: {tuple(labels): numbers for labels, numbers in series}
        for name, series in read["families"].items()
    }
    return _Page(owner, taker, families, read["includes"])

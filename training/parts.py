"""What is drawn once and read many times: in parts, each whole or not there, by every processor at once."""

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from training.errors import ResumeError, StorageError
from training.storage import unwritable

Records = npt.NDArray[np.void]
"""One record for each thing drawn, with its arrays by name."""

Maker = Callable[[range], Records]
"""Draws the things of these numbers; can be pickled, and draws the same of the same numbers."""

PART = 512
"""Things of a part."""

TITLE = "drawn.json"


def drawn(folder: Path, title: str, maker: Maker, number: int, on_part: Callable[[int, int], None]) -> Path:
    """
    Draw what a folder has not yet: what is there is kept, so that a run that was stopped goes on.

    Args:
        folder: Made when it is not there.
        title: What is drawn there, and how; another's parts are not taken.
        maker: Draws.
        number: Of things, all parts together.
        on_part: Told the parts that are there, and how many there will be.

    Returns:
        The folder.

    Raises:
        ResumeError: The folder holds something else.
        StorageError: It cannot be written.
    """
    ranges = [range(first, min(first + PART, number)) for first in range(0, number, PART)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_title(folder, title)
        missing = [(_path(folder, at), each) for at, each in enumerate(ranges)]
        missing = [(path, each) for path, each in missing if not path.exists()]
        there = len(ranges) - len(missing)
        for done, _ in enumerate(_made(maker, missing), start=there + 1):
            on_part(done, len(ranges))
    except OSError as error:
        message = f"{unwritable(folder, error)}; the same command goes on where it was"
        raise StorageError(message) from error
    return folder


def read(folder: Path) -> list[Records]:
    """Give the parts of a folder, in order; they stay on the disk until they are asked for."""
    return [np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))]


def _path(folder: Path, at: int) -> Path:
    return folder / f"{at:05}.npy"


def _require_title(folder: Path, title: str) -> None:
    path = folder / TITLE
    if not path.exists():
        new = path.with_suffix(".new")
        new.write_text(json.dumps(title))
        new.replace(path)
    elif path.read_text() != json.dumps(title):
        message = f"{folder}: holds what another run drew; remove it, or name another folder by --runs"
        raise ResumeError(message)


def _made(maker: Maker, missing: list[tuple[Path, range]]) -> Iterator[None]:
    """Draw parts by as many processes as there are processors; a single one here."""
    workers = min(os.cpu_count() or 1, len(missing))
    if workers < 2:
        for path, numbers in missing:
            _write(path, maker(numbers))
            yield
        return
    # Spawned: a fork of a process with TensorFlow in it may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (maker,)) as pool:
        yield from pool.map(_draw, *zip(*missing, strict=True))


_maker: Maker | None = None


def _begin(maker: Maker) -> None:
    """Take what every part of this process is drawn by; end when the process that wants them has ended."""
    global _maker  # noqa: PLW0603  the one way to give something to all of a worker's calls
    _maker = maker
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _draw(path: Path, numbers: range) -> None:
    if _maker is not None:
        _write(path, _maker(numbers))


def _write(path: Path, records: npt.NDArray[Any]) -> None:
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        np.save(file, records)
    new.replace(path)

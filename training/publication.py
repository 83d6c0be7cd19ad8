"""A version appears in the repository whole, under the next number, or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from training.errors import PublicationError

READABLE = 0o755
"""Temporary folders are private; a published version is for whoever serves it."""


@dataclass(frozen=True)
class Draft:
    """A version in the making: the folder to write into, and the number that it will have."""

    folder: Path
    number: str


def next_version(model: Path) -> int:
    """Give the number behind the largest in a model's folder; 1 where there is none."""
    found = [int(entry.name) for entry in model.iterdir() if entry.name.isdecimal()] if model.is_dir() else []
    return max(found, default=0) + 1


@contextmanager
def draft(repository: Path, name: str) -> Iterator[Draft]:
    """
    Lend a hidden folder beside the versions, and rename it to the next version at the end.

    When the body fails the folder goes, and so do the folders that were made for it.

    Raises:
        PublicationError: The repository cannot be written, or the number was taken meanwhile.
    """
    model = repository / name
    made = [folder for folder in (model, *model.parents) if not folder.exists()]
    try:
        model.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".new-", dir=model))
    except OSError as error:
        message = f"{model}: cannot be written: {error.strerror}"
        raise PublicationError(message) from error
    version = str(next_version(model))
    try:
        yield Draft(folder, version)
        folder.chmod(READABLE)
        _rename(folder, model / version)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        for each in made:
            _remove_if_empty(each)
        raise


def _rename(folder: Path, version: Path) -> None:
    try:
        folder.rename(version)
    except OSError as error:
        message = f"{version}: another run published this version meanwhile; run again, the training is kept"
        raise PublicationError(message) from error


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()

"""A version appears in the repository whole, under the next number, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from training.errors import PublicationError
from training.locks import Lock, lock
from training.storage import unwritable

CARD = "card.json"
"""What a version says of itself."""

MODEL = "model.onnx"
"""What answers."""

HIDDEN = ".new-"

READABLE = 0o755
"""Temporary folders are private; a published version is for whoever serves it."""

FOLDERS_OPEN = os.name == "posix"
"""Whether a folder can be opened, and so be locked."""


@dataclass(frozen=True)
class Draft:
    """A version in the making: the folder to write into, and the number that it will have."""

    folder: Path
    number: str


def versions(model: Path) -> list[Path]:
    """Give the versions in a model's folder, oldest first."""
    found = [entry for entry in model.iterdir() if entry.name.isdecimal()] if model.is_dir() else []
    return sorted(found, key=lambda entry: int(entry.name))


def next_version(model: Path) -> int:
    """Give the number behind the largest in a model's folder; 1 where there is none."""
    return max((int(entry.name) for entry in versions(model)), default=0) + 1


@contextmanager
def draft(repository: Path, name: str) -> Iterator[Draft]:
    """
    Lend a hidden folder beside the versions, and rename it to the next version at the end.

    When the body fails the folder goes, and so do the folders that were made for it. When the process
    is killed it stays, and the next draft takes it away.

    Raises:
        PublicationError: The version cannot be written, or the number was taken meanwhile.
    """
    model = repository / name
    made = [folder for folder in (model, *model.parents) if not folder.exists()]
    try:
        model.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(model)
        folder, descriptor = _hidden_folder(model)
    except OSError as error:
        raise PublicationError(unwritable(model, error)) from error
    version = str(next_version(model))
    try:
        yield Draft(folder, version)
        folder.chmod(READABLE)
        _rename(folder, model / version)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        for each in made:
            _remove_if_empty(each)
        if isinstance(error, OSError):
            message = f"{unwritable(model / version, error)}; the training is kept"
            raise PublicationError(message) from error
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _hidden_folder(model: Path) -> tuple[Path, int | None]:
    """Make a folder that is locked before it has the name by which `_remove_abandoned` finds it."""
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=model))
    descriptor = None
    if FOLDERS_OPEN:
        descriptor = os.open(made, os.O_RDONLY)
        lock(descriptor)
    return made.rename(model / f"{HIDDEN}{made.name.removeprefix('.making-')}"), descriptor


def _remove_abandoned(model: Path) -> None:
    """Remove drafts that nobody holds: their process was killed. Where locks are not had, they stay."""
    for folder in model.glob(f"{HIDDEN}*") if FOLDERS_OPEN else ():
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except (FileNotFoundError, PermissionError):
            # Published meanwhile, or another user's.
            continue
        try:
            if lock(descriptor) is Lock.HELD:
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _rename(folder: Path, version: Path) -> None:
    try:
        folder.rename(version)
    except OSError as error:
        message = f"{version}: another run published this version meanwhile; run again, the training is kept"
        raise PublicationError(message) from error


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()

"""The folder of one run: who uses it, and where it was published."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import ResumeError, StorageError
from training.locks import Lock, lock
from training.recipes import Recipe
from training.storage import unwritable

LOCK = "lock"
PUBLISHED = "published.json"


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """
    Keep a second run out of the folder, which is made when it is not there.

    Gives:
        Whether a second run is kept out: not every file system has locks.

    Raises:
        ResumeError: Another run uses it.
        StorageError: It cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("wb")
    except OSError as error:
        raise StorageError(unwritable(folder, error)) from error
    with file:
        outcome = lock(file.fileno())
        if outcome is Lock.TAKEN:
            message = f"{folder}: another training uses this folder; wait for its end, or give another --runs"
            raise ResumeError(message)
        yield outcome is Lock.HELD


def is_published(folder: Path, model: Path, recipe: Recipe, seed: int) -> bool:
    """
    Tell whether the run was published as a version of the model, whatever became of the version.

    Args:
        folder: Of the run.
        model: Folder of the model's versions.
        recipe: What the run would do; one that did anything else is not this run.
        seed: Of the run.

    Raises:
        ResumeError: The record is damaged.
    """
    return _entry(model, recipe, seed) in _entries(folder)


@contextmanager
def recorded(folder: Path, model: Path, recipe: Recipe, seed: int) -> Iterator[None]:
    """
    Record that the body publishes the run as a version of the model.

    The record is written before, so that a disk that is full by then keeps the version from being
    published, and not only its record from being kept.

    Raises:
        StorageError: The folder cannot be written.
        ResumeError: The record is damaged.
    """
    new = folder / f"{PUBLISHED}.new"
    entries = [*_entries(folder), _entry(model, recipe, seed)]
    try:
        new.write_text(json.dumps(entries, indent=1))
    except OSError as error:
        raise StorageError(unwritable(folder, error)) from error
    yield
    new.replace(folder / PUBLISHED)


def _entry(model: Path, recipe: Recipe, seed: int) -> dict[str, str | int]:
    return {"model": str(model.resolve()), "recipe": repr(recipe), "seed": seed}


def _entries(folder: Path) -> list[dict[str, str | int]]:
    record = folder / PUBLISHED
    if not record.exists():
        return []
    try:
        return list(json.loads(record.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise ResumeError(_damaged(record)) from error


def _damaged(path: Path) -> str:
    return f"{path}: damaged; remove the folder to start anew"

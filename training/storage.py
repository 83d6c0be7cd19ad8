"""Whether a folder takes what will be written into it: asked before hours are spent."""

import os
import tempfile
from pathlib import Path

from training.errors import StorageError

ROOM_BYTES = 16 * 2**20
"""Two checkpoints of 4.2 MB, the old and the new one, or a version of 3 MB; and as much again."""


def require_room(folder: Path) -> None:
    """
    Write as much into a folder as a run will, and take it away again.

    Where the folder is not there, its nearest parent is asked: nothing is made that a run which is
    refused would leave behind.

    Raises:
        StorageError: It cannot be written, or not so much.
    """
    try:
        nearest = next(each for each in (folder, *folder.parents) if each.exists())
        with tempfile.TemporaryFile(dir=nearest) as file:
            # Random, for some file systems keep zeros for nothing; and to the disk, for others refuse late.
            file.write(os.urandom(ROOM_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(unwritable(folder, error)) from error


def unwritable(path: Path, error: OSError) -> str:
    """Say in one line that a path cannot be written, and why."""
    return f"{path}: cannot be written: {error.strerror or error}"

"""Folders are asked for their room, and are afterwards as they were."""

import resource
from pathlib import Path

import pytest

from training.errors import StorageError
from training.storage import require_room


def test_a_folder_that_takes_it_is_left_as_it_was(tmp_path: Path) -> None:
    require_room(tmp_path)
    require_room(tmp_path / "models" / "lenet5")

    assert not list(tmp_path.iterdir())


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "models"
    path.write_text("")

    for folder in (path, path / "lenet5"):
        with pytest.raises(StorageError, match=f"{folder}: cannot be written: Not a directory"):
            require_room(folder)


def test_a_file_system_that_takes_no_files_is_refused() -> None:
    with pytest.raises(StorageError, match="/proc/models: cannot be written"):
        require_room(Path("/proc/models"))


def test_a_disk_without_room_is_refused(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Less than two checkpoints of 4.2 MB.
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, limits[1]))
    try:
        with pytest.raises(StorageError, match="cannot be written: File too large"):
            require_room(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert not list(tmp_path.iterdir())

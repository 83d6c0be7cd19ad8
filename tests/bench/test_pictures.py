"""What is sent when nobody says what, and when somebody does."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from service.bench import pictures
from service.bench.errors import BenchError


def test_the_default_pictures_are_the_ten_digits_that_the_project_drew(digits: np.ndarray) -> None:
    found = pictures.load([])
    decoded = np.array([np.asarray(Image.open(io.BytesIO(picture.file))) for picture in found])

    assert np.array_equal(decoded, digits)
    assert b"".join(picture.pixels or b"" for picture in found) == digits.tobytes()
    assert {picture.media_type for picture in found} == {"image/png"}


def test_a_folder_gives_its_pictures_by_name_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "folder.png").mkdir()
    found = pictures.load([tmp_path])

    assert [(picture.file, picture.media_type) for picture in found] == [
        (b"a.png", "image/png"),
        (b"b.JPG", "image/jpeg"),
    ]


def test_a_file_that_is_named_may_be_anything(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"xyzzy")
    (found,) = pictures.load([tmp_path / "notes.txt"])

    assert (found.file, found.media_type, found.pixels) == (b"xyzzy", "application/octet-stream", None)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"absent\.png: No such file"):
        pictures.load([tmp_path / "absent.png"])
    with pytest.raises(BenchError, match="in this folder"):
        pictures.load([tmp_path])


def test_pictures_that_would_fill_the_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_PICTURE_BYTES", 2**20)
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(bytes(600_000))

    with pytest.raises(BenchError, match="more than 1 MiB together"):
        pictures.load([tmp_path])

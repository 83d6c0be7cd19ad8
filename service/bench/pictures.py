"""What is sent: pictures from files, or digits that the project drew."""

import mimetypes
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.bench.errors import BenchError
from service.bench.limits import MOST_PICTURE_BYTES

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
"""What is taken from a folder; a file that is named may be called anything."""

# By its path: the settings know it too, and load half of the service.
GOLDEN = next((Path(__file__).parents[1] / "models" / "lenet5").glob("*/golden.npz"))
"""The digits 0 to 9, drawn by the project and shipped with its model."""

SIDE = 28  # MNIST's, as the digits that the project drew have it


@dataclass(frozen=True)
class Picture:
    """
    One picture.

    Attributes:
        file: The encoded file.
        media_type: Its content type.
        pixels: 28x28 bytes, row by row, light on black, when it is one of the project's digits.
    """

    file: bytes
    media_type: str
    pixels: bytes | None = None


def load(paths: Iterable[Path]) -> tuple[Picture, ...]:
    """
    Read files and folders, or give the project's digits when there are none.

    Raises:
        BenchError: A file cannot be read, a folder has no picture, or they are too large together.
    """
    files = [file for path in paths for file in _files(path)]
    if not files:
        return _digits()
    pictures: list[Picture] = []
    size = 0
    for file in files:
        try:
            size += file.stat().st_size
            if size > MOST_PICTURE_BYTES:
                message = f"the pictures have more than {MOST_PICTURE_BYTES >> 20} MiB together"
                raise BenchError(message)
            pictures.append(Picture(file.read_bytes(), _media_type(file)))
        except OSError as error:
            message = f"{file}: {error.strerror}"
            raise BenchError(message) from None
    return tuple(pictures)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
    if not files:
        message = f"{path}: no {', '.join(sorted(SUFFIXES))} in this folder"
        raise BenchError(message)
    return files


def _media_type(file: Path) -> str:
    guess = mimetypes.guess_type(file.name)[0] or ""
    return guess if guess.startswith("image/") else "application/octet-stream"


def _digits() -> tuple[Picture, ...]:
    with np.load(GOLDEN) as golden:
        return tuple(Picture(_png(image), "image/png", image.tobytes()) for image in golden["images"])


def _png(image: NDArray[np.uint8]) -> bytes:
    """Write ``(28, 28)`` grey pixels as a PNG (ISO/IEC 15948): signature, IHDR, IDAT, IEND."""
    height, width = image.shape
    rows = np.pad(image, ((0, 0), (1, 0))).tobytes()  # each row begins with its filter: none
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )

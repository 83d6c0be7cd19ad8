"""Pixels that are unpacked by another library are the same pixels, and what is damaged stays damaged."""

import contextlib
import io
import struct
import zlib

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from service.errors import InvalidInputError
from service.images import headers
from service.images.decoding import Pixels, decode
from service.images.inflate import LEAST_BYTES, MOST_BYTES, store, unpack

RANDOM = np.random.default_rng(11)
SIZES = {
    "1": (1, (500, 301)),
    "L": (8, (160, 150)),
    "LA": (16, (150, 160)),
    "P": (8, (151, 170)),
    "RGB": (24, (120, 133)),
    "RGBA": (32, (99, 133)),
    "I;16": (16, (140, 111)),
}
"""Bits of a pixel, height and width."""


def drawn(mode: str, size: tuple[int, int] | None = None) -> Image.Image:
    height, width = size or SIZES[mode][1]
    noise = RANDOM.integers(0, 256, (height, width, 4), np.uint8)
    noise[:, : width // 2] = noise[:1, :1]
    if mode == "I;16":
        return Image.fromarray(noise[..., 0].astype(np.uint16) * 200)
    return Image.fromarray(noise, "RGBA").convert(mode)


def png(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def by_opencv(file: bytes) -> npt.NDArray[np.generic]:
    return cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)


def decoded(file: bytes) -> Pixels:
    return decode(file, headers.read(file))


def pixels_of(file: bytes) -> bytes:
    """Unpack the pixels of a file by Python's own zlib."""
    packed, position = b"", 8
    while position < len(file):
        length, kind = struct.unpack_from(">I4s", file, position)
        packed += file[position + 8 : position + 8 + length] if kind == b"IDAT" else b""
        position += 12 + length
    return zlib.decompress(packed)


def with_stored_pixels(file: bytes) -> bytes:
    unpacked = unpack(file)
    assert unpacked is not None
    return store(unpacked)


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("mode", SIZES)
def test_the_pixels_are_the_same(mode: str, level: int) -> None:
    file = png(drawn(mode), compress_level=level)
    stored = with_stored_pixels(file)

    assert pixels_of(stored) == pixels_of(file)
    np.testing.assert_array_equal(by_opencv(stored), by_opencv(file))


def test_small_and_huge_files_are_left_to_the_decoder() -> None:
    assert LEAST_BYTES > 28 * 29
    small = png(drawn("L", (28, 28)))
    huge = png(Image.new("L", (4_000, MOST_BYTES // 4_000 + 1)))

    assert unpack(small) is None
    assert unpack(huge) is None


def test_pixels_in_several_chunks_become_one() -> None:
    file = png(drawn("RGB", (300, 400)))
    begin = file.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", file, begin)
    packed = file[begin + 8 : begin + 8 + length]
    parts = [packed[:1], b"", packed[1:5_000], packed[5_000:]]
    chunks = b"".join(
        struct.pack(">I", len(part)) + b"IDAT" + part + struct.pack(">I", zlib.crc32(b"IDAT" + part))
        for part in parts
    )
    cut = file[:begin] + chunks + file[begin + 12 + length :]

    assert with_stored_pixels(cut).count(b"IDAT") == 1
    np.testing.assert_array_equal(by_opencv(with_stored_pixels(cut)), by_opencv(file))


def test_interlaced_files_are_left_to_the_decoder() -> None:
    file = bytearray(png(drawn("RGB")))
    file[28] = 1

    assert unpack(bytes(file)) is None


def test_a_file_with_a_byte_altered_is_read_or_refused() -> None:
    file = png(drawn("RGBA"))
    for place in RANDOM.integers(33, len(file), 300).tolist():
        altered = bytearray(file)
        altered[place] ^= int(RANDOM.integers(1, 256))
        with contextlib.suppress(InvalidInputError):
            assert decoded(bytes(altered)).shape == (*drawn("RGBA").size[::-1], 3)


@pytest.mark.parametrize("cut", [1, 50, 1_000, 20_000])
def test_a_file_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(InvalidInputError):
        decoded(png(drawn("RGB"), compress_level=1)[:-cut])

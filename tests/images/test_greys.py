"""A coloured PNG of grey pixels comes for a prediction in one channel: the same pixels, and only then."""

import struct
import zlib

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from service.errors import InvalidInputError
from service.images import headers
from service.images.decoding import Pixels, decode, decode_draft

RANDOM = np.random.default_rng(20261127)
FILTERS = {
    "none": cv2.IMWRITE_PNG_FILTER_NONE,
    "sub": cv2.IMWRITE_PNG_FILTER_SUB,
    "up": cv2.IMWRITE_PNG_FILTER_UP,
    "average": cv2.IMWRITE_PNG_FILTER_AVG,
    "paeth": cv2.IMWRITE_PNG_FILTER_PAETH,
    "all": cv2.IMWRITE_PNG_ALL_FILTERS,
}
SIZES = [(200, 130), (1, 9_000), (9_000, 1), (280, 280)]


def drawn(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Noise, slopes and plains, so that no filter leaves nothing."""
    height, width = size
    slope = np.add.outer(np.arange(height) * 3, np.arange(width) * 7).astype(np.uint8)
    noise = RANDOM.integers(0, 256, size, np.uint8)
    pixels = np.where(slope < 128, slope, noise)
    pixels[height // 4 : height // 2] = 255
    return pixels.astype(np.uint8)


def png(pixels: npt.NDArray[np.uint8], filtered: str) -> bytes:
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_FILTER, FILTERS[filtered]])[1].tobytes()


def draft(file: bytes) -> Pixels:
    return decode_draft(file, headers.read(file), least_side_px=1, least_spread=0)


@pytest.mark.parametrize("filtered", FILTERS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colours", [cv2.COLOR_GRAY2BGR, cv2.COLOR_GRAY2BGRA])
def test_grey_pixels_come_in_one_channel(filtered: str, size: tuple[int, int], colours: int) -> None:
    grey = drawn(size)
    found = draft(png(cv2.cvtColor(grey, colours), filtered))

    np.testing.assert_array_equal(found, grey)


@pytest.mark.parametrize("filtered", FILTERS)
@pytest.mark.parametrize("size", SIZES)
def test_a_grey_file_is_what_libpng_makes_of_it(filtered: str, size: tuple[int, int]) -> None:
    grey = drawn(size)
    file = png(grey, filtered)

    np.testing.assert_array_equal(draft(file), grey)
    np.testing.assert_array_equal(decode(file, headers.read(file)), grey)


@pytest.mark.parametrize("filtered", FILTERS)
@pytest.mark.parametrize("channel", range(3))
def test_one_pixel_of_a_colour_keeps_every_channel(filtered: str, channel: int) -> None:
    for _ in range(20):
        pixels = cv2.cvtColor(drawn((90, 70)), cv2.COLOR_GRAY2BGRA)
        row, column = RANDOM.integers(0, (90, 70))
        pixels[row, column, channel] ^= RANDOM.integers(1, 256, dtype=np.uint8)
        file = png(pixels, filtered)
        found = draft(file)

        assert found.shape == (90, 70, 3)
        np.testing.assert_array_equal(found, decode(file, headers.read(file)))


@pytest.mark.parametrize("filtered", FILTERS)
def test_one_pixel_that_is_not_opaque_is_composited(filtered: str) -> None:
    for _ in range(20):
        pixels = cv2.cvtColor(drawn((90, 70)), cv2.COLOR_GRAY2BGRA)
        row, column = RANDOM.integers(0, (90, 70))
        pixels[row, column, 3] ^= RANDOM.integers(1, 256, dtype=np.uint8)

        assert_same_in_grey(png(pixels, filtered))


@pytest.mark.parametrize("filtered", FILTERS)
@pytest.mark.parametrize("alpha", [0, 1, 128, 254])
def test_grey_pixels_with_the_same_alpha_everywhere_are_composited(filtered: str, alpha: int) -> None:
    pixels = cv2.cvtColor(drawn((90, 70)), cv2.COLOR_GRAY2BGRA)
    pixels[..., 3] = alpha

    assert_same_in_grey(png(pixels, filtered))


@pytest.mark.parametrize("filtered", FILTERS)
@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("size", SIZES)
def test_ink_that_only_alpha_shows_is_composited(filtered: str, level: int, size: tuple[int, int]) -> None:
    pixels = np.full((*size, 4), level, np.uint8)
    pixels[..., 3] = drawn(size)

    assert_same_in_grey(png(pixels, filtered))


@pytest.mark.parametrize("size", [(1_000_001, 1), (1, 1_000_001)])
def test_a_side_that_libpng_refuses_is_refused(size: tuple[int, int]) -> None:
    file = png(np.zeros((1, 1), np.uint8), "none")
    rows = bytes(size[0] * (1 + size[1]))
    header = struct.pack(">IIBBBBB", size[1], size[0], 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    made = file[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )

    with pytest.raises(InvalidInputError):
        draft(made)


def assert_same_in_grey(file: bytes) -> None:
    """A draft is what ``decode`` makes of the file, whose alpha libpng unfilters and OpenCV composites."""
    found, whole = draft(file), decode(file, headers.read(file))
    np.testing.assert_array_equal(np.atleast_3d(found) + np.zeros(3, np.uint8), whole)


def test_elsewhere_a_coloured_file_keeps_its_channels() -> None:
    file = png(cv2.cvtColor(drawn((90, 70)), cv2.COLOR_GRAY2BGRA), "all")

    assert decode(file, headers.read(file)).shape == (90, 70, 3)


def test_sixteen_bits_are_left_to_the_decoder() -> None:
    deep = RANDOM.integers(0, 2**16, (90, 70, 1), np.uint16).repeat(3, axis=2)
    file = cv2.imencode(".png", deep)[1].tobytes()

    np.testing.assert_array_equal(draft(file), decode(file, headers.read(file)))

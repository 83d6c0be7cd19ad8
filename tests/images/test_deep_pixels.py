"""Deep pixels count by what they take, and are made 8 bits deep a few rows at a time."""

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
import pytest

from service.errors import TooLargeError
from service.images import headers
from service.images.decoding import PixelLimits, decode
from service.images.pictures import of_files

Weigh = Callable[[Mapping[str, bytes]], dict[str, Any]]
RANDOM = np.random.default_rng(2)
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
TURNED = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + bytes(4)
"""EXIF: to be turned clockwise."""


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def png(pixels: np.ndarray, **more: bytes) -> bytes:
    """Write ``(height, width, channels)``, uint8 or uint16: grey or colour, and alpha after either."""
    height, width, channels = pixels.shape
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    header = struct.pack(">IIBBBBB", width, height, pixels.itemsize * 8, COLOUR_TYPES[channels], 0, 0, 0)
    data = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes(), 1)
    chunks = {"IHDR": header, **more, "IDAT": data, "IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind.encode(), content) for kind, content in chunks.items())


def noise(height: int, width: int, channels: int, depth: int) -> np.ndarray:
    return RANDOM.integers(0, 2**depth, (height, width, channels), np.uint16 if depth == 16 else np.uint8)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(
    ("channels", "transparent"), [(1, b""), (1, bytes(2)), (2, b""), (3, b""), (3, bytes(6)), (4, b"")]
)
def test_a_pixel_weighs_what_opencv_makes_of_it(channels: int, transparent: bytes, depth: int) -> None:
    file = png(noise(3, 5, channels, depth), **({"tRNS": transparent} if transparent else {}))
    given = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)

    assert headers.read(file).pixel_bytes == max(given.nbytes // 15, 4)


def test_a_deep_pixel_counts_by_its_bytes_and_the_refusal_says_so() -> None:
    limits = PixelLimits(pixels=1_000, side=100)
    for pixel_bytes, most, weight in ((8, 50, "as 2;"), (6, 66, r"as 1\.5;")):
        limits.check(10, most, pixel_bytes)
        with pytest.raises(TooLargeError, match=f"{most + 1}x10 pixels of 16 bits a channel, each {weight}"):
            limits.check(10, most + 1, pixel_bytes)
    with pytest.raises(TooLargeError, match="10x101 pixels; at most 1000"):
        limits.check(101, 10)


def test_all_pictures_of_a_request_count_together_by_their_bytes() -> None:
    deep, colour, shallow = (png(noise(5, 8, *kind)) for kind in ((4, 16), (3, 16), (4, 8)))
    limits = PixelLimits(1_000, 100)
    files = [("#/0", deep), ("#/1", colour), ("#/2", shallow)]

    assert of_files(files, limits=limits, total=180).pixels == 80 + 60 + 40
    with pytest.raises(
        TooLargeError, match="180 pixels together, 16 bits a channel counted by their bytes; "
    ):
        of_files(files, limits=limits, total=179)
    with pytest.raises(TooLargeError, match="80 pixels together; at most 79"):
        of_files([("#/0", shallow)] * 2, limits=limits, total=79)


def test_sixty_four_pictures_at_the_limit_are_refused_together() -> None:
    file = png(np.zeros((4_000, 4_200, 1), np.uint8))
    limits = PixelLimits(16_800_000, 8_192)

    assert of_files([("#", file)], limits=limits, total=32_000_000).pixels == 16_800_000
    with pytest.raises(TooLargeError, match="together"):
        of_files([("#", file)] * 64, limits=limits, total=32_000_000)


def eight_bits(pixels: np.ndarray) -> np.ndarray:
    """Give the nearest of 256 levels, each 257 of 65,536 apart."""
    return np.rint(pixels / 257).astype(int) if pixels.dtype == np.uint16 else pixels.astype(int)


def on_white(pixels: np.ndarray) -> np.ndarray:
    """Composite ``(height, width, 4)`` RGBA of 8 bits on white by the definition of alpha."""
    share = pixels[..., 3:] / 255
    return pixels[..., :3] * share + 255 * (1 - share)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("size", [(3, 5), (301, 302), (7, 8_000), (8_000, 41), (2, 70_000)])
def test_alpha_is_composited_in_every_row(depth: int, size: tuple[int, int]) -> None:
    pixels = noise(*size, 4, depth)
    file = png(pixels)

    assert np.abs(decode(file, headers.read(file)) - on_white(eight_bits(pixels))).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_become_eight_in_every_row(channels: int) -> None:
    pixels = noise(301, 302, channels, 16)
    file = png(pixels)

    assert np.array_equal(decode(file, headers.read(file)), np.squeeze(eight_bits(pixels)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("depth", [1, 4, 8])
def test_levels_of_eight_bits_and_fewer_in_a_deep_file_stay_as_they_are(channels: int, depth: int) -> None:
    pixels = noise(31, 32, channels, depth)
    file = png(pixels.astype(np.uint16))

    assert np.array_equal(decode(file, headers.read(file)), np.squeeze(pixels))


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_level_is_white_in_every_row(depth: int) -> None:
    pixels = noise(301, 302, 1, 8)
    expected = np.where(pixels == 7, 255, pixels)[..., 0]
    deep = depth == 16
    file = png(pixels.astype(np.uint16) * 257 if deep else pixels, tRNS=b"\7\7" if deep else b"\0\7")

    assert np.array_equal(decode(file, headers.read(file)), expected)


def test_a_deep_picture_is_turned_upright() -> None:
    pixels = noise(301, 302, 4, 16)
    plain, turned = png(pixels), png(pixels, eXIf=TURNED)

    assert np.array_equal(
        decode(turned, headers.read(turned)), np.rot90(decode(plain, headers.read(plain)), -1)
    )


def test_a_deep_picture_takes_twice_its_pixels_and_its_result_at_most(weigh: Weigh) -> None:
    pixels = np.zeros((2_000, 2_000, 4), np.uint16)
    costs = weigh({"plain": png(pixels), "turned": png(pixels, eXIf=TURNED)})

    for cost in costs.values():
        assert cost.result == "(2000, 2000, 3)"
        # OpenCV makes an array for Python out of its own.
        assert cost.mebibytes < 2 * 2_000 * 2_000 * 8 / 2**20 + 30


def test_every_level_under_every_alpha_is_rounded_as_whole_numbers_are() -> None:
    level, alpha = np.meshgrid(np.arange(256), np.arange(256))
    pixels = np.stack([level, level, level, alpha], axis=-1).astype(np.uint8)

    exact = (level * alpha + 255 * (255 - alpha) + 127) // 255
    file = png(pixels)
    assert np.array_equal(decode(file, headers.read(file)), np.repeat(exact[..., None], 3, axis=2))

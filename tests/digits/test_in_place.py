"""Of small pictures no file is decoded on the event loop that may cost more than its pixels do."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from service.digits.recogniser import PreparedBatch, Recogniser
from service.engine.worker_pool import WorkerPool
from service.images import pictures
from service.images.decoding import PixelLimits
from service.images.pictures import Pictures
from service.repository.repository import Repository
from service.settings import Settings

LIMITS = PixelLimits(1_000_000, 10_000)


@pytest.fixture
def in_place(packaged: Repository, settings: Settings) -> Callable[[bytes], object]:
    """Prepare a file in place; give what became of it."""
    pool = WorkerPool("pictures", threads=1, waiting=1, deadline_s=10)
    recogniser = Recogniser(
        pool,
        packaged.ink,
        inline_pixels=settings.inline_pixels,
        inline_bytes=settings.inline_picture_bytes,
    )
    network = packaged.recogniser()

    def in_place(file: bytes) -> object:
        return recogniser.prepare_in_place(network, sent(file), preprocess="auto")

    return in_place


def sent(file: bytes) -> Pictures:
    return pictures.of_file(file, pointer="#", limits=LIMITS, total=1_000_000)


def seven(digits: np.ndarray, times: int) -> np.ndarray:
    return np.kron(255 - digits[7], np.ones((times, times), np.uint8))


def encoded(pixels: np.ndarray, form: str = "PNG", mode: str = "L", **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form, **options)
    return file.getvalue()


def with_pixels(png: bytes, pixels: bytes, checksum: int = 0) -> bytes:
    """Put other packed pixels into a PNG, with a checksum that is wrong by so much."""
    begin = png.index(b"IDAT") - 4
    wrong = zlib.crc32(b"IDAT" + pixels) ^ checksum
    chunk = struct.pack(">I", len(pixels)) + b"IDAT" + pixels + struct.pack(">I", wrong)
    return png[:begin] + chunk + png[png.index(b"IEND") - 4 :]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1"])
@pytest.mark.parametrize("times", [2, 4, 10])
def test_a_canvas_is_prepared_in_place(
    mode: str, times: int, digits: np.ndarray, in_place: Callable[[bytes], object]
) -> None:
    assert isinstance(in_place(encoded(seven(digits, times), mode=mode)), PreparedBatch)


def test_what_levels_do_not_tell_is_decoded_once(in_place: Callable[[bytes], object]) -> None:
    slope = np.add.outer(np.arange(200), np.arange(150)).astype(np.uint8)

    assert isinstance(in_place(encoded(slope)), list)


@pytest.mark.parametrize("form", ["JPEG", "GIF", "WEBP", "BMP"])
def test_another_format_than_png_is_left_to_a_thread(
    form: str, digits: np.ndarray, in_place: Callable[[bytes], object]
) -> None:
    assert in_place(encoded(seven(digits, 10), form, mode="RGB")) is None


@pytest.mark.parametrize("times", [2, 10])
@pytest.mark.parametrize("checksum", [0, 1])
def test_a_png_with_more_behind_its_pixels_is_left_to_a_thread(
    times: int, checksum: int, digits: np.ndarray, in_place: Callable[[bytes], object]
) -> None:
    pixels = seven(digits, times)
    rows = np.hstack([np.zeros((len(pixels), 1), np.uint8), pixels]).tobytes()
    file = with_pixels(encoded(pixels), zlib.compress(rows + bytes(10_000_000), 9), checksum)
    assert len(file) < 16_384

    assert in_place(file) is None


def test_an_interlaced_png_is_left_to_a_thread(
    digits: np.ndarray, in_place: Callable[[bytes], object]
) -> None:
    file = bytearray(encoded(seven(digits, 10)))
    file[28] = 1
    file[29:33] = zlib.crc32(bytes(file[12:29])).to_bytes(4, "big")

    assert in_place(bytes(file)) is None


def test_a_large_picture_or_file_is_left_to_a_thread(
    digits: np.ndarray, in_place: Callable[[bytes], object]
) -> None:
    assert in_place(encoded(seven(digits, 11))) is None
    assert in_place(encoded(seven(digits, 10), compress_level=0)) is None

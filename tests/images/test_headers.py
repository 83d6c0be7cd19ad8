"""Format and size are read from a file's first bytes as Pillow reads them, and never trusted further."""

import struct
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from service.errors import InvalidInputError, MediaTypeError
from service.images import headers

Encode = Callable[..., bytes]
KINDS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    random = np.random.default_rng(width * 1000 + height)
    colours = random.integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(colours).convert(mode)


def variants(encode: Encode, width: int, height: int) -> Iterator[tuple[str, bytes]]:
    colour, grey, alpha = (picture(width, height, mode) for mode in ("RGB", "L", "RGBA"))
    yield "image/png", encode(colour, "PNG")
    yield "image/png", encode(grey, "PNG", bits=1)
    yield "image/jpeg", encode(colour, "JPEG")
    yield "image/jpeg", encode(colour, "JPEG", progressive=True, comment=b"\xff\xc0 no frame" * 50)
    yield "image/jpeg", encode(colour, "JPEG", exif=b"Exif\0\0" + bytes(5000), icc_profile=bytes(90_000))
    yield "image/jpeg", encode(picture(width, height, "CMYK"), "JPEG")
    yield "image/webp", encode(colour, "WEBP")
    yield "image/webp", encode(alpha, "WEBP")
    yield "image/webp", encode(colour, "WEBP", lossless=True)
    yield "image/webp", encode(colour, "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
    yield "image/webp", encode(colour, "WEBP", save_all=True, append_images=[colour.rotate(180)])
    yield "image/bmp", encode(colour, "BMP")
    yield "image/bmp", encode(colour.quantize(), "BMP")
    yield "image/gif", encode(colour, "GIF")


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 5), (300, 200), (1, 4000), (255, 257)])
def test_the_size_of_every_format_is_the_one_that_pillow_reads(size: tuple[int, int], encode: Encode) -> None:
    for media_type, data in variants(encode, *size):
        header = headers.read(data)

        assert (header.media_type, header.width, header.height) == (media_type, *size)


def test_the_two_lesser_dialects_of_bmp_are_read() -> None:
    core = b"BM" + bytes(12) + struct.pack("<IHHHH", 12, 7, 5, 1, 24)
    upside = b"BM" + bytes(12) + struct.pack("<IiiHH", 40, 7, -5, 1, 24) + bytes(24)

    assert headers.read(core) == headers.read(upside) == headers.Header("image/bmp", 5, 7)


def test_only_a_jpeg_of_one_channel_is_called_grey(encode: Encode) -> None:
    assert headers.read(encode(picture(4, 4, "L"), "JPEG")).grey
    assert not headers.read(encode(picture(4, 4), "JPEG")).grey


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_cut_off_anywhere_is_refused(kind: str, encode: Encode) -> None:
    data = encode(picture(40, 30), kind)
    found = []
    for length in range(min(len(data), 700)):
        try:
            found.append(headers.read(data[:length]))
        except InvalidInputError as error:
            assert "cut off" in error.detail  # noqa: PT017  every length is tried
        except MediaTypeError:
            assert length < 12

    assert set(found) == {headers.read(data)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"xyzzy",
        b"\x89PNG",
        b"GIF88a" + bytes(20),
        b"RIFF\0\0\0\0AVI " + bytes(20),
        b"RIFF\0\0\0\0WAVE" + bytes(20),
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!DOCTYPE html>",
        b"PK\x03\x04" + bytes(30),
        b"II*\0" + bytes(30),
        b"MM\0*" + bytes(30),
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"\xff\x4f\xff\x51" + bytes(30),
        b"\0\0\0\x20ftypavif" + bytes(30),
        b"\0\0\0\x20ftypheic" + bytes(30),
        b"8BPS\0\x01" + bytes(30),
        b"\0\0\x01\0\x01\0" + bytes(30),
        b"P5 2 2 255 ....",
        b"\x93NUMPY\x01\x00",
        b"#?RADIANCE\n",
        b"v/1\x01" + bytes(30),
        b" \x89PNG\r\n\x1a\n" + bytes(30),
    ],
    ids=repr,
)
def test_no_other_format_is_taken(data: bytes) -> None:
    with pytest.raises(MediaTypeError):
        headers.read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIDAT" + bytes(30),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(30),
        b"GIF89a" + bytes(30),
        b"BM" + bytes(12) + struct.pack("<Iii", 40, -7, 5),
        b"BM" + bytes(12) + struct.pack("<Iii", 40, 7, 0),
        b"RIFF\0\0\0\0WEBPVP9 " + bytes(30),
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(30),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\0" * 10,
        b"\xff\xd8\xff\xe0\0\x04ab" + b"no marker",
        b"\xff\xd8" + b"\xff" * 1000,
        b"\xff\xd8\xff\xc0\0\x11\x08" + bytes(30),
    ],
    ids=lambda data: repr(data[:30]),
)
def test_a_damaged_header_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        headers.read(data)

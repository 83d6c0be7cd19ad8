"""What a picture file says of itself in its first bytes: format and size, before a pixel is allocated."""

import struct
from collections.abc import Callable
from typing import NamedTuple

from service.errors import InvalidInputError, MediaTypeError
from service.images import other_formats, segments

OFFERED = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif")
_IPHONE = "an iPhone takes JPEG after Settings, Camera, Formats, Most Compatible"


class Header(NamedTuple):
    """
    The format and the size that a file states.

    Attributes:
        media_type: One of ``OFFERED``.
        height: Rows as stored, before any rotation that EXIF asks for.
        width: Columns as stored.
        grey: One channel and no alpha, as far as the header tells.
        pixel_bytes: Bytes of a pixel as the decoder gives it, and 4 where it takes less.
    """

    media_type: str
    height: int
    width: int
    grey: bool = False
    pixel_bytes: int = 4

    @property
    def weighed_pixels(self) -> int:
        """Pixels, as many times as they take 4 bytes: 16-bit RGBA counts twice."""
        return self.height * self.width * self.pixel_bytes // 4


def read(data: bytes) -> Header:
    """
    Read format and size; the bytes decide, never a name or a declared type.

    Raises:
        MediaTypeError: No format that is offered.
        InvalidInputError: A format that is offered, but its header is cut off or damaged.
    """
    found = _format(data)
    if found is None:
        message = refusal(data) or f"not a picture in a format that is read here: {', '.join(OFFERED)}"
        raise MediaTypeError(message)
    name, parse = found
    try:
        header = parse(data)
    except (struct.error, IndexError):
        header = None
    if header is None or header.height < 1 or header.width < 1:
        message = f"the {name} header is damaged or cut off"
        raise InvalidInputError(message)
    return header


def is_picture(data: bytes) -> bool:
    """Tell whether a file begins as a picture in a format that is offered."""
    return _format(data) is not None


def refusal(data: bytes) -> str | None:
    """Say by its name that a format is not read here, and what to do; None when it is not known."""
    name = other_formats.name(data)
    if name is None:
        return None
    how = f" ({_IPHONE})" if name in {"HEIC", "HEIF"} else ""
    return f"{name} is not read here: send JPEG or PNG{how}, or another of {', '.join(OFFERED)}"


def _format(data: bytes) -> tuple[str, Callable[[bytes], Header | None]] | None:
    """Give the format of a file, and what reads its header; None when it is not offered."""
    for signature, media_type, parse in _FORMATS:
        if data.startswith(signature) and (media_type != "image/webp" or data[8:12] == b"WEBP"):
            return media_type, parse
    return None


_DEEP_PIXEL = {2: 6, 4: 8, 6: 8}
"""Bytes of a pixel of 16 bits a channel, by colour type: OpenCV makes four channels of grey with alpha."""


def _png(data: bytes) -> Header | None:
    """PNG specification, 11.2.1: IHDR comes first, with 13 bytes."""
    if data[8:16] != b"\0\0\0\rIHDR":
        return None
    width, height, depth, colour_type = struct.unpack_from(">IIBB", data, 16)
    if depth < 16:
        return Header("image/png", height, width)
    pixel_bytes = _DEEP_PIXEL.get(colour_type, 4)
    # A transparent colour makes an alpha channel.
    if pixel_bytes == 6 and b"tRNS" in data:
        pixel_bytes = 8
    return Header("image/png", height, width, pixel_bytes=pixel_bytes)


def _gif(data: bytes) -> Header:
    """GIF89a specification, 18: the logical screen, onto which every frame is drawn."""
    width, height = struct.unpack_from("<HH", data, 6)
    return Header("image/gif", height, width)


def _bmp(data: bytes) -> Header:
    """BITMAPCOREHEADER has 12 bytes and 16-bit sizes; a negative height means top row first."""
    if struct.unpack_from("<I", data, 14)[0] == 12:
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return Header("image/bmp", abs(height), width)


def _webp(data: bytes) -> Header | None:
    """RFC 9649: sizes of an extended (VP8X), a lossless (VP8L) or a lossy (VP8) file."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif chunk == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 ":
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", data, 26))
    else:
        return None
    return Header("image/webp", height, width)


def _jpeg(data: bytes) -> Header | None:
    """ITU-T T.81, annex B: walk the segments to the frame; what follows it is checked when it is decoded."""
    for marker, begin in segments.walk(data):
        if marker in segments.FRAMES:
            precision, height, width, components = struct.unpack_from(">BHHB", data, begin)
            return Header("image/jpeg", height, width, grey=components == 1) if precision == 8 else None
        if marker not in segments.TABLES:
            return None
    return None


_FORMATS: tuple[tuple[bytes, str, Callable[[bytes], Header | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png", _png),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg),
    (b"RIFF", "image/webp", _webp),
    (b"GIF87a", "image/gif", _gif),
    (b"GIF89a", "image/gif", _gif),
    (b"BM", "image/bmp", _bmp),
)

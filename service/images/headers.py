"""What a picture file says of itself in its first bytes: format and size, before a pixel is allocated."""

import struct
from typing import NamedTuple

from service.errors import InvalidInputError, MediaTypeError

OFFERED = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif")


class Header(NamedTuple):
    """
    The format and the size that a file states.

    Attributes:
        media_type: One of ``OFFERED``.
        height: Rows as stored, before any rotation that EXIF asks for.
        width: Columns as stored.
        grey: One channel and no alpha, as far as the header tells.
    """

    media_type: str
    height: int
    width: int
    grey: bool = False


def read(data: bytes) -> Header:
    """
    Read format and size; the bytes decide, never a name or a declared type.

    Raises:
        MediaTypeError: No format that is offered.
        InvalidInputError: A format that is offered, but its header is cut off or damaged.
    """
    for signature, media_type, parse in _FORMATS:
        if data.startswith(signature) and (media_type != "image/webp" or data[8:12] == b"WEBP"):
            try:
                header = parse(data)
            except (struct.error, IndexError):
                header = None
            if header is None or header.height < 1 or header.width < 1:
                message = f"the {media_type} header is damaged or cut off"
                raise InvalidInputError(message)
            return header
    message = f"not a picture in a format that is read here: {', '.join(OFFERED)}"
    raise MediaTypeError(message)


def _png(data: bytes) -> Header | None:
    """PNG specification, 11.2.1: IHDR comes first; colour type 0 is grey."""
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return Header("image/png", height, width)


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


_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def _jpeg(data: bytes) -> Header | None:
    """ITU-T T.81, annex B: walk the markers to the start of the frame."""
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker in _START_OF_FRAME:
            height, width, components = struct.unpack_from(">HHB", data, position + 5)
            return Header("image/jpeg", height, width, grey=components == 1)
        if marker == 0xFF:
            position += 1
        elif marker in _WITHOUT_LENGTH:
            position += 2
        else:
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return None


_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "image/png", _png),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg),
    (b"RIFF", "image/webp", _webp),
    (b"GIF87a", "image/gif", _gif),
    (b"GIF89a", "image/gif", _gif),
    (b"BM", "image/bmp", _bmp),
)

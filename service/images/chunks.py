"""A PNG file without what its pixels do not need: OpenCV believes any length, and unpacks every text."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.errors import InvalidInputError
from service.images.metadata import MOST_XMP_BYTES, Metadata

_SIGNATURE_BYTES = 8
BEGIN = struct.Struct(">I4s")
"""Length and type of a chunk."""
_HEADER_LENGTH = b"\0\0\0\r"
END = b"\0\0\0\0IEND\xaeB`\x82"
"""The last chunk, whole."""
_AROUND = 12
"""Bytes of a chunk besides its data: length, type and checksum."""
_IHDR_DATA = 16
"""Where the data of the first chunk begins."""
_MOST = 16_384
"""Chunks of one file: the largest that is taken has a thousand of the usual 8 KiB."""
_IN_VAIN = 393_216
"""Bytes that may be unpacked for nothing: they become up to 1,032 times as many, in a second."""
_STEP = 1_048_576
"""Bytes that are unpacked at once."""
_HEADER = struct.Struct(">IIBBBBB").unpack_from
"""Width, height, depth, colour type, compression, filter and interlace, in IHDR (11.2.1)."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_READ = frozenset({b"tRNS", b"eXIf", b"iTXt"})
_XMP = b"XML:com.adobe.xmp\0"
"""Keyword of the text that is XMP (XMP specification, part 3, 1.1.5)."""


class Stripped(NamedTuple):
    """
    What is needed of a PNG file.

    Attributes:
        file: The file with nothing but header, palette, transparency and pixels.
        transparency: The data of its tRNS chunk, or None.
        metadata: What tells which way up it is.
    """

    file: bytes
    transparency: bytes | None
    metadata: Metadata


class Rows(NamedTuple):
    """
    The rows of pixels as a file says it has them.

    Attributes:
        number: How many.
        bits: Of the pixels of one.
        is_interlaced: They come in seven passes.
    """

    number: int
    bits: int
    is_interlaced: bool


def rows(png: bytes) -> Rows:
    """Read what IHDR says of the rows."""
    width, height, depth, colour_type, _, _, interlace = _HEADER(png, _IHDR_DATA)
    return Rows(height, width * depth * _CHANNELS.get(colour_type, 4), bool(interlace))


def walk(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Give type, begin and end of each chunk (PNG specification, 5.3) as long as they end within the file."""
    position = _SIGNATURE_BYTES
    for _ in range(_MOST):
        if position + _AROUND > len(png):
            return
        length, kind = BEGIN.unpack_from(png, position)
        end = position + _AROUND + length
        if end > len(png):
            return
        yield kind, position, end
        position = end


def strip_ancillary_chunks(data: bytes) -> Stripped:
    """
    Walk the chunks up to the last, ``IEND``, and keep those that are needed.

    Raises:
        InvalidInputError: A chunk reaches beyond the file, there are too many, or much more data than pixels.
    """
    kept = [(0, _SIGNATURE_BYTES)]
    all_kept = True
    read: dict[bytes, bytes] = {}
    for kind, position, end in walk(data):
        if kind in _NEEDED:
            kept.append((position, end))
        else:
            all_kept = False
        if kind in _READ and (kind != b"iTXt" or data.startswith(_XMP, position + 8)):
            read.setdefault(kind, data[position + 8 : end - 4])
        if kind == b"IEND":
            if len(data) > _IN_VAIN:
                _check_surplus(data, kept)
            if not all_kept or end < len(data):
                data = b"".join([data[begin:end] for begin, end in kept])
            found = Metadata(read.get(b"eXIf", b""), _text(read.get(b"iTXt", b"")))
            return Stripped(data, read.get(b"tRNS"), found)
    message = "the PNG file is cut off, or has damaged or too many chunks"
    raise InvalidInputError(message)


def is_plain(data: bytes) -> bool:
    """
    Tell whether a small file has a header, one chunk of pixels and an end.

    Most small ones do: nothing has to be stripped of them.
    """
    if not 57 <= len(data) <= _IN_VAIN or not data.endswith(END) or data[8:12] != _HEADER_LENGTH:
        return False
    length, kind = BEGIN.unpack_from(data, 33)
    return bool(kind == b"IDAT" and length == len(data) - 57)


def _text(content: bytes) -> bytes:
    """Give the text of an iTXt chunk (PNG specification, 11.3.3.4); of XMP no more than is searched."""
    _, _, rest = content.partition(b"\0")
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    if rest[:1] != b"\1":
        return text
    try:
        return zlib.decompressobj().decompress(text, MOST_XMP_BYTES)
    except zlib.error:
        return b""


def _check_surplus(data: bytes, chunks: Sequence[tuple[int, int]]) -> None:
    """Refuse much data behind the last pixel: libpng unpacks all of it, 8 MB to 8 GB."""
    number, bits, _ = rows(data)
    # Each row has a byte before it, and a broken one; interlaced there are twice as many rows.
    left = number * (bits // 8 + 6) + 14
    kinds = ((data[begin + 4 : begin + 8], data[begin + 8 : end - 4]) for begin, end in chunks)
    packed = b"".join([content for kind, content in kinds if kind == b"IDAT"])
    unpacker = zlib.decompressobj()
    try:
        while left > 0 and packed:
            left -= len(unpacker.decompress(packed, _STEP))
            packed = unpacker.unconsumed_tail
    except zlib.error:
        # There libpng ends as well, and knows whether it has all pixels.
        return
    if len(packed) > _IN_VAIN:
        message = "the PNG file has much more data than its pixels need"
        raise InvalidInputError(message)

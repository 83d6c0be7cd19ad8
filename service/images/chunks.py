"""A PNG file without what its pixels do not need: OpenCV believes any length, and unpacks every text."""

import struct
from typing import NamedTuple

from service.errors import InvalidInputError

_SIGNATURE_BYTES = 8
_BEGIN = struct.Struct(">I4s").unpack_from
"""Length and type of a chunk."""
_AROUND = 12
"""Bytes of a chunk besides its data: length, type and checksum."""
_MOST = 16_384
"""Chunks of one file: the largest that is taken has a thousand of the usual 8 KiB."""
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND"})


class Essence(NamedTuple):
    """
    What is needed of a PNG file.

    Attributes:
        file: The file with nothing but header, palette, transparency, orientation and pixels.
        transparency: The data of its tRNS chunk, or None.
    """

    file: bytes
    transparency: bytes | None


def essence(data: bytes) -> Essence:
    """
    Walk the chunks (PNG specification, 5.3) up to the last, ``IEND``, and keep those that are needed.

    Raises:
        InvalidInputError: A chunk reaches beyond the file, or there are too many.
    """
    kept = [(0, _SIGNATURE_BYTES)]
    all_kept = True
    transparency = None
    position = _SIGNATURE_BYTES
    for _ in range(_MOST):
        if position + _AROUND > len(data):
            break
        length, kind = _BEGIN(data, position)
        end = position + _AROUND + length
        if end > len(data):
            break
        if kind in _NEEDED:
            kept.append((position, end))
        else:
            all_kept = False
        if kind == b"tRNS":
            transparency = data[position + 8 : end - 4]
        if kind == b"IEND":
            if not all_kept or end < len(data):
                data = b"".join([data[begin:end] for begin, end in kept])
            return Essence(data, transparency)
        position = end
    message = "the PNG file is cut off, or has damaged or too many chunks"
    raise InvalidInputError(message)

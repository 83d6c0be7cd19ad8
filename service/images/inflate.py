"""The pixels of a PNG unpacked by zlib-ng: what libpng unpacks with is many times as slow."""

import struct
from itertools import pairwise
from typing import NamedTuple

from zlib_ng import zlib_ng

from service.images import chunks

LEAST_FILE_BYTES = 1_000
LEAST_BYTES = 16_384
"""Of a smaller file, or fewer bytes of pixels, nothing is saved."""

MOST_BYTES = 2**23
"""Of more the memory would be felt: they are there once as they are unpacked, and once for the decoder."""

_BLOCK = 65_535
"""Most bytes of a stored block."""


class Unpacked(NamedTuple):
    """
    A PNG file whose pixels are unpacked.

    Attributes:
        head: All before the first chunk of pixels.
        rows: The rows, each with its filter before it.
        rest: All behind the last chunk of pixels.
    """

    head: bytes
    rows: bytes
    rest: bytes


def unpack(png: bytes, *, of_any_size: bool = False) -> Unpacked | None:
    """
    Unpack the pixels of a PNG, no more of them than its header tells.

    Args:
        png: Chunks that end within the file, as ``chunks`` sees to it.
        of_any_size: Also small files, where no time is saved.

    Returns:
        The file; None when it is too small, too large, interlaced or not sound. Whether it is damaged is
        the decoder's business alone.
    """
    if len(png) < LEAST_FILE_BYTES and not of_any_size:
        return None
    size = _size(png)
    if not (1 if of_any_size else LEAST_BYTES) <= size <= MOST_BYTES:
        return None
    parts = _pixel_chunks(png)
    if not parts or not all(last == begin for (_, last), (begin, _) in pairwise(parts)):
        return None
    unpacker = zlib_ng.decompressobj()
    try:
        rows = unpacker.decompress(b"".join([png[begin + 8 : end - 4] for begin, end in parts]), size + 1)
    except zlib_ng.error:  # type: ignore[misc]  # its stub has an instance for the class
        return None
    if len(rows) != size or not unpacker.eof or unpacker.unused_data:
        return None
    return Unpacked(png[: parts[0][0]], rows, png[parts[-1][1] :])


def store(unpacked: Unpacked) -> bytes:
    """Return the PNG with its pixels stored (RFC 1951, 3.2.4) instead of packed."""
    stored = _stored(unpacked.rows)
    checksum = zlib_ng.crc32(b"IDAT")
    for part in stored:
        checksum = zlib_ng.crc32(part, checksum)
    begin = chunks.BEGIN.pack(sum(map(len, stored)), b"IDAT")
    # Joined once: each copy takes as long as the unpacking.
    return b"".join([unpacked.head, begin, *stored, checksum.to_bytes(4, "big"), unpacked.rest])


def _stored(pixels: bytes) -> list[bytes | memoryview]:
    """Write a stream of zlib (RFC 1950) in parts, of stored blocks alone."""
    parts: list[bytes | memoryview] = [b"\x78\x01"]
    view = memoryview(pixels)
    for begin in range(0, len(pixels), _BLOCK):
        block = view[begin : begin + _BLOCK]
        is_last = begin + _BLOCK >= len(pixels)
        parts += [struct.pack("<BHH", is_last, len(block), len(block) ^ _BLOCK), block]
    parts.append(zlib_ng.adler32(pixels).to_bytes(4, "big"))
    return parts


def _size(png: bytes) -> int:
    """Return the bytes of all rows, each with its filter before it; 0 for interlaced ones."""
    number, bits, is_interlaced = chunks.rows(png)
    return 0 if is_interlaced else number * (1 + -(-bits // 8))


def _pixel_chunks(png: bytes) -> list[tuple[int, int]]:
    """Give where each chunk of pixels begins and ends; none when one is not sound."""
    found = [(begin, end) for kind, begin, end in chunks.walk(png) if kind == b"IDAT"]
    checksums = [zlib_ng.crc32(png[begin + 4 : end - 4]).to_bytes(4, "big") for begin, end in found]
    return found if checksums == [png[end - 4 : end] for _, end in found] else []

"""How often a GIF begins its table of codes anew: OpenCV fills 160 KB each time, for 3 bits of the file."""

import functools

import numpy as np
import numpy.typing as npt

from service.errors import InvalidInputError

_HARMLESS = 32_768
"""Bytes of a file in which nothing can be begun anew for longer than half a second."""
_MOST = 20_000
"""Beginnings, 0.1 s of them. Encoders begin anew every 4,096 codes, and those that do not pack every 126."""
_MOST_BLOCKS = 65_536
"""Blocks of a file up to the end of its first frame: encoders fill them with 255 bytes."""
_WIDEST = 12
"""Bits of a code."""
_FIRST, _STEP = 128, 4_096
"""Codes that are looked through at once, after a beginning and later: the next comes soon, or late."""


def check(data: bytes) -> None:
    """
    Refuse a GIF whose first frame begins its table so often that it was made to be costly.

    Raises:
        InvalidInputError: It does, or its blocks are cut off or too many.
    """
    if len(data) <= _HARMLESS:
        return
    try:
        width, codes = _first_frame(data)
    except IndexError:
        message = "the GIF file is cut off, or has damaged or too many blocks"
        raise InvalidInputError(message) from None
    if _begins_too_often(np.frombuffer(codes + bytes(4), np.uint8), width):
        message = f"the GIF file begins its table of codes anew more than {_MOST} times"
        raise InvalidInputError(message)


def _first_frame(data: bytes) -> tuple[int, bytes]:
    """Give the least bits of a colour and the packed codes (GIF89a specification, 19 to 26)."""
    position = 13 + _table_bytes(data[10])
    while data[position] == 0x21:
        position, _ = _blocks(data, position + 2)
    if data[position] != 0x2C:
        raise IndexError
    position += 10 + _table_bytes(data[position + 9])
    _, codes = _blocks(data, position + 1)
    return data[position], codes


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: bytes, position: int) -> tuple[int, bytes]:
    """Give where blocks end, and what is in them."""
    blocks = []
    while length := data[position]:
        blocks.append(data[position + 1 : position + 1 + length])
        position += 1 + length
        if len(blocks) > _MOST_BLOCKS:
            raise IndexError
    return position + 1, b"".join(blocks)


def _begins_too_often(data: npt.NDArray[np.uint8], colour_bits: int) -> bool:
    """
    Count where the table is begun anew: how wide codes are depends on their number since then alone.

    Args:
        data: The packed codes, and 4 bytes more.
        colour_bits: Bits of a colour; of the two codes above the colours one begins anew, and one ends.
    """
    if not 2 <= colour_bits < _WIDEST:
        return False
    widths = _widths(colour_bits)
    places = np.concatenate([[0], np.cumsum(widths)])
    masks = (1 << widths) - 1
    clear, end = 1 << colour_bits, (len(data) - 4) * 8
    start = code = begins = 0
    while start + places[code] < end:
        step = _STEP if code else _FIRST
        bits = start + places[code : min(code + step, len(widths))]
        bits = bits[bits < end]
        at = bits >> 3
        words = data[at] | data[at + 1].astype(np.int64) << 8 | data[at + 2].astype(np.int64) << 16
        codes = words >> (bits & 7) & masks[code : code + len(bits)]
        found = np.flatnonzero((codes == clear) | (codes == clear + 1))
        if len(found):
            begins += 1
            if begins > _MOST:
                return True
            start, code = start + int(places[code + found[0] + 1]), 0
        elif code + step < len(widths):
            code += step
        else:
            # All codes are of the widest from here on.
            start += int(places[code + len(bits)] - places[code])
    return False


@functools.cache
def _widths(colour_bits: int) -> npt.NDArray[np.int64]:
    """List the bits of each code since a beginning: one more whenever the table needs it."""
    entries = np.arange((1 << colour_bits) + 1, (1 << _WIDEST) + 2 * _STEP)
    return np.clip(np.frexp(entries)[1], colour_bits + 1, _WIDEST)

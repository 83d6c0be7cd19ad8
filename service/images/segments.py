"""
A JPEG file's segments, up to the last scan that is decoded.

Decoders skip what they do not understand, each in its own way, and what one skips can hide a frame or a scan
from another. So nothing is skipped here: what could be is refused.
"""

import re
import struct
from collections.abc import Iterator

from service.errors import InvalidInputError

FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""What OpenCV decodes: baseline, extended and progressive, by Huffman's codes and arithmetic ones."""
TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE})
"""DHT, DAC, DQT, DRI, APPn and COM: what may stand before the frame and between scans."""

_PROGRESSIVE = frozenset({0xC2, 0xCA})
_SCAN, _END = 0xDA, 0xD9
_MOST_SEGMENTS = 1_000
"""A whole body of the longest has 128."""
_MOST_SCANS = 100
"""Encoders write about ten; each goes over the whole picture, up to 10 ms for 16.8 million pixels."""

_length = struct.Struct(">H").unpack_from
_fill = re.compile(rb"\xff++").match
_after_scan = re.compile(rb"\xff(?=[^\0\xd0-\xd7\xff])").search
"""In the data of a scan 0xFF is followed by 0, a restart marker or a fill byte (ITU-T T.81, B.1.1.5)."""


def walk(data: bytes) -> Iterator[tuple[int, int]]:
    """
    Give the marker of each segment, and where its content begins, as long as they stand without gaps.

    A file may be cut off in the data of a scan; that is an end too, and the decoder tells what it is worth.

    Raises:
        IndexError, struct.error: The file is cut off elsewhere.
    """
    position = 2
    for _ in range(_MOST_SEGMENTS):
        if data[position] != 0xFF:
            return
        marker = data[position + 1]
        if marker == 0xFF and (fill := _fill(data, position)):
            position = fill.end() - 1
            marker = data[position + 1]
        if marker == _END:
            yield marker, position
            return
        begin = position + 4
        (length,) = _length(data, position + 2)
        position += 2 + length
        if length < 2 or position > len(data):
            return
        yield marker, begin
        if marker == _SCAN:
            after = _after_scan(data, position)
            if after is None:
                yield _END, len(data)
                return
            position = after.start()


def check(data: bytes) -> None:
    """
    Refuse a second frame, what could hide one, and more scans than encoders write.

    Raises:
        InvalidInputError: The file has one of these, or is cut off before its first scan.
    """
    try:
        is_whole = _is_whole(data)
    except (IndexError, struct.error):
        is_whole = False
    if not is_whole:
        message = "the picture is cut off before its pixels, or has damaged segments"
        raise InvalidInputError(message)


def _is_whole(data: bytes) -> bool:
    frame, components, scans = 0, 0, 0
    for marker, begin in walk(data):
        if marker in TABLES:
            continue
        if marker in FRAMES and not frame:
            frame, components = marker, data[begin + 5]
        elif marker == _SCAN and frame:
            scans += 1
            if scans > _MOST_SCANS:
                message = f"the JPEG file has more than {_MOST_SCANS} scans; encoders write about ten"
                raise InvalidInputError(message)
            if frame not in _PROGRESSIVE and data[begin] >= components:
                return True
        else:
            return marker == _END and scans > 0
    return False

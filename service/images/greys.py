"""A PNG of grey pixels as planes of grey and alpha: its decoder has a part of the work, or none."""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from service.images import chunks
from service.images.inflate import Unpacked

_HEADER = struct.Struct(">8sI4sIIBBBBBI")
"""A file up to its first chunk of pixels: its signature, and IHDR (PNG specification, 11.2.1) alone."""
_DEPTH = 8
_GREY = 0
_CHANNELS = {_GREY: 1, 2: 3, 6: 4}
_MOST_SIDE = 1_000_000
"""libpng's own limit: what it refuses is refused here, too."""
_FILTERS = 5
"""None, Sub, Up, Average and Paeth (PNG specification, 9.2)."""

Plane = npt.NDArray[np.uint8]
"""One channel, ``(height, width)`` uint8, filtered or not."""


class Planes(NamedTuple):
    """
    The channels of a file whose channels of colour all say the same, still filtered.

    Attributes:
        filters: The filter of each row, ``(height,)`` uint8.
        grey: The one channel for all colours.
        alpha: None when all pixels are opaque.
    """

    filters: npt.NDArray[np.uint8]
    grey: Plane
    alpha: Plane | None


class _Opaque(NamedTuple):
    """
    What filters leave of alpha 255 in the first pixel of a row, and in others.

    As the difference, bit by bit, from 255 in the highest byte of a pixel.
    """

    first: npt.NDArray[np.uint32]
    others: npt.NDArray[np.uint32]


def _from_255(alphas: Sequence[int]) -> npt.NDArray[np.uint32]:
    return np.array([(255 ^ alpha) << 24 for alpha in alphas], np.uint32)


_TOP = _Opaque(_from_255([255, 255, 255, 255, 255]), _from_255([255, 0, 255, 128, 0]))
_BELOW = _Opaque(_from_255([255, 255, 0, 128, 0]), _from_255([255, 0, 0, 0, 0]))


def planes(file: Unpacked) -> Planes | None:
    """
    Tell the channels of a file of grey pixels apart.

    A filter treats each channel by itself, so filtered rows are cut as they are.

    Returns:
        The channels; None when a pixel is coloured, or the file has another form or is damaged.
    """
    head = file.head
    if len(head) != _HEADER.size or file.rest != chunks.END:
        return None
    *_, width, height, depth, colour_type, compression, method, _, checksum = _HEADER.unpack(head)
    channels = _CHANNELS.get(colour_type)
    is_sound = max(width, height) <= _MOST_SIDE and zlib.crc32(head[12:-4]) == checksum
    if depth != _DEPTH or channels is None or compression or method or not is_sound:
        return None
    filtered = np.frombuffer(file.rows, np.uint8).reshape(height, 1 + width * channels)
    filters, pixels = filtered[:, 0].copy(), filtered[:, 1:].reshape(height, width, channels)
    if filters.max() >= _FILTERS:
        return None
    if channels == 1:
        return Planes(filters, filtered[:, 1:], None)
    # In a coloured picture a row of it tells.
    if not _is_grey(filtered[height // 2, 1:].tobytes(), channels):
        return None
    # As they are, rows that do not follow each other, they take five times as long.
    pixels = np.ascontiguousarray(pixels)
    return _of_rgb(filters, pixels) if channels == 3 else _of_rgba(filters, pixels)


def stored(file: Unpacked, found: Planes) -> Unpacked:
    """Return the file with its channel of grey alone."""
    signature, length, kind, width, height, depth, colour_type, *methods, _ = _HEADER.unpack(file.head)
    if colour_type == _GREY:
        return file
    rows = np.empty((height, 1 + width), np.uint8)
    rows[:, 0], rows[:, 1:] = found.filters, found.grey
    head = _HEADER.pack(signature, length, kind, width, height, depth, _GREY, *methods, 0)[:-4]
    return Unpacked(head + zlib.crc32(head[12:]).to_bytes(4, "big"), rows.tobytes(), file.rest)


def _is_grey(row: bytes, channels: int) -> bool:
    return row[::channels] == row[1::channels] == row[2::channels]


def _of_rgb(filters: npt.NDArray[np.uint8], pixels: npt.NDArray[np.uint8]) -> Planes | None:
    grey = cv2.extractChannel(pixels, 0)
    if cv2.norm(pixels, cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), cv2.NORM_INF):
        return None
    return Planes(filters, grey, None)


def _of_rgba(filters: npt.NDArray[np.uint8], pixels: npt.NDArray[np.uint8]) -> Planes | None:
    # Each pixel as one number, alpha its highest byte: so it is quick.
    words = pixels.view("<u4")[..., 0]
    grey = words.astype(np.uint8)
    difference = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGBA).view("<u4")[..., 0]
    difference ^= words
    if _is_opaque(filters, difference):
        return Planes(filters, grey, None)
    alpha = (difference >> 24).astype(np.uint8)
    if np.any(difference << 8):
        return None
    return Planes(filters, grey, ~alpha)


def _is_opaque(filters: npt.NDArray[np.uint8], difference: npt.NDArray[np.uint32]) -> bool:
    """Tell whether all that differs from opaque grey is what filters leave of its alpha."""
    below = filters[1:, None] if np.any(filters != filters[0]) else filters[0]
    return bool(
        difference[0, 0] == _TOP.first[filters[0]]
        and np.all(difference[0, 1:] == _TOP.others[filters[0]])
        and np.all(difference[1:, :1] == _BELOW.first[filters[1:, None]])
        and np.all(difference[1:, 1:] == _BELOW.others[below])
    )

"""A coloured PNG whose pixels are all grey and opaque, in one channel: its decoder has a part of the work."""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

_HEADER = struct.Struct(">8sI4sIIBBBBBI")
"""A file up to its first chunk of pixels: its signature, and IHDR (PNG specification, 11.2.1) alone."""
_DEPTH = 8
_GREY = 0
_CHANNELS = {2: 3, 6: 4}
"""Of the colour types that have colour and no palette."""


class _Opaque(NamedTuple):
    """What filters 0 to 4, None to Paeth (PNG specification, 9.2), leave of alpha 255 in a row."""

    first: npt.NDArray[np.uint8]
    others: npt.NDArray[np.uint8]


_TOP = _Opaque(np.array([255, 255, 255, 255, 255], np.uint8), np.array([255, 0, 255, 128, 0], np.uint8))
_BELOW = _Opaque(np.array([255, 255, 0, 128, 0], np.uint8), np.array([255, 0, 0, 0, 0], np.uint8))


def in_one_channel(head: bytes, rows: bytes) -> tuple[bytes, bytes] | None:
    """
    Give one channel of a PNG whose channels of colour all say the same.

    A filter treats each channel by itself, so filtered rows are cut as they are.

    Args:
        head: All before the first chunk of pixels.
        rows: The unpacked rows of a file that is not interlaced, each with its filter before it.

    Returns:
        Both in grey; None when a pixel is coloured or not opaque, or the file has another form.
    """
    if len(head) != _HEADER.size:
        return None
    signature, length, kind, width, height, depth, colour_type, *methods, _ = _HEADER.unpack(head)
    channels = _CHANNELS.get(colour_type)
    if depth != _DEPTH or channels is None:
        return None
    filtered = np.frombuffer(rows, np.uint8).reshape(height, 1 + width * channels)
    filters, pixels = filtered[:, 0], filtered[:, 1:].reshape(height, width, channels)
    # In a coloured picture a row of it tells.
    if filters.max() >= len(_TOP.first) or not _are_alike(cv2.split(pixels[height // 2][None])):
        return None
    # OpenCV takes five times as long where rows do not follow each other.
    found = cv2.split(np.ascontiguousarray(pixels))
    if not _are_alike(found) or (channels == 4 and not _is_opaque(filters, found[3])):
        return None
    grey = np.empty((height, 1 + width), np.uint8)
    grey[:, 0], grey[:, 1:] = filters, found[0]
    header = _HEADER.pack(signature, length, kind, width, height, _DEPTH, _GREY, *methods, 0)
    return header[:-4] + zlib.crc32(header[12:-4]).to_bytes(4, "big"), grey.tobytes()


def _are_alike(channels: Sequence[npt.NDArray[np.uint8]]) -> bool:
    red, green, blue = channels[:3]
    return not (cv2.norm(red, green, cv2.NORM_INF) or cv2.norm(green, blue, cv2.NORM_INF))


def _is_opaque(filters: npt.NDArray[np.uint8], alpha: npt.NDArray[np.uint8]) -> bool:
    """Tell whether filtered rows of ``(height, width)`` are those of 255 everywhere."""
    opaque = np.empty_like(alpha)
    opaque[:, 0], opaque[:, 1:] = _BELOW.first[filters], _BELOW.others[filters, None]
    opaque[0, 0], opaque[0, 1:] = _TOP.first[filters[0]], _TOP.others[filters[0]]
    return not cv2.norm(alpha, opaque, cv2.NORM_INF)

"""Which way up a picture is: by EXIF's tag, or by XMP's property where EXIF has none."""

import re
import struct
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import cv2

from service.images import segments

_ORIENTATION_TAG = 0x0112
_ENTRY_BYTES = 12
_UPRIGHT: dict[int, Callable[[Any], Any]] = {
    # EXIF 2.32, tag 274: what has to be done to a stored picture to see it upright.
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
_EXIF = b"Exif\0\0"
"""Stands before EXIF in a JPEG, and with some encoders in a WebP."""
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_APP1 = 0xE1

MOST_XMP_BYTES = 1_048_576
"""Of XMP that are searched: it has a few thousand, and a thumbnail at most."""
# An attribute or an element (XMP specification, part 1, 7.4 and 7.5). Nothing is gone over twice.
_xmp_orientation = re.compile(rb"tiff:Orientation\s*+(?:=\s*+[\"']|>)\s*+([1-8])\s*+[\"'<]").search

_MOST_CHUNKS = 16_384
"""Of a WebP that are walked: an animation has one for each frame before its metadata."""
_chunk = struct.Struct("<4sI").unpack_from


class Metadata(NamedTuple):
    """
    What a file says of its picture.

    Attributes:
        exif: A TIFF structure, after ``Exif`` and two zeros or by itself; empty when there is none.
        xmp: A document in XML; empty when there is none.
    """

    exif: bytes = b""
    xmp: bytes = b""

    @property
    def orientation(self) -> int:
        """What EXIF calls orientation, 1 to 8; 1, which is upright, where nothing or nonsense is said."""
        found = _exif_orientation(self.exif.removeprefix(_EXIF))
        if found is None and (match := _xmp_orientation(self.xmp, 0, MOST_XMP_BYTES)):
            found = int(match[1])
        return found or 1

    def turn_upright(self, pixels: Any) -> Any:  # noqa: ANN401  an array of any depth
        """Turn the stored pixels, ``(height, width)`` or ``(height, width, channels)``."""
        turn = _UPRIGHT.get(self.orientation)
        return pixels if turn is None else turn(pixels)


def of_jpeg(jpeg: bytes) -> Metadata:
    """Find the metadata before the first scan, in a file whose segments were checked."""
    found: dict[bytes, bytes] = {}
    for marker, begin in segments.walk(jpeg):
        if marker not in segments.TABLES and marker not in segments.FRAMES:
            break
        if marker == _APP1:
            content = jpeg[begin : begin - 2 + int.from_bytes(jpeg[begin - 2 : begin], "big")]
            for signature in (_EXIF, _JPEG_XMP):
                if content.startswith(signature):
                    found.setdefault(signature, content)
    return Metadata(found.get(_EXIF, b""), found.get(_JPEG_XMP, b""))


def of_webp(webp: bytes) -> Metadata:
    """Find the metadata of an extended file (RFC 9649, section 2.7); the others have none."""
    found: dict[bytes, bytes] = {}
    position = 12
    if webp[position : position + 4] == b"VP8X":
        for _ in range(_MOST_CHUNKS):
            if position + 8 > len(webp):
                break
            kind, length = _chunk(webp, position)
            if kind in {b"EXIF", b"XMP "}:
                found.setdefault(kind, webp[position + 8 : position + 8 + length])
            position += 8 + length + length % 2
    return Metadata(found.get(b"EXIF", b""), found.get(b"XMP ", b""))


def _exif_orientation(exif: bytes) -> int | None:
    """Find tag 274 in the first directory of a TIFF structure (TIFF 6.0, section 2)."""
    if exif[:2] not in {b"II", b"MM"}:
        return None
    order: Literal["little", "big"] = "little" if exif[:2] == b"II" else "big"
    start = int.from_bytes(exif[4:8], order)
    for entry in range(int.from_bytes(exif[start : start + 2], order)):
        field = exif[start + 2 + _ENTRY_BYTES * entry : start + 2 + _ENTRY_BYTES * (entry + 1)]
        if len(field) < _ENTRY_BYTES:
            return None
        if int.from_bytes(field[:2], order) == _ORIENTATION_TAG:
            value = int.from_bytes(field[8:10], order)
            return value if 1 <= value <= 8 else None
    return None

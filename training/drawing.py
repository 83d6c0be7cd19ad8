"""Strokes drawn as a pen draws them, and any drawing framed as MNIST frames its digits."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 28
BOX = 20
"""Longer side of the ink in MNIST, pixels (LeCun et al. 1998, section III.A)."""

CENTRE = 14
"""Index of the row and column that hold the centre of mass."""

Picture = npt.NDArray[np.uint8]
"""Light ink on black, ``(height, width)``, uint8, 0 to 255."""

Point = tuple[float, float]
"""Column and row in a unit square, the row growing downwards."""

_CANVAS = 256
_MARGIN = 48
_FINE = 4
"""Bits of a pixel's fraction that OpenCV's drawing understands here."""


def stroke_path(points: Sequence[Point], steps: int = 24) -> npt.NDArray[np.float64]:
    """
    Give the Catmull-Rom curve through the points, ``(number, 2)`` float64.

    Between ``p1`` and ``p2``, with neighbours ``p0`` and ``p3`` and ``t`` from 0 to 1, it is
    ``p1 + ((p2 - p0) t + (2 p0 - 5 p1 + 4 p2 - p3) t^2 + (3 p1 - p0 - 3 p2 + p3) t^3) / 2``
    (Catmull and Rom, 1974). A point given twice makes a corner.
    """
    knots = np.asarray([points[0], *points, points[-1]], dtype=np.float64)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = [
        p1 + ((p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3) / 2
        for p0, p1, p2, p3 in zip(knots, knots[1:], knots[2:], knots[3:], strict=False)
    ]
    return np.concatenate([*parts, knots[-1:]])


def drawn(strokes: Sequence[Sequence[Point]], *, pen: float = 0.12) -> Picture:
    """
    Draw strokes on a large canvas, the pen pressing a little less where a stroke begins and ends.

    Args:
        strokes: Each the points that a smooth curve runs through.
        pen: Width of the pen, in parts of the unit square.
    """
    canvas = np.zeros((_CANVAS, _CANVAS), np.uint8)
    room = _CANVAS - 2 * _MARGIN
    for stroke in strokes:
        path = stroke_path(stroke) * room + _MARGIN
        along = np.linspace(0, np.pi, len(path))
        radius = pen * room / 2 * (0.78 + 0.28 * np.sin(along) ** 0.5)
        for (x, y), r in zip(path, radius, strict=True):
            place = round(x * 2**_FINE), round(y * 2**_FINE)
            cv2.circle(canvas, place, round(r * 2**_FINE), 255, cv2.FILLED, cv2.LINE_AA, _FINE)
    return canvas


def framed(picture: Picture) -> Picture:
    """
    Scale a picture's ink into a box of 20 pixels and centre its mass at index 14.

    Returns:
        The picture as MNIST would hold it, ``(28, 28)`` uint8; black when there is no ink.
    """
    rows, columns = np.flatnonzero(picture.max(axis=1) > 0), np.flatnonzero(picture.max(axis=0) > 0)
    frame = np.zeros((SIDE, SIDE), np.uint8)
    if not len(rows):
        return frame
    ink = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(BOX * side / max(ink.shape))) for side in ink.shape)
    small = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    mass = small.sum(dtype=np.float64)
    top = CENTRE - round(float((small.sum(axis=1) @ np.arange(height)) / mass))
    left = CENTRE - round(float((small.sum(axis=0) @ np.arange(width)) / mass))
    top, left = min(max(top, 0), SIDE - height), min(max(left, 0), SIDE - width)
    frame[top : top + height, left : left + width] = small
    return frame

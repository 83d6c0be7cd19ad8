"""Strokes as thick as MNIST's: a network that finds these reads fine pens as well as broad ones."""

import cv2
import numpy as np

from training.scenes.pens import Layer

THIN = 0.11
"""Strokes that are thinner, as a share of the digit's longer side, are thickened."""

THICK = 0.14
"""So thick they become; MNIST's are about as thick."""

SKETCH_PX = 80
"""Longer side of the digit while its stroke is measured."""

LEAST_PX = 6
"""Smaller digits stay as they are."""

INKED = 0.4
"""A pixel that is covered by so much belongs to the digit's box."""

_AROUND = np.array([[0.3, 0.6, 0.3], [0.6, 1, 0.6], [0.3, 0.6, 0.3]], np.float32)
"""What a pixel of ink gives to its neighbours when less than a pixel is added on either side."""


def thickened(ink: Layer, longer_px: float | None = None) -> Layer:
    """
    Thicken thin strokes to MNIST's width; those of usual width stay as they are.

    Args:
        ink: The part of each pixel that is covered, ``(height, width)`` float32, 0 to 1.
        longer_px: The longer side of one digit, where there may be several; None takes the ink's.
    """
    left, top, width, height = cv2.boundingRect((ink > INKED).astype(np.uint8))
    longer = longer_px or max(width, height)
    if not width or longer < LEAST_PX:
        return ink
    grow = SKETCH_PX / longer
    size = (max(1, round(width * grow)), max(1, round(height * grow)))
    way = cv2.INTER_AREA if grow < 1 else cv2.INTER_LINEAR
    sketch = cv2.resize(ink[top : top + height, left : left + width], size, interpolation=way)
    width_px = _width(sketch)
    if width_px >= THIN * SKETCH_PX:
        return ink
    more = max(1.0, (THICK * SKETCH_PX - width_px) / grow)
    if more < 1.5:
        return _spread(ink)
    size_px = max(3, round(more) | 1)
    return cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size_px, size_px)))


def _width(sketch: Layer) -> float:
    """Measure the usual width of strokes, pixels: along their middle, from edge to edge."""
    mask = cv2.copyMakeBorder((sketch > 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    ridge = depth[(depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8))) & (depth > 0)]
    return 2 * float(np.median(ridge)) - 1 if ridge.size else 1.0


def _spread(ink: Layer) -> Layer:
    """Let each pixel of ink cover its neighbours in part."""
    height, width = ink.shape
    room = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    shares = np.ndenumerate(_AROUND)
    shifted = [
        room[down : down + height, across : across + width] * share for (down, across), share in shares
    ]
    return np.asarray(np.max(shifted, axis=0), np.float32)

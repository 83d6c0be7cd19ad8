"""Ink: a digit of MNIST drawn at any size, with its own stroke or with another pen."""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Digit = npt.NDArray[np.uint8]
"""One image of MNIST, ``(28, 28)``, light on black."""

Layer = npt.NDArray[np.float32]
"""How much of a surface is covered, ``(height, width)``, 0 (bare) to 1."""

ENLARGED = 6  # pixels for one of MNIST's while the outline is found
ROOM_PX = 4  # of MNIST's, for pens broader than the stroke
OUTLINE_LEVEL = 110  # of 255
BARE_WIDTH = 0.6  # of the height, where there is no digit to tell
KEPT_LINES = 512  # middle lines that are remembered, 47 KB each
RING = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)  # a bit for each neighbour, clockwise


def pick(random: np.random.Generator) -> float | None:
    """Choose a pen: the stroke that MNIST has, or a width from a fine pen's to a marker's."""
    return None if random.random() < 0.35 else float(np.exp(random.uniform(np.log(0.025), np.log(0.12))))


def draw(digit: Digit, longer_px: float, pen: float | None = None) -> Layer:
    """
    Draw a digit, cropped to its ink.

    Args:
        digit: The digit.
        longer_px: The longer side of the ink.
        pen: Width of the pen as a share of the longer side; None keeps MNIST's own stroke.

    Returns:
        ``(height, width)``; of an image without ink a bare layer that is as high as it would be.
    """
    if not digit.any():
        return np.zeros((max(1, round(longer_px)), max(1, round(BARE_WIDTH * longer_px))), np.float32)
    # How deep each pixel lies in the ink: it stays sharp at any size, which ink itself does not.
    if pen is None:
        stroke = _outlined(digit)
        depth = _distance(stroke) - _distance(1 - stroke)
    else:
        line = _line(digit.tobytes())
        depth = pen * max(cv2.boundingRect(line)[2:]) / 2 - _distance(1 - line)
    left, top, width, height = cv2.boundingRect((depth > 0).astype(np.uint8))
    depth = depth[top : top + height, left : left + width]
    scale = longer_px / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale < 1:
        return cv2.resize(np.clip(depth + 0.5, 0, 1), size, interpolation=cv2.INTER_AREA)
    return np.clip(cv2.resize(depth, size) * scale + 0.5, 0, 1)


def place(ink: Layer, layer: Layer, down: float, across: float) -> None:
    """Put ink on a layer, its middle at ``(down, across)``; what falls beside the layer is lost."""
    top, left = round(down - ink.shape[0] / 2), round(across - ink.shape[1] / 2)
    under = layer[max(0, top) : max(0, top + ink.shape[0]), max(0, left) : max(0, left + ink.shape[1])]
    over = ink[max(0, -top) :, max(0, -left) :][: under.shape[0], : under.shape[1]]
    np.maximum(under, over, out=under)


def write(ink: Layer, layer: Layer, random: np.random.Generator, reach: float = 1) -> None:
    """Put ink on a layer, anywhere it fits; ``reach`` is the share of the free room that is used."""
    down, across = (
        side / 2 + reach * random.uniform(-0.5, 0.5) * max(0, side - length)
        for side, length in zip(layer.shape, ink.shape, strict=True)
    )
    place(ink, layer, down, across)


def middle_line(ink: Layer) -> Digit:
    """Thin ink to the middle line of its strokes, ``(height, width)`` uint8, 0 or 1."""
    return _thinned((ink > 0.5).astype(np.uint8))


def _outlined(digit: Digit) -> Digit:
    """Enlarge a digit with room around it, and tell its ink from the ground: 1 and 0."""
    room = cv2.copyMakeBorder(digit, ROOM_PX, ROOM_PX, ROOM_PX, ROOM_PX, cv2.BORDER_CONSTANT, value=0)
    large = cv2.resize(room, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    return (cv2.GaussianBlur(large, (0, 0), ENLARGED / 3) > OUTLINE_LEVEL).astype(np.uint8)


@lru_cache(maxsize=KEPT_LINES)
def _line(digit: bytes) -> Digit:
    """Give an enlarged digit's middle line; those of a table's cells are asked for again and again."""
    return _thinned(_outlined(np.frombuffer(digit, np.uint8).reshape(28, 28)))


def _distance(mask: Digit) -> Layer:
    return cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _thinned(mask: Digit) -> Digit:
    """Thin strokes to their middle line, after Zhang and Suen (Communications of the ACM, 1984)."""
    while True:
        before = mask
        for removable in _REMOVABLE:
            ring = cv2.filter2D(mask, cv2.CV_32F, RING, borderType=cv2.BORDER_CONSTANT).astype(np.uint8)
            mask = mask & ~removable[ring]
        if (mask == before).all():
            return mask


def _removable(*, lower_right: bool) -> Digit:
    """Say for each ring of neighbours whether its pixel may go: at an edge, and nothing hangs on it."""
    table = np.zeros(256, np.uint8)
    for code in range(256):
        ring = [code >> bit & 1 for bit in range(8)]
        edges = sum(here < after for here, after in zip(ring, ring[1:] + ring[:1], strict=True))
        above, right, below, left = ring[::2]
        if lower_right:
            inside = (above and right and below) or (right and below and left)
        else:
            inside = (above and right and left) or (above and below and left)
        table[code] = edges == 1 and 2 <= sum(ring) <= 6 and not inside
    return table


_REMOVABLE = (_removable(lower_right=True), _removable(lower_right=False))

"""Maps of numbers as one picture, on a scale that the caller chooses."""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from service.images import colours
from service.images.decoding import Pixels

Scale = Literal["diverging", "clip", "minmax"]
WHITE = 255


def render(maps: npt.NDArray[np.float32], scale: Scale) -> Pixels:
    """
    Draw maps: one as it is, three on a grey scale as red, green and blue, others in rows and columns.

    Args:
        maps: ``(maps, height, width)``, finite.
        scale: ``diverging`` colours signs, zero neutral, to the largest magnitude of all maps; ``clip`` takes
            0..255 as grey; ``minmax`` stretches all maps together from black to white.

    Returns:
        ``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8.
    """
    if scale == "diverging":
        limit = float(max(-maps.min(), maps.max()))
        return _tiled(colours.diverging(maps, limit))
    grey = _clipped(maps) if scale == "clip" else _stretched(maps)
    return np.ascontiguousarray(np.moveaxis(grey, 0, 2)) if len(grey) == 3 else _tiled(grey)


def _clipped(maps: npt.NDArray[np.float32]) -> Pixels:
    return np.rint(maps.clip(0, WHITE)).astype(np.uint8)


def _stretched(maps: npt.NDArray[np.float32]) -> Pixels:
    low, high = float(maps.min()), float(maps.max())
    return np.rint((maps - low) * (WHITE / (high - low) if high > low else 0.0)).astype(np.uint8)


def _tiled(maps: Pixels) -> Pixels:
    """Lay out ``(maps, height, width[, 3])`` in as many columns as rows or one more, line by line."""
    number, height, width, *channels = maps.shape
    if number == 1:
        return maps[0]
    columns = math.ceil(math.sqrt(number))
    rows = math.ceil(number / columns)
    page = np.full((rows * height, columns * width, *channels), WHITE, np.uint8)
    for index, one in enumerate(maps):
        top, left = index // columns * height, index % columns * width
        page[top : top + height, left : left + width] = one
    return page

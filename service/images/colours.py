"""Signed numbers as colours: blue below zero, red above, and zero itself a neutral white-grey."""

import numpy as np
import numpy.typing as npt

from service.images.decoding import Pixels

_ANCHORS = (
    (-1.0, (5, 48, 97)),
    (-0.75, (33, 102, 172)),
    (-0.5, (67, 147, 195)),
    (-0.25, (146, 197, 222)),
    (0.0, (247, 247, 247)),
    (0.25, (244, 165, 130)),
    (0.5, (214, 96, 77)),
    (0.75, (178, 24, 43)),
    (1.0, (103, 0, 31)),
)
"""ColorBrewer's RdBu turned round: told apart with every common colour blindness, and on grey paper by
darkness alone (C. Brewer, colorbrewer2.org)."""

_STEPS = 127
"""Colours on either side of zero; zero has one of its own."""


def diverging(values: npt.NDArray[np.floating] | npt.NDArray[np.integer], limit: float) -> Pixels:
    """
    Colour signed values: ``-limit`` is the darkest blue, 0 neutral, ``limit`` the darkest red.

    Args:
        values: Any shape, finite; what lies beyond the limit gets its colour.
        limit: Usually the largest magnitude; 0 is allowed when every value is 0.

    Returns:
        ``(*values.shape, 3)`` RGB, uint8.
    """
    shares = np.divide(values, limit or 1, dtype=np.float32).clip(-1, 1)
    return _COLOURS[np.rint(shares * _STEPS).astype(np.int16) + _STEPS]


def _table() -> Pixels:
    places, colours = zip(*_ANCHORS, strict=True)
    at = np.linspace(-1, 1, 2 * _STEPS + 1)
    channels = [np.interp(at, places, channel) for channel in zip(*colours, strict=True)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


_COLOURS = _table()

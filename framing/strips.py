"""Strips beside the paper, of a table or of a scanner's lid, along one side of a picture or several."""

from math import ceil
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing.mnist import Grey

STEP = 40  # levels from the middle one of the picture: what is farther away is no paper, but may be ink
SOFT_PX = 2  # pixels on either side of a strip's edge that are soft
MOST = 0.35  # part of a side that a strip takes at most
SLANT = (
    0.06  # part of a side that a slanting one may take more at one end than in the middle: a curve takes more
)


class Paper(NamedTuple):
    """
    A picture without its strips.

    Attributes:
        grey: ``(height, width)`` uint8.
        corner: Its first row and column in the picture.
    """

    grey: Grey
    corner: tuple[int, int]


def without(grey: Grey) -> Paper | None:
    """
    Take the strips off a picture.

    Returns:
        None when there are none; when one is too deep, or has no clear end; or when the paper is empty then,
        for what was taken off was ink.
    """
    height, width = grey.shape
    level = np.median(grey[height // 4 : height - height // 4 : 2, width // 4 : width - width // 4 : 2])
    across, down = grey[:, width // 4 : width - width // 4], grey.T[:, height // 4 : height - height // 4]
    cuts = np.array([_depth(lines, level) for lines in (across, across[::-1], down, down[::-1])])
    if not cuts.any():
        return None
    are_strips, off = cuts > 0, cv2.absdiff(grey, np.full_like(grey, level)) > STEP
    sides = np.repeat(grey.shape, 2)
    most = np.minimum(MOST * sides, cuts + SLANT * sides)
    while (cuts <= most).all():
        top, bottom, left, right = cuts.tolist()
        paper = np.s_[top : height - bottom, left : width - right]
        inner = off[paper]
        rim = inner[0], inner[-1], inner[:, 0], inner[:, -1]
        are_more = are_strips & [line.any() for line in rim]
        if not are_more.any():
            return Paper(grey[paper], (top, left)) if inner.any() else None
        cuts += are_more
    return None


def _depth(lines: npt.NDArray[np.uint8], level: float) -> int:
    """Tell how many lines from the first on are a strip's: light changes slowly, a strip ends."""
    if abs(np.median(lines[0]) - level) <= STEP:
        return 0
    # Every second pixel tells the same; what takes more of a side is none.
    middles = np.median(lines[: ceil(MOST * len(lines)) + SOFT_PX + 1, ::2], axis=1)
    depth = int((np.abs(middles - level) <= STEP).argmax())
    before, behind = middles[max(depth - SOFT_PX, 0)], middles[min(depth + SOFT_PX, len(middles) - 1)]
    return depth if abs(before - behind) > STEP else 0

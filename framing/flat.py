"""Pictures on ground of one level, as drawings and scans are: levels alone tell their ink, and quickly."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing.mnist import Framed, Grey, frame

Box = tuple[int, int, int, int]
"""Top, left, height and width, pixels."""


@dataclass(frozen=True)
class Constants:
    """
    What the answer depends on; shares of contrast are of that between ground and ink.

    Attributes:
        least_contrast: Levels between ground and the strongest ink.
        outliers: Share of the pixels that may be beyond the darkest and lightest level.
        near: Share of the contrast within which a pixel is as the ground is.
        faint: Share of the contrast below which what is no ground is no clear ink.
        inked: Share of the contrast from which a pixel is ink.
        most_faint: Most pixels between ``near`` and ``faint``, of those that are ink: shade and printed
            lines make them, and so do soft edges.
        most_beyond: Most pixels on the other side of the ground, of all: grain and light make them.
        least_rim: Least part of the picture's rim that is ground.
        even: Part of the ground that has its very level where no camera was: else there may be printed lines.
        line: A piece along this part of a side may be one.
        most_ink: Most ink, of all pixels.
        foot: Share of the contrast at which ink begins to show.
        full: Share of the contrast from which it is as light as can be.
        box_level: Ink at least this light, 0 to 255, belongs to the box.
        speck: A piece is a speck below this part of the largest one's area.
        most_specks: Specks are left out only while they are at most this part of all.
        most_px: Ink is halved until its longer side is no longer than this.
        smoothed_px: Digits of two levels and a shorter longer side are smoothed: stairs become slants.
        sketch_px: Enlarged to this before.
        smoothing_px: By so much of their own pixels.
    """

    least_contrast: int = 24
    outliers: float = 0.0005
    near: float = 0.08
    faint: float = 0.35
    inked: float = 0.5
    most_faint: float = 0.8
    most_beyond: float = 0.003
    least_rim: float = 0.4
    even: float = 0.8
    line: float = 0.9
    most_ink: float = 0.6
    foot: float = 0.12
    full: float = 0.85
    box_level: int = 96
    speck: float = 0.02
    most_specks: float = 0.15
    most_px: int = 160
    smoothed_px: int = 40
    sketch_px: int = 80
    smoothing_px: float = 0.6


CONSTANTS = Constants()
_LEVELS = np.arange(256, dtype=np.float32)
_ROOM_PX = 2


class Ground(NamedTuple):
    """
    The one level that a picture has where it has no ink.

    Attributes:
        level: The level, 0 to 255.
        contrast: Levels from there to the strongest ink.
        is_light: The ink is darker.
        is_even: Nearly all of the ground has just this level.
        is_stepped: There are these two levels and no other.
    """

    level: int
    contrast: int
    is_light: bool
    is_even: bool
    is_stepped: bool


class FlatDigit(NamedTuple):
    """
    What was made of a flat picture.

    Attributes:
        framed: The image as MNIST would have it.
        is_dark: The ink was darker than the ground.
        box: Of the digit, in the picture's pixels.
    """

    framed: Framed
    is_dark: bool
    box: Box


def find(grey: Grey, constants: Constants = CONSTANTS) -> FlatDigit | None:
    """
    Frame the digit of a flat picture.

    Returns:
        What was made of it; None when the picture is not flat, or has no ink.
    """
    ground = ground_of(grey, constants)
    if ground is None:
        return None
    ink = _ink(grey, ground, constants)
    halvings = 0
    while max(ink.shape) > constants.most_px:
        height, width = ink.shape
        # Of whole pairs alone this is quick; the last row or column of an odd number is lost.
        pairs = ink[: height & ~1 or 1, : width & ~1 or 1]
        ink = cv2.resize(pairs, (width // 2 or 1, height // 2 or 1), interpolation=cv2.INTER_AREA)
        halvings += 1
    mask = cv2.inRange(ink, constants.box_level, 255)
    number, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if number == 1 or (not ground.is_even and _has_lines(stats[1:], ink.shape, constants)):
        return None
    if number > 2:
        ink = _without_specks(ink, labels, stats[1:, cv2.CC_STAT_AREA], constants)
        mask = cv2.inRange(ink, constants.box_level, 255)
    left, top, width, height = cv2.boundingRect(mask)
    crop = ink[top : top + height, left : left + width]
    if ground.is_stepped and max(height, width) < constants.smoothed_px:
        crop = _smoothed(crop, constants)
    box = (top << halvings, left << halvings, height << halvings, width << halvings)
    return FlatDigit(frame(crop), ground.is_light, box)


def ground_of(grey: Grey, constants: Constants = CONSTANTS) -> Ground | None:
    """Return the ground of a flat picture; None when the picture is not flat."""
    counts: list[float] = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().tolist()
    below = [*accumulate(counts)]
    number = grey.size
    few = number * constants.outliers
    darkest, lightest = bisect_right(below, few), bisect_left(below, number - few)
    middle = (darkest + lightest) // 2
    rim = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    is_light = int(np.partition(rim, rim.size // 2)[rim.size // 2]) > middle
    # The middle one of all pixels on the ground's side.
    level = bisect_left(below, (below[middle] + number) / 2 if is_light else below[middle] / 2)
    contrast = level - darkest if is_light else lightest - level
    if contrast < constants.least_contrast:
        return None

    def count(least: float, most: float) -> float:
        """Count the pixels that are so much of the contrast away from the ground, towards the ink."""
        if is_light:
            least, most = -most, -least
        first, last = max(ceil(level + least * contrast), 0), min(floor(level + most * contrast), 255)
        return below[last] - (below[first - 1] if first else 0) if last >= first else 0

    ink = count(constants.inked, 256)
    is_flat = (
        count(constants.near, constants.faint) <= constants.most_faint * ink
        and count(-256, -constants.near) <= constants.most_beyond * number
        and ink <= constants.most_ink * number
        and _rim_share(rim, level, constants.near * contrast) >= constants.least_rim
    )
    if not is_flat:
        return None
    return Ground(
        level,
        contrast,
        is_light,
        is_even=counts[level] >= constants.even * count(-constants.near, constants.near),
        is_stepped=counts[level] + counts[level - contrast if is_light else level + contrast] == number,
    )


def _rim_share(rim: Grey, level: int, tolerance: float) -> float:
    return np.count_nonzero(np.abs(rim.astype(np.int16) - level) <= tolerance) / rim.size


def _ink(grey: Grey, ground: Ground, constants: Constants) -> Grey:
    """Return the ink, light on black."""
    away = (ground.level - _LEVELS if ground.is_light else _LEVELS - ground.level) / ground.contrast
    table = np.clip((away - constants.foot) / (constants.full - constants.foot), 0, 1) * 255
    return np.asarray(cv2.LUT(grey, table.astype(np.uint8)), np.uint8)


def _has_lines(stats: npt.NDArray[np.int32], shape: tuple[int, ...], constants: Constants) -> bool:
    """Tell whether a piece runs along a side, or around another: a printed line, or a box."""
    height, width = shape
    areas = stats[:, cv2.CC_STAT_AREA]
    left, top, wide, high = stats[areas >= constants.speck * areas.max(), :4].T
    if bool(((wide >= constants.line * width) | (high >= constants.line * height)).any()):
        return True
    right, bottom = left + wide, top + high
    around = (
        (left[:, None] < left) & (top[:, None] < top) & (right[:, None] > right) & (bottom[:, None] > bottom)
    )
    return bool(around.any())


def _without_specks(
    ink: Grey, labels: npt.NDArray[np.int32], areas: npt.NDArray[np.int32], constants: Constants
) -> Grey:
    """Leave out small pieces, unless much of the ink is in them: then it is dotted."""
    is_speck = areas < constants.speck * areas.max()
    if not 0 < areas[is_speck].sum() <= constants.most_specks * areas.sum():
        return ink
    kept: npt.NDArray[np.uint8] = np.concatenate([[0], ~is_speck]).astype(np.uint8)
    return np.asarray(cv2.multiply(ink, cv2.dilate(kept[labels], np.ones((3, 3), np.uint8))), np.uint8)


def _smoothed(crop: Grey, constants: Constants) -> Grey:
    """Enlarge a small digit, smooth it, and crop it to its ink again."""
    factor = constants.sketch_px / max(crop.shape)
    room = cv2.copyMakeBorder(crop, _ROOM_PX, _ROOM_PX, _ROOM_PX, _ROOM_PX, cv2.BORDER_CONSTANT, value=0)
    large = cv2.resize(room, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), constants.smoothing_px * factor)
    left, top, width, height = cv2.boundingRect(cv2.inRange(large, constants.box_level, 255))
    # A digit of single pixels may be smoothed away.
    return large[top : top + height, left : left + width] if width else crop

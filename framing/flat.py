"""Pictures on ground of one level, as drawings and scans are: levels alone tell their ink, and quickly."""

from bisect import bisect_left, bisect_right
from functools import lru_cache
from math import ceil, floor
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing import pieces
from framing.constants import CONSTANTS, Constants
from framing.mnist import Framed, Grey, frame

Box = tuple[int, int, int, int]
"""Top, left, height and width, pixels."""

_LEVELS = np.arange(256, dtype=np.float32)
_ROOM_PX = 2  # around a digit that is smoothed: its soft edge has room
_FEW_PX = 4000  # of fewer pixels NumPy makes a histogram in half of OpenCV's time


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
        is_doubtful: Two parts stand apart, one underlines the others, or in light made even the ink is slim.
        is_solid: The ink fills its box, as a disc does, or a card with a digit on it.
        is_clean: Neither solid nor underlined, of few pieces, none at the picture's edges: signs alone.
        is_levelled: The picture was flat only when its light was made even.
    """

    framed: Framed
    is_dark: bool
    box: Box
    is_doubtful: bool
    is_solid: bool
    is_clean: bool
    is_levelled: bool = False


def find(grey: Grey, constants: Constants = CONSTANTS) -> FlatDigit | None:
    """
    Frame the digit of a flat picture.

    Returns:
        What was made of it; None when the ground has not one level, and when there is no ink, or a printed
        line, a box or a texture.
    """
    whole_height, whole_width = grey.shape
    grey, halvings = halved(grey, constants)
    ground = ground_of(grey, constants)
    if ground is None:
        return None
    ink = cv2.LUT(grey, _strengths(ground, constants.foot, constants.full))
    mask = _mask(ink, constants)
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    crop, inked = (layer[top : top + height, left : left + width] for layer in (ink, mask))
    is_doubtful, is_underlined, number = False, False, 1
    is_inside = 0 < left < mask.shape[1] - width and 0 < top < mask.shape[0] - height
    if not ground.is_even or pieces.number(inked) > 1:
        found = pieces.of(mask)
        number = len(found.areas)
        if pieces.are_texture(found, constants) or pieces.have_lines(
            found, constants, is_even=ground.is_even
        ):
            return None
        is_underlined = pieces.are_underlined(found, constants)
        is_doubtful = is_underlined or pieces.are_apart(found, constants)
        ink = pieces.linked(pieces.without_specks(ink, found, constants), found, constants)
        mask = _mask(ink, constants)
        left, top, width, height = cv2.boundingRect(mask)
        crop, inked = (layer[top : top + height, left : left + width] for layer in (ink, mask))
    is_solid = _is_solid(inked, constants)
    is_clean = is_inside and number <= constants.few and not is_solid and not is_underlined
    if ground.is_stepped and max(height, width) < constants.smoothed_px:
        crop = _smoothed(crop, constants)
    top, left = top << halvings, left << halvings
    box = (top, left, min(height << halvings, whole_height - top), min(width << halvings, whole_width - left))
    return FlatDigit(frame(crop), ground.is_light, box, is_doubtful, is_solid, is_clean)


def halved(grey: Grey, constants: Constants = CONSTANTS) -> tuple[Grey, int]:
    """Halve a picture until its longer side has no more than ``most_px``; tell how often."""
    halvings = 0
    while max(grey.shape) > constants.most_px:
        height, width = grey.shape
        if height & 1 or width & 1:
            # Of whole pairs alone this is quick.
            grey = cv2.copyMakeBorder(grey, 0, height & 1, 0, width & 1, cv2.BORDER_REPLICATE)
        half = (-(-width // 2), -(-height // 2))
        grey = cv2.resize(grey, half, interpolation=cv2.INTER_AREA)
        halvings += 1
    return grey, halvings


def ground_of(grey: Grey, constants: Constants = CONSTANTS) -> Ground | None:
    """Return the ground of a flat picture; None when the picture is not flat."""
    around = grey.take(_rim(*grey.shape))
    around.sort()
    rim = around.tobytes()
    on_rim = rim[len(rim) // 2]
    below: list[float] = _histogram(grey, on_rim).cumsum().tolist()
    number = grey.size
    few = min(number * constants.outliers, constants.most_outliers)
    darkest, lightest = bisect_right(below, few), bisect_left(below, number - few)
    middle = (darkest + lightest) // 2
    is_light = on_rim > middle
    # The middle one of all pixels on the ground's side.
    level = bisect_left(below, (below[middle] + number) / 2 if is_light else below[middle] / 2)
    contrast = level - darkest if is_light else lightest - level
    if contrast < constants.least_contrast:
        return None

    near = constants.near * contrast

    def count(least: float, most: float) -> float:
        """Count the pixels that are so many levels away from the ground, towards the ink."""
        if is_light:
            least, most = -most, -least
        first, last = max(ceil(level + least), 0), min(floor(level + most), 255)
        if first > last:
            return 0
        return below[last] - below[first - 1] if first else below[last]

    ink = count(constants.inked * contrast, 255)
    faint, beyond, even = count(near, constants.faint * contrast), count(-255, -near), count(-near, near)
    ground_rim = bisect_right(rim, level + near) - bisect_left(rim, level - near)
    clear = level - constants.clear * contrast if is_light else level + constants.clear * contrast
    clear_rim = bisect_right(rim, clear) if is_light else len(rim) - bisect_left(rim, clear)
    is_flat = (
        faint <= constants.most_faint * ink
        and beyond <= constants.most_beyond * number
        and ink <= constants.most_ink * number
        and ground_rim >= constants.least_rim * len(rim)
        and len(rim) - ground_rim - clear_rim <= constants.most_shade * len(rim)
    )
    if not is_flat:
        return None
    on_ground, strongest = count(0, 0), count(contrast, contrast)
    is_even = on_ground >= constants.even * even
    is_stepped = on_ground + strongest == number
    return Ground(level, contrast, is_light, is_even, is_stepped)


@lru_cache(maxsize=256)
def _rim(height: int, width: int) -> npt.NDArray[np.intp]:
    """Return where the pixels of the rim are, counted row by row."""
    places = np.arange(height * width).reshape(height, width)
    return np.concatenate([places[0], places[-1], places[1:-1, 0], places[1:-1, -1]])


def _histogram(grey: Grey, common: int) -> npt.NDArray[Any]:
    """Count the pixels of each level; a common one apart, for steps of one counter wait for each other."""
    levels = grey.ravel()
    if levels.size < _FEW_PX:
        return np.bincount(levels, minlength=256)
    is_other = levels != common
    others = np.count_nonzero(is_other)
    if others > levels.size // 8:
        return np.asarray(cv2.calcHist([grey], [0], None, [256], [0, 256]))
    counts = np.bincount(levels[is_other], minlength=256)
    counts[common] = levels.size - others
    return counts


@lru_cache(maxsize=512)
def _strengths(ground: Ground, foot: float, full: float) -> Grey:
    """Return how strong the ink of a pixel of each level is."""
    away = (ground.level - _LEVELS if ground.is_light else _LEVELS - ground.level) / ground.contrast
    return (np.clip((away - foot) / (full - foot), 0, 1) * 255).astype(np.uint8)


def _is_solid(inked: Grey, constants: Constants) -> bool:
    """Tell whether ink fills its box as no digit does."""
    shorter, longer = sorted(inked.shape)
    is_narrow = shorter < constants.narrow * longer
    return not is_narrow and cv2.countNonZero(inked) > constants.most_cover * inked.size


def _mask(ink: Grey, constants: Constants) -> Grey:
    """Return where ink is strong enough to belong to the box."""
    return np.asarray(cv2.threshold(ink, constants.box_level - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _smoothed(crop: Grey, constants: Constants) -> Grey:
    """Enlarge a small digit, smooth it, and crop it to its ink again."""
    factor = min(constants.sketch_px / max(crop.shape), constants.most_enlarged)
    room = cv2.copyMakeBorder(crop, _ROOM_PX, _ROOM_PX, _ROOM_PX, _ROOM_PX, cv2.BORDER_CONSTANT, value=0)
    large = cv2.resize(room, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), constants.smoothing_px * factor)
    left, top, width, height = cv2.boundingRect(_mask(large, constants))
    # A digit of single pixels may be smoothed away.
    return large[top : top + height, left : left + width] if width else crop

"""The pieces that ink consists of: printed lines among them, specks beside them, dots that make a line."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing.constants import Constants

Mask = npt.NDArray[np.uint8]
"""``(height, width)`` uint8, not 0 where there is ink."""


class Pieces(NamedTuple):
    """
    The connected parts of a mask; neighbours at a corner are connected.

    Attributes:
        labels: Which piece a pixel belongs to, from 1; 0 is none. ``(height, width)`` int32.
        boxes: Left, top, width and height of each, ``(number, 4)``, pixels.
        areas: Pixels of each, ``(number,)``.
        centres: Column and row of each one's middle, ``(number, 2)``.
    """

    labels: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.int32]
    areas: npt.NDArray[np.int32]
    centres: npt.NDArray[np.float64]


def number(mask: Mask) -> int:
    """Count the pieces: a tenth of the work of finding them."""
    return int(cv2.connectedComponents(mask, ltype=cv2.CV_16U)[0]) - 1


def of(mask: Mask) -> Pieces:
    """Find the pieces."""
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask)
    return Pieces(labels, stats[1:, :4], stats[1:, cv2.CC_STAT_AREA], centres[1:])


def are_texture(pieces: Pieces, constants: Constants) -> bool:
    """Tell whether there are more pieces than any digit has, and than can be compared with each other."""
    return int(_are_large(pieces, constants).sum()) > constants.most_pieces


def have_lines(pieces: Pieces, constants: Constants, *, is_even: bool) -> bool:
    """
    Tell whether a piece runs along a side, or around another: a printed line, or a box.

    Args:
        pieces: Those of the ink.
        constants: As everywhere.
        is_even: The ground is that of a drawing or a scan. There a digit may be as long as a side, and have a
            speck inside: a line is slim or fills its box, a ring has more inside, a box fills its own rim.
    """
    height, width = pieces.labels.shape
    large = np.flatnonzero(_are_large(pieces, constants))
    first, (wide, high) = pieces.boxes[large, :2], pieces.boxes[large, 2:].T
    are_long = (wide >= constants.line * width) | (high >= constants.line * height)
    last = first + pieces.boxes[large, 2:]
    is_around = np.asarray(((first[:, None] < first) & (last[:, None] > last)).all(axis=2))
    if is_even:
        is_slim = np.minimum(wide, high) <= constants.slim * np.maximum(wide, high)
        is_filled = pieces.areas[large] >= constants.boxed * wide * high
        are_long &= (is_slim | is_filled) & (len(large) > 1)
        for one in np.flatnonzero(is_around.any(axis=1)):
            if not _is_box(pieces, int(large[one]), constants):
                is_around[one] &= high >= constants.least_inside * high[one]
    return bool(are_long.any() or is_around.any())


def are_apart(pieces: Pieces, constants: Constants) -> bool:
    """Tell whether two large pieces stand side by side or one above the other, as two digits do."""
    areas, boxes = pieces.areas, pieces.boxes
    high_enough = constants.least_height * boxes[areas.argmax(), 3]
    large = boxes[(areas >= constants.least_area * areas.max()) & (boxes[:, 3] >= high_enough)]
    first, last = large[:, :2], large[:, :2] + large[:, 2:]
    overlap = np.minimum(last[:, None], last) - np.maximum(first[:, None], first)
    shorter = np.minimum(large[:, None, 2:], large[:, 2:])
    return bool((overlap < constants.most_overlap * shorter).any())


def are_underlined(pieces: Pieces, constants: Constants) -> bool:
    """Tell whether there is a line below all that is none: a digit has no such part."""
    boxes = pieces.boxes[_are_large(pieces, constants)]
    are_lines = boxes[:, 3] <= constants.underline * boxes[:, 2]
    ends = (boxes[:, 1] + boxes[:, 3])[~are_lines]
    return bool(ends.size and (boxes[are_lines, 1] >= ends.max()).any())


def _is_box(pieces: Pieces, piece: int, constants: Constants) -> bool:
    """Tell whether a piece is drawn along the rim of its bounding box."""
    left, top, wide, high = pieces.boxes[piece].tolist()
    labels = pieces.labels[top : top + high, left : left + wide]
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return bool(np.mean(rim == piece + 1) >= constants.boxed)


def without_specks(ink: Mask, pieces: Pieces, constants: Constants) -> Mask:
    """Leave out specks, and the soft edge around; not while much of the ink is in them: it is dotted."""
    are_large = _are_large(pieces, constants)
    if not 0 < pieces.areas[~are_large].sum() <= constants.most_specks * pieces.areas.sum():
        return ink
    kept: Mask = np.concatenate([[0], are_large]).astype(np.uint8)
    return np.asarray(cv2.multiply(ink, cv2.dilate(kept[pieces.labels], np.ones((3, 3), np.uint8))), np.uint8)


def linked(ink: Mask, pieces: Pieces, constants: Constants) -> Mask:
    """Link dots that stand in a line, as a fast mouse or a printer of needles leaves them."""
    are_large = _are_large(pieces, constants)
    sides, centres = pieces.boxes[are_large, 2:], pieces.centres[are_large]
    if len(sides) < constants.least_dots:
        return ink
    if np.median(sides.max(axis=1) / sides.min(axis=1)) > constants.roundest:
        return ink
    between = np.hypot(*(centres[:, None] - centres).T)
    np.fill_diagonal(between, np.inf)
    are_near = between <= constants.reach * np.quantile(between.min(axis=1), 0.75)
    thickness = max(1, round(constants.link * float(np.sqrt(np.median(pieces.areas[are_large])))))
    places = np.rint(centres).astype(int).tolist()
    made = ink.copy()
    for one, other in zip(*np.nonzero(np.triu(are_near)), strict=True):
        cv2.line(made, places[one], places[other], 255, thickness, cv2.LINE_AA)
    return made


def _are_large(pieces: Pieces, constants: Constants) -> npt.NDArray[np.bool_]:
    """Tell of each piece whether it is no speck."""
    return np.asarray(pieces.areas >= constants.speck * pieces.areas.max())

"""How a network finds the ink of a picture: it looks at the whole, and nearer where the digit is small."""

from collections.abc import Callable, Sequence
from math import ceil, floor
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing.mnist import Framed, Grey, frame, reduced, scaled_size

VIEW_PX = 64  # side of what the network looks at
ROOM_PX = 4  # room on each side of the whole picture, for digits that touch its edge
MOST_PX_ACROSS = 400  # pictures with more are reduced to this first: so the two ways to look cost less
BOX_LEVEL = 96  # ink at least this strong, 0 to 255, belongs to the digit
FEWEST_PX = 6  # fewer pixels of ink are none
LEAST_PIECE = 0.06  # a piece is left out when its area is below this part of the largest one's
MOST_LEFT_OUT = 0.2  # no piece is left out for its area when all that would be are more than this of the ink
FAR = 0.3  # of the largest piece's longer side: what the edge cuts and is so far from it is a neighbour's
NEAR_PX = 22  # what has fewer pixels of the view along its longer side is looked at nearer; MNIST's has 20
RING_PX = 30  # so is what has fewer and is round, in a picture larger than a view: perhaps a ring around one
ROUND = 0.75  # the shorter side of what is round is at least this part of its longer one
SHARE = 0.72  # of the nearer look's side that the digit's longer side takes
HINT_LEVEL = 40  # where there is no ink, weaker ink is a place for a nearer look
FEWEST_HINT_PX = 2
LEAST_PX = 4  # what a nearer look is at is taken to be at least so long, pixels of the picture
SURE_LEVEL = 170  # what such a look finds counts when its ink is as strong as this on average
_AROUND = np.ones((9, 9), np.uint8)  # reaches from ink to what it is written on

View = npt.NDArray[np.uint8]
"""What the network looks at, ``(64, 64)``, grey levels 0 to 255."""

Ink = npt.NDArray[np.uint8]
"""How sure it is that a pixel of the view is ink, ``(64, 64)``, 0 to 255."""

Counts = tuple[float, float, float]
"""How likely there is no digit, one, or several."""

NONE, ONE, SEVERAL = range(3)

Network = Callable[[npt.NDArray[np.uint8]], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]
"""Gives of views ``(number, 64, 64)`` the ink, as large, 0 to 1, and the counts ``(number, 3)``, float32."""

Box = tuple[float, float, float, float]
"""Top, left, height and width."""

NOWHERE: Box = (0, 0, 0, 0)


class Found(NamedTuple):
    """
    What a network found.

    Attributes:
        framed: The digit as MNIST would have it; None when there is no ink.
        is_dark: The ink is darker than what is around it.
        counts: By the look that found it.
        looks: How often it was looked at: once or twice.
        box: Of the ink, in the picture's pixels; ``NOWHERE`` when there is none.
    """

    framed: Framed | None
    is_dark: bool
    counts: Counts
    looks: int
    box: Box

    @property
    def is_several(self) -> bool:
        """Most likely there are several digits."""
        return max(self.counts) == self.counts[SEVERAL]


def find(greys: Sequence[Grey], network: Network, hints: Sequence[Box] | None = None) -> list[Found]:
    """
    Find the digit of each picture, and frame it: all are looked at together, then some once more.

    Args:
        greys: ``(height, width)`` uint8 each; ink may be darker or lighter than the ground.
        network: Looks at views.
        hints: For each where to look nearer if the whole shows nothing, in its pixels; ``NOWHERE`` for none.
    """
    seen = [reduced(grey, MOST_PX_ACROSS) for grey in greys]
    scales = [max(grey.shape) / max(small.shape) for grey, small in zip(greys, seen, strict=True)]
    firsts = _looks(network, [whole(grey) for grey in seen], [_shown(grey.shape) for grey in seen])
    glances = [
        _glance(look, grey.shape, tuple(length / scale for length in hint))
        for look, grey, scale, hint in zip(firsts, seen, scales, hints or [NOWHERE] * len(seen), strict=True)
    ]
    nearer = {at: glance.nearer for at, glance in enumerate(glances) if glance.nearer}
    views = [square(seen[at], place.middle, place.side) for at, place in nearer.items()]
    seconds = dict(zip(nearer, _looks(network, views, [_VIEW] * len(views)), strict=True))
    return [
        _found(glance, first.counts, seconds.get(at), scale)
        for at, (glance, first, scale) in enumerate(zip(glances, firsts, scales, strict=True))
    ]


def whole(grey: Grey, beyond: int | None = None) -> View:
    """
    Fit the whole picture into the middle of a view.

    Args:
        grey: The picture, or any layer over it.
        beyond: The level of what is beyond the picture; None takes the middle one of its rim.
    """
    top, left, bottom, right = _shown(grey.shape)
    return _put(_resized(grey, bottom - top, right - left), top, left, beyond)


def square(grey: Grey, middle: tuple[float, float], side: float, beyond: int | None = None) -> View:
    """
    Look at a square of a picture.

    Args:
        grey: The picture, or any layer over it.
        middle: Of the square, ``(down, across)``, pixels.
        side: Of the square, pixels.
        beyond: As in ``whole``.
    """
    corner = [place - side / 2 for place in middle]
    first = [max(0, floor(place)) for place in corner]
    last = [min(length, ceil(place + side)) for length, place in zip(grey.shape, corner, strict=True)]
    if last[0] <= first[0] or last[1] <= first[1]:
        return np.full((VIEW_PX, VIEW_PX), beyond or 0, np.uint8)
    scale = VIEW_PX / side
    height, width = (max(1, round((end - begin) * scale)) for begin, end in zip(first, last, strict=True))
    top, left = (round((begin - place) * scale) for begin, place in zip(first, corner, strict=True))
    return _put(_resized(grey[first[0] : last[0], first[1] : last[1]], height, width), top, left, beyond)


_Rect = tuple[int, int, int, int]
"""First row and column, and those behind the last."""

_VIEW: _Rect = (0, 0, VIEW_PX, VIEW_PX)


class _Look(NamedTuple):
    """A view, what the network says of it, and the part of it that shows the picture."""

    view: View
    ink: Ink
    counts: Counts
    shown: _Rect


class _Digit(NamedTuple):
    """The ink that counts, cropped; its box (top, left, height, width) in the view's pixels; its polarity."""

    crop: Ink
    box: tuple[int, int, int, int]
    is_dark: bool


class _Square(NamedTuple):
    """Where to look nearer: middle (down, across) and side, in the picture's pixels."""

    middle: tuple[float, float]
    side: float


class _Glance(NamedTuple):
    """What the look at the whole picture gave: a digit and its box there, and where to look nearer."""

    digit: _Digit | None
    box: Box
    nearer: _Square | None


def _looks(network: Network, views: Sequence[View], shown: Sequence[_Rect]) -> list[_Look]:
    if not views:
        return []
    inks, counts = network(np.stack(views))
    levels = np.rint(255 * inks).astype(np.uint8)
    return [
        _Look(view, ink, (none, one, several), rect)
        for view, ink, (none, one, several), rect in zip(views, levels, counts.tolist(), shown, strict=True)
    ]


def _glance(look: _Look, shape: tuple[int, ...], hint: Box) -> _Glance:
    """Find the digit in the look at the whole picture, or a hint of one; else take the hint that is given."""
    digit = _digit(look, BOX_LEVEL, FEWEST_PX)
    place = digit or _digit(look, HINT_LEVEL, FEWEST_HINT_PX)
    top, left, height, width = box = _in_picture(place.box, shape) if place else hint
    if box == NOWHERE:
        return _Glance(None, NOWHERE, None)
    if digit:
        shorter, longer = sorted(digit.box[2:])
        is_round = shorter >= ROUND * longer and max(shape) > VIEW_PX
        if longer >= (RING_PX if is_round else NEAR_PX):
            return _Glance(digit, box, None)
    middle = (top + height / 2, left + width / 2)
    return _Glance(digit, box, _Square(middle, max(height, width, LEAST_PX) / SHARE))


def _found(glance: _Glance, counts: Counts, second: _Look | None, scale: float) -> Found:
    """Frame the digit of the nearer look, or that of the first."""
    digit, box = glance.digit, glance.box
    if second and glance.nearer:
        near = _digit(second, BOX_LEVEL, FEWEST_PX)
        # What was only a hint has to be sure now.
        if near and (digit or _is_sure(near, second.counts)):
            (middle, side), digit, counts = glance.nearer, near, second.counts
            top, left, height, width = (value * side / VIEW_PX for value in near.box)
            box = (middle[0] - side / 2 + top, middle[1] - side / 2 + left, height, width)
    looks = 2 if second else 1
    if digit is None:
        return Found(None, is_dark=False, counts=counts, looks=looks, box=NOWHERE)
    top, left, height, width = (value * scale for value in box)
    return Found(frame(digit.crop), digit.is_dark, counts, looks, (top, left, height, width))


def _digit(look: _Look, level: int, fewest: int) -> _Digit | None:
    """Leave out small pieces and what is a neighbour's, and crop what counts; None when there is none."""
    ink = look.ink
    mask = (ink >= level).astype(np.uint8)
    number, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if number > 2:
        areas = stats[1:, cv2.CC_STAT_AREA]
        are_out = areas < LEAST_PIECE * areas.max()
        are_out &= areas[are_out].sum() <= MOST_LEFT_OUT * areas.sum()
        are_out |= _are_neighbours(stats[1:], look.shown)
        if are_out.any():
            kept = np.concatenate([[0], ~are_out]).astype(np.uint8)
            # With the soft edge around.
            ink = ink * cv2.dilate(kept[labels], np.ones((3, 3), np.uint8))
            mask = (ink >= level).astype(np.uint8)
    if cv2.countNonZero(mask) < fewest:
        return None
    left, top, width, height = cv2.boundingRect(mask)
    around = cv2.subtract(cv2.dilate(mask, _AROUND), mask)
    is_dark = cv2.mean(look.view, mask)[0] < cv2.mean(look.view, around)[0]
    return _Digit(ink[top : top + height, left : left + width], (top, left, height, width), is_dark)


def _are_neighbours(stats: npt.NDArray[np.int32], shown: _Rect) -> npt.NDArray[np.bool_]:
    """Tell of each piece whether the edge cuts it, far from the largest, which the edge does not cut."""
    left, top, width, height, area = stats.T
    right, bottom = left + width, top + height
    are_cut = (top <= shown[0]) | (left <= shown[1]) | (bottom >= shown[2]) | (right >= shown[3])
    main = int(area.argmax())
    across = np.maximum(left - right[main], left[main] - right)
    down = np.maximum(top - bottom[main], top[main] - bottom)
    are_far = np.maximum(across, down) > FAR * max(width[main], height[main])
    found: npt.NDArray[np.bool_] = are_cut & are_far & ~are_cut[main]
    return found


def _is_sure(digit: _Digit, counts: Counts) -> bool:
    strong = digit.crop[digit.crop >= BOX_LEVEL]
    return float(strong.mean()) >= SURE_LEVEL and counts[NONE] <= 0.5


def _in_picture(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> Box:
    """Turn a box of the view of a whole picture into one of the picture."""
    part = max(shape) / (VIEW_PX - 2 * ROOM_PX)
    top, left, _, _ = _shown(shape)
    return (box[0] - top) * part, (box[1] - left) * part, box[2] * part, box[3] * part


def _shown(shape: tuple[int, ...]) -> _Rect:
    """Tell which part of its view shows a whole picture."""
    height, width = scaled_size(shape, VIEW_PX - 2 * ROOM_PX)
    top, left = (VIEW_PX - height) // 2, (VIEW_PX - width) // 2
    return top, left, top + height, left + width


def _resized(grey: Grey, height: int, width: int) -> Grey:
    is_less = height < grey.shape[0] or width < grey.shape[1]
    way = cv2.INTER_AREA if is_less else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (width, height), interpolation=way), np.uint8)


def _put(part: Grey, top: int, left: int, beyond: int | None) -> View:
    """Put a part of a picture into a view; what falls outside is lost."""
    view = np.full((VIEW_PX, VIEW_PX), _rim_level(part) if beyond is None else beyond, np.uint8)
    under = view[max(0, top) :, max(0, left) :]
    over = part[max(0, -top) :, max(0, -left) :][: under.shape[0], : under.shape[1]]
    under[: over.shape[0], : over.shape[1]] = over
    return view


def _rim_level(part: Grey) -> int:
    """Give the middle one of the rim's levels."""
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    return int(np.partition(rim, rim.size // 2)[rim.size // 2])

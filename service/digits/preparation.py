"""Turn any picture of one handwritten digit into the 28x28 image that MNIST would have made of it."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing import flat
from framing.flat import FlatDigit
from framing.mnist import BOX_PX, SIDE_PX, frame, is_framed
from service.digits.paper import Grey, Sheet, lay_flat, shrink
from service.digits.ruling import remove_lines
from service.digits.strokes import select_digit
from service.images.decoding import edges

MOST_SIDE_PX = 640  # larger pictures are first reduced to this
WORK_SIDE_PX = 320  # and those that are not flat to this: 16 pixels for one of the digit's 20
LEAST_SPREAD = (
    16  # levels, the standard deviation: a JPEG's luminance with less may show less than its colour
)
COLOUR_SPREAD = 48  # the same where colour is at hand
MORE_EDGES = 2.0  # times the luminance's: a channel that shows so much more is taken
GLANCE_PX = 160  # edges are measured in a picture no larger
MOST_COUNT = 31  # the lightest level of a picture whose levels are counts, from 0
FEW_PIXELS = 12  # a digit with a shorter longer side is hard to read
BOX_LEVEL = 96  # of 255: ink this strong belongs to the box
SKETCH_MARGIN_PX = 8  # room for thickened strokes
SKETCH_PX = 80  # the digit's longer side while its stroke is measured and mended
THIN_PX = 2.2  # of the box's 20: thinner strokes are thickened
STROKE_PX = 2.8  # the width they are given


@dataclass(frozen=True)
class Preparation:
    """What was done to a picture.

    Attributes:
        inverted: the picture was dark on light.
        flattened: uneven light was divided out.
        lines_removed: printed lines taken out.
        box: (top, left, height, width) of the digit in pixels of the picture as it was sent, upright.
        scale: pixels of the prepared image for one of the picture as it was sent.
        stroke_px: stroke width in pixels of the prepared image, before thickening.
        shift: (down, right) in pixels from the centred box to the centred mass.
        warnings: what may have gone wrong, in words.
    """

    inverted: bool = False
    flattened: bool = False
    lines_removed: int = 0
    box: tuple[int, int, int, int] | None = None
    scale: float = 1.0
    stroke_px: float | None = None
    shift: tuple[int, int] = (0, 0)
    warnings: tuple[str, ...] = ()


_UNTOUCHED = Preparation()


class Prepared(NamedTuple):
    """A picture as MNIST would have it: ``(28, 28)`` uint8, light on black, and how it came about."""

    image: Grey
    blank: bool
    preparation: Preparation = _UNTOUCHED


def prepare(image: npt.NDArray[np.uint8], *, sent_side_px: int | None = None) -> Prepared:
    """Turn a picture of one digit into the image that MNIST would have had.

    Args:
        image: ``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8 0..255, of any size.
        sent_side_px: The longer side of the picture as it was sent, where ``image`` is a smaller one of it.

    Returns:
        The image, whether the picture was blank, and every step.
    """
    if is_framed(image):
        return Prepared(image=image, blank=False)
    sent_side_px = sent_side_px or max(image.shape[:2])
    grey = _shade(shrink(image, longer_side=MOST_SIDE_PX))
    if grey.shape == (SIDE_PX, SIDE_PX):
        if image.ndim == 3 and is_framed(grey):
            return Prepared(image=grey, blank=False)
        if is_framed(negative := cv2.bitwise_not(grey)):
            return Prepared(image=negative, blank=False, preparation=Preparation(inverted=True))
    if found := flat.find(grey):
        return _of_flat(found, grey, reduction=sent_side_px / max(grey.shape))
    sheet = lay_flat(shrink(grey, longer_side=WORK_SIDE_PX))
    unruled = remove_lines(sheet.ink, floor=sheet.floor, scanned=not sheet.divided)
    digit = select_digit(unruled, floor=sheet.floor)
    if digit is None:
        blank = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
        done = Preparation(inverted=sheet.inverted, flattened=sheet.divided, lines_removed=unruled.lines)
        return Prepared(image=blank, blank=True, preparation=done)
    return _draw(digit, sheet=sheet, lines=unruled.lines, reduction=sent_side_px / max(sheet.ink.shape))


def _shade(image: npt.NDArray[np.uint8]) -> Grey:
    """Return the luminance; where colour shows edges much more clearly, the channel that does best."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if image.ndim == 3 and cv2.meanStdDev(grey)[1].item() < COLOUR_SPREAD:
        channels = cv2.split(image)
        # Most drawings are grey in a colour file: there is nothing to choose.
        if any(cv2.norm(channel, grey, cv2.NORM_INF) for channel in channels):
            counts = [_edges(channel) for channel in channels]
            best = int(np.argmax(counts))
            if counts[best] > MORE_EDGES * _edges(grey):
                grey = channels[best]
    darkest, lightest, _, _ = cv2.minMaxLoc(grey)
    # Levels of two or a few, as masks and counts have them; a dark photo's noise has all alike.
    is_counted = darkest == 0 < lightest <= MOST_COUNT and np.isin(grey, (0, lightest)).mean() >= 0.5
    return cv2.convertScaleAbs(grey, alpha=255 / lightest) if is_counted else grey


def _edges(channel: Grey) -> int:
    """Count the pixels on edges in what is seen at a glance: a speck or a bar has few, however strong."""
    return int(np.count_nonzero(edges(shrink(channel, longer_side=GLANCE_PX))))


def _of_flat(found: FlatDigit, grey: Grey, *, reduction: float) -> Prepared:
    """Tell what was done to a flat picture, which was reduced so many times before."""
    done = Preparation(
        inverted=found.is_dark,
        box=_times(found.box, reduction),
        scale=BOX_PX / (max(found.box[2:]) * reduction),
        shift=found.framed.shift,
        warnings=_warnings(found.box, grey.shape, reduction),
    )
    return Prepared(image=found.framed.image, blank=False, preparation=done)


def _times(box: flat.Box, reduction: float) -> flat.Box:
    top, left, height, width = (round(length * reduction) for length in box)
    return top, left, height, width


def _warnings(box: flat.Box, shape: tuple[int, ...], reduction: float) -> tuple[str, ...]:
    top, left, height, width = box
    found = []
    if max(height, width) * reduction < FEW_PIXELS:
        found.append("the digit has few pixels")
    if 0 in (top, left) or top + height == shape[0] or left + width == shape[1]:
        found.append("the digit touches the edge of the picture")
    return tuple(found)


def _draw(digit: Grey, *, sheet: Sheet, lines: int, reduction: float) -> Prepared:
    """Scale the digit's box to 20 pixels and put its centre of mass at index 14."""
    left, top, width, height = cv2.boundingRect((digit > BOX_LEVEL).astype(np.uint8))
    crop = digit[top : top + height, left : left + width]
    margin = SKETCH_MARGIN_PX
    grow = SKETCH_PX / max(height, width)
    size = (max(1, round(width * grow)), max(1, round(height * grow)))
    sketch = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if grow < 1 else cv2.INTER_CUBIC)
    lightest = cv2.norm(sketch, cv2.NORM_INF)
    if lightest <= BOX_LEVEL:
        # Hairlines: reduced, they are fainter.
        sketch = cv2.convertScaleAbs(sketch, alpha=255 / lightest)
    sketch = cv2.copyMakeBorder(sketch, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    stroke = _stroke_width(sketch) * BOX_PX / SKETCH_PX
    if stroke < THIN_PX:
        extra = round((STROKE_PX - stroke) * SKETCH_PX / BOX_PX) | 1
        sketch = cv2.dilate(sketch, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (extra, extra)))
    framed = frame(_cropped(sketch))
    box = (top, left, height, width)
    done = Preparation(
        inverted=sheet.inverted,
        flattened=sheet.divided,
        lines_removed=lines,
        box=_times(box, reduction),
        scale=BOX_PX / (max(height, width) * reduction),
        stroke_px=round(stroke, 2),
        shift=framed.shift,
        warnings=_warnings(box, digit.shape, reduction),
    )
    return Prepared(image=framed.image, blank=False, preparation=done)


def _stroke_width(sketch: Grey) -> float:
    """Measure a stroke's usual width in pixels: twice the middle value of the distance along its ridge."""
    mask = (sketch > 127).astype(np.uint8)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    ridge = distance[(distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8))) & (mask > 0)]
    return 2 * float(np.median(ridge)) - 1 if ridge.size else 1.0


def _cropped(sketch: Grey) -> Grey:
    left, top, width, height = cv2.boundingRect((sketch > BOX_LEVEL).astype(np.uint8))
    return sketch[top : top + height, left : left + width]

"""Separate ink from paper: which of the two is light, how the light falls, how much the picture trembles."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SMALL_SIDE_PX = 64  # light varies slowly: a copy this small shows all of it
TINY_PX = 20  # a picture this small is a scan
LIGHT_SIDE_PX = 128
LEAST_SIDE_PX = 192  # smaller pictures are enlarged to this
STROKE_SHARE = 0.25  # of the shorter side: no stroke is wider, no shadow that matters narrower
LEAST_CONTRAST = 14  # grey levels of 255: fainter marks than this are not ink
PATCH_PX = 7  # of 128: shade is wider; closing overlooks it towards a dark frame and in a shadow's edge
MOST_SHADE = 30  # grey levels: what is darker is a broad stroke
LEAST_GRAIN_SIDE_PX = 8  # grain cannot be told from marks in less
MIDDLE_GREY = 127
CLEAR_SHARE = 0.1  # from one half: a majority that a printed frame does not overturn
EVEN_SPREAD = 0.15  # of the contrast between paper and ink: light that varies less is even
SKEW_WEIGHT = 0.3  # of narrow marks against far ones
BLOB_SHARE = 0.3  # of the longer side: ink is nowhere this wide, a shadow is
NARROW_PX = (3, 5, 7, 9, 13)  # of 64: widths from a thin pen's to a brush's
NOISE_SIGMAS = 5.0  # a mark must stand out of the grain by this many standard deviations


@dataclass(frozen=True)
class Sheet:
    """A picture with its paper taken away.

    Attributes:
        ink: ``(height, width)`` uint8, 0 on bare paper to 255 for ink that reflects nothing.
        inverted: whether the picture was dark on light.
        divided: whether uneven light was divided out.
        floor: ink at or below this level is grain.
    """

    ink: Grey
    inverted: bool
    divided: bool
    floor: float


def lay_flat(grey: Grey) -> Sheet:
    """Divide a grey picture by the light on its paper.

    Args:
        grey: ``(height, width)`` uint8 0..255.
    """
    small = shrink(grey, longer_side=SMALL_SIDE_PX)
    dark_ink = ink_is_dark(small)
    if not dark_ink:
        grey, small = cv2.bitwise_not(grey), cv2.bitwise_not(small)
    mask = _light_mask(small)
    level = _paper_level(mask, small)
    one_part = bool(mask.all()) or not mask.any()
    divided = max(grey.shape) >= TINY_PX and (one_part or not _is_even(small, mask))
    light = None
    if max(grey.shape) >= TINY_PX:
        grey = _enlarged(grey)
    if divided:
        light = cv2.resize(_light(grey), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = (
        cv2.bitwise_not(cv2.divide(grey, np.maximum(light, 1), scale=255))
        if light is not None
        else cv2.bitwise_not(cv2.convertScaleAbs(grey, alpha=255 / max(level, 1.0)))
    )
    floor = max(LEAST_CONTRAST, NOISE_SIGMAS * _grain(ink))
    return Sheet(ink=ink, inverted=dark_ink, divided=divided, floor=floor)


def _enlarged(grey: Grey) -> Grey:
    """Enlarge a small picture, so that lines and strokes are several pixels wide."""
    factor = LEAST_SIDE_PX / max(grey.shape)
    if factor <= 1:
        return grey
    return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def shrink(grey: Grey, *, longer_side: int) -> Grey:
    """Reduce a picture by area until its longer side fits; smaller pictures stay as they are."""
    height, width = grey.shape[:2]
    factor = longer_side / max(height, width)
    if factor >= 1:
        return grey
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def ink_is_dark(small: Grey) -> bool:
    """Tell the polarity of a small picture ``(height, width)``.

    Where two levels explain the picture, paper is the one of which there is more, on the whole and along
    the frame: a bold digit fills most of a tight crop, but hardly its frame. Elsewhere, under uneven light,
    ink is what stands out in narrow marks and far from its surroundings.
    """
    light = _light_mask(small)
    if light.all() or not light.any():
        return bool(np.median(small) > MIDDLE_GREY)
    tiny = max(small.shape) < TINY_PX
    more_light = _light_excess(light)
    if _is_even(small, light):
        return _paper_is_light(light)
    vote = _narrowness(small) - SKEW_WEIGHT * _local_skewness(small)
    return vote + (more_light if tiny else 0) > 0


def _light_mask(small: Grey) -> Mask:
    _, mask = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return mask.astype(bool)


def _paper_is_light(light: Mask) -> bool:
    """Tell which part is paper: that of which there is more; a frame of the other kind is printed."""
    share = float(light.mean())
    excess = _light_excess(light)
    frame = excess + 1 - share
    # Dark borders around a cell, or a dark stroke that fills a crop: on light paper either way.
    at_odds = (share > 0.5) != (frame > 0.5) and abs(share - 0.5) > CLEAR_SHARE
    return at_odds or excess > 0


def _light_excess(light: Mask) -> float:
    """Return by how much the light part outweighs the dark one: -1 for none of it to 1 for nothing else."""
    frame = np.concatenate((light[0], light[-1], light[:, 0], light[:, -1]))
    return float(light.mean() + frame.mean() - 1)


def _paper_level(light: Mask, small: Grey) -> float:
    return float(np.median(small[light])) if light.any() else float(np.median(small))


def _is_even(small: Grey, light: Mask) -> bool:
    """Tell whether light falls evenly: paper of one level, and ink that is narrow or of one level too."""
    dark_ink = _paper_is_light(light)
    paper, ink = (light, ~light) if dark_ink else (~light, light)
    most = EVEN_SPREAD * abs(float(np.median(small[paper])) - float(np.median(small[ink])))
    if _spread(small, paper) > most:
        return False
    size = _odd(BLOB_SHARE * max(small.shape))
    broad = (
        max(small.shape) >= TINY_PX and cv2.erode(ink.astype(np.uint8), np.ones((size, size), np.uint8)).any()
    )
    return not broad or _spread(small, ink) <= most


def _spread(small: Grey, part: Mask) -> float:
    """Return the range of the levels within a part, away from its edges, but for the outer tenths."""
    inner = cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    values = small[inner if inner.any() else part]
    low, high = np.percentile(values, (10, 90))
    return float(high - low)


def _narrowness(small: Grey) -> float:
    """Compare dark with light marks over a ladder of widths: -1 all light to 1 all dark."""
    balance = []
    for size in NARROW_PX:
        kernel = np.ones((size, size), np.uint8)
        dark = float(
            cv2.norm(cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, kernel, borderType=cv2.BORDER_REPLICATE))
        )
        light = float(
            cv2.norm(cv2.morphologyEx(small, cv2.MORPH_TOPHAT, kernel, borderType=cv2.BORDER_REPLICATE))
        )
        balance.append((dark**2 - light**2) / (dark**2 + light**2 + 1))
    return sum(balance) / len(balance)


def _local_skewness(small: Grey) -> float:
    size = _odd(min(small.shape) / 2)
    values = small.astype(np.float32)
    deviation = values - cv2.blur(values, (size, size), borderType=cv2.BORDER_REPLICATE)
    variance = float(np.mean(deviation**2))
    return float(np.mean(deviation**3)) / (variance**1.5 + 1e-6)


def _light(grey: Grey) -> Grey:
    """Estimate the light on the paper, on a small copy: what remains when marks are closed."""
    small = shrink(grey, longer_side=LIGHT_SIDE_PX)
    size = _odd(STROKE_SHARE * min(small.shape))
    kernel = np.ones((size, size), np.uint8)
    calm = cv2.medianBlur(small, 3)
    closed = cv2.medianBlur(
        cv2.morphologyEx(calm, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE), 5
    )
    missing = cv2.morphologyEx(
        cv2.subtract(closed, calm), cv2.MORPH_OPEN, np.ones((PATCH_PX, PATCH_PX), np.uint8)
    )
    return cv2.subtract(closed, cv2.min(cv2.blur(missing, (PATCH_PX, PATCH_PX)), MOST_SHADE))


def _grain(ink: Grey) -> float:
    """Estimate the standard deviation of the grain from pixels against their neighbours' median."""
    if min(ink.shape) < LEAST_GRAIN_SIDE_PX:
        return 0.0
    return 1.4826 * float(np.median(cv2.absdiff(ink, cv2.medianBlur(ink, 3))))


def _odd(length: float) -> int:
    return max(3, round(length) | 1)

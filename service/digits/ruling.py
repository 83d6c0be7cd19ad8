"""Take printed lines off the ink, and mend the strokes they crossed."""

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from service.digits.line_paths import Ints, Line
from service.digits.paper import Grey
from service.digits.printed_lines import find_lines

ALONE_MARGIN = 0.1  # of the side: a single line further inside is a one
SLIVER_SHARE = 0.2  # of the side: what is left beside a single line is no digit if narrower
ALIKE_TONE = 0.25  # of the tone: a stroke differs no more from the rest of its digit
ALIKE_STROKE = (0.5, 2.2)  # of the stroke: nor does it in width
TOUCH_PX = 3  # a line and a stroke that are closer touch
FEW_LINES = 2  # so few may be strokes of a digit that fills the picture
LEAST_SIDE_PX = 36  # in smaller pictures lines and strokes are the same
TIGHT_SHARE = 0.04  # of the side: ink this close to the frame was cropped tightly
BESIDE_SHARE = 0.15  # of the side: a line this close runs along the frame
MARGIN_PX = 1  # a printed line is this much wider than its dark part
LEANS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # columns per row of the strokes that are mended across a line


@dataclass(frozen=True)
class Unruled:
    """Ink without printed lines, and the cell they frame as (top, left, bottom, right)."""

    ink: Grey
    lines: int
    cell: tuple[int, int, int, int]


def remove_lines(ink: Grey, *, floor: float, scanned: bool) -> Unruled:
    """Take printed lines out of the ink and mend the strokes they crossed.

    Args:
        ink: ``(height, width)`` uint8, 0 on bare paper.
        floor: level of the grain.
        scanned: evenly lit, such as a scan or a drawing: often cropped so tightly that strokes run from
            frame to frame.
    """
    height, width = ink.shape
    untouched = Unruled(ink=ink, lines=0, cell=(0, 0, height, width))
    if min(height, width) < LEAST_SIDE_PX:
        return untouched
    rows, columns = find_lines(ink, floor=floor)
    if not rows and not columns:
        return untouched
    clean = ink.copy()
    for line in rows:
        _erase(clean, line)
    for line in columns:
        _erase(clean.T, line)
    few = len(rows) + len(columns) <= FEW_LINES
    if few and scanned and _fills_the_frame(clean, rows, columns, floor=floor):
        return untouched
    if few and _are_strokes(clean, rows, columns, floor=floor):
        return untouched
    mended = clean.copy()
    for line in rows:
        _mend(mended, clean, line)
    for line in columns:
        _mend(mended.T, clean.T, line)
    top, bottom = _gap(rows, height)
    left, right = _gap(columns, width)
    return Unruled(ink=mended, lines=len(rows) + len(columns), cell=(top, left, bottom, right))


def _fills_the_frame(clean: Grey, rows: list[Line], columns: list[Line], *, floor: float) -> bool:
    """Whether ink other than the lines reaches a side of the picture along which no line runs."""
    for ink, lines in ((clean, rows), (clean.T, columns)):
        height = ink.shape[0]
        band = max(1, round(TIGHT_SHARE * height))
        for side, edge in ((ink[:band], 0), (ink[-band:], height)):
            if (side > floor).any() and all(
                abs(line.middle - edge) > BESIDE_SHARE * height for line in lines
            ):
                return True
    return False


def _are_strokes(clean: Grey, rows: list[Line], columns: list[Line], *, floor: float) -> bool:
    """Whether a few lines are the digit's own: as broad and dark as the ink they touch, or all there is."""
    mask = (clean > floor).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    lines = rows + columns
    side, column = (clean.shape[0], cv2.CC_STAT_HEIGHT) if rows else (clean.shape[1], cv2.CC_STAT_WIDTH)
    if count < 2 or (len(lines) == 1 and stats[1:, column].max() < SLIVER_SHARE * side):
        return len(lines) == 1 and ALONE_MARGIN < lines[0].middle / side < 1 - ALONE_MARGIN
    main = int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1
    x, y, w, h, _ = stats[main]
    patch = clean[y : y + h, x : x + w]
    tone = float(np.percentile(patch[patch > floor], 80))
    distance = cv2.distanceTransform((patch > tone / 2).astype(np.uint8), cv2.DIST_L2, 3)
    stroke = 2 * float(np.percentile(distance[distance > 0], 85)) if (distance > 0).any() else 0.0
    alike = all(
        abs(line.tone - tone) < ALIKE_TONE * tone
        and ALIKE_STROKE[0] * stroke <= line.thickness <= ALIKE_STROKE[1] * stroke
        for line in lines
    )
    touched = any(_touches(line, (y, x, h, w), width=clean.shape[1]) for line in rows)
    touched |= any(_touches(line, (x, y, w, h), width=clean.shape[0]) for line in columns)
    return alike and touched


def _touches(line: Line, box: tuple[int, int, int, int], *, width: int) -> bool:
    """Whether a nearly horizontal line touches a box (top, left, height, width)."""
    top, left, box_height, box_width = box
    ends = line.at(np.array([left, left + box_width - 1], dtype=float), width=width)
    highest, lowest = ends.min() + line.above - TOUCH_PX, ends.max() + line.below + TOUCH_PX
    return bool(top <= lowest and top + box_height - 1 >= highest)


def _strip(line: Line, shape: tuple[int, ...], *, context: int) -> tuple[Ints, slice]:
    """Return the rows ``(thickness + 2 * context, width)`` along a line, and which of them it covers."""
    width = shape[1]
    path = np.rint(np.linspace(line.left, line.right, width)).astype(np.intp)
    above, below = math.floor(line.above) - MARGIN_PX, math.ceil(line.below) + MARGIN_PX
    offsets = np.arange(above - context, below + context + 1)
    return path[None, :] + offsets[:, None], slice(context, len(offsets) - context)


def _erase(ink: Grey, line: Line) -> None:
    rows, _ = _strip(line, ink.shape, context=0)
    inside = (rows >= 0) & (rows < ink.shape[0])
    ink[rows[inside], np.broadcast_to(np.arange(ink.shape[1]), rows.shape)[inside]] = 0


def _mend(mended: Grey, clean: Grey, line: Line) -> None:
    """Join what stands on both sides of an erased line, in the directions a stroke may cross it."""
    height, width = clean.shape
    thickness = math.ceil(line.below) - math.floor(line.above) + 2 * MARGIN_PX + 1
    reach = thickness // 2 + 2
    rows, band = _strip(line, clean.shape, context=reach)
    columns = np.arange(width)
    inside = (rows >= 0) & (rows < height)
    strip = np.where(inside, clean[rows.clip(0, height - 1), columns], 0).astype(np.uint8)
    bridged = np.zeros_like(strip)
    for lean in LEANS:
        bridged = cv2.max(
            bridged, cv2.morphologyEx(strip, cv2.MORPH_CLOSE, _slanted(2 * reach + 1, lean=lean))
        )
    inside[: band.start] = inside[band.stop :] = False
    at = rows[inside], np.broadcast_to(columns, rows.shape)[inside]
    mended[at] = np.maximum(mended[at], bridged[inside])


def _slanted(length: int, *, lean: float) -> Grey:
    half = length // 2
    kernel = np.zeros((length, 2 * round(abs(lean) * half) + 1), np.uint8)
    rows = np.arange(length)
    columns = np.rint((rows - half) * lean).astype(np.intp) + kernel.shape[1] // 2
    kernel[rows, columns] = 1
    return kernel


def _gap(lines: list[Line], length: int) -> tuple[int, int]:
    """Return the widest gap between neighbouring lines, the frame being the first and the last."""
    edges = sorted([0.0, float(length), *((line.left + line.right) / 2 for line in lines)])
    low, high = max(pairwise(edges), key=lambda pair: pair[1] - pair[0])
    return (int(low), int(high)) if high - low >= 0.45 * length else (0, length)

"""Printed lines on the paper: find them, take them out, mend the strokes they crossed."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from service.digits.paper import Grey, shrink

Ints = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SEARCH_SIDE_PX = 128  # lines are searched on a copy this small
STRIPS = 16  # a line is followed through this many strips across the picture
COVERED = 0.75  # of a strip's columns must be dark where a line passes
STEEPEST = 0.2  # rise per width of the most tilted line, 11 degrees
TILT_COST = 0.01  # of a strip: among equals the most level line wins
APART = 0.03  # of the height: lines closer than this at either end are one
PROBES = 96  # columns in which a line's profile is measured
EDGE = 0.3  # of its peak: where a line's dark part ends
WHOLE = 0.85  # of the width: a line that runs from frame to frame
ALMOST_WHOLE = 0.75  # of the strips: worth a closer look
LONG = 0.45  # of the width: a line that may be the side of a box
LEAST_MARGIN = 0.35  # of the height: the side of a box is no further from the frame
LEAST_SEEN = 0.3  # of the width: a line hidden for longer proves nothing
BOX_SIDES = 2  # in either direction
GAP_STRIPS = 2  # a stroke or a fault may hide this much of a line
END_SLACK = 0.03  # of the width: how far from the frame a line may fade out
LEAST_PROBES = 8  # columns that a path can be fitted to
FLANK_PX = 3  # beside a line, beyond its blur
MOST_FLANK = 0.35  # of the width: a straight line's neighbourhood is not dark for longer
ALONE_MARGIN = 0.1  # of the side: a single line further inside is a one
FEW_LINES = 2  # so few may be strokes of a digit that fills the picture
LEAST_SIDE_PX = 36  # in smaller pictures lines and strokes are the same
THICKEST = 0.12  # of the picture's side: anything broader is no printed line
MARGIN_PX = 1  # a printed line is this much wider than its dark part
LEANS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # columns per row of the strokes that are mended across a line
MOST_LINES = 24  # in one direction: squared paper has no more in a picture of one digit


@dataclass(frozen=True)
class Line:
    """A nearly horizontal line from ``(0, left)`` to ``(width - 1, right)``, in pixels.

    It was seen from `start` to `stop`, in shares of the width; its dark part reaches from `above` (negative) to `below` its path.
    """

    left: float
    right: float
    start: float = 0.0
    stop: float = 1.0
    above: float = 0.0
    below: float = 0.0
    tone: float = 0.0

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def thickness(self) -> float:
        return self.below - self.above + 1

    def at(self, columns: Floats, *, width: int) -> Floats:
        """Return the row of the line's path at each column."""
        return self.left + (self.right - self.left) * columns / max(1, width - 1)


@dataclass(frozen=True)
class Unruled:
    """Ink without printed lines, and the cell they frame as (top, left, bottom, right)."""

    ink: Grey
    lines: int
    cell: tuple[int, int, int, int]


def remove_lines(ink: Grey, *, floor: float) -> Unruled:
    """Take printed lines out of the ink and mend the strokes they crossed.

    Args:
        ink: ``(height, width)`` uint8, 0 on bare paper.
        floor: level of the grain.
    """
    height, width = ink.shape
    untouched = Unruled(ink=ink, lines=0, cell=(0, 0, height, width))
    if min(height, width) < LEAST_SIDE_PX:
        return untouched
    rows, columns = _find(ink, floor=floor)
    if not rows and not columns:
        return untouched
    clean = ink.copy()
    for line in rows:
        _erase(clean, line)
    for line in columns:
        _erase(clean.T, line)
    if len(rows) + len(columns) <= FEW_LINES and _are_strokes(clean, rows, columns, floor=floor):
        return untouched
    mended = clean.copy()
    for line in rows:
        _mend(mended, clean, line)
    for line in columns:
        _mend(mended.T, clean.T, line)
    top, bottom = _gap(rows, height)
    left, right = _gap(columns, width)
    return Unruled(ink=mended, lines=len(rows) + len(columns), cell=(top, left, bottom, right))


def _find(ink: Grey, *, floor: float) -> tuple[list[Line], list[Line]]:
    """Return the printed lines, nearly horizontal and nearly vertical; the latter in the transposed picture."""
    mask = (shrink(ink, longer_side=SEARCH_SIDE_PX) > floor).astype(np.uint8)
    scale = max(ink.shape) / max(mask.shape)
    rows = _candidates(ink, mask, scale=scale, floor=floor, span=ALMOST_WHOLE)
    columns = _candidates(ink.T, mask.T, scale=scale, floor=floor, span=ALMOST_WHOLE)
    through = [line for line in rows if _runs_through(ink, line, columns)]
    down = [line for line in columns if _runs_through(ink.T, line, rows)]
    if through or down:
        return through, down
    rows = _candidates(ink, mask, scale=scale, floor=floor, span=LONG)
    columns = _candidates(ink.T, mask.T, scale=scale, floor=floor, span=LONG) if len(rows) >= BOX_SIDES else []
    for _ in range(2):  # a side may be held by one that itself proves to be a stroke
        rows, columns = (
            [line for line in rows if _is_box_side(ink, line, columns)],
            [line for line in columns if _is_box_side(ink.T, line, rows)],
        )
    if len(rows) >= BOX_SIDES and len(columns) >= BOX_SIDES:
        return _outermost(rows), _outermost(columns)
    return [], []


def _outermost(lines: list[Line]) -> list[Line]:
    in_order = sorted(lines, key=lambda line: line.middle)
    return [in_order[0], in_order[-1]]


def _candidates(ink: Grey, mask: Grey, *, scale: float, floor: float, span: float) -> list[Line]:
    measured = (_measure(ink, line, scale=scale, floor=floor) for line in _search(mask, span=span))
    lines: list[Line] = []
    for line in measured:
        if line is not None and not any(abs(line.middle - other.middle) < 2 for other in lines):
            lines.append(line)
    return lines


def _search(mask: Grey, *, span: float) -> list[Line]:
    """Find nearly horizontal straight lines over a share of the width in a mask ``(height, width)`` of 0 and 1."""
    height, width = mask.shape
    thick = cv2.dilate(np.ascontiguousarray(mask), np.ones((3, 1), np.uint8)).astype(np.float32)
    strips = min(STRIPS, width)
    coverage = cv2.resize(thick, (strips, height), interpolation=cv2.INTER_AREA) >= COVERED
    reach = int(STEEPEST * width)
    rises = np.arange(-reach, reach + 1)
    middles = np.arange(-reach, height + reach)
    padded = np.zeros((height + 4 * reach, strips), np.uint8)
    padded[2 * reach : 2 * reach + height] = coverage
    offsets = np.rint(rises[:, None] * ((np.arange(strips) + 0.5) / strips - 0.5)).astype(np.intp) + reach
    count = np.zeros((len(rises), len(middles)), np.float32)
    for strip in range(strips):
        windows = np.lib.stride_tricks.sliding_window_view(padded[:, strip], len(middles))
        count += windows[offsets[:, strip]]
    count -= TILT_COST * np.abs(rises)[:, None] / max(1, reach)
    left, right = middles[None, :] - rises[:, None] / 2, middles[None, :] + rises[:, None] / 2
    lines: list[Line] = []
    while len(lines) < MOST_LINES and count.max() >= span * strips - TILT_COST:
        best = np.unravel_index(int(count.argmax()), count.shape)
        rows = np.rint(middles[best[1]] + rises[best[0]] * ((np.arange(strips) + 0.5) / strips - 0.5)).astype(np.intp)
        start, stop = _longest_run(padded[rows + 2 * reach, np.arange(strips)] > 0, gap=GAP_STRIPS)
        line = Line(
            left=float(left[best]), right=float(right[best]), start=start / strips, stop=(stop + 1) / strips
        )
        lines.append(line)
        apart = APART * height + 1
        crossing = (left < line.left) != (right < line.right)
        count[crossing | (np.abs(left - line.left) < apart) | (np.abs(right - line.right) < apart)] = 0
    return lines


def _measure(ink: Grey, found: Line, *, scale: float, floor: float) -> Line | None:
    """Place a line found on the small copy in the picture itself and measure its thickness and tone."""
    line = replace(found, left=(found.left + 0.5) * scale - 0.5, right=(found.right + 0.5) * scale - 0.5)
    near = int(1.5 * scale) + 1
    first_look = _edges(ink, line, near=near, floor=floor)
    if first_look is None:
        return None
    return _edges(ink, _straightened(ink, first_look, slack=near), near=2, floor=floor)


def _window(ink: Grey, line: Line, offsets: Ints) -> tuple[Ints, Grey]:
    """Return probed columns, and the ink ``(offsets, columns)`` above and below the line's path there."""
    height, width = ink.shape
    columns = np.linspace(line.start, line.stop, PROBES) * (width - 1)
    columns = columns.astype(np.intp)
    rows = np.rint(line.at(columns.astype(float), width=width)).astype(np.intp) + offsets[:, None]
    values = ink[rows.clip(0, height - 1), columns]
    values[(rows < 0) | (rows >= height)] = 0
    return columns, values


def _edges(ink: Grey, line: Line, *, near: int, floor: float) -> Line | None:
    """Find where the dark part of a line begins and ends, the middle of it being at most `near` from the path."""
    height = ink.shape[0]
    reach = int(THICKEST * height) + near + 2
    offsets = np.arange(-reach, reach + 1)
    _, values = _window(ink, line, offsets)
    profile = np.median(values, axis=1)
    peak = reach - near + int(profile[reach - near : reach + near + 1].argmax())
    dark = profile > max(EDGE * profile[peak], 0.6 * floor)
    if not dark[peak]:
        return None
    light = np.flatnonzero(~dark)
    first = int(light[light < peak].max(initial=-1)) + 1
    last = int(light[light > peak].min(initial=len(dark))) - 1
    if last - first + 1 > max(4, THICKEST * height):
        return None
    return replace(line, above=float(offsets[first]), below=float(offsets[last]), tone=float(profile[peak]))


def _straightened(ink: Grey, line: Line, *, slack: int) -> Line:
    """Fit a line's path to the middle of its dark part, leaving out columns in which a stroke crosses."""
    offsets = np.arange(int(line.above) - slack, int(line.below) + slack + 1)
    columns, values = _window(ink, line, offsets)
    weights = np.where(values > EDGE * line.tone, values, 0).astype(float)
    mass = weights.sum(axis=0)
    dark = (weights > 0).sum(axis=0)
    usable = (dark > 0) & (dark < len(offsets))
    middles = (weights * offsets[:, None]).sum(axis=0)[usable] / mass[usable]
    at = columns[usable].astype(float)
    for _ in range(2):
        if len(at) < LEAST_PROBES:
            return line
        slope, start = np.polyfit(at, middles, 1)
        residual = np.abs(middles - start - slope * at)
        close = residual <= max(1.0, 1.5 * float(np.median(residual)))
        at, middles = at[close], middles[close]
    last = ink.shape[1] - 1
    return replace(line, left=line.left + float(start), right=line.right + float(start + slope * last))


def _runs_through(ink: Grey, line: Line, crossing: list[Line]) -> bool:
    """Whether a straight line runs from frame to frame; where others cross it, nothing can be seen."""
    dark, seen, _ = _course(ink, line, crossing)
    if seen.sum() < LEAST_SEEN * len(seen) or dark[seen].mean() < WHOLE:
        return False
    slack = END_SLACK * len(seen) + 2
    ends, covered = np.flatnonzero(seen), np.flatnonzero(dark)
    return bool(covered[0] <= ends[0] + slack and covered[-1] >= ends[-1] - slack)


def _is_box_side(ink: Grey, line: Line, corners: list[Line]) -> bool:
    """Whether a straight line near the frame ends where other sides of a box do, or at the frame."""
    height, width = ink.shape
    if LEAST_MARGIN * height < line.middle < (1 - LEAST_MARGIN) * height:
        return False
    dark, seen, posts = _course(ink, line, corners)
    start, stop = _longest_run(dark | ~seen, gap=END_SLACK * width + 2)
    if stop - start < LONG * width:
        return False
    slack = END_SLACK * width + 2 + 2 * line.thickness
    held = [0.0, width - 1.0, *posts]
    return all(min(abs(end - post) for post in held) <= slack for end in (start, stop))


def _course(ink: Grey, line: Line, crossing: list[Line]) -> tuple[Mask, Mask, list[float]]:
    """Follow a line: where it is dark with paper beside it, where it can be seen, and where others cross it."""
    height, width = ink.shape
    columns = np.arange(width)
    path = line.at(columns.astype(float), width=width)
    seen = np.ones(width, dtype=bool)
    posts = []
    for other in crossing:
        post = float(other.at(np.array([line.middle]), width=height)[0])
        post = float(other.at(np.interp([post], columns, path), width=height)[0])
        posts.append(post)
        seen &= (columns < post + other.above - 2) | (columns > post + other.below + 2)
    centre = np.rint(path + (line.above + line.below) / 2).astype(np.intp)
    seen &= (centre >= 0) & (centre < height)
    close = (centre + np.arange(-1, 2)[:, None]).clip(0, height - 1)
    dark = (ink[close, columns].max(axis=0) > 0.5 * line.tone) & seen
    for offset in (line.above - FLANK_PX, line.below + FLANK_PX):
        flank = np.rint(path + offset).astype(np.intp)
        inside = (flank >= 0) & (flank < height) & seen
        if inside.any() and (ink[flank.clip(0, height - 1), columns][inside] > 0.5 * line.tone).mean() > MOST_FLANK:
            dark[:] = False
    return dark, seen, posts


def _longest_run(dark: Mask, *, gap: float) -> tuple[int, int]:
    """Return the first and last index of the longest run of true values that are at most `gap` apart."""
    at = np.flatnonzero(dark)
    if not len(at):
        return 0, 0
    breaks = np.flatnonzero(np.diff(at) > gap)
    starts, stops = at[np.concatenate(([0], breaks + 1))], at[np.concatenate((breaks, [len(at) - 1]))]
    longest = int(np.argmax(stops - starts))
    return int(starts[longest]), int(stops[longest])


def _are_strokes(clean: Grey, rows: list[Line], columns: list[Line], *, floor: float) -> bool:
    """Whether a few lines are rather the digit's own: as broad and dark as the ink they touch, or all there is."""
    mask = (clean > floor).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    lines = rows + columns
    if count < 2 or stats[1:, cv2.CC_STAT_HEIGHT].max() < 0.15 * clean.shape[0]:
        return _stands_alone(lines, share=lines[0].middle / (clean.shape[0] if rows else clean.shape[1]))
    main = int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1
    x, y, w, h, _ = stats[main]
    height, width = clean.shape
    patch = clean[y : y + h, x : x + w]
    present = patch[patch > floor]
    tone = float(np.percentile(present, 80))
    distance = cv2.distanceTransform((patch > tone / 2).astype(np.uint8), cv2.DIST_L2, 3)
    stroke = 2 * float(np.percentile(distance[distance > 0], 85)) if (distance > 0).any() else 0.0
    similar = all(abs(line.tone - tone) < 0.25 * tone and 0.5 * stroke <= line.thickness <= 2.2 * stroke for line in lines)
    if not similar:
        return False
    reach = [_touches(line, low=y, high=y + h - 1, left=x, right=x + w - 1, width=width) for line in rows]
    reach += [_touches(line, low=x, high=x + w - 1, left=y, right=y + h - 1, width=height) for line in columns]
    return any(reach)


def _stands_alone(lines: list[Line], *, share: float) -> bool:
    return len(lines) == 1 and ALONE_MARGIN < share < 1 - ALONE_MARGIN


def _touches(line: Line, *, low: float, high: float, left: float, right: float, width: int) -> bool:
    ends = line.at(np.array([left, right], dtype=float), width=width)
    return bool(low <= ends.max() + line.below + 3 and high >= ends.min() + line.above - 3)


def _strip(line: Line, shape: tuple[int, ...], *, context: int) -> tuple[Ints, slice]:
    """Return the rows ``(thickness + 2 * context, width)`` along a line, and the part of them that the line covers."""
    height, width = shape
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
        bridged = cv2.max(bridged, cv2.morphologyEx(strip, cv2.MORPH_CLOSE, _slanted(2 * reach + 1, lean=lean)))
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
    low, high = max(zip(edges, edges[1:], strict=False), key=lambda pair: pair[1] - pair[0])
    return (int(low), int(high)) if high - low >= 0.45 * length else (0, length)

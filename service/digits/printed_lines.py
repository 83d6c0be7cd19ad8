"""Printed lines in a picture: straight, thin, from frame to frame, or the sides of a box."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from service.digits.paper import Grey, shrink

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SEARCH_SIDE_PX = 128  # lines are searched on a copy this small
STRIPS = 16  # a line is followed through this many strips across the picture
COVERED = 0.75  # of a strip's columns must be dark where a line passes
STEEPEST = 0.2  # rise per width of the most tilted line, 11 degrees
TILT_COST = 0.01  # of a strip: among equals the most level line wins
SAME_PX = 2  # lines whose middles are closer are one
APART = 0.03  # of the height: lines closer than this at either end are one
PROBES = 64  # columns in which a line's profile is measured
ALONG = np.arange(PROBES) / (PROBES - 1)
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
THICKEST = 0.12  # of the picture's side: anything broader is no printed line
MOST_LINES = 24  # in one direction: squared paper has no more in a picture of one digit


@dataclass(frozen=True)
class Line:
    """A nearly horizontal line from row `left` in the first column to row `right` in the last, in pixels.

    It was seen from `start` to `stop`, in shares of the width, and `covered` so much of it. Its dark part
    reaches from `above` (negative) to `below` its path, and is as dark as `tone`.
    """

    left: float
    right: float
    start: float = 0.0
    stop: float = 1.0
    covered: float = 1.0
    above: float = 0.0
    below: float = 0.0
    tone: float = 0.0

    @property
    def middle(self) -> float:
        """Return the row in the middle of the picture."""
        return (self.left + self.right) / 2

    @property
    def thickness(self) -> float:
        """Return the height of the dark part in pixels."""
        return self.below - self.above + 1

    def at(self, columns: Floats, *, width: int) -> Floats:
        """Return the row of the line's path at each column."""
        return self.left + (self.right - self.left) * columns / max(1, width - 1)


def find_lines(ink: Grey, *, floor: float) -> tuple[list[Line], list[Line]]:
    """Find the printed lines: nearly horizontal ones, and nearly vertical ones in the transposed picture.

    Lines run from frame to frame, or are the four sides of a box.

    Args:
        ink: ``(height, width)`` uint8, 0 on bare paper.
        floor: level of the grain.
    """
    mask = (shrink(ink, longer_side=SEARCH_SIDE_PX) > floor).astype(np.uint8)
    scale = max(ink.shape) / max(mask.shape)
    found, found_down = _search(mask), _search(mask.T)
    rows = _measured(ink, found, scale=scale, floor=floor, span=ALMOST_WHOLE)
    columns = _measured(ink.T, found_down, scale=scale, floor=floor, span=ALMOST_WHOLE)
    through = [line for line in rows if _runs_through(ink, line, columns)]
    down = [line for line in columns if _runs_through(ink.T, line, rows)]
    if through or down:
        return through, down
    if min(len(found), len(found_down)) < BOX_SIDES:
        return [], []
    rows = _measured(ink, found, scale=scale, floor=floor, span=LONG)
    columns = _measured(ink.T, found_down, scale=scale, floor=floor, span=LONG)
    for _ in range(2):  # a side may be held by one that itself proves to be a stroke
        rows, columns = (
            [line for line in rows if _is_box_side(ink, line, columns)],
            [line for line in columns if _is_box_side(ink.T, line, rows)],
        )
    if len(rows) >= BOX_SIDES and len(columns) >= BOX_SIDES:
        return _outermost(rows), _outermost(columns)
    return [], []


def _search(mask: Grey) -> list[Line]:
    """Find nearly horizontal straight lines in a mask ``(height, width)`` of 0 and 1, the fullest first."""
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
    windows = np.lib.stride_tricks.sliding_window_view(np.ascontiguousarray(padded.T), len(middles), axis=1)
    votes = np.zeros((len(rises), len(middles)), np.uint8)
    for strip in range(strips):
        votes += windows[strip, offsets[:, strip]]
    if votes.max() < LONG * strips:
        return []
    count = votes - TILT_COST * np.abs(rises)[:, None].astype(np.float32) / max(1, reach)
    left, right = middles[None, :] - rises[:, None] / 2, middles[None, :] + rises[:, None] / 2
    lines: list[Line] = []
    while len(lines) < MOST_LINES and count.max() >= LONG * strips - TILT_COST:
        best = np.unravel_index(int(count.argmax()), count.shape)
        rows = np.rint(middles[best[1]] + rises[best[0]] * ((np.arange(strips) + 0.5) / strips - 0.5)).astype(
            np.intp
        )
        start, stop = _longest_run(padded[rows + 2 * reach, np.arange(strips)] > 0, gap=GAP_STRIPS)
        line = Line(
            left=float(left[best]),
            right=float(right[best]),
            start=start / strips,
            stop=(stop + 1) / strips,
            covered=(float(count[best]) + TILT_COST) / strips,
        )
        lines.append(line)
        apart = APART * height + 1
        crossing = (left < line.left) != (right < line.right)
        count[crossing | (np.abs(left - line.left) < apart) | (np.abs(right - line.right) < apart)] = 0
    return lines


def _measured(ink: Grey, found: list[Line], *, scale: float, floor: float, span: float) -> list[Line]:
    lines: list[Line] = []
    for line in (_measure(ink, line, scale=scale, floor=floor) for line in found if line.covered >= span):
        if line is not None and not any(abs(line.middle - other.middle) < SAME_PX for other in lines):
            lines.append(line)
    return lines


def _measure(ink: Grey, found: Line, *, scale: float, floor: float) -> Line | None:
    """Place a line found on the small copy in the picture itself and measure its thickness and tone."""
    line = replace(found, left=(found.left + 0.5) * scale - 0.5, right=(found.right + 0.5) * scale - 0.5)
    near = int(1.5 * scale) + 1
    first_look = _edges(ink, line, near=near, floor=floor)
    if first_look is None:
        return None
    return _edges(ink, _straightened(ink, first_look, slack=near), near=2, floor=floor)


def _edges(ink: Grey, line: Line, *, near: int, floor: float) -> Line | None:
    """Find where the dark part of a line begins and ends; its peak is at most `near` from the path."""
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


def _window(ink: Grey, line: Line, offsets: Ints) -> tuple[Ints, Grey]:
    """Return probed columns, and the ink ``(offsets, columns)`` above and below the line's path there."""
    height, width = ink.shape
    columns = ((line.start + (line.stop - line.start) * ALONG) * (width - 1)).astype(np.intp)
    rows = np.rint(line.at(columns.astype(float), width=width)).astype(np.intp) + offsets[:, None]
    values = ink[rows.clip(0, height - 1), columns]
    values[(rows < 0) | (rows >= height)] = 0
    return columns, values


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
        from_mean = at - at.mean()
        slope = float((from_mean * middles).sum() / max(1.0, (from_mean**2).sum()))
        start = float(middles.mean() - slope * at.mean())
        residual = np.abs(middles - start - slope * at)
        close = residual <= max(1.0, 1.5 * float(np.median(residual)))
        at, middles = at[close], middles[close]
    last = ink.shape[1] - 1
    return replace(line, left=line.left + start, right=line.right + start + slope * last)


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
    """Follow a line: where it is dark with paper beside it, where it is seen, and where others cross it."""
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
        if (
            inside.any()
            and (ink[flank.clip(0, height - 1), columns][inside] > 0.5 * line.tone).mean() > MOST_FLANK
        ):
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


def _outermost(lines: list[Line]) -> list[Line]:
    in_order = sorted(lines, key=lambda line: line.middle)
    return [in_order[0], in_order[-1]]

"""Printed lines in a picture: straight, thin, from frame to frame, or the sides of a box."""

import cv2
import numpy as np

from service.digits.line_paths import Line, course, measured
from service.digits.paper import Grey, Mask, shrink

SEARCH_SIDE_PX = 128  # lines are searched on a copy this small
STRIPS = 16  # a line is followed through this many strips across the picture
COVERED = 0.75  # of a strip's columns must be dark where a line passes
STEEPEST = 0.2  # rise per width of the most tilted line, 11 degrees
TILT_COST = 0.01  # of a strip: among equals the most level line wins
APART = 0.03  # of the height: lines closer than this at either end are one
WHOLE = 0.85  # of the width: a line that runs from frame to frame
ALMOST_WHOLE = 0.75  # of the strips: worth a closer look
LONG = 0.45  # of the width: a line that may be the side of a box
LEAST_MARGIN = 0.35  # of the height: the side of a box is no further from the frame
LEAST_SEEN = 0.3  # of the width: a line hidden for longer proves nothing
BOX_SIDES = 2  # in either direction
GAP_STRIPS = 2  # a stroke or a fault may hide this much of a line
END_SLACK = 0.03  # of the width: how far from the frame a line may fade out
MOST_LINES = 24  # in one direction: squared paper has no more in a picture of one digit


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
    rows = measured(ink, found, scale=scale, floor=floor, span=ALMOST_WHOLE)
    columns = measured(ink.T, found_down, scale=scale, floor=floor, span=ALMOST_WHOLE)
    through = [line for line in rows if _runs_through(ink, line, columns)]
    down = [line for line in columns if _runs_through(ink.T, line, rows)]
    if through or down:
        return through, down
    if min(len(found), len(found_down)) < BOX_SIDES:
        return [], []
    rows = measured(ink, found, scale=scale, floor=floor, span=LONG)
    columns = measured(ink.T, found_down, scale=scale, floor=floor, span=LONG)
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


def _runs_through(ink: Grey, line: Line, crossing: list[Line]) -> bool:
    """Whether a straight line runs from frame to frame; where others cross it, nothing can be seen."""
    dark, seen, _ = course(ink, line, crossing)
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
    dark, seen, posts = course(ink, line, corners)
    start, stop = _longest_run(dark | ~seen, gap=END_SLACK * width + 2)
    if stop - start < LONG * width:
        return False
    slack = END_SLACK * width + 2 + 2 * line.thickness
    held = [0.0, width - 1.0, *posts]
    return all(min(abs(end - post) for post in held) <= slack for end in (start, stop))


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

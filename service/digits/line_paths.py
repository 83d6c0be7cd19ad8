"""A printed line followed through the picture: its path, its dark part, and where it is covered."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from service.digits.paper import Grey, Mask

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

SAME_PX = 2  # lines whose middles are closer are one
PROBES = 64  # columns in which a line's profile is measured
ALONG = np.arange(PROBES) / (PROBES - 1)
EDGE = 0.3  # of its peak: where a line's dark part ends
LEAST_PROBES = 8  # columns that a path can be fitted to
FLANK_PX = 3  # beside a line, beyond its blur
MOST_FLANK = 0.35  # of the width: a straight line's neighbourhood is not dark for longer
THICKEST = 0.12  # of the picture's side: anything broader is no printed line


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


def measured(ink: Grey, found: list[Line], *, scale: float, floor: float, span: float) -> list[Line]:
    """Place the lines found on a copy that is `scale` times smaller, those that cover at least `span`."""
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


def course(ink: Grey, line: Line, crossing: list[Line]) -> tuple[Mask, Mask, list[float]]:
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

"""Photos of handwritten digits: on bare paper, in printed cells, on squared and ruled paper."""

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.paper import PALE_PRINTS, Sheet, photograph, rule, tilt
from training.scenes.pens import Digit, Layer, draw, pick, place, write
from training.scenes.scene import Scene

TABLE_PX = 1000  # the part of a table that is drawn, around the middle of one cell
SHEET_PX = (500, 800)
EDGE_PX = 100  # drawn around a sheet, for tilting turns it in

QUICK = 0.54
"""A scale for training: a quarter of the time; it does for photos of up to 240 pixels."""

Point = npt.NDArray[np.float64]
"""A place or a size, ``(down, across)``, pixels."""


@dataclass(frozen=True)
class Bare:
    """
    A digit on bare paper.

    Attributes:
        sides_px: Smallest and largest longer side of the photo.
        least_share: The smallest digit's share of the shorter side; the largest has 0.9.
        scale: How finely the sheet is drawn before it is photographed.
    """

    sides_px: tuple[int, int] = (60, 800)
    least_share: float = 0.15
    scale: float = 1

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Write it anywhere on the paper, and photograph it."""
        height, width = random.integers(*_sheet_px(self.scale), 2)
        share = np.exp(random.uniform(np.log(self.least_share), np.log(0.9)))
        sheet = np.zeros((height, width), np.float32)
        write(draw(digit, min(height, width) * share, pick(random)), sheet, random)
        return photograph(Sheet(sheet, sheet, np.zeros_like(sheet)), random, self.sides_px)


@dataclass(frozen=True)
class OnDesk:
    """
    A digit on a sheet whose edge, or a corner of it, is in sight.

    Attributes:
        sides_px: Smallest and largest longer side of the photo.
        scale: As that of ``Bare``.
    """

    sides_px: tuple[int, int] = (80, 800)
    scale: float = 1

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Write it beside the edge, and photograph both."""
        height, width = random.integers(*_sheet_px(self.scale), 2)
        ink, beyond = np.zeros((2, height, width), np.float32)
        near, far = random.uniform(0.04, 0.25, (2, 2)) * (random.random((2, 2)) < 0.45) * (height, width)
        first, last = near.astype(int), (height, width) - far.astype(int)
        seen = (slice(first[0], last[0]), slice(first[1], last[1]))
        longer = min(last - first) * random.uniform(0.35, 0.85)
        write(draw(digit, longer, pick(random)), ink[seen], random)
        beyond[...] = 1
        beyond[seen] = 0
        ink, beyond = tilt([ink, beyond], random)
        return photograph(Sheet(ink, ink, np.zeros_like(ink), beyond), random, self.sides_px)


@dataclass(frozen=True)
class Lined:
    """
    A digit on paper with printed lines.

    Attributes:
        squared: Level and upright lines, not level ones alone.
        sides_px: Smallest and largest longer side of the photo.
        scale: As that of ``Bare``.
    """

    squared: bool
    sides_px: tuple[int, int] = (100, 800)
    scale: float = 1

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Write it over one to six squares, and photograph it."""
        height, width = random.integers(*_sheet_px(self.scale), 2)
        edge = round(EDGE_PX * self.scale)
        longer = min(height, width) * random.uniform(0.35, 0.8)
        apart = longer / random.uniform(1, 6)
        ink, printed = np.zeros((2, height + 2 * edge, width + 2 * edge), np.float32)
        inside = (slice(edge, -edge), slice(edge, -edge))
        write(draw(digit, longer, pick(random)), ink[inside], random)
        downs, acrosses = (np.arange(random.uniform(0, apart), side, apart) for side in ink.shape)
        rule(printed, downs, acrosses if self.squared else [], apart * random.uniform(0.02, 0.08))
        ink, printed = (layer[inside] for layer in tilt([ink, printed], random))
        return photograph(Sheet(ink, ink, printed), random, self.sides_px, PALE_PRINTS)


@dataclass(frozen=True)
class Cell:
    """
    A digit in a cell with printed borders.

    Attributes:
        margins: Smallest and largest distance from a border to the edge of the photo, as a share
            of the cell; below 0 the border is outside. Drawn for each border.
        neighbours: Digits for the cells around it, ``(number, 28, 28)``; none for a box that stands alone.
        touched: The digit touches or crosses one border.
        sides_px: Smallest and largest longer side of the photo.
        scale: As that of ``Bare``.
    """

    margins: tuple[float, float]
    neighbours: npt.NDArray[np.uint8] | None = None
    touched: bool = False
    sides_px: tuple[int, int] = (48, 700)
    scale: float = 1

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Print the cell, write into it and around it, and photograph it."""
        table = round(TABLE_PX * self.scale)
        sides = random.uniform(360, 500, 2) * self.scale
        first, last = (table - sides) / 2, (table + sides) / 2
        written, ink, printed = np.zeros((3, table, table), np.float32)
        thickness = min(sides) * np.exp(random.uniform(np.log(0.006), np.log(0.05)))
        pen = pick(random)
        self._print(printed, first, last, thickness, random)
        self._surround(ink, sides, pen, random)
        if self.touched:
            longer = min(sides) * random.uniform(0.85, 1.12)
            _write_over_border(draw(digit, longer, pen), written, sides, random)
        else:
            (top, left), (bottom, right) = first.astype(int), last.astype(int)
            longer = (min(sides) - thickness) * random.uniform(0.35, 0.92)
            write(draw(digit, longer, pen), written[top:bottom, left:right], random, reach=0.8)
        np.maximum(ink, written, out=ink)
        written, ink, printed = tilt([written, ink, printed], random)
        top, left = (first - random.uniform(*self.margins, 2) * sides).astype(int)
        bottom, right = (last + random.uniform(*self.margins, 2) * sides).astype(int)
        seen = (slice(top, bottom), slice(left, right))
        return photograph(Sheet(written[seen], ink[seen], printed[seen]), random, self.sides_px)

    def _print(
        self, printed: Layer, first: Point, last: Point, thickness: float, random: np.random.Generator
    ) -> None:
        """Print a box, or the lines of a table; at times its cells stand apart, between two lines each."""
        if self.neighbours is None:
            (top, left), (bottom, right) = np.rint([first, last]).astype(int).tolist()
            cv2.rectangle(printed, (left, top), (right, bottom), 1.0, max(1, round(thickness)))
            return
        downs, acrosses = np.linspace(2 * first - last, 2 * last - first, 4, axis=1)
        rule(printed, downs, acrosses, thickness)
        if random.random() < 0.3:
            gap = random.uniform(0.05, 0.2) * min(last - first)
            downs, acrosses = np.stack([first - gap, last + gap], axis=1)
            rule(printed, downs, acrosses, thickness)

    def _surround(self, ink: Layer, sides: Point, pen: float | None, random: np.random.Generator) -> None:
        """Write into most of the eight cells around."""
        if self.neighbours is None:
            return
        for down, across in product((-1, 0, 1), repeat=2):
            if (down or across) and random.random() < 0.7:
                neighbour = draw(random.choice(self.neighbours), min(sides) * random.uniform(0.5, 0.9), pen)
                place(neighbour, ink, *(np.array(ink.shape) / 2 + sides * (down, across)))


def _sheet_px(scale: float) -> tuple[int, int]:
    """Give the smallest and the largest side of a sheet that is drawn at a scale."""
    least, most = SHEET_PX
    return round(least * scale), round(most * scale)


def _write_over_border(written: Layer, ink: Layer, sides: Point, random: np.random.Generator) -> None:
    """Write so that the digit touches one border of the middle cell, or crosses it."""
    table, _ = ink.shape
    middle = table / 2 + random.uniform(-0.1, 0.1, 2) * sides
    axis, towards = random.integers(2), random.choice([-1, 1])
    over = random.uniform(0, 0.1) * min(sides)
    middle[axis] = table / 2 + towards * (sides[axis] / 2 - written.shape[axis] / 2 + over)
    place(written, ink, *middle)

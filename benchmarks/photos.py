"""Photos of handwritten digits: on bare paper, in printed cells, on squared and ruled paper."""

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.paper import PALE_PRINTS, Picture, photograph, rule, tilt
from benchmarks.pens import Digit, Layer, draw, pick, place, write

TABLE_PX = 1000  # the part of a table that is drawn, around the middle of one cell
SHEET_PX = (500, 800)
EDGE_PX = 100  # drawn around a sheet, for tilting turns it in

Point = npt.NDArray[np.float64]
"""A place or a size, ``(down, across)``, pixels."""


@dataclass(frozen=True)
class Bare:
    """
    A digit on bare paper.

    Attributes:
        sides_px: Smallest and largest longer side of the photo.
        least_share: The smallest digit's share of the shorter side; the largest has 0.9.
    """

    sides_px: tuple[int, int] = (60, 800)
    least_share: float = 0.15

    def __call__(self, digit: Digit, random: np.random.Generator) -> Picture:
        """Write it anywhere on the paper, and photograph it."""
        height, width = random.integers(*SHEET_PX, 2)
        share = np.exp(random.uniform(np.log(self.least_share), np.log(0.9)))
        sheet = np.zeros((height, width), np.float32)
        write(draw(digit, min(height, width) * share, pick(random)), sheet, random)
        return photograph(sheet, np.zeros_like(sheet), random, self.sides_px)


@dataclass(frozen=True)
class Lined:
    """
    A digit on paper with printed lines.

    Attributes:
        squared: Level and upright lines, not level ones alone.
        sides_px: Smallest and largest longer side of the photo.
    """

    squared: bool
    sides_px: tuple[int, int] = (100, 800)

    def __call__(self, digit: Digit, random: np.random.Generator) -> Picture:
        """Write it over one to six squares, and photograph it."""
        height, width = random.integers(*SHEET_PX, 2)
        longer = min(height, width) * random.uniform(0.35, 0.8)
        apart = longer / random.uniform(1, 6)
        ink, printed = np.zeros((2, height + 2 * EDGE_PX, width + 2 * EDGE_PX), np.float32)
        inside = (slice(EDGE_PX, -EDGE_PX), slice(EDGE_PX, -EDGE_PX))
        write(draw(digit, longer, pick(random)), ink[inside], random)
        downs, acrosses = (np.arange(random.uniform(0, apart), side, apart) for side in ink.shape)
        rule(printed, downs, acrosses if self.squared else [], apart * random.uniform(0.02, 0.08))
        ink, printed = (layer[inside] for layer in tilt([ink, printed], random))
        return photograph(ink, printed, random, self.sides_px, PALE_PRINTS)


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
    """

    margins: tuple[float, float]
    neighbours: npt.NDArray[np.uint8] | None = None
    touched: bool = False
    sides_px: tuple[int, int] = (48, 700)

    def __call__(self, digit: Digit, random: np.random.Generator) -> Picture:
        """Print the cell, write into it and around it, and photograph it."""
        sides = random.uniform(360, 500, 2)
        first, last = (TABLE_PX - sides) / 2, (TABLE_PX + sides) / 2
        ink, printed = np.zeros((2, TABLE_PX, TABLE_PX), np.float32)
        thickness = min(sides) * np.exp(random.uniform(np.log(0.006), np.log(0.05)))
        pen = pick(random)
        self._print(printed, first, last, thickness, random)
        self._surround(ink, sides, pen, random)
        if self.touched:
            longer = min(sides) * random.uniform(0.85, 1.12)
            _write_over_border(draw(digit, longer, pen), ink, sides, random)
        else:
            (top, left), (bottom, right) = first.astype(int), last.astype(int)
            longer = (min(sides) - thickness) * random.uniform(0.35, 0.92)
            write(draw(digit, longer, pen), ink[top:bottom, left:right], random, reach=0.8)
        ink, printed = tilt([ink, printed], random)
        top, left = (first - random.uniform(*self.margins, 2) * sides).astype(int)
        bottom, right = (last + random.uniform(*self.margins, 2) * sides).astype(int)
        seen = (slice(top, bottom), slice(left, right))
        return photograph(ink[seen], printed[seen], random, self.sides_px)

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
                place(neighbour, ink, *(TABLE_PX / 2 + sides * (down, across)))


def _write_over_border(written: Layer, ink: Layer, sides: Point, random: np.random.Generator) -> None:
    """Write so that the digit touches one border of the middle cell, or crosses it."""
    middle = TABLE_PX / 2 + random.uniform(-0.1, 0.1, 2) * sides
    axis, towards = random.integers(2), random.choice([-1, 1])
    over = random.uniform(0, 0.1) * min(sides)
    middle[axis] = TABLE_PX / 2 + towards * (sides[axis] / 2 - written.shape[axis] / 2 + over)
    place(written, ink, *middle)

"""How the maps of a layer are laid out on a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

GAP = 8
"""Between maps, pixels; a vector is a strip without gaps."""
TALLEST_MAP = 112
TALLEST = 196
"""Of all maps of a layer together, if they can be made small enough."""
STRIP = 24
"""Least height of a vector, and most of one of its values."""
NARROWEST, WIDEST = 3, 64
"""A value of a vector, pixels across."""


@dataclass(frozen=True)
class Grid:
    """
    The cells of a layer; a cell is a map, or one value of a vector.

    Attributes:
        columns: Cells in a line.
        lines: Lines of cells.
        across: Width of a cell, pixels.
        down: Height of a cell, pixels.
        gap: Between cells, pixels.
    """

    columns: int
    lines: int
    across: int
    down: int
    gap: int

    @property
    def width(self) -> int:
        """Of the whole, pixels."""
        return self.columns * (self.across + self.gap) - self.gap

    @property
    def height(self) -> int:
        """Of the whole, pixels."""
        return self.lines * (self.down + self.gap) - self.gap

    def corners(self) -> Iterator[tuple[int, int]]:
        """Give each cell's left and top, line by line."""
        for line in range(self.lines):
            for column in range(self.columns):
                yield column * (self.across + self.gap), line * (self.down + self.gap)


def arrange(shape: tuple[int, ...], width: int) -> Grid:
    """
    Lay out a layer: maps as large as fit, a vector as a strip.

    Args:
        shape: ``(height, width, maps)`` or ``(units,)``.
        width: Pixels across that there are.
    """
    return _strip(shape[0], width) if len(shape) == 1 else _maps(shape, width)


def _strip(units: int, width: int) -> Grid:
    across = min(max(width // units, NARROWEST), WIDEST)
    columns = _columns(units, width // across)
    lines = ceil(units / columns)
    return Grid(columns, lines, across, max(min(across, STRIP), STRIP // lines), 0)


def _maps(shape: tuple[int, ...], width: int) -> Grid:
    rows, columns, maps = shape
    scale = max(min(TALLEST_MAP // rows, width // columns), 1)
    while True:
        in_line = _columns(maps, max((width + GAP) // (columns * scale + GAP), 1))
        grid = Grid(in_line, ceil(maps / in_line), columns * scale, rows * scale, GAP)
        if grid.height <= TALLEST or scale == 1:
            return grid
        scale -= 1


def _columns(cells: int, most: int) -> int:
    """Choose how many stand in a line, so that every line is full or else nearly so."""
    if cells <= most:
        return cells
    even = next(columns for columns in range(most, 0, -1) if cells % columns == 0)
    return even if even > most // 2 else ceil(cells / ceil(cells / most))

"""Contact sheets: every map of every layer on one page, each layer with its name, shape and scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from service.images import colours
from service.images.decoding import Pixels
from service.images.grids import Grid, arrange

WIDTH = 1_120
"""Pixels across the page, at 100 %: half of a wide screen."""
MARGIN = 32
CONTENT_LEFT = 264
"""Left of it stand names and scales, right of it the maps."""
CONTENT = WIDTH - MARGIN - CONTENT_LEFT
HEADING = 64
LABEL_HEIGHT = 70
BETWEEN = 30
"""Between layers."""
INDEXED = 16
"""Vectors up to this length have their indices below."""
INDEX_HEIGHT = 20

_INK = (34, 34, 34)
_QUIET = (110, 110, 110)
_LINE = (214, 214, 214)
_BAR = (160, 8)
_NOTE = "Blue is below zero, red above, zero itself neutral. Each layer has a scale of its own."


@dataclass(frozen=True)
class Row:
    """
    One layer on the page.

    Attributes:
        name: The layer's name.
        kind: Its type.
        values: ``(height, width, maps)`` or ``(units,)`` float32, drawn from ``-max|values|`` to
            ``max|values|``.
    """

    name: str
    kind: str
    values: npt.NDArray[np.float32]


def height(picture: tuple[int, ...], shapes: Sequence[tuple[int, ...]]) -> int:
    """Tell how tall the page of a picture and layers of these shapes is, pixels; it is ``WIDTH`` wide."""
    return 2 * MARGIN + HEADING + sum(map(_row_height, [(*picture, 1), *shapes])) - BETWEEN


def draw(title: str, picture: Pixels, rows: Sequence[Row]) -> Pixels:
    """
    Draw a page.

    Args:
        title: Whose feature maps these are.
        picture: What the network saw, ``(height, width)`` uint8; drawn in grey.
        rows: The layers, from top to bottom.

    Returns:
        ``(height, WIDTH, 3)`` RGB, uint8.
    """
    page = np.full((height(picture.shape, [row.values.shape for row in rows]), WIDTH, 3), 255, np.uint8)
    pen = _Pen(page)
    pen.heading(title)
    top = MARGIN + HEADING
    shape = (*picture.shape, 1)
    pen.label("input", f"what the network saw  {_shown(shape)}", top)
    pen.cells(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)[None], arrange(shape, CONTENT), top)
    top += _row_height(shape)
    for row in rows:
        pen.layer(row, top)
        top += _row_height(row.values.shape)
    return page


@dataclass(frozen=True)
class _Style:
    """Size in pixels, weight from 100 to 900, and whether a text begins (0) or ends (1) at its place."""

    size: int = 13
    weight: int = 400
    ink: tuple[int, int, int] = _QUIET
    align: float = 0


_LEFT, _CENTRED, _RIGHT = (_Style(12, align=align) for align in (0, 0.5, 1))


class _Pen:
    """Draws on a page."""

    def __init__(self, page: Pixels) -> None:
        self._page = page
        self._font = cv2.FontFace("sans")

    def heading(self, title: str) -> None:
        self._write(title, MARGIN, MARGIN + 18, _Style(20, 600, _INK))
        self._write(_NOTE, MARGIN, MARGIN + 42, _Style())

    def layer(self, row: Row, top: int) -> None:
        shape, limit = row.values.shape, float(np.abs(row.values).max())
        grid = arrange(shape, CONTENT)
        self.label(row.name, f"{row.kind}  {_shown(shape)}", top)
        self._scale(limit, top)
        self.cells(colours.diverging(_as_cells(row.values), limit), grid, top)
        if _is_indexed(shape):
            for index, (x, _) in enumerate(grid.corners()):
                middle = CONTENT_LEFT + x + grid.across // 2
                self._write(str(index), middle, top + grid.height + 16, _CENTRED)

    def label(self, name: str, caption: str, top: int) -> None:
        self._write(name, MARGIN, top + 12, _Style(15, 600, _INK))
        self._write(caption, MARGIN, top + 31, _Style())

    def cells(self, cells: Pixels, grid: Grid, top: int) -> None:
        if grid.gap == 0:
            self._frame(CONTENT_LEFT, top, grid.width, grid.height)
        for cell, (right, below) in zip(cells, grid.corners(), strict=False):
            x, y = CONTENT_LEFT + right, top + below
            if grid.gap:
                self._frame(x, y, grid.across, grid.down)
            size = (grid.across, grid.down)
            self._page[y : y + grid.down, x : x + grid.across] = cv2.resize(
                cell, size, interpolation=cv2.INTER_NEAREST
            )

    def _scale(self, limit: float, top: int) -> None:
        width, thickness = _BAR
        upper, baseline = top + 43, top + LABEL_HEIGHT - 4
        self._page[upper : upper + thickness, MARGIN : MARGIN + width] = colours.diverging(
            np.linspace(-1, 1, width), 1
        )
        self._write("0", MARGIN + width // 2, baseline, _CENTRED)
        if limit:
            self._write(f"\N{MINUS SIGN}{limit:.3g}", MARGIN, baseline, _LEFT)
            self._write(f"+{limit:.3g}", MARGIN + width, baseline, _RIGHT)

    def _frame(self, x: int, y: int, width: int, height: int) -> None:
        self._page[y - 1 : y + height + 1, x - 1 : x + width + 1] = _LINE

    def _write(self, text: str, x: int, baseline: int, style: _Style) -> None:
        box = cv2.getTextSize((0, 0), text, (0, 0), self._font, style.size, style.weight)
        start = (x - round(box[2] * style.align), baseline)
        cv2.putText(self._page, text, start, style.ink, self._font, style.size, style.weight)


def _as_cells(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give ``(cells, height, width)``: the maps, or each unit as a map of one value."""
    return values[:, None, None] if values.ndim == 1 else values.transpose(2, 0, 1)


def _is_indexed(shape: tuple[int, ...]) -> bool:
    return len(shape) == 1 and shape[0] <= INDEXED


def _row_height(shape: tuple[int, ...]) -> int:
    below = INDEX_HEIGHT if _is_indexed(shape) else 0
    return max(arrange(shape, CONTENT).height + below, LABEL_HEIGHT) + BETWEEN


def _shown(shape: tuple[int, ...]) -> str:
    """Write a shape as the lecture prints it."""
    return f"({', '.join(map(str, shape))})"

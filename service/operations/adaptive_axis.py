"""Windows of adaptive pooling along an axis: as many as are asked for, of sizes that may differ."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from service.operations.windows import Axis, Indices


@dataclass(frozen=True)
class AdaptiveAxis:
    """
    One axis of the input, divided into windows that may share cells.

    Window i has the cells from ``floor(i n / o)`` to ``ceil((i + 1) n / o) - 1`` (torch, AdaptiveAvgPool2d).

    Attributes:
        name: ``height`` or ``width``; a signal's is ``length``.
        size: Cells of the input, n.
        output: Windows, o.
    """

    name: str
    size: int
    output: int
    before: ClassVar[int] = 0
    after: ClassVar[int] = 0
    overhang: ClassVar[int] = 0

    @property
    def kernel(self) -> int:
        """Cells that no window has more of."""
        return -(-self.size // self.output) + 1

    @property
    def padded(self) -> int:
        """Cells of the input: there is no padding."""
        return self.size

    def window(self, index: int) -> Indices:
        """Give the cells of a window."""
        return np.arange(index * self.size // self.output, -(-(index + 1) * self.size // self.output))

    def taps(self) -> Indices:
        """Give the cells of each window, ``(output, kernel)``; ``size`` where it has fewer."""
        taps = self._starts[:, None] + np.arange(self.kernel)
        return np.where(taps < self._ends[:, None], taps, self.size)

    def counts(self, *, with_padding: bool) -> Indices:
        """Count each window's cells."""
        del with_padding
        return self._ends - self._starts

    def told(self) -> dict[str, Any]:
        """Tell the formula with its numbers filled in."""
        ends = f"floor(i * {self.size} / {self.output}) to ceil((i + 1) * {self.size} / {self.output}) - 1"
        formula = f"window i: {ends}"
        return {"axis": self.name, "size": self.output, "formula": formula, "unused": 0}

    @property
    def _starts(self) -> Indices:
        return np.arange(self.output) * self.size // self.output

    @property
    def _ends(self) -> Indices:
        return -(-(np.arange(self.output) + 1) * self.size // self.output)


Axes: TypeAlias = tuple[Axis | AdaptiveAxis, Axis | AdaptiveAxis]
"""Height and width, along which windows slide or are as many as were asked for."""


def divide(free: Axis, output: int) -> Axis | AdaptiveAxis:
    """Give so many windows along an axis; where they are all of one size, as windows that slide."""
    if free.size % output:
        return AdaptiveAxis(free.name, free.size, output)
    cells = free.size // output
    return Axis(free.name, free.size, cells, cells)

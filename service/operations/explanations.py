"""What is shown of a cell of an output: where it is, and the window that it comes from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from service.operations import windows
from service.operations.fields import Explain
from service.operations.numbers import Floats
from service.operations.operation import Cell
from service.operations.signals import Signal
from service.operations.windows import Axis


def cells(explain: Explain, height: int, width: int, signal: Signal) -> Sequence[Cell]:
    """
    Give the cells that were asked for.

    Raises:
        InvalidInputError: A cell that the output does not have.
    """
    if isinstance(explain, bool):
        return [(row, column) for row in range(height) for column in range(width)] if explain else []
    found = []
    for index, given in enumerate(explain):
        cell = (0, *given) if signal.rank == 1 and len(given) == 1 else given
        if len(cell) != 2 or not (0 <= cell[0] < height and 0 <= cell[1] < width):
            detail = f"the output has {height} rows and {width} columns, counted from 0"
            windows.refuse(f"explain/{index}", detail)
        found.append((cell[0], cell[1]))
    return found


def window(padded: npt.NDArray[Any], axes: tuple[Axis, Axis], cell: Cell) -> npt.NDArray[Any]:
    """Cut the window of a cell out of ``(channels, height, width)``; what hangs over is left out."""
    rows, columns = (
        slice(place * axis.stride, place * axis.stride + axis.extent, axis.dilation)
        for place, axis in zip(cell, axes, strict=True)
    )
    # Contiguous, as the JSON writer wants it.
    return np.ascontiguousarray(padded[:, rows, columns])


def place(cell: Cell, index: int, signal: Signal) -> dict[str, Any]:
    """Tell where a cell is: its map, and its row and column; of a signal the index alone."""
    return {"map": index, "position": [cell[1]] if signal.rank == 1 else list(cell)}


def shaped(window: Floats, signal: Signal) -> Floats:
    """Give ``(depth, height, width)`` as many axes as the caller's input has."""
    return window[0, 0] if signal.rank == 1 else window[0] if len(window) == 1 else window

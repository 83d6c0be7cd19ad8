"""Pooling along the width, then along the height: for what ONNX Runtime's pooling operators do not do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from service.engine.graphs import Node
from service.operations import padding
from service.operations.adaptive_axis import Axes
from service.operations.numbers import Floats
from service.operations.pooling_parameters import PoolingParameters
from service.operations.signals import Signal
from service.operations.windows import Indices

_COLUMNS, _ROWS = 3, 2
"""The axes of ``(1, channels, height, width)`` along which is pooled, in this order."""

_COPIES = 3
"""Of what lies under all windows: as it is, by the window's maximum, and to a power."""


@dataclass(frozen=True)
class SeparablePooling:
    """
    Cells gathered by their places, and reduced, along one axis after the other.

    Windows may have dilation and sizes of their own. A maximum of maxima is a maximum, a sum of sums a sum,
    and ``(sum |x|^p)^(1/p)`` of such roots is one too.

    Attributes:
        signal: The input.
        axes: Height and width.
        parameters: What was asked for.
        is_scaled: Whether numbers are divided by their window's largest magnitude, and the result is
            multiplied by it: no sum and no power goes beyond float32, or to 0, where the answer does not.
    """

    signal: Signal
    axes: Axes
    parameters: PoolingParameters
    is_scaled: bool
    indices: ClassVar[tuple[str, ...]] = ("rows", "columns")

    @property
    def cells(self) -> int:
        """Numbers of 4 bytes that it takes beside input and output."""
        height, width = self.axes
        channels, rows = self.signal.channels, height.size + 1
        padded = channels * rows * (width.size + 1)
        under = max(rows * width.output * width.kernel, height.output * height.kernel * width.output)
        copies = _COPIES if self.is_scaled or self.parameters.return_indices else 1
        taps = 2 * (width.output * width.kernel + height.output * height.kernel)
        between = channels * rows * width.output * (3 if self.parameters.return_indices else 1)
        return padded + taps + copies * channels * under + between

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the outputs that tell which tap of its window each maximum was under."""
        return ("row", "column") if self.parameters.return_indices else ()

    def nodes(self) -> tuple[Node, ...]:
        """Give what makes ``pooled`` of ``input``."""
        if self.is_scaled:
            return (
                *_constants(self.parameters),
                *self._scaled("columns", "input", "by_row", axis=_COLUMNS),
                *self._scaled("rows", "by_row", "whole", axis=_ROWS),
                Node("Mul", ("whole", "factor"), ("pooled",)),
            )
        if self.parameters.operation == "max":
            return (
                *_reduced("ReduceMax", "columns", "input", "by_row", axis=_COLUMNS),
                *_reduced("ReduceMax", "rows", "by_row", "pooled", axis=_ROWS),
                *(_places() if self.parameters.return_indices else ()),
            )
        return (
            *_reduced("ReduceSum", "columns", "input", "by_row", axis=_COLUMNS),
            *_reduced("ReduceSum", "rows", "by_row", "sum", axis=_ROWS),
            Node("Div", ("sum", "divisor"), ("pooled",)),
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the numbers beside ``input`` that the nodes take."""
        if self.is_scaled:
            return ("of_columns", "of_rows", "factor")
        return () if self.parameters.operation == "max" else ("divisor",)

    def feeds(self) -> dict[str, npt.NDArray[Any]]:
        """Give the input with a row and a column that count for nothing, places, and what is divided by."""
        neutral = -np.inf if self.parameters.operation == "max" else 0.0
        values = padding.fill(self.signal.values, ((0, 1), (0, 1)), "constant", neutral)
        rows, columns = (axis.taps() for axis in self.axes)
        return {"input": values[None], "rows": rows, "columns": columns, **self._divisors()}

    def where(self, outputs: Mapping[str, npt.NDArray[Any]]) -> tuple[Indices, Indices]:
        """Give rows and columns of maxima."""
        height, width = self.axes
        down, across = np.arange(height.output)[:, None], np.arange(width.output)
        return height.taps()[down, outputs["row"][0]], width.taps()[across, outputs["column"][0]]

    def _divisors(self) -> dict[str, Floats]:
        given = self.parameters.divisor
        padded = self.parameters.count_include_pad
        rows, columns = (axis.counts(with_padding=padded) for axis in self.axes)
        if self.parameters.operation == "max":
            return {}
        if not self.is_scaled:
            return {
                "divisor": (rows[:, None] * columns if given is None else np.array(given)).astype(np.float32)
            }
        factor = 1.0
        if given is not None:
            # The mean of all taps cannot go beyond float32; only what the caller divides by may.
            rows, columns = (np.full(axis.output, axis.kernel) for axis in self.axes)
            factor = self.axes[0].kernel * self.axes[1].kernel / given
        return {
            "of_rows": rows[:, None, None].astype(np.float32),
            "of_columns": columns[:, None].astype(np.float32),
            "factor": np.array(factor, np.float32),
        }

    def _scaled(self, places: str, source: str, target: str, *, axis: int) -> tuple[Node, ...]:
        """Give ``m (sum |x / m|^p)^(1/p)``, or ``m sum(x / m) / count``, of m the largest magnitude."""
        under, largest, unit = (f"{target}_{name}" for name in ("under", "largest", "unit"))
        magnitudes, scaled, total = (f"{target}_{name}" for name in ("magnitudes", "scaled", "total"))
        taps = f"{places}_axis"
        head = (
            Node("Gather", (source, places), (under,), (("axis", axis),)),
            Node("Abs", (under,), (magnitudes,)),
            Node("Constant", (), (taps,), (("value_ints", (axis + 1,)),)),
            Node("ReduceMax", (magnitudes, taps), (largest,)),
            Node("Equal", (largest, "zero"), (f"{unit}_none",)),
            Node("Where", (f"{unit}_none", "one", largest), (unit,)),
        )
        if self.parameters.operation == "lp":
            body: tuple[Node, ...] = (
                Node("Div", (magnitudes, unit), (scaled,)),
                Node("Pow", (scaled, "p"), (f"{scaled}_p",)),
                Node("ReduceSum", (f"{scaled}_p", taps), (total,)),
                Node("Pow", (total, "root"), (f"{total}_root",)),
            )
        else:
            body = (
                Node("Div", (under, unit), (scaled,)),
                Node("ReduceSum", (scaled, taps), (total,)),
                Node("Div", (total, f"of_{places}"), (f"{total}_root",)),
            )
        return (
            *head,
            *body,
            Node("Mul", (f"{total}_root", unit), (f"{target}_kept",)),
            Node("Squeeze", (f"{target}_kept", taps), (target,)),
        )


def _constants(parameters: PoolingParameters) -> tuple[Node, ...]:
    values = {"zero": 0.0, "one": 1.0, "p": float(parameters.p), "root": 1 / parameters.p}
    return tuple(Node("Constant", (), (name,), (("value_float", value),)) for name, value in values.items())


def _reduced(operator: str, places: str, source: str, target: str, *, axis: int) -> tuple[Node, ...]:
    return (
        Node("Gather", (source, places), (f"{target}_under",), (("axis", axis),)),
        Node("Constant", (), (f"{places}_axis",), (("value_ints", (axis + 1,)),)),
        Node(operator, (f"{target}_under", f"{places}_axis"), (target,), (("keepdims", 0),)),
    )


def _places() -> tuple[Node, ...]:
    """Give the first row that has a maximum, and the first column in that row."""
    return (
        Node("ArgMax", ("by_row_under",), ("by_row_column",), (("axis", _COLUMNS + 1), ("keepdims", 0))),
        Node("ArgMax", ("pooled_under",), ("row_kept",), (("axis", _ROWS + 1),)),
        Node("Gather", ("by_row_column", "rows"), ("column_under",), (("axis", _ROWS),)),
        Node("GatherElements", ("column_under", "row_kept"), ("column_kept",), (("axis", _ROWS + 1),)),
        Node("Squeeze", ("row_kept", "rows_axis"), ("row",)),
        Node("Squeeze", ("column_kept", "rows_axis"), ("column",)),
    )

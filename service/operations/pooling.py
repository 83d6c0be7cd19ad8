"""Max, average and Lp pooling, with LeNet-5's trainable coefficient and bias (lecture, lines 712 to 782)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from service.engine.graphs import Graph, Node
from service.operations import activation, explanations, numbers, padding, windows
from service.operations.activation import Activation
from service.operations.fields import Pair, PerMap
from service.operations.numbers import Floats
from service.operations.operation import Cell, Cost, Operation, Parameters
from service.operations.padding import PoolingWidth, Sides
from service.operations.signals import Signal
from service.operations.windows import Axis
from service.settings import Limits

_OPERATORS = {"max": "MaxPool", "average": "AveragePool", "lp": "LpPool"}
_ONE = np.ones(1, np.float32)
_ZERO = np.zeros(1, np.float32)


class PoolingParameters(Parameters):
    """How to pool."""

    operation: Literal["max", "average", "lp"] = "max"
    """``lp`` is the p-th root of the sum of the p-th powers of magnitudes."""
    kernel_size: Pair = 2
    """Size of the window: a number or [height, width]."""
    stride: Pair | None = None
    """Cells from one window to the next; the window's size by default."""
    padding: PoolingWidth = "valid"
    """``valid``, ``same``, ``same_lower``, or cells: a number, [height, width] or
    [[top, bottom], [left, right]]. Padding is never a value: it does not win a maximum, nor does it
    count in an average."""
    dilation: Pair = 1
    """Cells from one tap of the window to the next; of ``max`` only."""
    ceil_mode: bool = False
    """Whether a last window may hang over the end, as long as it starts before it."""
    count_include_pad: bool = False
    """Whether an average divides by cells of padding too, as torch does by default."""
    return_indices: bool = False
    """Adds where each maximum was, as [row, column]; the first in row order among equals. JSON only."""
    global_: bool = Field(default=False, alias="global")
    """One window as large as the input."""
    p: int = Field(default=2, ge=1, le=64)
    """The power of ``lp``."""
    coefficient: PerMap | None = None
    """Multiplies what was pooled, as LeNet-5's subsampling does: a number, or one for each channel."""
    bias: PerMap | None = None
    """Is added to it: a number, or one for each channel."""

    @model_validator(mode="before")
    @classmethod
    def _without_border(cls, given: Any) -> Any:  # noqa: ANN401  what a caller sent
        if isinstance(given, dict) and "padding_mode" in given:
            windows.refuse("padding_mode", "padding is never a value in pooling: leave this out")
        return given


@dataclass(frozen=True)
class PoolingPlan:
    """
    A pooling that was understood.

    Attributes:
        signal: The input.
        axes: Height and width.
        parameters: What was asked for.
    """

    signal: Signal
    axes: tuple[Axis, Axis]
    parameters: PoolingParameters
    several: bool = False

    @property
    def taps(self) -> int:
        """Numbers in a window."""
        return self.axes[0].kernel * self.axes[1].kernel

    @property
    def cost(self) -> Cost:
        """What it would take."""
        channels = self.signal.channels
        outputs = channels * self.axes[0].output * self.axes[1].output
        made = any(map(any, self._sides[0]))
        padded = channels * math.prod(axis.padded + axis.overhang for axis in self.axes) if made else 0
        indices = 2 * outputs if self.parameters.return_indices else 0
        cells = self.signal.values.size + padded + outputs + indices
        return Cost(outputs * self.taps, outputs, 4 * cells)

    @property
    def bound(self) -> float:
        """The largest magnitude, what a window may make of it, and what coefficient and bias may."""
        parameters = self.parameters
        power = parameters.p if parameters.operation == "lp" else 1
        sums = 1 if parameters.operation == "max" else self.taps
        with np.errstate(over="ignore"):
            inside = float(np.float64(max(self.signal.magnitude, 1.0)) ** power) * sums
        coefficient = 1.0 if parameters.coefficient is None else numbers.magnitude(parameters.coefficient)
        bias = 0.0 if parameters.bias is None else numbers.magnitude(parameters.bias)
        return max(inside, inside * coefficient + bias)

    @property
    def shapes(self) -> Mapping[str, tuple[tuple[int, ...], str]]:
        """The pooled channels, and where their maxima were."""
        shape = (1, self.signal.channels, self.axes[0].output, self.axes[1].output)
        indices = {"indices": (shape, "int64")} if self.parameters.return_indices else {}
        return {"output": (shape, "float32"), **indices}

    def graph(self, function: Activation) -> Graph:
        """One pooling; when asked for, a product and a sum for each channel."""
        parameters = self.parameters
        _, pads = self._sides
        attributes: list[tuple[str, Any]] = [
            ("kernel_shape", tuple(axis.kernel for axis in self.axes)),
            ("strides", tuple(axis.stride for axis in self.axes)),
            ("pads", (pads[0][0], pads[1][0], pads[0][1], pads[1][1])),
        ]
        if parameters.operation == "max":
            attributes.append(("dilations", tuple(axis.dilation for axis in self.axes)))
        if parameters.operation == "lp":
            attributes.append(("p", parameters.p))
        found: tuple[str, ...] = ("indices",) if parameters.return_indices else ()
        scaled = self._is_scaled
        pooling = Node(
            _OPERATORS[parameters.operation],
            ("input",),
            ("pooled" if scaled else "output", *found),
            tuple(attributes),
        )
        head = (pooling, Node("Mul", ("pooled", "coefficient"), ("scaled",))) if scaled else ()
        last = Node("Add", ("scaled", "bias"), ("output",)) if scaled else pooling
        return Graph(
            (*head, *activation.ended(last, function)),
            ("input", "coefficient", "bias") if scaled else ("input",),
            (("output", "float32"), *((name, "int64") for name in found)),
        )

    def feeds(self) -> dict[str, Floats]:
        """Give the input, padded where the engine cannot, and the numbers of each channel."""
        made, _ = self._sides
        filling = -np.inf if self.parameters.operation == "max" else 0.0
        feeds = {"input": padding.fill(self.signal.values, made, "constant", filling)[None]}
        if self._is_scaled:
            for name, given, neutral in (
                ("coefficient", self.parameters.coefficient, _ONE),
                ("bias", self.parameters.bias, _ZERO),
            ):
                every = np.broadcast_to(neutral if given is None else given, self.signal.channels)
                feeds[name] = np.ascontiguousarray(every[:, None, None])
        return feeds

    def facts(self) -> dict[str, Any]:
        """Tell what was decided; a coefficient and a bias are one parameter a channel each."""
        given = (self.parameters.coefficient, self.parameters.bias)
        trained = sum(one is not None for one in given) * self.signal.channels
        return {**windows.told(self.axes, self.signal), "parameters": trained}

    def extras(self, outputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
        """Tell where the maxima were; the engine counts over all channels, and over padding of ours."""
        if "indices" not in outputs:
            return {}
        made, _ = self._sides
        height, width = (size + sum(side) for size, side in zip(self.signal.sizes, made, strict=True))
        rows, columns = np.divmod(outputs["indices"][0] % (height * width), width)
        places = np.stack([rows - made[0][0], columns - made[1][0]], axis=-1)
        if self.signal.rank == 1:
            places = columns[..., None] - made[1][0]
        return {"indices": self.signal.present(places, several=False)}

    def explained_numbers(self, cells: int) -> int:
        """Windows of every channel, and the padded input."""
        padded = self.signal.channels * self.axes[0].padded * self.axes[1].padded
        return padded + cells * self.signal.channels * (2 * self.taps + 4)

    def explanation(self, cells: Sequence[Cell], maps: Floats) -> dict[str, Any]:
        """Show each cell's window, where null is padding, and what became of it."""
        padded = self._filled(np.nan, hanging=np.nan)
        border = 0.0 if self.parameters.count_include_pad else np.nan
        counted = self._filled(border, hanging=np.nan)
        shown = []
        for cell in cells:
            for index in range(self.signal.channels):
                channel = slice(index, index + 1)
                window = explanations.window(padded[channel], self.axes, cell)
                values = explanations.window(counted[channel], self.axes, cell).astype(np.float64)
                shown.append(
                    {
                        **explanations.place(cell, index, self.signal),
                        "window": explanations.shaped(window, self.signal),
                        **self._pooled(values[~np.isnan(values)]),
                        **(
                            {"winner": self._winner(window[0], cell)}
                            if self.parameters.operation == "max"
                            else {}
                        ),
                        "activation": maps[index][cell],
                    }
                )
        return {"padded_input": self.signal.present(padded, several=False), "cells": shown}

    def _pooled(self, values: npt.NDArray[np.float64]) -> dict[str, Any]:
        if self.parameters.operation == "max":
            return {"pooled": values.max()}
        if self.parameters.operation == "average":
            return {"sum": values.sum(), "count": values.size, "pooled": values.mean()}
        with np.errstate(over="ignore"):
            power = (np.abs(values) ** self.parameters.p).sum()
            return {"sum": power, "pooled": power ** (1 / self.parameters.p)}

    def _winner(self, window: Floats, cell: Cell) -> list[int]:
        place = np.unravel_index(np.nanargmax(window), window.shape)
        found = [
            at * axis.stride + int(tap) * axis.dilation - axis.before
            for at, tap, axis in zip(cell, place, self.axes, strict=True)
        ]
        return found[1:] if self.signal.rank == 1 else found

    @property
    def _is_scaled(self) -> bool:
        return self.parameters.coefficient is not None or self.parameters.bias is not None

    @property
    def _sides(self) -> tuple[Sides, Sides]:
        """
        Give the padding that is made here, and that which the engine makes, with what hangs over.

        ONNX Runtime takes less padding than a window has taps, and counts all of it or none. Zeros change
        no sum of powers.
        """
        asked = _sides_of((axis.before, axis.after) for axis in self.axes)
        hanging = _sides_of((0, axis.overhang) for axis in self.axes)
        whole = _sides_of((axis.before, axis.after + axis.overhang) for axis in self.axes)
        none = _sides_of([(0, 0), (0, 0)])
        if self.parameters.count_include_pad:
            return asked, hanging
        small = all(max(side) < axis.kernel for side, axis in zip(whole, self.axes, strict=True))
        return (none, whole) if small and self.parameters.operation != "lp" else (whole, none)

    def _filled(self, value: float, *, hanging: float) -> Floats:
        """Give the input with all its padding, told apart from what hangs over."""
        asked = _sides_of((axis.before, axis.after) for axis in self.axes)
        padded = padding.fill(self.signal.values, asked, "constant", value)
        return padding.fill(padded, _sides_of((0, axis.overhang) for axis in self.axes), "constant", hanging)


def plan(parameters: PoolingParameters, signal: Signal, limits: Limits) -> PoolingPlan:
    """
    Understand a request.

    Raises:
        InvalidInputError: Parameters that do not fit the input or one another, or over a limit.
    """
    _check_together(parameters)
    size: int | tuple[int, ...] = parameters.kernel_size
    if parameters.global_:
        kernel: tuple[int, int] = signal.sizes
        size = signal.sizes[-1:] if signal.rank == 1 else signal.sizes
    else:
        kernel = windows.per_axis(size, signal, "kernel_size", neutral=1, most=limits.max_kernel_taps)
        if kernel[0] * kernel[1] > limits.max_kernel_taps:
            detail = f"{kernel[0]}x{kernel[1]} taps are over the limit of {limits.max_kernel_taps}"
            windows.refuse("kernel_size", detail)
    if parameters.stride is None:
        strides = kernel
    else:
        strides = windows.per_axis(parameters.stride, signal, "stride", neutral=1, most=limits.max_stride)
    dilations = windows.per_axis(parameters.dilation, signal, "dilation", neutral=1, most=limits.max_dilation)
    free = windows.axes(signal, kernel, strides, dilations, ceil=parameters.ceil_mode)
    sides = padding.resolve(parameters.padding, free, signal, most=limits.max_padding)
    axes = windows.with_sides(free, sides)
    for axis in axes:
        if max(axis.before, axis.after) >= axis.extent:
            windows.refuse("padding", f"expected less than the window's {axis.extent} cells")
    windows.check_fits(axes, "kernel_size")
    if any(axis.has_empty_window for axis in axes):
        windows.refuse("dilation", "a window would have no cell of the input at all")
    for field, given in (("coefficient", parameters.coefficient), ("bias", parameters.bias)):
        if given is not None and given.size not in {1, signal.channels}:
            windows.refuse(field, f"expected a number, or one for each channel: {signal.channels}")
    return PoolingPlan(signal, axes, parameters)


def _check_together(parameters: PoolingParameters) -> None:
    given = parameters.model_fields_set
    for field, operation in _BELONGS.items():
        if (
            field in given
            and parameters.operation != operation
            and getattr(parameters, field) != _DEFAULTS[field]
        ):
            windows.refuse(field, f"it goes with operation {operation} only")
    if parameters.global_:
        for field in ("kernel_size", "stride", "padding", "dilation", "ceil_mode"):
            if field in given:
                windows.refuse(field, "a global window is as large as the input: leave this out")


def _sides_of(pairs: Iterable[tuple[int, int]]) -> Sides:
    height, width = pairs
    return height, width


_BELONGS = {"dilation": "max", "return_indices": "max", "count_include_pad": "average", "p": "lp"}
_DEFAULTS = {name: field.default for name, field in PoolingParameters.model_fields.items()}
_LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]

OPERATION = Operation(
    name="pool",
    summary="Pool a signal, an image or channels",
    description=(
        "Max, average or Lp, in windows or over the whole input. Padding is never a value. Run by ONNX"
        " Runtime in float32."
    ),
    parameters=PoolingParameters,
    plan=plan,
    examples={
        "max": {
            "summary": "The lecture's 5x5 image, 2x2 windows, and where each maximum was",
            "value": {"input": _LECTURE, "return_indices": True},
        },
        "average": {
            "summary": "An average at the border, explained",
            "value": {
                "input": _LECTURE,
                "operation": "average",
                "kernel_size": 3,
                "stride": 2,
                "padding": 1,
                "explain": [[0, 0]],
            },
        },
        "subsampling": {
            "summary": "LeNet-5's own: an average with a trained coefficient and bias, then a tangent",
            "value": {
                "input": _LECTURE,
                "operation": "average",
                "coefficient": 0.5,
                "bias": -1,
                "activation": "lenet_tanh",
            },
        },
    },
)

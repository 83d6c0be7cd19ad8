"""Pooling as a graph: what the engine pads and what is padded here, and how a cell comes about."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from service.engine.graphs import Graph, Node
from service.operations import activation, explanations, numbers, padding, windows
from service.operations.activation import Activation
from service.operations.numbers import Floats
from service.operations.operation import Cell, Cost
from service.operations.padding import Sides
from service.operations.pooling_parameters import PoolingParameters
from service.operations.signals import Signal
from service.operations.windows import Axis

_OPERATORS = {"max": "MaxPool", "average": "AveragePool", "lp": "LpPool"}
_ONE = np.ones(1, np.float32)
_ZERO = np.zeros(1, np.float32)


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


def _sides_of(pairs: Iterable[tuple[int, int]]) -> Sides:
    height, width = pairs
    return height, width

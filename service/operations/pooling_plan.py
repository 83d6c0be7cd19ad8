"""Pooling as a graph, with LeNet-5's coefficient and bias, and how a cell comes about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from service.engine.graphs import Graph, Node
from service.operations import activation, explanations, numbers, padding, windows
from service.operations.activation import Activation
from service.operations.adaptive_axis import Axes
from service.operations.numbers import Floats
from service.operations.operation import Cell, Cost
from service.operations.operator_pooling import OperatorPooling
from service.operations.pooling_parameters import PoolingParameters
from service.operations.separable_pooling import SeparablePooling
from service.operations.signals import Signal

_ONE = np.ones(1, np.float32)
_ZERO = np.zeros(1, np.float32)

_ROUNDING = 1 + 2**-10
"""By what rounding may lift a number, at most, so that one near the end of float32 is looked at."""


@dataclass(frozen=True)
class PoolingPlan:
    """
    A pooling that was understood.

    Attributes:
        signal: The input.
        axes: Height and width.
        parameters: What was asked for.
        method: How it is computed.
    """

    signal: Signal
    axes: Axes
    parameters: PoolingParameters
    method: OperatorPooling | SeparablePooling
    several: bool = False

    @property
    def taps(self) -> int:
        """Numbers in the largest window."""
        return self.axes[0].kernel * self.axes[1].kernel

    @property
    def cost(self) -> Cost:
        """What it would take."""
        outputs = self.signal.channels * self.axes[0].output * self.axes[1].output
        cells = self.signal.values.size + self.method.cells + outputs
        return Cost(outputs * self.taps, outputs, 4 * cells)

    @property
    def bound(self) -> float:
        """The largest magnitude, what a window may make of it, and what coefficient and bias may."""
        parameters = self.parameters
        growth = 1.0
        if parameters.operation == "lp":
            growth = self.taps ** (1 / parameters.p)
        elif parameters.divisor is not None:
            growth = self.taps / parameters.divisor
        inside = self.signal.magnitude * growth * _ROUNDING
        coefficient = 1.0 if parameters.coefficient is None else numbers.magnitude(parameters.coefficient)
        bias = 0.0 if parameters.bias is None else numbers.magnitude(parameters.bias)
        return max(inside, inside * coefficient + bias)

    @property
    def shapes(self) -> Mapping[str, tuple[tuple[int, ...], str]]:
        """The pooled channels, and where their maxima were."""
        shape = (1, self.signal.channels, self.axes[0].output, self.axes[1].output)
        return {"output": (shape, "float32"), **dict.fromkeys(self.method.places, (shape, "int64"))}

    def graph(self, function: Activation) -> Graph:
        """A pooling, and a product and a sum for each channel where they were asked for."""
        scaling: tuple[str, ...] = ()
        last = Node("Identity", ("pooled",), ("output",))
        nodes = self.method.nodes()
        if self._is_scaled:
            scaling = ("coefficient", "bias")
            nodes = (*nodes, Node("Mul", ("pooled", "coefficient"), ("scaled",)))
            last = Node("Add", ("scaled", "bias"), ("output",))
        return Graph(
            (*nodes, *activation.ended(last, function)),
            ("input", *self.method.inputs, *scaling),
            (("output", "float32"), *((name, "int64") for name in self.method.places)),
            self.method.indices,
        )

    def feeds(self) -> Mapping[str, npt.NDArray[Any]]:
        """Give what the method takes, and the numbers of each channel."""
        feeds = dict(self.method.feeds())
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
        """Tell where the maxima were."""
        if not self.parameters.return_indices:
            return {}
        places = np.stack(self.method.where(outputs), axis=-1)
        if self.signal.rank == 1:
            places = np.ascontiguousarray(places[..., 1:])
        return {"indices": self.signal.present(places, several=False)}

    def explained_numbers(self, cells: int) -> int:
        """Windows of every channel, and the padded input."""
        padded = self.signal.channels * self.axes[0].padded * self.axes[1].padded
        return padded + cells * self.signal.channels * (2 * self.taps + 4)

    def explanation(self, cells: Sequence[Cell], maps: Floats) -> dict[str, Any]:
        """Show each cell's window, where null is padding, and what became of it."""
        height, width = self.axes
        with_padding = self.parameters.count_include_pad
        high, wide = (axis.counts(with_padding=with_padding) for axis in self.axes)
        shown = []
        for cell in cells:
            rows, columns = (axis.window(at) for axis, at in zip(self.axes, cell, strict=True))
            inside = np.ix_(_is_in(rows, height.size), _is_in(columns, width.size))
            for index, channel in enumerate(self.signal.values):
                window = np.full((1, len(rows), len(columns)), np.nan, np.float32)
                window[0][inside] = channel[rows[inside[0]], columns[inside[1]]]
                shown.append(
                    {
                        **explanations.place(cell, index, self.signal),
                        "window": explanations.shaped(window, self.signal),
                        **self._pooled(window[0][inside].astype(np.float64), high[cell[0]] * wide[cell[1]]),
                        **self._winner(window[0], rows, columns),
                        "activation": maps[index][cell],
                    }
                )
        sides = (
            (height.before, height.after + height.overhang),
            (width.before, width.after + width.overhang),
        )
        padded = padding.fill(self.signal.values, sides, "constant", np.nan)
        return {"padded_input": self.signal.present(padded, several=False), "cells": shown}

    def _pooled(self, values: npt.NDArray[np.float64], count: np.int64) -> dict[str, Any]:
        if self.parameters.operation == "max":
            return {"pooled": values.max()}
        if self.parameters.operation == "average":
            divisor = self.parameters.divisor or int(count)
            return {"sum": values.sum(), "count": divisor, "pooled": values.sum() / divisor}
        largest = np.abs(values).max() or 1.0
        with np.errstate(over="ignore"):
            power = (np.abs(values) ** self.parameters.p).sum()
        root = ((np.abs(values) / largest) ** self.parameters.p).sum() ** (1 / self.parameters.p)
        return {"sum": power, "pooled": largest * root}

    def _winner(self, window: Floats, rows: windows.Indices, columns: windows.Indices) -> dict[str, Any]:
        if self.parameters.operation != "max":
            return {}
        row, column = np.unravel_index(np.nanargmax(window), window.shape)
        found = [int(rows[row]), int(columns[column])]
        return {"winner": found[1:] if self.signal.rank == 1 else found}

    @property
    def _is_scaled(self) -> bool:
        return self.parameters.coefficient is not None or self.parameters.bias is not None


def _is_in(places: windows.Indices, size: int) -> npt.NDArray[np.bool_]:
    is_in: npt.NDArray[np.bool_] = (places >= 0) & (places < size)
    return is_in

"""A transposed convolution as a graph, explained as the convolution that it equals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from service.engine.graphs import Graph, Node
from service.operations import activation, numbers, padding, windows
from service.operations.activation import Activation
from service.operations.numbers import Floats
from service.operations.operation import Cell, Cost
from service.operations.signals import Signal
from service.operations.sums import Sums
from service.operations.transposed_axis import TransposedAxis
from service.operations.weights import Weights
from service.operations.windows import Axis


@dataclass(frozen=True)
class TransposedPlan:
    """
    A transposed convolution that was understood.

    Attributes:
        signal: The input.
        weights: The kernels as they are laid down: flipped for a convolution.
        axes: Height and width.
    """

    signal: Signal
    weights: Weights
    axes: tuple[TransposedAxis, TransposedAxis]

    @property
    def several(self) -> bool:
        """Whether the caller gave an axis of maps."""
        return self.weights.several

    @property
    def cost(self) -> Cost:
        """What it would take: the engine writes all products before it adds them up."""
        channels, (height, width) = self.signal.channels, self._sizes
        weights = self.weights.values.size
        outputs = len(self.weights.values) * self.axes[0].output * self.axes[1].output
        products = weights // channels * height * width
        given = self.signal.values.size
        copied = channels * height * width if (height, width) != self.signal.sizes else 0
        macs = weights * self.signal.sizes[0] * self.signal.sizes[1]
        return Cost(macs, outputs, 4 * (given + copied + 2 * weights + products + outputs))

    @property
    def bound(self) -> float:
        """The largest input times the largest sum of a kernel's magnitudes, and the bias."""
        taps = np.abs(self.weights.values).sum(axis=(1, 2, 3), dtype=np.float64).max()
        return float(taps) * self.signal.magnitude + numbers.magnitude(self.weights.bias)

    @property
    def shapes(self) -> Mapping[str, tuple[tuple[int, ...], str]]:
        """The maps."""
        shape = (1, len(self.weights.values), self.axes[0].output, self.axes[1].output)
        return {"output": (shape, "float32")}

    def graph(self, function: Activation) -> Graph:
        """One ConvTranspose; kernels and bias are inputs, so that it serves any."""
        height, width = self.axes
        convolution = Node(
            "ConvTranspose",
            ("input", "kernel", "bias"),
            ("output",),
            (
                ("strides", (height.free.stride, width.free.stride)),
                ("dilations", (height.free.dilation, width.free.dilation)),
                ("group", self.weights.groups),
                ("pads", (height.before, width.before, height.cut, width.cut)),
            ),
        )
        nodes = activation.ended(convolution, function)
        return Graph(nodes, convolution.inputs, (("output", "float32"),))

    def feeds(self) -> dict[str, Floats]:
        """Give input, kernels by channels, and bias."""
        height, width = self.axes
        values = padding.fill(self.signal.values, ((0, height.zeros), (0, width.zeros)))
        maps, depth, *window = self.weights.values.shape
        groups = self.weights.groups
        by_group = self.weights.values.reshape(groups, maps // groups, depth, *window).swapaxes(1, 2)
        kernel = np.ascontiguousarray(by_group).reshape(self.signal.channels, maps // groups, *window)
        return {"input": values[None], "kernel": kernel, "bias": self.weights.bias}

    def facts(self) -> dict[str, Any]:
        """Tell what was decided."""
        return {
            **windows.told(self.axes, self.signal),
            "groups": self.weights.groups,
            "parameters": self.weights.parameters,
        }

    def extras(self, outputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
        """Nothing beside the maps."""
        del outputs
        return {}

    def explained_numbers(self, cells: int) -> int:
        """Windows and products of every map, and the input with zeros between its cells."""
        return self._sums.count(cells)

    def explanation(self, cells: Sequence[Cell], maps: Floats) -> dict[str, Any]:
        """Show the equal convolution of stride 1: zeros between the input's cells, the kernel turned."""
        return self._sums.explain(cells, maps, self._padded())

    @property
    def _sums(self) -> Sums:
        turned = replace(self.weights, values=np.ascontiguousarray(self.weights.values[:, :, ::-1, ::-1]))
        return Sums(self.signal, turned, self._spread)

    @property
    def _sizes(self) -> tuple[int, int]:
        height, width = (axis.free.size + axis.zeros for axis in self.axes)
        return height, width

    @property
    def _spread(self) -> tuple[Axis, Axis]:
        height, width = (axis.spread for axis in self.axes)
        return height, width

    def _padded(self) -> Floats:
        """Give the input with zeros between its cells and around them; what no window reaches is left out."""
        padded = np.zeros((self.signal.channels, *(axis.padded for axis in self._spread)), np.float32)
        kept = []
        places = []
        for axis, spread in zip(self.axes, self._spread, strict=True):
            at = spread.before + axis.free.stride * np.arange(axis.free.size)
            inside = (at >= 0) & (at < spread.padded)
            kept.append(np.flatnonzero(inside))
            places.append(at[inside])
        padded[:, places[0][:, None], places[1]] = self.signal.values[:, kept[0][:, None], kept[1]]
        return padded

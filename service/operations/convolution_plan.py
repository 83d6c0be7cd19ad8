"""A convolution as a graph: what the engine pads and what is padded here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from service.engine.graphs import Graph, Node
from service.operations import activation, numbers, padding, windows
from service.operations.activation import Activation
from service.operations.convolution_parameters import ConvolutionParameters
from service.operations.numbers import Floats
from service.operations.operation import Cell, Cost
from service.operations.padding import Sides
from service.operations.signals import Signal
from service.operations.sums import Sums
from service.operations.weights import Weights
from service.operations.windows import Axis


@dataclass(frozen=True)
class ConvolutionPlan:
    """
    A convolution that was understood.

    Attributes:
        signal: The input.
        weights: The kernels as applied: flipped for a convolution.
        axes: Height and width.
        parameters: What was asked for.
    """

    signal: Signal
    weights: Weights
    axes: tuple[Axis, Axis]
    parameters: ConvolutionParameters

    @property
    def several(self) -> bool:
        """Whether the caller gave a list of kernels."""
        return self.weights.several

    @property
    def cost(self) -> Cost:
        """What it would take."""
        maps, depth, height, width = self.weights.values.shape
        outputs = maps * self.axes[0].output * self.axes[1].output
        padded = 0 if self._engine_pads else self.signal.channels * self.axes[0].padded * self.axes[1].padded
        cells = self.signal.values.size + padded + self.weights.values.size + outputs
        return Cost(outputs * depth * height * width, outputs, 4 * cells)

    @property
    def bound(self) -> float:
        """The largest input times the largest sum of a kernel's magnitudes, and the bias."""
        taps = np.abs(self.weights.values).sum(axis=(1, 2, 3), dtype=np.float64).max()
        largest = max(self.signal.magnitude, abs(self.parameters.padding_value))
        return float(taps) * largest + numbers.magnitude(self.weights.bias)

    @property
    def shapes(self) -> Mapping[str, tuple[tuple[int, ...], str]]:
        """The maps."""
        shape = (1, len(self.weights.values), self.axes[0].output, self.axes[1].output)
        return {"output": (shape, "float32")}

    def graph(self, function: Activation) -> Graph:
        """One Conv; kernels and bias are inputs, so that it serves any."""
        before = (self.axes[0].before, self.axes[1].before)
        after = (self.axes[0].after, self.axes[1].after)
        convolution = Node(
            "Conv",
            ("input", "kernel", "bias"),
            ("output",),
            (
                ("strides", (self.axes[0].stride, self.axes[1].stride)),
                ("dilations", (self.axes[0].dilation, self.axes[1].dilation)),
                ("group", self.weights.groups),
                ("pads", (*before, *after) if self._engine_pads else (0, 0, 0, 0)),
            ),
        )
        nodes = activation.ended(convolution, function)
        return Graph(nodes, convolution.inputs, (("output", "float32"),))

    def feeds(self) -> dict[str, Floats]:
        """Give input, kernels and bias; a border other than zeros is made here."""
        values = self.signal.values if self._engine_pads else self._padded()
        return {"input": values[None], "kernel": self.weights.values, "bias": self.weights.bias}

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
        """Windows and products of every map, and the padded input."""
        return Sums(self.signal, self.weights, self.axes).count(cells)

    def explanation(self, cells: Sequence[Cell], maps: Floats) -> dict[str, Any]:
        """Show each cell's window, the products, their sum, the bias, and what the activation made of it."""
        return Sums(self.signal, self.weights, self.axes).explain(cells, maps, self._padded())

    @property
    def _engine_pads(self) -> bool:
        return self.parameters.padding_mode == "zeros" or self.parameters.padding == "valid"

    def _padded(self) -> Floats:
        sides: Sides = tuple((axis.before, axis.after) for axis in self.axes)  # type: ignore[assignment] # two
        return padding.fill(
            self.signal.values, sides, self.parameters.padding_mode, self.parameters.padding_value
        )

"""Convolution and cross-correlation of signals, images and channels (lecture, lines 50 to 700)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from service.engine.graphs import Graph, Node
from service.operations import activation, explanations, numbers, padding, weights, windows
from service.operations.activation import Activation
from service.operations.fields import Kernel, Pair, PerMap
from service.operations.numbers import Floats
from service.operations.operation import Cell, Cost, Operation, Parameters
from service.operations.padding import BorderMode, Sides, Width
from service.operations.signals import Signal
from service.operations.weights import Weights
from service.operations.windows import Axis
from service.settings import Limits


class ConvolutionParameters(Parameters):
    """How to convolve."""

    kernel: Kernel
    """A preset of ``GET /kernels``, a list of them, or numbers: of 1 axis for a signal, else (height, width),
    (depth, height, width) or (kernels, depth, height, width); channels first in either layout."""
    operation: Literal["convolution", "cross_correlation"] = "convolution"
    """``convolution`` turns the kernel by 180 degrees first; networks compute ``cross_correlation``."""
    padding: Width = "valid"
    """``valid``, ``same``, ``same_lower`` (an odd cell goes to the start), ``full``, or cells: a number,
    [height, width] or [[top, bottom], [left, right]]."""
    padding_mode: BorderMode = "zeros"
    """What padding is filled with; ``edge`` is ``replicate`` and ``wrap`` is ``circular``."""
    padding_value: float = 0.0
    """With ``padding_mode`` ``constant``."""
    stride: Pair = 1
    """Cells from one window to the next: a number or [height, width]."""
    dilation: Pair = 1
    """Cells from one tap of the kernel to the next: a number or [height, width]."""
    groups: int | None = None
    """Groups of channels that are filtered apart. 1 by default, but a kernel of (height, width) filters each
    channel by itself unless this is 1."""
    bias: PerMap = Field(default_factory=lambda: np.zeros(1, np.float32))
    """Added to every sum: a number, or one for each kernel; 0 by default."""


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
        padded = self.signal.channels * self.axes[0].padded * self.axes[1].padded
        return padded + cells * (2 * self.weights.values.size + 4 * len(self.weights.values))

    def explanation(self, cells: Sequence[Cell], maps: Floats) -> dict[str, Any]:
        """
        Show ``u[n, m] = sum I[n + i, m + j] W[i, j] + b`` and ``v = phi(u)`` (lecture, lines 220 and 221).

        Each cell has its window, the products, their sum, the bias, and what the activation made of it.
        """
        padded = self._padded()
        maps_a_group = len(maps) // self.weights.groups
        depth = self.weights.values.shape[1]
        shown = []
        for cell in cells:
            for index, kernel in enumerate(self.weights.values):
                first = index // maps_a_group * depth
                window = explanations.window(padded[first : first + depth], self.axes, cell)
                products = window.astype(np.float64) * kernel
                bias = self.weights.bias[index]
                shown.append(
                    {
                        **explanations.place(cell, index, self.signal),
                        "channels": [first, first + depth - 1],
                        "window": explanations.shaped(window, self.signal),
                        "products": explanations.shaped(products.astype(np.float32), self.signal),
                        "sum": np.float32(products.sum()),
                        "bias": bias,
                        "activation": maps[index][cell],
                    }
                )
        applied = self.weights.values
        return {
            "padded_input": self.signal.present(padded, several=False),
            "kernel_as_applied": applied[0, 0, 0] if self.signal.rank == 1 else applied,
            "cells": shown,
        }

    @property
    def _engine_pads(self) -> bool:
        return self.parameters.padding_mode == "zeros" or self.parameters.padding == "valid"

    def _padded(self) -> Floats:
        sides: Sides = tuple((axis.before, axis.after) for axis in self.axes)  # type: ignore[assignment] # two
        return padding.fill(
            self.signal.values, sides, self.parameters.padding_mode, self.parameters.padding_value
        )


def plan(parameters: ConvolutionParameters, signal: Signal, limits: Limits) -> ConvolutionPlan:
    """
    Understand a request.

    Raises:
        InvalidInputError: Parameters that do not fit the input or one another, or over a limit.
    """
    arranged = weights.arrange(parameters.kernel, parameters.bias, parameters.groups, signal, limits)
    if parameters.padding_value and parameters.padding_mode != "constant":
        windows.refuse("padding_value", 'it goes with "padding_mode": "constant"')
    if abs(parameters.padding_value) > numbers.LARGEST:
        windows.refuse("padding_value", "expected a float32")
    strides = windows.per_axis(parameters.stride, signal, "stride", neutral=1, most=limits.max_stride)
    dilations = windows.per_axis(parameters.dilation, signal, "dilation", neutral=1, most=limits.max_dilation)
    free = windows.axes(signal, arranged.values.shape[2:], strides, dilations)
    sides = padding.resolve(parameters.padding, free, signal, most=limits.max_padding)
    axes = windows.with_sides(free, sides)
    windows.check_fits(axes, "kernel")
    padding.check_border(parameters.padding_mode, axes)
    if parameters.operation == "convolution":
        arranged = replace(arranged, values=np.ascontiguousarray(arranged.values[:, :, ::-1, ::-1]))
    return ConvolutionPlan(signal, arranged, axes, parameters)


_LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]

OPERATION = Operation(
    name="convolve",
    summary="Convolve a signal, an image or channels with kernels",
    description=(
        "To see what a kernel does to numbers or to a picture, step by step with `explain`. True convolution"
        " by default: the kernel is turned by 180 degrees, as the lecture, numpy and scipy have it;"
        " `cross_correlation` is what networks compute. Run by ONNX Runtime in float32: whole numbers are"
        " exact to 2^24."
    ),
    parameters=ConvolutionParameters,
    plan=plan,
    examples={
        "lecture": {
            "summary": "The lecture's example: a 5x5 image and the Laplacian",
            "value": {"input": _LECTURE, "kernel": "laplacian_4"},
        },
        "explained": {
            "summary": "Zero padding, stride 2, and how the first cell comes about",
            "value": {
                "input": _LECTURE,
                "kernel": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
                "operation": "cross_correlation",
                "padding": "same",
                "stride": 2,
                "explain": [[0, 0]],
            },
        },
        "signal": {
            "summary": "A signal and the impulse response of an echo",
            "value": {"input": [2, 1.48, 1.1, 0.81], "kernel": [1, 0, -1], "padding": "full"},
        },
    },
)

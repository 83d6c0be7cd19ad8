"""Pooling by ONNX Runtime's own operator."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from service.engine.graphs import Node
from service.operations import padding
from service.operations.numbers import Floats
from service.operations.padding import Sides
from service.operations.pooling_parameters import PoolingParameters
from service.operations.signals import Signal
from service.operations.windows import Axis, Indices

_OPERATORS = {"max": "MaxPool", "average": "AveragePool", "lp": "LpPool"}


@dataclass(frozen=True)
class OperatorPooling:
    """
    One node: MaxPool, AveragePool or LpPool.

    Attributes:
        signal: The input.
        axes: Height and width.
        parameters: What was asked for.
    """

    signal: Signal
    axes: tuple[Axis, Axis]
    parameters: PoolingParameters
    indices: ClassVar[tuple[str, ...]] = ()
    inputs: ClassVar[tuple[str, ...]] = ()

    @property
    def cells(self) -> int:
        """Numbers of 4 bytes that it takes beside input and output."""
        shape = [axis.padded + axis.overhang for axis in self.axes]
        made = self.signal.channels * math.prod(shape) if any(map(any, self._sides[0])) else 0
        outputs = self.signal.channels * self.axes[0].output * self.axes[1].output
        return made + 2 * outputs * self.parameters.return_indices

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the outputs that tell where maxima were."""
        return ("place",) if self.parameters.return_indices else ()

    def nodes(self) -> tuple[Node, ...]:
        """Give what makes ``pooled`` of ``input``."""
        parameters, (_, pads) = self.parameters, self._sides
        attributes: list[tuple[str, Any]] = [
            ("kernel_shape", tuple(axis.kernel for axis in self.axes)),
            ("strides", tuple(axis.stride for axis in self.axes)),
            ("pads", (pads[0][0], pads[1][0], pads[0][1], pads[1][1])),
        ]
        if parameters.operation == "max":
            attributes.append(("dilations", tuple(axis.dilation for axis in self.axes)))
        if parameters.operation == "lp":
            attributes.append(("p", parameters.p))
        operator = _OPERATORS[parameters.operation]
        return (Node(operator, ("input",), ("pooled", *self.places), tuple(attributes)),)

    def feeds(self) -> dict[str, Floats]:
        """Give the input, padded where the engine cannot."""
        filling = -np.inf if self.parameters.operation == "max" else 0.0
        return {"input": padding.fill(self.signal.values, self._sides[0], "constant", filling)[None]}

    def where(self, outputs: Mapping[str, npt.NDArray[Any]]) -> tuple[Indices, Indices]:
        """Give rows and columns of maxima; the engine counts over all channels, and over padding of ours."""
        made, _ = self._sides
        height, width = (size + sum(side) for size, side in zip(self.signal.sizes, made, strict=True))
        rows, columns = np.divmod(outputs["place"][0] % (height * width), width)
        return rows - made[0][0], columns - made[1][0]

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


def _sides_of(pairs: Iterable[tuple[int, int]]) -> Sides:
    height, width = pairs
    return height, width

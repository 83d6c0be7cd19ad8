"""What an operation is: parameters, a plan with its cost, a graph for the engine, and an explanation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy.typing as npt
from pydantic import ConfigDict

from service.described import Described
from service.engine.graphs import Graph
from service.operations.activation import Activation
from service.operations.fields import Explain
from service.operations.numbers import Floats
from service.operations.signals import Layout, Signal
from service.settings import Limits

Cell: TypeAlias = tuple[int, int]
"""Row and column of an output."""


class Parameters(Described):
    """What every operation can be told."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)

    layout: Layout = "channels_first"
    """Where the channels of an input of three axes stand, and those of the output. Of a picture, which
    is read as it is, only the output's."""
    activation: Activation = "identity"
    """Applied to each number of the output. ``lenet_tanh`` is 1.7159 tanh(2x/3), ``leaky_relu`` leaks
    0.01."""
    explain: Explain = False
    """Shows how cells of the output come about: all of them, or a list of [row, column]. JSON only."""


@dataclass(frozen=True)
class Cost:
    """
    What a plan would take, in Python's integers, which do not overflow.

    Attributes:
        macs: Multiply-adds; of pooling the numbers that are looked at.
        outputs: Numbers in the output.
        work_bytes: Input, padded input, kernels and output as float32, and what else the engine writes.
    """

    macs: int
    outputs: int
    work_bytes: int


class Plan(Protocol):
    """A request that was understood: nothing is computed or copied yet."""

    @property
    def signal(self) -> Signal:
        """The input."""

    @property
    def cost(self) -> Cost:
        """What it would take."""

    @property
    def bound(self) -> float:
        """A magnitude that no number on the way to the activation exceeds; it may be infinite."""

    @property
    def shapes(self) -> Mapping[str, tuple[tuple[int, ...], str]]:
        """Shape and dtype of each output of the graph."""

    @property
    def several(self) -> bool:
        """Whether the output has an axis of maps although the input has none of channels."""

    def graph(self, activation: Activation) -> Graph:
        """Give what the engine computes, up to an activation."""

    def feeds(self) -> Mapping[str, npt.NDArray[Any]]:
        """Give the graph's inputs; here the border is made."""

    def facts(self) -> dict[str, Any]:
        """Tell what was decided: padding, sizes, counts."""

    def extras(self, outputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
        """Tell what else the engine found, beside ``output``."""

    def explained_numbers(self, cells: int) -> int:
        """Count the numbers of an explanation of so many cells."""

    def explanation(self, cells: Sequence[Cell], maps: Floats) -> dict[str, Any]:
        """Show how cells of the output ``(maps, height, width)`` come about."""


@dataclass(frozen=True)
class Operation:
    """
    One entry of the table: its route, its validation and its documentation follow from this.

    Attributes:
        name: The last part of its path.
        summary: One line.
        description: What a caller has to know, in Markdown.
        parameters: The model of everything but the input.
        plan: Understands a request.
        examples: Bodies that can be sent as they are, by name.
    """

    name: str
    summary: str
    description: str
    parameters: type[Parameters]
    plan: Callable[[Any, Signal, Limits], Plan]
    examples: Mapping[str, dict[str, Any]]

"""From a plan to its answer: refused when it costs too much, else computed by the engine."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from service.engine.graph_cache import GraphCache
from service.errors import Fault, InvalidInputError, OverBudgetError
from service.operations import explanations, numbers
from service.operations.activation import Activation
from service.operations.numbers import Floats
from service.operations.operation import Operation, Parameters, Plan
from service.operations.signals import Signal
from service.settings import Limits


@dataclass(frozen=True)
class Task:
    """A request that was understood and is within the budget."""

    operation: Operation
    parameters: Parameters
    plan: Plan

    def is_quick(self, cache: GraphCache, macs: int) -> bool:
        """Tell whether it takes no more than so many multiply-adds and no graph has to be built."""
        is_small = self.plan.cost.macs <= macs and self.parameters.explain is False
        return is_small and self.plan.graph(self.parameters.activation) in cache

    def compute(self, cache: GraphCache) -> "Answer":
        """
        Run it.

        Raises:
            InvalidInputError: A number on the way to the activation goes beyond float32.
        """
        plan, parameters = self.plan, self.parameters
        if not plan.bound <= numbers.LARGEST:
            linear = _run(plan, "identity", cache)["output"]
            if not np.isfinite(linear).all():
                detail = "the result goes beyond float32, whose largest number is 3.4e38"
                raise InvalidInputError(detail, Fault("#", detail))
        found = _run(plan, parameters.activation, cache)
        maps: Floats = found["output"][0]
        height, width = maps.shape[1:]
        cells = explanations.cells(parameters.explain, height, width, plan.signal)
        return Answer(
            maps=maps,
            output=plan.signal.present(maps, several=plan.several),
            operation=getattr(parameters, "operation", self.operation.name),
            facts={"macs": plan.cost.macs, **plan.facts()},
            extras={
                **plan.extras(found),
                **({"explanation": plan.explanation(cells, maps)} if parameters.explain is not False else {}),
            },
        )


@dataclass(frozen=True)
class Answer:
    """
    What came out.

    Attributes:
        maps: ``(maps, height, width)`` float32.
        output: The same, shaped as the input was.
        operation: Which of an operation's kinds it was.
        facts: What was decided on the way.
        extras: What else was asked for: indices, an explanation.
    """

    maps: Floats
    output: Floats
    operation: str
    facts: dict[str, Any]
    extras: dict[str, Any]

    def told(self) -> dict[str, Any]:
        """Give the members of a JSON answer."""
        return {
            "output": self.output,
            "output_shape": list(self.output.shape),
            **self.facts,
            "operation": self.operation,
            "dtype": str(self.output.dtype),
            **self.extras,
        }


def prepare(operation: Operation, parameters: Parameters, signal: Signal, limits: Limits) -> Task:
    """
    Understand a request and refuse it when it costs too much; the engine is not asked yet.

    Raises:
        InvalidInputError: Parameters that do not fit the input or one another.
        OverBudgetError: It would take more than a limit.
    """
    plan = operation.plan(parameters, signal, limits)
    cost = plan.cost
    for what, value, most in (
        ("multiply-adds", cost.macs, limits.max_macs),
        ("numbers in the output", cost.outputs, limits.max_array_numbers),
        ("bytes of work memory", cost.work_bytes, limits.max_work_bytes),
    ):
        _check(what, value, most, "#")
    if parameters.explain is not False:
        height, width = plan.shapes["output"][0][2:]
        cells = len(explanations.cells(parameters.explain, height, width, signal))
        numbers_shown = plan.explained_numbers(cells)
        _check("numbers in the explanation", numbers_shown, limits.max_json_numbers, "#/explain")
    return Task(operation, parameters, plan)


def _check(what: str, value: int, most: int, pointer: str) -> None:
    if value > most:
        detail = f"{value} {what} are over the limit of {most}"
        raise OverBudgetError(detail, Fault(pointer, detail))


def _run(plan: Plan, activation: Activation, cache: GraphCache) -> dict[str, npt.NDArray[Any]]:
    outputs = {name: np.empty(shape, dtype) for name, (shape, dtype) in plan.shapes.items()}
    cache.session(plan.graph(activation)).run_into(outputs, plan.feeds())
    return outputs

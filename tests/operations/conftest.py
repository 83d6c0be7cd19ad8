"""Operations without HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from service.engine.graph_cache import GraphCache
from service.operations import OPERATIONS, execution, signals
from service.operations.execution import Answer
from service.settings import Limits


class CountingCache(GraphCache):
    """Counts how often the engine is asked for."""

    asked = 0

    def session(self, graph: Any) -> Any:  # noqa: ANN401
        self.asked += 1
        return super().session(graph)


@pytest.fixture(scope="session")
def cache() -> CountingCache:
    return CountingCache(device="cpu", threads=1, most=8)


@pytest.fixture(scope="session")
def run(cache: CountingCache) -> Callable[..., Answer]:
    """Run an operation by name on numbers."""

    def run(name: str, numbers: Any, limits: Limits | None = None, **parameters: Any) -> Answer:  # noqa: ANN401
        operation = OPERATIONS[name]
        limits = limits or Limits()
        validated = operation.parameters.model_validate(parameters)
        signal = signals.of_numbers(numbers, validated.layout)
        task = execution.prepare(operation, validated, signal, limits)
        return task.compute(cache)

    return run

"""One place per change: an operation is a file and a line, and everything else follows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from service.application import Application
from service.engine.graph_cache import GraphCache
from service.engine.graphs import Graph, Node
from service.engine.worker_pool import WorkerPool
from service.operations import activation
from service.operations.activation import Activation
from service.operations.operation import Cost, Operation, Parameters
from service.operations.signals import Signal
from service.routes import operations
from service.settings import Limits, Settings


class InversionParameters(Parameters):
    """How to invert."""

    white: float = 255.0
    """What becomes 0."""


@dataclass(frozen=True)
class InversionPlan:
    """``white - x``."""

    signal: Signal
    parameters: InversionParameters
    several: bool = False

    @property
    def cost(self) -> Cost:
        size = self.signal.values.size
        return Cost(size, size, 8 * size)

    @property
    def bound(self) -> float:
        return self.parameters.white + self.signal.magnitude

    @property
    def shapes(self) -> Mapping[str, tuple[tuple[int, ...], str]]:
        return {"output": ((1, *self.signal.values.shape), "float32")}

    def graph(self, function: Activation) -> Graph:
        nodes = activation.ended(Node("Sub", ("white", "input"), ("output",)), function)
        return Graph(nodes, ("white", "input"), (("output", "float32"),))

    def feeds(self) -> dict[str, Any]:
        return {"input": self.signal.values[None], "white": np.float32([self.parameters.white])}

    def facts(self) -> dict[str, Any]:
        return {"padding": [], "output_size": [], "parameters": 0}

    def extras(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        del outputs
        return {}

    def explained_numbers(self, cells: int) -> int:
        return cells

    def explanation(self, cells: Sequence[tuple[int, int]], maps: Any) -> dict[str, Any]:  # noqa: ANN401
        return {"cells": [{"position": cell, "activation": maps[0][cell]} for cell in cells]}


def plan(parameters: InversionParameters, signal: Signal, limits: Limits) -> InversionPlan:
    del limits
    return InversionPlan(signal, parameters)


INVERSION = Operation(
    name="invert",
    summary="Invert",
    description="White becomes black.",
    parameters=InversionParameters,
    plan=plan,
    examples={"small": {"summary": "Small", "value": {"input": [[0, 255]]}}},
)


@pytest.fixture(scope="module")
def extended(assemble: Callable[..., Application]) -> Iterator[TestClient]:
    """An application whose table has one operation more."""
    pool = WorkerPool("test", threads=1, waiting=1, deadline_s=10)
    graphs = GraphCache(device="cpu", threads=1, most=2)
    app = assemble(operations.endpoints(graphs, pool, pool, Settings(), (INVERSION,)))
    with TestClient(app) as client:
        yield client
    pool.close()


def test_a_new_operation_has_a_route_with_every_form_of_answer(extended: TestClient) -> None:
    body = {"input": [[0, 100]], "activation": "relu", "white": 50, "explain": [[0, 0]]}
    answer = extended.post("/invert", json=body).json()

    assert answer["output"] == [[50, 0]]
    assert answer["explanation"]["cells"][0]["activation"] == 50
    picture = extended.post("/invert", json={"input": [[0, 100]]}, headers={"Accept": "image/png"})
    assert picture.content.startswith(b"\x89PNG")


def test_a_new_operation_is_validated(extended: TestClient) -> None:
    refused = extended.post("/invert", json={"input": [[0]], "white": "xyzzy"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/white"


def test_a_new_operation_is_documented_with_an_example_that_runs(extended: TestClient) -> None:
    documented = extended.get("/openapi.json").json()["paths"]["/invert"]["post"]
    body = documented["requestBody"]["content"]["application/json"]

    assert body["schema"]["properties"]["white"]["description"] == "What becomes 0."
    assert "white" in [parameter["name"] for parameter in documented["parameters"]]
    assert extended.post("/invert", json=body["examples"]["small"]["value"]).json()["output"] == [[255, 0]]

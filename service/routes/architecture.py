"""``POST /architecture``: what a network costs, layer by layer, each figure with its formula."""

from collections.abc import Awaitable
from typing import Any

from service.architecture import calculation
from service.architecture.figures import Figures
from service.architecture.vocabulary import Architecture
from service.codecs import json
from service.engine.worker_pool import WorkerPool
from service.http import problems, responses
from service.http.endpoints import Call, Endpoint
from service.server.messages import Response
from service.settings import Limits

_POOL = {"type": "AveragePooling2D", "pool_size": [2, 2]}
_LENET5 = [
    {"type": "Input", "shape": [28, 28, 1]},
    {"type": "Conv2D", "filters": 6, "kernel_size": [5, 5], "padding": "same", "activation": "relu"},
    _POOL,
    {"type": "Conv2D", "filters": 16, "kernel_size": [5, 5], "activation": "relu"},
    _POOL,
    {"type": "Conv2D", "filters": 120, "kernel_size": [1, 1], "activation": "relu"},
    {"type": "Flatten"},
    {"type": "Dense", "units": 84, "activation": "relu"},
    {"type": "Dense", "units": 10, "activation": "softmax"},
]
# Three neighbours, four, two pairs of them, and all: 60 connections.
_TABLE_I = [
    *([0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5]),
    *([0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5]),
    *([0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]),
]
_SUBSAMPLING = {"type": "Subsampling2D", "pool_size": [2, 2]}
_LENET5_1998 = [
    {"type": "Input", "shape": [32, 32, 1]},
    {"type": "Conv2D", "name": "C1", "filters": 6, "kernel_size": [5, 5], "activation": "lenet_tanh"},
    _SUBSAMPLING | {"name": "S2"},
    {
        "type": "Conv2D",
        "name": "C3",
        "filters": 16,
        "kernel_size": [5, 5],
        "connections": _TABLE_I,
        "activation": "lenet_tanh",
    },
    _SUBSAMPLING | {"name": "S4"},
    {"type": "Conv2D", "name": "C5", "filters": 120, "kernel_size": [5, 5], "activation": "lenet_tanh"},
    {"type": "Flatten"},
    {"type": "Dense", "name": "F6", "units": 84, "activation": "lenet_tanh"},
    {"type": "RBF", "units": 10},
]
_COLOUR = {"type": "Input", "shape": [512, 512, 3]}
_HUNDRED = {"type": "Conv2D", "filters": 100, "kernel_size": [5, 5], "padding": "same"}

EXAMPLES: dict[str, Any] = {
    "The lecture's LeNet-5: 257,546 parameters": {"layers": _LENET5},
    "LeNet-5 as it was published in 1998: 60,000 parameters": {"layers": _LENET5_1998},
    "100 kernels of 5x5 on 512x512 in colour: 7,600 parameters, 9.77 GiB": {
        "layers": [_COLOUR, _HUNDRED],
        "batch": 100,
    },
    "100 neurons instead: 78,643,300 parameters": {
        "layers": [_COLOUR, {"type": "Flatten"}, {"type": "Dense", "units": 100}]
    },
    "Half the memory in half as many bits": {"layers": [_COLOUR, _HUNDRED], "dtype": "float16"},
}
"""Bodies of the lecture's own examples."""


SMALL_BYTES = 2_048
"""Architectures up to this size, some thirty layers, are calculated at once, in a millisecond."""


def endpoints(parsing: WorkerPool, limits: Limits) -> list[Endpoint]:
    """Make the endpoint."""

    def architecture(call: Call) -> Response | Awaitable[Response]:
        def answer() -> Response:
            document = json.read(call.content_type, call.body, Architecture, limits)
            return responses.json(calculation.calculate(document))

        if len(call.body) <= SMALL_BYTES:
            return answer()
        return parsing.run(answer, origin=call.context)

    return [Endpoint("/architecture", architecture, _documentation)]


def _documentation() -> dict[str, Any]:
    return {
        "tags": ["lecture"],
        "response_model": Figures,
        "responses": problems.documented(400, 413, 415, 422),
        "description": (
            "To plan or check a network without building it: describe its layers, and read what each costs"
            " and what its outputs see of the input, with the formula behind every figure."
        ),
        "summary": "The lecture's calculator: sizes, parameters, multiply-adds, receptive fields, memory",
        "openapi_extra": {"requestBody": json.documented(Architecture, EXAMPLES)},
    }

"""``GET /models/{name}/layers/{layer}/kernels``: what a layer has learnt, to draw or to convolve with."""

from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response as StarletteResponse

from service.cards.card import Layer
from service.described import Described
from service.digits.layers import Weight
from service.digits.network import Network
from service.http import problems, queries, responses
from service.http.asgi import as_starlette
from service.http.negotiation import accepted
from service.http.responses import check_size
from service.media_types import JSON, NPZ
from service.repository.repository import Repository
from service.routes.prediction import ModelVersion
from service.settings import Limits


class KernelQuery(queries.Query):
    """Of which version."""

    version: str | None = None
    """The model's version; the newest by default."""


class NamedWeight(BaseModel):
    """A weight of a layer that is neither kernels nor biases."""

    axes: list[str]
    shape: list[int]
    values: list[Any]


class LayerKernels(Described):
    """What a layer has learnt: nothing, in pooling and flattening."""

    model: ModelVersion
    name: str
    type: str
    parameters: int
    """Trainable ones: kernels, biases and others together."""
    axes: list[str]
    """What the axes of ``kernels`` are: ``/convolve`` takes those of a convolution as they are, with
    ``operation`` ``cross_correlation``, for networks do not turn their kernels round."""
    shape: list[int]
    """Of ``kernels``, an entry for each axis."""
    kernels: list[Any]
    """The weights, lists nested as the axes say. The last layer's carry the temperature that calibrates
    confidence."""
    biases: list[float]
    """One a filter or unit."""
    connections: list[list[int]] | None
    """For each filter the channels that it sees, from 0; the kernels of others are zero. null: all."""
    weights: dict[str, NamedWeight]
    """What else a layer has, by name."""


def routes(repository: Repository, limits: Limits) -> APIRouter:
    """Make the endpoint."""
    router = APIRouter(tags=["models"])

    @router.get(
        # Whether a slash of a layer's name was sent as %2F, proxies and other servers do not always tell.
        "/models/{name}/layers/{layer:path}/kernels",
        response_model=LayerKernels,
        responses={
            200: {"content": {NPZ: {"schema": {"type": "string", "format": "binary"}}}},
            **problems.documented(404, 406, 422),
        },
        description=(
            "The numbers that a layer has learned, to draw, to compute with, or to post to `POST /convolve`."
        ),
        summary="The trained kernels and biases of a layer: JSON or arrays",
        openapi_extra={"parameters": queries.documented(KernelQuery)},
    )
    async def layer_kernels(request: Request, name: str, layer: str) -> StarletteResponse:
        query = queries.read(KernelQuery, request.scope["query_string"])
        form = accepted(",".join(request.headers.getlist("accept")), (JSON, NPZ))
        network = repository.recogniser(name, query.version)
        (chosen,) = network.layers.select([layer])
        weights = network.layers.weights(chosen)
        check_size(sum(weight.values.size for weight in weights.values()), form, limits, others=(NPZ,))
        if form == NPZ:
            named = {_PLURALS.get(name, name): weight.values for name, weight in weights.items()}
            return as_starlette(responses.npz({**_NOTHING, **named}))
        return as_starlette(responses.json(_told(network, chosen, weights)))

    return router


_PLURALS = {"kernel": "kernels", "bias": "biases"}
_NOTHING = dict.fromkeys(_PLURALS.values(), np.empty(0, np.float32))


def _told(network: Network, layer: Layer, weights: dict[str, Weight]) -> dict[str, Any]:
    kernel, bias = (weights.get(name) for name in _PLURALS)
    return {
        "model": {"name": network.card.name, "version": network.card.version},
        "name": layer.name,
        "type": layer.type,
        "parameters": layer.parameters,
        "axes": kernel.axes if kernel else (),
        "shape": kernel.values.shape if kernel else (),
        "kernels": kernel.values if kernel else (),
        "biases": bias.values if bias else (),
        "connections": layer.connections,
        "weights": {
            name: {"axes": weight.axes, "shape": weight.values.shape, "values": weight.values}
            for name, weight in weights.items()
            if name not in _PLURALS
        },
    }

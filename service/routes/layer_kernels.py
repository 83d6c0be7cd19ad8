"""``GET /models/{name}/layers/{layer}/kernels``: what a layer has learnt, to draw or to convolve with."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response as StarletteResponse

from service.digits.card import Layer
from service.digits.layers import Weights
from service.digits.network import Network
from service.digits.repository import Repository
from service.engine.worker_pool import WorkerPool
from service.http import problems, queries, responses
from service.http.asgi import as_starlette
from service.http.negotiation import accepted
from service.http.responses import check_size
from service.media_types import JSON, NPZ
from service.routes.prediction import ModelVersion
from service.settings import Limits

_AXES = {
    4: ("filters", "channels", "height", "width"),
    2: ("inputs", "units"),
    1: (),
}
"""Names of the axes by their number; an empty array has one."""


class KernelQuery(queries.Query):
    """Of which version."""

    version: str | None = None
    """The model's version; the newest by default."""


class LayerKernels(BaseModel):
    """What a layer has learnt: nothing, in pooling and flattening."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    model: ModelVersion
    name: str
    type: str
    parameters: int
    """Kernels and biases together."""
    axes: list[str]
    """What the axes of ``kernels`` are: ``/convolve`` takes those of a convolution as they are, with
    ``operation`` ``cross_correlation``, for networks do not turn their kernels round."""
    shape: list[int]
    """Of ``kernels``, an entry for each axis."""
    kernels: list[list[list[list[float]]]] | list[list[float]] | list[float]
    """The weights. The last layer's carry the temperature that calibrates confidence."""
    biases: list[float]
    """One a filter or unit."""


def routes(repository: Repository, pool: WorkerPool, limits: Limits) -> APIRouter:
    """Make the endpoint."""
    router = APIRouter(tags=["models"])

    @router.get(
        "/models/{name}/layers/{layer}/kernels",
        response_model=LayerKernels,
        responses={
            200: {"content": {NPZ: {"schema": {"type": "string", "format": "binary"}}}},
            **problems.documented(404, 406, 422),
        },
        summary="The trained kernels and biases of a layer: JSON or arrays",
        openapi_extra={"parameters": queries.documented(KernelQuery)},
    )
    async def kernels(request: Request, name: str, layer: str) -> StarletteResponse:
        query = queries.read(KernelQuery, request.scope["query_string"])
        form = accepted(",".join(request.headers.getlist("accept")), (JSON, NPZ))
        network = repository.find(name, query.version)
        (chosen,) = network.layers.select([layer])
        check_size(chosen.parameters, form, limits)
        weights = await pool.run(lambda: network.layers.weights(chosen))
        if form == NPZ:
            return as_starlette(responses.npz({"kernels": weights.kernels, "biases": weights.biases}))
        return as_starlette(responses.json(_told(network, chosen, weights)))

    return router


def _told(network: Network, layer: Layer, weights: Weights) -> dict[str, Any]:
    axes = _AXES[weights.kernels.ndim]
    return {
        "model": {"name": network.card.name, "version": network.card.version},
        "name": layer.name,
        "type": layer.type,
        "parameters": layer.parameters,
        "axes": axes,
        "shape": weights.kernels.shape if axes else (),
        "kernels": weights.kernels,
        "biases": weights.biases,
    }

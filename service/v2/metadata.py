"""
``/v2``: the Open Inference Protocol, which Triton, KServe and others speak (kserve/open-inference-protocol).

``v2.inference`` has the calls that compute, ``v2.repository`` those that load and unload.
"""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response as StarletteResponse

import service
from service.described import Described
from service.http import responses
from service.http.asgi import as_starlette
from service.http.endpoints import access
from service.readiness import Readiness
from service.repository.repository import Repository
from service.settings import Settings
from service.v2 import configuration, documents, inputs, outputs, statistics
from service.v2.outputs import Model

EXTENSIONS = ("binary_tensor_data", "classification", configuration.EXTENSION, statistics.EXTENSION)
REPOSITORY_EXTENSION = "model_repository"
PLATFORM = "onnx_onnxv1"


class ServerMetadata(BaseModel):
    """Which server this is."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(Described):
    """An input or output."""

    name: str
    datatype: str
    shape: list[int]
    """-1 stands for the number of images."""


class ModelMetadata(Described):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    """Every version that is served, oldest first."""
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    parameters: dict[str, str | bool] | None = None
    """``pinned``: the version that it is pinned at; without a pin the newest answers. ``trial``: true where
    the network was made to try something, and is not for use."""


class ServerLive(BaseModel):
    """The event loop turns."""

    live: bool


class ServerReady(Described):
    """Whether requests may be sent here."""

    ready: bool
    error: str | None = None
    """Why not."""


class ModelReady(Described):
    """Whether requests for a model may be sent here."""

    name: str
    ready: bool
    error: str | None = None
    """Why not."""


def describe_server(settings: Settings) -> dict[str, Any]:
    """Describe the server as ``ServerMetadata`` has it."""
    extensions = [*EXTENSIONS, *([REPOSITORY_EXTENSION] if settings.repository_api == "on" else [])]
    return {"name": "lenet5-service", "version": service.__version__, "extensions": extensions}


def describe(repository: Repository, model: Model) -> dict[str, Any]:
    """Describe a model as ``ModelMetadata`` has it."""
    card = model.network.card
    told = {"pinned": repository.pinned(card.name), "trial": card.trial}
    parameters = {name: value for name, value in told.items() if value}
    return {
        "name": model.name,
        "versions": outputs.versions(repository, model),
        "platform": PLATFORM,
        "inputs": [_tensor(inputs.NAME, inputs.DATATYPE, (*model.network.size, 1))],
        "outputs": [_tensor(output.name, outputs.DATATYPE, output.shape) for output in model.outputs],
        **({"parameters": parameters} if parameters else {}),
    }


def routes(repository: Repository, readiness: Readiness, settings: Settings) -> APIRouter:
    """Make the endpoints that describe the server and its models."""
    router = APIRouter(prefix="/v2", tags=["open inference protocol"])
    missing = documents.errors(404)
    not_now = {**missing, 503: {"model": ModelReady, "description": "Not now; the reason is told"}}

    @router.get("/", include_in_schema=False)
    @router.get(
        "",
        response_model=ServerMetadata,
        summary="The server and its extensions",
        description="For clients of the protocol, to learn what this server can do.",
    )
    async def server() -> StarletteResponse:
        return as_starlette(responses.json(describe_server(settings)))

    @router.get(
        "/health/live",
        response_model=ServerLive,
        summary="The event loop turns",
        description="The liveness probe in this protocol's words.",
    )
    @access("probe")
    async def live() -> StarletteResponse:
        return as_starlette(responses.json({"live": True}))

    @router.get(
        "/health/ready",
        response_model=ServerReady,
        response_model_exclude_unset=True,
        responses={503: {"model": ServerReady, "description": "Not yet, or no more; the reason is told"}},
        description="The readiness probe in this protocol's words: 503 with the reason when it is not.",
        summary="Every model is loaded and answers its golden images right",
    )
    @access("probe")
    async def ready() -> StarletteResponse:
        return _told_ready({}, readiness)

    @router.get(
        "/models/{name}",
        response_model=ModelMetadata,
        responses=missing,
        summary="Inputs and outputs",
        description="Names, datatypes and shapes of a model's tensors, and the versions that are served.",
    )
    async def model(name: str) -> StarletteResponse:
        return as_starlette(responses.json(describe(repository, outputs.find(repository, name))))

    @router.get(
        "/models/{name}/versions/{version}",
        response_model=ModelMetadata,
        responses=missing,
        summary="Inputs and outputs of a version",
        description="As of the model, for the version that is named.",
    )
    async def version(name: str, version: str) -> StarletteResponse:
        return as_starlette(responses.json(describe(repository, outputs.find(repository, name, version))))

    @router.get(
        "/models/{name}/ready",
        response_model=ModelReady,
        response_model_exclude_unset=True,
        responses=not_now,
        summary="A model answers",
        description="For what waits until a model may be asked; 503 with the reason while it may not.",
    )
    async def model_ready(name: str) -> StarletteResponse:
        return _told_ready({"name": outputs.find(repository, name).name}, readiness)

    @router.get(
        "/models/{name}/versions/{version}/ready",
        response_model=ModelReady,
        response_model_exclude_unset=True,
        responses=not_now,
        summary="A version of a model answers",
        description="As of the model, for the version that is named.",
    )
    async def version_ready(name: str, version: str) -> StarletteResponse:
        return _told_ready({"name": outputs.find(repository, name, version).name}, readiness)

    return router


def _told_ready(about: dict[str, Any], readiness: Readiness) -> StarletteResponse:
    if readiness.ready:
        return as_starlette(responses.json({**about, "ready": True}))
    return as_starlette(
        responses.json({**about, "ready": False, "error": readiness.report["reason"]}, status=503)
    )


def _tensor(name: str, datatype: str, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [-1, *shape]}

"""What a model's configuration is in Triton's words (Triton's model configuration extension)."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response as StarletteResponse

from service.described import Described
from service.digits.network import BATCH
from service.engine.session import CPU
from service.http import responses
from service.http.asgi import as_starlette
from service.repository.repository import Repository
from service.repository.version_files import LAYERS, NETWORK
from service.settings import Settings
from service.v2 import documents, inputs, outputs
from service.v2.outputs import Model

EXTENSION = "model_configuration"
BACKEND = "onnxruntime"
PLATFORM = f"{BACKEND}_onnx"


class ConfiguredTensor(Described):
    """An input or output."""

    name: str
    data_type: str
    """The protocol's datatype behind ``TYPE_``."""
    format: str | None = None
    """Of an input: where the channels of an image stand."""
    dims: list[int]
    """The shape of one image, without the number of images."""


class LatestVersions(BaseModel):
    """The newest versions."""

    num_versions: int


class VersionPolicy(BaseModel):
    """Which versions of those on disk are served."""

    latest: LatestVersions


class DynamicBatching(BaseModel):
    """How requests are run together."""

    preferred_batch_size: list[int]
    max_queue_delay_microseconds: int


class InstanceGroup(BaseModel):
    """Where a model runs."""

    name: str
    kind: str
    count: int


class ModelConfiguration(Described):
    """What a model takes and gives, and how it is run."""

    name: str
    platform: str
    backend: str
    version_policy: VersionPolicy
    max_batch_size: int
    """Most images of one request whose outputs are all sent, in binary form."""
    input: list[ConfiguredTensor]
    output: list[ConfiguredTensor]
    instance_group: list[InstanceGroup]
    default_model_filename: str
    dynamic_batching: DynamicBatching | None = None
    """Requests that wait are run together, and none waits for others; layers of a request are run alone."""


def describe(model: Model, settings: Settings) -> dict[str, Any]:
    """Describe a model as ``ModelConfiguration`` has it."""
    numbers = sum(output.size for output in model.outputs)
    batching = {"preferred_batch_size": [BATCH], "max_queue_delay_microseconds": 0}
    return {
        "name": model.name,
        "platform": PLATFORM,
        "backend": BACKEND,
        "version_policy": {"latest": {"num_versions": settings.max_versions}},
        "max_batch_size": max(1, min(settings.max_ready_images, settings.max_array_numbers // numbers)),
        "input": [
            {
                "name": inputs.NAME,
                "data_type": f"TYPE_{inputs.DATATYPE}",
                "format": "FORMAT_NHWC",
                "dims": [*model.network.size, 1],
            }
        ],
        "output": [
            {"name": output.name, "data_type": f"TYPE_{outputs.DATATYPE}", "dims": list(output.shape)}
            for output in model.outputs
        ],
        "instance_group": [
            {
                "name": model.name,
                "kind": "KIND_CPU" if model.network.provider == CPU else "KIND_GPU",
                "count": 1,
            }
        ],
        "default_model_filename": NETWORK if model.scores else LAYERS,
        **({"dynamic_batching": batching} if model.scores else {}),
    }


def routes(repository: Repository, settings: Settings) -> APIRouter:
    """Make the endpoints that tell configurations."""
    router = APIRouter(prefix="/v2/models/{name}", tags=["open inference protocol"])

    def told(model: Model) -> StarletteResponse:
        return as_starlette(responses.json(describe(model, settings)))

    @router.get(
        "/config",
        response_model=ModelConfiguration,
        response_model_exclude_unset=True,
        responses=documents.errors(404),
        summary="Triton's configuration of a model",
        description="For tools of Triton's, which ask for it before they send anything: `perf_analyzer`.",
    )
    async def config(name: str) -> StarletteResponse:
        return told(outputs.find(repository, name))

    @router.get(
        "/versions/{version}/config",
        response_model=ModelConfiguration,
        response_model_exclude_unset=True,
        responses=documents.errors(404),
        summary="Triton's configuration of a version",
        description="As of the model, for the version that is named.",
    )
    async def version_config(name: str, version: str) -> StarletteResponse:
        return told(outputs.find(repository, name, version))

    return router

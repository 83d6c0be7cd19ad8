"""What was asked of models, in Triton's words (Triton's statistics extension), from the service's metrics."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response as StarletteResponse

from service.described import Described
from service.http import responses
from service.http.asgi import as_starlette
from service.metrics import families
from service.metrics.families import Family
from service.metrics.ledger import Snapshot
from service.metrics.sharing import Sharing
from service.repository.repository import Repository
from service.v2 import documents, outputs

EXTENSION = "statistics"

_STAGES = {
    "queue": "queue",
    "decode": "compute_input",
    "inference": "compute_infer",
    "write": "compute_output",
}
"""The metrics' stages, and what Triton calls them."""


class Duration(BaseModel):
    """How often something was done, and how long it took together."""

    count: int
    ns: int


class InferenceStatistics(Described):
    """Requests and their stages."""

    success: Duration
    fail: Duration
    queue: Duration
    compute_input: Duration
    """To read tensors, and to prepare pictures."""
    compute_infer: Duration
    """Of the runs that requests were in; one that several shared counts for each of them."""
    compute_output: Duration
    cache_hit: Duration
    """There is no cache."""
    cache_miss: Duration


class BatchStatistics(BaseModel):
    """The runs of one size."""

    batch_size: int
    compute_input: Duration
    compute_infer: Duration
    compute_output: Duration


class VersionStatistics(Described):
    """What was asked of a version since the service started, by any endpoint."""

    name: str
    version: str
    last_inference: int
    """When the last one succeeded, milliseconds since 1970; 0 before."""
    inference_count: int
    """Images that were answered."""
    execution_count: int
    """Runs of the network."""
    inference_stats: InferenceStatistics
    batch_stats: list[BatchStatistics]
    """Without the time to read and to write, which is told of requests, not of runs."""


class Statistics(BaseModel):
    """Statistics of versions."""

    model_stats: list[VersionStatistics]


def describe(snapshot: Snapshot, versions: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """
    Describe what was asked, as ``Statistics`` has it.

    Args:
        snapshot: What all processes have counted.
        versions: Names and versions of those that are told.
    """
    return {"model_stats": [_of_version(snapshot, *version) for version in versions]}


def asked(repository: Repository, name: str = "", version: str | None = None) -> list[tuple[str, str]]:
    """
    Give the names and versions of those that are asked for.

    Args:
        repository: The models.
        name: Of a model; all without one.
        version: Of the model; all of them without one.

    Raises:
        UnknownNameError: No such model or version is served.
    """
    if not name:
        return outputs.served(repository)
    model = outputs.find(repository, name, version)
    versions = outputs.versions(repository, model) if version is None else [model.version]
    return [(model.name, each) for each in versions]


def routes(repository: Repository, sharing: Sharing) -> APIRouter:
    """Make the endpoints that tell statistics."""
    router = APIRouter(prefix="/v2/models", tags=["open inference protocol"])

    def told(versions: Iterable[tuple[str, str]]) -> StarletteResponse:
        return as_starlette(responses.json(describe(sharing.whole(), versions)))

    @router.get(
        "/stats",
        response_model=Statistics,
        summary="What was asked of every model",
        description="For tools of Triton's: requests, images, runs and times since the service started.",
    )
    async def stats() -> StarletteResponse:
        return told(asked(repository))

    @router.get(
        "/{name}/stats",
        response_model=Statistics,
        responses=documents.errors(404),
        summary="What was asked of a model",
        description="As of every model, for each version of the one that is named.",
    )
    async def model_stats(name: str) -> StarletteResponse:
        return told(asked(repository, name))

    @router.get(
        "/{name}/versions/{version}/stats",
        response_model=Statistics,
        responses=documents.errors(404),
        summary="What was asked of a version",
        description="As of every model, for the version that is named.",
    )
    async def version_stats(name: str, version: str) -> StarletteResponse:
        return told(asked(repository, name, version))

    return router


def _of_version(snapshot: Snapshot, name: str, version: str) -> dict[str, Any]:
    def number(family: Family, *labels: str) -> float:
        return snapshot.get(family.name, {}).get((name, version, *labels), [0.0])[0]

    def duration(count: float, part: str) -> dict[str, int]:
        return _duration(count, number(families.MODEL_SECONDS_TOTAL, part))

    succeeded = number(families.MODEL_REQUESTS_TOTAL, "success")
    sizes = sorted(
        int(labels[2])
        for labels in snapshot.get(families.MODEL_RUNS_TOTAL.name, {})
        if labels[:2] == (name, version)
    )
    runs = {size: number(families.MODEL_RUNS_TOTAL, str(size)) for size in sizes}
    return {
        "name": name,
        "version": version,
        "last_inference": int(number(families.MODEL_LATEST) * 1e3),
        "inference_count": round(number(families.MODEL_IMAGES_TOTAL)),
        "execution_count": round(sum(runs.values())),
        "inference_stats": {
            "success": duration(succeeded, "success"),
            "fail": duration(number(families.MODEL_REQUESTS_TOTAL, "fail"), "fail"),
            **{triton: duration(succeeded, stage) for stage, triton in _STAGES.items()},
            "cache_hit": _duration(0, 0),
            "cache_miss": _duration(0, 0),
        },
        "batch_stats": [
            {
                "batch_size": size,
                "compute_input": _duration(count, 0),
                "compute_infer": _duration(count, number(families.MODEL_RUN_SECONDS_TOTAL, str(size))),
                "compute_output": _duration(count, 0),
            }
            for size, count in runs.items()
        ],
    }


def _duration(count: float, seconds: float) -> dict[str, int]:
    return {"count": round(count), "ns": round(seconds * 1e9)}

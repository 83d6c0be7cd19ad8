"""``/v2/repository``: which models there are, and, where it is switched on, loading and unloading them."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from service import logs
from service.digits import outputs
from service.digits.repository import Repository
from service.engine.lanes import Lane
from service.errors import Fault, InvalidInputError, ModelError, UnknownNameError
from service.http import bodies, documents, inference_docs, strict_json
from service.http.answers import JSONAnswer
from service.settings import Settings


class IndexQuestion(BaseModel):
    """Which models are asked for."""

    model_config = ConfigDict(extra="ignore", strict=True, use_attribute_docstrings=True)

    ready: bool = False
    """Only those that answer."""


class Change(BaseModel):
    """How to load or unload."""

    model_config = ConfigDict(extra="ignore", strict=True, use_attribute_docstrings=True)

    parameters: dict[str, Any] | None = None
    """``config`` and ``file:`` are refused: models come from the repository's folder alone."""


class IndexedModel(BaseModel):
    """One version of a model."""

    name: str
    version: str
    state: str
    reason: str


def routes(repository: Repository, lane: Lane, settings: Settings) -> APIRouter:
    """Make the endpoints of the repository."""
    router = APIRouter(prefix="/v2/repository", tags=["open inference protocol"])
    log = logs.get("repository")

    async def document(request: Request, kind: type[documents.Document]) -> documents.Document:
        body = await bodies.read(request, limit=settings.max_json_bytes, may_be_empty=True)
        # Triton's client asks for the index without a body.
        given = strict_json.parse(body, max_depth=settings.max_json_depth) if body else {}
        return documents.validated(given, kind)

    @router.post(
        "/index",
        response_model=list[IndexedModel],
        responses=inference_docs.errors(400, 413, 415),
        summary="The versions of every model",
        openapi_extra={"requestBody": _described(IndexQuestion, "All of them", {})},
    )
    async def index(request: Request) -> Response:
        asked = await document(request, IndexQuestion)
        return JSONAnswer(
            [
                {"name": name, "version": version, "state": "READY", "reason": ""}
                for name, version in outputs.served(repository)
            ]
            + [
                {"name": name, "version": version, "state": "UNAVAILABLE", "reason": refusal.reason}
                for (name, version), refusal in repository.refused().items()
                if not asked.ready
            ]
        )

    @router.post(
        "/models/{name}/load",
        responses=inference_docs.errors(400, 404, 413, 415),
        summary="Serve the versions of a model that are on disk now (LENET_REPOSITORY_API=on)",
        openapi_extra={"requestBody": _described(Change, "Load", {})},
    )
    async def load(request: Request, name: str) -> Response:
        return await change(request, name, repository.load)

    @router.post(
        "/models/{name}/unload",
        responses=inference_docs.errors(400, 404, 413, 415),
        summary="Stop serving a model (LENET_REPOSITORY_API=on)",
        openapi_extra={"requestBody": _described(Change, "Unload", {"parameters": {}})},
    )
    async def unload(request: Request, name: str) -> Response:
        return await change(request, name, repository.unload)

    async def change(request: Request, name: str, make: Callable[[str], None]) -> Response:
        if settings.repository_api == "off":
            message = "models are not loaded and unloaded by requests here; LENET_REPOSITORY_API=on allows it"
            raise UnknownNameError(message)
        asked = await document(request, Change)
        if any(parameter.startswith(("config", "file:")) for parameter in asked.parameters or ()):
            message = "models come from the repository's folder alone, with the settings of this service"
            raise InvalidInputError(message, Fault("#/parameters", "config and file: are not taken"))
        try:
            await lane.run(lambda: make(name))
        except ModelError as error:
            log.warning("a model was not loaded", extra={logs.FACTS: {"reason": str(error)}})
            message = (
                "a version of the model on disk cannot be served, and nothing has changed; the log says why"
            )
            raise InvalidInputError(message) from None
        return JSONAnswer({})

    return router


def _described(kind: type[BaseModel], example: str, value: dict[str, Any]) -> dict[str, Any]:
    return {**documents.documented(kind, {example: value}), "required": False}

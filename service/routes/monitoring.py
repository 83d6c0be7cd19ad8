"""Probes: is the process alive, may it get traffic. Never behind a queue or a thread pool."""

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response as StarletteResponse

from service.http import responses
from service.http.asgi import as_starlette
from service.http.endpoints import access
from service.readiness import Readiness


class Live(BaseModel):
    """The event loop turns."""

    live: bool = True


class ServedModel(BaseModel):
    """A model and its newest version."""

    name: str
    version: str


class Ready(BaseModel):
    """Whether requests may be sent here."""

    ready: bool
    reason: str | None = None
    models: list[ServedModel]
    provider: str | None


def routes(readiness: Readiness) -> APIRouter:
    """Make the probes of a service."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/health/live",
        response_model=Live,
        summary="The event loop turns",
        description="For what starts the service anew when it hangs: a liveness probe. It needs no key.",
    )
    @access("probe")
    async def live() -> StarletteResponse:
        return as_starlette(responses.json({"live": True}))

    @router.get(
        "/health/ready",
        response_model=Ready,
        description=(
            "For what sends requests here: a readiness probe. 503 while the service starts, stops or answers"
            " wrongly, with the reason. It needs no key."
        ),
        summary="Models are loaded, warmed and answer their golden images right",
        responses={503: {"model": Ready, "description": "Not yet, or no more; the reason is told"}},
    )
    @access("probe")
    async def ready() -> StarletteResponse:
        return as_starlette(responses.json(readiness.report, status=200 if readiness.ready else 503))

    return router

"""``GET /metrics``: what Prometheus reads. Never refused; those who watch an overload must see it."""

import asyncio
import importlib
from types import ModuleType

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.http import negotiation, problems
from service.metrics.media_types import OFFERED
from service.metrics.sharing import Sharing


def routes(sharing: Sharing) -> APIRouter:
    """Make the endpoint."""
    router = APIRouter(tags=["health"])
    exposition: ModuleType | None = None

    @router.get(
        "/metrics",
        response_class=Response,
        responses={
            200: {
                "description": "The metrics of all processes of this service",
                "content": {media_type: {"schema": {"type": "string"}} for media_type in OFFERED},
            },
            **problems.documented(406),
        },
        summary="Prometheus metrics, as text or as OpenMetrics",
    )
    async def metrics(request: Request) -> Response:
        media_type = negotiation.accepted(request, OFFERED)
        nonlocal exposition
        if exposition is None:
            # Prometheus' client is loaded for the first who asks, while others are served: it takes 35 ms,
            # and a service that nobody watches starts and lives without.
            exposition = await asyncio.to_thread(importlib.import_module, "service.metrics.exposition")
        body, full = exposition.write(sharing.whole(), media_type)
        return Response(body, headers={"content-type": full})

    return router

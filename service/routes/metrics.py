"""``GET /metrics``: what Prometheus reads. Never refused; those who watch an overload must see it."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response as StarletteResponse

from service.http import negotiation, problems
from service.http.endpoints import access
from service.metrics.ledger import Snapshot
from service.metrics.media_types import OFFERED
from service.metrics.sharing import Sharing


def routes(sharing: Sharing) -> APIRouter:
    """Make the endpoint."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        response_class=StarletteResponse,
        responses={
            200: {
                "description": "The metrics of all processes of this service",
                "content": {media_type: {"schema": {"type": "string"}} for media_type in OFFERED},
            },
            **problems.documented(406),
        },
        summary="Prometheus metrics, as text or as OpenMetrics",
    )
    @access("probe")
    async def metrics(request: Request) -> StarletteResponse:
        media_type = negotiation.accepted(",".join(request.headers.getlist("accept")), OFFERED)
        # Others are served meanwhile: hundreds of series take 25 ms to write.
        body, full = await asyncio.to_thread(_write, sharing.whole(), media_type)
        return StarletteResponse(body, headers={"content-type": full})

    return router


def _write(snapshot: Snapshot, media_type: str) -> tuple[bytes, str]:
    # Not loaded before somebody asks: a service that nobody watches starts and lives without.
    from service.metrics import exposition

    return exposition.write(snapshot, media_type)

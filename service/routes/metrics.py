"""``GET /metrics``: what Prometheus reads. Never refused; those who watch an overload must see it."""

import asyncio
import time

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
    written = {media_type: _Written(sharing, media_type) for media_type in OFFERED}

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
        description="To watch the service: latency by route and stage, batches, queues, refusals, models.",
        summary="Prometheus metrics, as text or as OpenMetrics",
    )
    @access("probe")
    async def metrics(request: Request) -> StarletteResponse:
        media_type = negotiation.accepted(",".join(request.headers.getlist("accept")), OFFERED)
        body, full = await written[media_type].newest()
        return StarletteResponse(body, headers={"content-type": full})

    return router


class _Written:
    """The metrics in one format, written once for all who ask at the same time."""

    def __init__(self, sharing: Sharing, media_type: str) -> None:
        self._sharing = sharing
        self._media_type = media_type
        self._lock = asyncio.Lock()
        self._since = -1.0
        self._latest = b"", ""

    async def newest(self) -> tuple[bytes, str]:
        """Return them as they are not before now, and the full media type."""
        asked = time.monotonic()
        async with self._lock:
            if self._since < asked:
                since = time.monotonic()
                # Others are served meanwhile: hundreds of series take 25 ms to write.
                self._latest = await asyncio.to_thread(_write, self._sharing.whole(), self._media_type)
                self._since = since
            return self._latest


def _write(snapshot: Snapshot, media_type: str) -> tuple[bytes, str]:
    # Not loaded before somebody asks: a service that nobody watches starts and lives without.
    from service.metrics import exposition

    return exposition.write(snapshot, media_type)

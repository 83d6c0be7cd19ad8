"""The ways into the application: what every request passes first, and the short way beside it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fastapi import APIRouter, FastAPI, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from service.digits.repository import Repository
from service.http.admission import Admission
from service.http.express import Endpoint, Express
from service.http.keys import HEADER, Keys
from service.http.middleware import Accounting, Observe
from service.readiness import Readiness
from service.settings import Settings


class Application(FastAPI):
    """
    FastAPI, entered by a front of our own: its middleware takes longer than many an answer.

    Attributes:
        front: What every request passes first.
        express: The short way beside it, for small requests.
        admission: Who is in.
        served: The models.
        readiness: Whether requests may be sent here.
    """

    front: ASGIApp
    express: Express
    admission: Admission
    served: Repository
    readiness: Readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request by the front."""
        await self.front(scope, receive, send)

    def include(self, routers: Iterable[APIRouter], *, keyed: bool) -> None:
        """Add endpoints, documented as in need of a key or not; ``open`` sees to it."""
        key = APIKeyHeader(name=HEADER, auto_error=False)
        for router in routers:
            self.include_router(router, dependencies=[Security(key)] if keyed else None)

    def open(
        self,
        settings: Settings,
        *,
        observe: Observe,
        direct: Iterable[APIRouter],
        short: Mapping[str, Endpoint],
    ) -> None:
        """
        Open the ways in.

        Args:
            settings: Who may ask, and which sites' pages.
            observe: Told of every request.
            direct: Endpoints that take the raw request: they are called without a search for them.
            short: Endpoints by path for small requests.

        Raises:
            SettingsError: The file of keys cannot be read, or has none.
        """
        routes = [route for router in direct for route in router.routes if isinstance(route, APIRoute)]
        accounting = Accounting(
            self.behind,
            admission=self.admission,
            observe=observe,
            direct={route.path: route.endpoint for route in routes},
            keys=Keys.of_file(Path(settings.api_keys_file)) if settings.api_keys_file else None,
        )
        self.express = Express(accounting, short)
        self.front = accounting
        if settings.cors_origins:
            # Fetch standard, 3.3: a browser lets a page of another site read only what says that it may.
            self.front = CORSMiddleware(
                accounting,
                allow_origins=settings.cors_origins.split(","),
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=["Retry-After", "Server-Timing", "X-Request-ID"],
            )

    async def behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request as FastAPI does."""
        await super().__call__(scope, receive, send)

"""FastAPI, with one dispatcher before it: that answers the plain endpoints, and hands the rest on."""

import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from service.http import api_document
from service.http.admission import Admission
from service.http.api_keys import HEADER, Keys
from service.http.asgi import AsgiEntry, as_handler
from service.http.client_addresses import ClientAddresses
from service.http.dispatcher import Dispatcher, Observe
from service.http.endpoints import Endpoint, Route, Routes, access_of
from service.readiness import Readiness
from service.repository.repository import Repository
from service.settings import Settings

_SCHEME = "APIKeyHeader"


class Application(FastAPI):
    """
    FastAPI documents every endpoint, and answers those that are its own; requests reach it by the dispatcher.

    Attributes:
        dispatcher: What every request passes.
        entry: What other servers call, as ASGI has it.
        routes_by_path: Every route, with who may ask.
        admission: Who is in.
        served: The models.
        readiness: Whether requests may be sent here.
    """

    dispatcher: Dispatcher
    entry: ASGIApp
    routes_by_path: Routes
    admission: Admission
    served: Repository
    readiness: Readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request by the dispatcher."""
        await self.entry(scope, receive, send)

    def install(
        self,
        settings: Settings,
        *,
        observe: Observe,
        endpoints: Iterable[Endpoint],
        routers: Iterable[APIRouter],
    ) -> None:
        """
        Take every endpoint, and make the way to them.

        Args:
            settings: Who may ask, and which sites' pages.
            observe: Learns of every request.
            endpoints: Plain functions.
            routers: FastAPI's.

        Raises:
            SettingsError: The file of keys cannot be read, or has none.
        """
        routes = self.routes_by_path = Routes()
        self._plain: list[Endpoint] = []
        for endpoint in endpoints:
            route = Route(
                endpoint.path,
                endpoint.handler,
                endpoint.access,
                takes_body=True,
                needs_body=endpoint.needs_body,
                unpacks=endpoint.unpacks,
            )
            routes.add("POST", route)
            self._plain.append(endpoint)
        handler = as_handler(super().__call__)
        for router in routers:
            self.include_router(router)
            for one in router.routes:
                assert isinstance(one, APIRoute)  # noqa: S101  there are no others in this service
                for method in one.methods or ():
                    routes.add(method, Route(one.path, handler, access_of(one.endpoint)))
        self.dispatcher = Dispatcher(
            routes,
            limits=settings,
            admission=self.admission,
            observe=observe,
            root_path=settings.root_path,
            clients=ClientAddresses(settings.trusted_proxies),
            keys=Keys.of_file(Path(settings.api_keys_file)) if settings.api_keys_file else None,
            cors=_cors(settings.cors_origins) if settings.cors_origins else None,
        )
        self.entry = AsgiEntry(self.dispatcher, super().__call__)
        if settings.root_path:
            self.servers = [{"url": settings.root_path}]
        self._has_keys = bool(settings.api_keys_file)
        self._documenting = threading.Lock()

    def openapi(self) -> dict[str, Any]:
        """
        Describe every endpoint; where keys are wanted, also which of them need one.

        From any thread: the first time takes a quarter of a second.
        """
        with self._documenting:
            if self.openapi_schema is None:
                document = get_openapi(
                    title=self.title,
                    version=self.version,
                    summary=self.summary,
                    description=self.description,
                    routes=[*self._plain_routes(), *self.routes],
                    servers=self.servers,
                )
                api_document.complete(document)
                if self._has_keys:
                    self._document_keys(document)
                self.openapi_schema = document
            return self.openapi_schema

    def _plain_routes(self) -> list[BaseRoute]:
        """Give the plain endpoints as routes of FastAPI, which none of their requests comes to."""
        router = APIRouter(generate_unique_id_function=self.router.generate_unique_id_function)
        for endpoint in self._plain:
            # Without a docstring, which would be its description.
            router.add_api_route(endpoint.path, lambda: None, methods=["POST"], **_documentation(endpoint))
        return router.routes

    def _document_keys(self, document: dict[str, Any]) -> None:
        scheme = {"type": "apiKey", "in": "header", "name": HEADER}
        document["components"]["securitySchemes"] = {_SCHEME: scheme}
        for method, route in self.routes_by_path.every():
            operation = document["paths"].get(route.template, {}).get(method.lower())
            if operation is not None and route.access == "key":
                operation["security"] = [{_SCHEME: []}]


def _documentation(endpoint: Endpoint) -> dict[str, Any]:
    """Describe an endpoint for FastAPI, which sees no arguments that stand for the names in its path."""
    documentation = dict(endpoint.documentation())
    documentation.setdefault("name", endpoint.handler.__name__)
    extra = dict(documentation.get("openapi_extra", {}))
    in_path = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    extra["parameters"] = [*in_path, *extra.get("parameters", [])]
    return {**documentation, "openapi_extra": extra}


def _cors(origins: str) -> CORSMiddleware:
    """Know the sites whose pages may read answers: it is asked, and wraps nothing."""
    return CORSMiddleware(
        None,  # type: ignore[arg-type]  # never called
        allow_origins=origins.split(","),
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=["Retry-After", "Server-Timing", "X-Request-ID"],
    )

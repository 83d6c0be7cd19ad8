"""Endpoints that are plain functions, who may ask them, and the way from a path to one."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from starlette.routing import compile_path

from service.engine.batcher import Answer, Batcher
from service.engine.batches import Rows
from service.http.context import RequestContext
from service.server.messages import Head, Response

Access: TypeAlias = Literal["key", "open", "probe"]
"""
Who may ask: ``key`` with an API key where the operator wants keys, ``open`` everybody, ``probe`` everybody,
also when the service is full: who watches it must see it.
"""

STRICTEST: Access = "key"
"""What holds for an endpoint that does not say, and for a path at which there is none."""


class Call(NamedTuple):
    """
    A request that is whole and let in.

    Attributes:
        context: Its id, its clock and its log fields.
        head: Its method, target and headers.
        path_params: What stands in the path for the names of its template.
        body: All of it, unpacked.
    """

    context: RequestContext
    head: Head
    path_params: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The content type with its parameters; empty when the request has none."""
        return self.head.fields.get(b"content-type", b"").decode("latin-1")

    @property
    def accept(self) -> str:
        """The media ranges that the client accepts; empty when it does not say."""
        return self.head.fields.get(b"accept", b"").decode("latin-1")


class Pending(NamedTuple):
    """
    An answer that is computed together with those of other requests.

    Attributes:
        batcher: The queue before what computes it.
        rows: What it computes it from.
        write: Makes the answer of what comes out.
    """

    batcher: Batcher
    rows: Rows
    write: Callable[[Answer], Response | Awaitable[Response]]


Handler: TypeAlias = Callable[[Call], Response | Pending | Awaitable[Response]]


@dataclass(frozen=True)
class Endpoint:
    """
    A handler of POST requests, and what the OpenAPI document says of it.

    Attributes:
        path: The template of its path, such as ``/v2/models/{name}/infer``.
        handler: Answers.
        documentation: Gives arguments of FastAPI's ``add_api_route``, when the document is asked for: no
            start waits for it.
        access: Who may ask.
        needs_body: A request without a body is refused.
        unpacks: A body may be compressed.
    """

    path: str
    handler: Handler
    documentation: Callable[[], Mapping[str, Any]] = dict
    access: Access = STRICTEST
    needs_body: bool = True
    unpacks: bool = False


Function = TypeVar("Function", bound=Callable[..., Any])


def access(who: Access) -> Callable[[Function], Function]:
    """Say on an endpoint of FastAPI's who may ask it."""

    def say(function: Function) -> Function:
        function.access = who  # type: ignore[attr-defined]  # functions take any attribute
        return function

    return say


def access_of(function: Callable[..., Any]) -> Access:
    """Give what ``access`` said of a function."""
    who: Access = getattr(function, "access", STRICTEST)
    return who


class Route(NamedTuple):
    """
    Where a request goes.

    Attributes:
        template: The template of its path, as logs and metrics name it.
        handler: Answers it.
        access: Who may ask.
        takes_body: What is sent as a body is read; else it is thrown away.
        needs_body: A request without a body is refused.
        unpacks: A body may be compressed; the handler gets it unpacked.
    """

    template: str
    handler: Handler
    access: Access = STRICTEST
    takes_body: bool = False
    needs_body: bool = False
    unpacks: bool = False


class Found(NamedTuple):
    """
    What is at a path.

    Attributes:
        methods: The route of each method that the path takes; none when nothing is there.
        path_params: What stands in the path for the names of the template.
    """

    methods: dict[str, Route]
    path_params: Mapping[str, str]

    @property
    def allowed(self) -> tuple[str, ...]:
        """The methods that the path takes (RFC 9110, section 10.2.1); HEAD wherever GET (9.3.2)."""
        return tuple(sorted({*self.methods, *({"HEAD"} if "GET" in self.methods else ())}))

    @property
    def access(self) -> Access:
        """Who may learn which methods the path takes."""
        said = {route.access for route in self.methods.values()}
        return STRICTEST if STRICTEST in said or not said else "open"


_NOTHING = Found({}, {})


class Routes:
    """Every route of an application."""

    def __init__(self) -> None:
        """Begin without any."""
        self._of_paths: dict[str, Found] = {}
        self._of_patterns: dict[re.Pattern[str], dict[str, Route]] = {}

    def add(self, method: str, route: Route) -> None:
        """Add a route of a method; a name in its template that may hold slashes ends in ``:path``."""
        pattern, template, _ = compile_path(route.template)
        if "{" in template:
            methods = self._of_patterns.setdefault(pattern, {})
        else:
            methods = self._of_paths.setdefault(template, Found({}, {})).methods
        if method in methods:
            message = f"{method} {template} is there twice"
            raise ValueError(message)
        methods[method] = route._replace(template=template)

    def at(self, path: str) -> Found:
        """Tell what is at a path; one without names in its template goes before one with."""
        found = self._of_paths.get(path)
        if found is not None:
            return found
        for pattern, methods in self._of_patterns.items():
            if match := pattern.match(path):
                return Found(methods, match.groupdict())
        return _NOTHING

    def every(self) -> Iterable[tuple[str, Route]]:
        """Give every route, with its method."""
        for methods in (
            *(found.methods for found in self._of_paths.values()),
            *self._of_patterns.values(),
        ):
            yield from methods.items()

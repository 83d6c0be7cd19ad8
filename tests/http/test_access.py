"""Who may ask is said on each route, and holds for every method and however the path is spelled."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from service.app import create_app
from service.application import Application
from service.http import responses
from service.http.asgi import as_starlette
from service.http.endpoints import Call, Endpoint, access
from service.server.messages import Response
from service.settings import Settings

KEY = "correct-horse-battery"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

OPEN = re.compile(
    r"/|/docs|/favicon\.ico|/openapi\.json|/web/.*|/problems/[^/]+"
    r"|/health/live|/health/ready|/v2/health/live|/v2/health/ready|/metrics",
    re.DOTALL,
)
"""Where a request needs no key."""


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text(KEY)
    return file


@pytest.fixture(scope="module")
def app(limits: Settings, keys_file: Path, loop: str) -> Application:
    """A service that wants a key."""
    del loop
    return create_app(limits.model_copy(update={"api_keys_file": str(keys_file)}))


def spellings(path: str) -> Iterator[str]:
    yield path
    yield f"{path}/"
    yield f"/{path}"
    yield path.replace("/", "//")
    yield path.replace("/", "/./")
    yield f"/x/..{path}"
    yield "/" + path[1:].replace("/", "%2F")
    yield f"/%2f{path[1:]}"
    yield f"{path}%2F"
    yield f"{path}%2e"
    yield f"/%2e{path}"
    yield f"/x/%2e%2e{path}"
    yield "/" + "".join(f"%{ord(letter):02x}" for letter in path[1:])
    yield path.upper()
    yield path.title()
    for end in (";x", "?x", "?", "%3Fx", "%00", "%20", "\\", "%5c", ".json"):
        yield f"{path}{end}"


def answer(wire: Any, method: str, target: str, *, key: str | None) -> Any:  # noqa: ANN401
    lines = [f"{method} {target} HTTP/1.1", "Host: a", "Content-Length: 0"]
    if key is not None:
        lines.append(f"X-API-Key: {key}")
    return wire.send("\r\n".join([*lines, "", ""]).encode()).answer(method)


def test_without_a_key_nothing_answers_but_what_is_open(app: Application, connect: Callable[[], Any]) -> None:
    paths = sorted(
        {re.sub(r"\{\w+(:path)?\}", "lenet5", route.template) for _, route in app.routes_by_path.every()}
    )
    wire = connect()
    answered = set()

    assert len(paths) > 30
    for path in paths:
        for target in spellings(path):
            for method in METHODS:
                status = answer(wire, method, target, key=None).status_code
                if status != 401:
                    answered.add(path)
                    assert OPEN.fullmatch(unquote(target.partition("?")[0])), f"{method} {target}: {status}"
                assert answer(wire, method, target, key=KEY).status_code != 401, f"{method} {target}"

    assert answered == {path for path in paths if OPEN.fullmatch(path)}


@pytest.fixture(scope="module")
def extended(assemble: Callable[..., Application], keys_file: Path) -> Application:
    """An application of endpoints of which some say who may ask."""
    router = APIRouter()

    @router.get("/silent")
    @router.get("/silent/{name}")
    async def silent() -> Any:  # noqa: ANN401
        return as_starlette(responses.json({}))

    @router.get("/said")
    @access("open")
    async def said() -> Any:  # noqa: ANN401
        return as_starlette(responses.json({}))

    @router.get("/watched")
    @access("probe")
    async def watched() -> Any:  # noqa: ANN401
        return as_starlette(responses.json({}))

    def plain(_: Call) -> Response:
        return responses.json({})

    return assemble(
        [
            Endpoint("/silent", plain, needs_body=False),
            Endpoint("/said", plain, needs_body=False),
            Endpoint("/open", plain, access="open", needs_body=False),
        ],
        [router],
        api_keys_file=str(keys_file),
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/silent", 401),
        ("HEAD", "/silent", 401),
        ("POST", "/silent", 401),
        ("PUT", "/silent", 401),
        ("GET", "/silent/xyzzy", 401),
        ("GET", "/said", 200),
        ("HEAD", "/said", 200),
        ("POST", "/said", 401),
        # Which methods a path takes is told to those only who may use all of them.
        ("PUT", "/said", 401),
        ("GET", "/watched", 200),
        ("PUT", "/watched", 405),
        ("POST", "/open", 200),
        ("GET", "/open", 405),
        ("GET", "/nothing", 401),
    ],
)
def test_a_route_that_does_not_say_who_may_ask_wants_a_key(
    method: str, path: str, status: int, extended: Application
) -> None:
    with TestClient(extended) as client:
        assert client.request(method, path).status_code == status
        assert client.request(method, path, headers={"X-API-Key": KEY}).status_code != 401


def test_two_routes_of_one_method_and_path_cannot_be(assemble: Callable[..., Application]) -> None:
    endpoint = Endpoint("/twice/{name}", lambda _: responses.json({}))

    with pytest.raises(ValueError, match=r"POST /twice/\{name\} is there twice"):
        assemble([endpoint, endpoint])

"""
The same ASGI application by three servers: uvicorn with httptools, uvicorn with h11, and this service's.

Every shape of answer is held to RFC 9110 and 9112 here, as h11's strict client reads it; and where uvicorn's
two hold to them too, all three say the same.
"""

import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import h11
import pytest

Send = Callable[[dict[str, Any]], Awaitable[None]]

OURS = "ours"
UVICORNS = ("httptools", "h11")
ADDED = (
    *(b"date", b"cache-control", b"content-security-policy", b"referrer-policy", b"x-content-type-options"),
    *(b"x-frame-options", b"x-request-id", b"server-timing"),
)
"""Headers that the dispatcher adds to every answer, and the clock's."""


class Shape(NamedTuple):
    """An answer as an application sends it, and what has to arrive."""

    messages: tuple[Any, ...]
    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    method: str = "GET"
    alike: tuple[str, ...] = UVICORNS
    """Of uvicorn's protocols those that answer the same, byte by byte but for the order of header lines."""
    same_content: tuple[str, ...] = ()
    """Those that answer the same, framed in another way that is right too."""


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


LENGTH = (b"content-length", b"5")
PROBLEM = (b"content-type", b"application/problem+json")

SHAPES = {
    "whole": Shape((start(200, LENGTH), body(b"xyzzy")), 200, (LENGTH,), b"xyzzy"),
    "in pieces": Shape(
        (start(200, LENGTH), body(b"xy", more=True), body(b"", more=True), body(b"zzy")),
        200,
        (LENGTH,),
        b"xyzzy",
    ),
    "of unknown length": Shape(
        (start(), body(b"xy", more=True), body(b"zzy", more=True), body()),
        200,
        (LENGTH,),
        b"xyzzy",
        alike=(),
        same_content=UVICORNS,
    ),
    "empty": Shape((start(200, (b"content-length", b"0")), body()), 200, ((b"content-length", b"0"),)),
    "several of a name": Shape(
        (start(200, LENGTH, (b"vary", b"a"), (b"vary", b"b")), body(b"xyzzy")),
        200,
        (LENGTH, (b"vary", b"a"), (b"vary", b"b")),
        b"xyzzy",
    ),
    "not found": Shape((start(404, LENGTH), body(b"xyzzy")), 404, (LENGTH,), b"xyzzy"),
    "a status without a phrase": Shape((start(299, LENGTH), body(b"xyzzy")), 299, (LENGTH,), b"xyzzy"),
    "no content": Shape((start(204), body()), 204, alike=("h11",)),
    "no content, with some": Shape((start(204, LENGTH), body(b"xyzzy")), 204, alike=()),
    "not modified": Shape((start(304, (b"etag", b'"a"')), body()), 304, ((b"etag", b'"a"'),), alike=("h11",)),
    "not modified, with content": Shape(
        (start(304, (b"etag", b'"a"')), body(b"xyzzy")), 304, ((b"etag", b'"a"'),), alike=()
    ),
    "head": Shape((start(200, LENGTH), body(b"xyzzy")), 200, (LENGTH,), method="HEAD"),
    "head of unknown length": Shape((start(), body(b"xyzzy")), 200, (LENGTH,), method="HEAD", alike=()),
    "framed as chunked by the application": Shape(
        (start(200, (b"transfer-encoding", b"chunked")), body(b"xyzzy")),
        200,
        (LENGTH,),
        b"xyzzy",
        alike=(),
        same_content=("h11",),
    ),
    "framed in two ways": Shape(
        (start(200, LENGTH, (b"transfer-encoding", b"chunked")), body(b"xyzzy")),
        200,
        (LENGTH,),
        b"xyzzy",
        alike=(),
    ),
    "to be closed": Shape(
        (start(200, LENGTH, (b"connection", b"close")), body(b"xyzzy")),
        200,
        (LENGTH, (b"connection", b"close")),
        b"xyzzy",
    ),
    "shorter than it says": Shape((start(200, LENGTH), body(b"xy")), 500, (PROBLEM,), alike=()),
    "longer than it says": Shape((start(200, LENGTH), body(b"xyzzyxyzzy")), 500, (PROBLEM,), alike=()),
    "with a line end in a header": Shape(
        (start(200, LENGTH, (b"x-a", b"b\r\nset-cookie: c")), body(b"xyzzy")), 500, (PROBLEM,), alike=()
    ),
    "with NUL in a header": Shape(
        (start(200, LENGTH, (b"x-a", b"b\0c")), body(b"xyzzy")), 500, (PROBLEM,), alike=()
    ),
    "with a blank in a name": Shape(
        (start(200, LENGTH, (b"x a", b"b")), body(b"xyzzy")), 500, (PROBLEM,), alike=()
    ),
    "with a status that is none": Shape((start(99, LENGTH), body(b"xyzzy")), 500, (PROBLEM,), alike=()),
    "an interim status as the last": Shape((start(103), body()), 500, (PROBLEM,), alike=()),
    "failing before it begins": Shape((ZeroDivisionError,), 500, (PROBLEM,), alike=()),
    "failing midway": Shape(
        (start(200, LENGTH), body(b"xy", more=True), ZeroDivisionError), 500, (PROBLEM,), alike=()
    ),
    "failing midway, of unknown length": Shape(
        (start(), body(b"xy", more=True), ZeroDivisionError), 500, (PROBLEM,), alike=()
    ),
    "no answer": Shape((), 500, (PROBLEM,), alike=()),
}
NAMES = sorted(SHAPES)


async def shapes(scope: Any, receive: Any, send: Send) -> None:  # noqa: ANN401
    """Answer in the shape that the path counts."""
    while (await receive()).get("more_body"):
        pass
    for message in SHAPES[NAMES[int(scope["path"][1:])]].messages:
        if message is ZeroDivisionError:
            raise message
        await send(message)


@pytest.fixture(scope="module")
def ports(loop: str, running: Any, serve_by_ours: Any) -> dict[str, int]:  # noqa: ANN401
    """Serve the application by each server."""
    theirs = {name: running(shapes, name, loop=loop).port for name in UVICORNS}
    return {OURS: serve_by_ours(shapes, loop=loop)[0].port, **theirs}


def raw(port: int, method: str, name: str) -> bytes:
    """Send a request on a connection of its own, and read to its end."""
    request = f"{method} /{NAMES.index(name)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        pieces = []
        while piece := connection.recv(65_536):
            pieces.append(piece)
        return b"".join(pieces)


class Answer(NamedTuple):
    """What a strict client reads."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def strict(data: bytes, method: str) -> Answer:
    """
    Read an answer as h11 does, to the end of the connection.

    Raises:
        h11.RemoteProtocolError: It is not framed as RFC 9112 wants, or something follows it.
    """
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    client.receive_data(b"")
    content = b""
    head = client.next_event()
    assert isinstance(head, h11.Response)
    while not isinstance(event := client.next_event(), h11.EndOfMessage):
        assert isinstance(event, h11.Data)
        content += bytes(event.data)
    assert client.trailing_data == (b"", True)
    return Answer(head.status_code, [(bytes(name), bytes(value)) for name, value in head.headers], content)


def own(answer: Answer) -> list[tuple[bytes, bytes]]:
    """Give the headers that are the application's, or frame the answer."""
    return sorted(header for header in answer.headers if header[0] not in ADDED)


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_of_answer_is_what_the_rfcs_want(name: str, ports: dict[str, int], caplog: Any) -> None:  # noqa: ANN401
    caplog.set_level("CRITICAL")
    shape = SHAPES[name]
    data = raw(ports[OURS], shape.method, name)
    answer = strict(data, shape.method)

    assert answer.status == shape.status
    assert set(shape.headers) <= set(answer.headers)
    assert [header for header, _ in answer.headers].count(b"date") == 1
    assert not [header for header, _ in answer.headers if header == b"transfer-encoding"]
    if shape.status != 500:
        assert answer.body == shape.body
        expected = {*shape.headers, (b"connection", b"close")}
        assert set(own(answer)) == expected
    assert re.fullmatch(rb"HTTP/1\.1 \d{3} [ -~]*\r\n", data.splitlines(keepends=True)[0])


@pytest.mark.parametrize("name", [name for name in NAMES if SHAPES[name].alike])
def test_where_uvicorn_holds_to_them_all_say_the_same(name: str, ports: dict[str, int]) -> None:
    shape = SHAPES[name]

    def lines(server: str) -> tuple[bytes, list[tuple[bytes, bytes]], bytes]:
        head, _, content = raw(ports[server], shape.method, name).partition(b"\r\n\r\n")
        status, *headers = head.split(b"\r\n")
        pairs = [(name.lower(), value) for name, _, value in (line.partition(b":") for line in headers)]
        return status, sorted(pair for pair in pairs if pair[0] not in ADDED), content

    for server in shape.alike:
        assert lines(server)[1:] == lines(OURS)[1:]
        assert lines(server)[0].split()[:2] == lines(OURS)[0].split()[:2]


@pytest.mark.parametrize("name", [name for name in NAMES if SHAPES[name].same_content])
def test_where_uvicorn_frames_otherwise_the_content_is_the_same(name: str, ports: dict[str, int]) -> None:
    shape = SHAPES[name]
    ours = strict(raw(ports[OURS], shape.method, name), shape.method)

    for server in shape.same_content:
        theirs = strict(raw(ports[server], shape.method, name), shape.method)
        assert (theirs.status, theirs.body) == (ours.status, ours.body)

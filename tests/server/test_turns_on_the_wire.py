"""Connections that wait for their client's turn lose nothing of what they have been sent."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from service.http.endpoints import Call, Route, Routes
from service.server.messages import Response
from service.server.turns import TURN_S

CONNECTIONS = 40
BODY = b"body"


def slow(call: Call) -> Response:
    time.sleep(2 * TURN_S)
    return Response(200, (), call.body)


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def port(request: pytest.FixtureRequest, serve_by_ours: Callable[..., Any]) -> int:
    routes = Routes()
    routes.add("POST", Route("/slow", slow, takes_body=True))
    running, _ = serve_by_ours(routes=routes, loop=request.param)
    found: int = running.port
    return found


def opened(port: int) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", port), 10) for _ in range(CONNECTIONS)]


def read(one: socket.socket) -> bytes:
    data = b""
    while piece := one.recv(65_536):
        data += piece
    one.close()
    return data


def test_those_that_close_their_side_are_answered(port: int) -> None:
    sockets = opened(port)
    head = b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    for one in sockets:
        one.sendall(head + BODY[:1])
    for one in sockets:
        one.sendall(BODY[1:])
        one.shutdown(socket.SHUT_WR)

    assert [read(one).rpartition(b"\r\n\r\n")[2] for one in sockets] == [BODY] * CONNECTIONS


def test_what_comes_in_pieces_meanwhile_is_put_together(port: int) -> None:
    sockets = opened(port)
    request = b"POST /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    sent = request.replace(b"close", b"keep-alive") + BODY + request + BODY
    for start in range(0, len(sent), 16):
        for one in sockets:
            one.sendall(sent[start : start + 16])

    for one in sockets:
        assert read(one).count(b"\r\n\r\n" + BODY) == 2

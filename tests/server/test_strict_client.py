"""
h11 as a strict client: whatever is sent in whatever pieces, every answer is right, and framed right.

Requests one behind the other, in pieces, half-closed, reset and garbled, on both event loops; afterwards no
task, no connection and no account is left.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import h11
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from service.http.endpoints import Call, Route, Routes
from service.server.messages import Response


def echo(call: Call) -> Response:
    """Answer with what was sent, at once."""
    return Response(200, ((b"x-method", call.head.method.encode()),), call.body)


async def echo_later(call: Call) -> Response:
    """Answer with what was sent, from a task."""
    return echo(call)


def mistaken(_: Call) -> Response:
    """Fail."""
    raise ZeroDivisionError


def routes() -> Routes:
    """Make an application that can be told what it has to answer."""
    made = Routes()
    made.add("POST", Route("/echo", echo, takes_body=True))
    made.add("POST", Route("/later", echo_later, takes_body=True))
    made.add("POST", Route("/mistaken", mistaken, takes_body=True))
    made.add("GET", Route("/echo", echo))
    return made


class Expected(NamedTuple):
    """What has to come back."""

    method: str
    status: int
    body: bytes | None


class Conversation(RuleBasedStateMachine):
    """One client that sends, reads and leaves as it likes."""

    port: int
    server: Any
    dispatcher: Any

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[Expected] = []

    @initialize()
    def connect(self) -> None:
        """Open a connection."""
        self.wire = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.received = b""
        self.has_ended = False
        self.is_open = True

    @precondition(lambda self: self.is_open and not self.has_ended and len(self.expected) < 20)
    @rule(
        path=st.sampled_from(["/echo", "/later", "/mistaken", "/nothing"]),
        content=st.binary(max_size=300),
        chunks=st.one_of(st.none(), st.lists(st.integers(1, 50), min_size=1, max_size=5)),
        cuts=st.lists(st.integers(1, 400), max_size=4),
    )
    def post(self, path: str, content: bytes, chunks: list[int] | None, cuts: list[int]) -> None:
        """Send a request with a body of a length, or in chunks, in pieces."""
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\n".encode()
        if chunks is None:
            data = head + b"Content-Length: %d\r\n\r\n" % len(content) + content
        else:
            data = head + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(content, chunks)
        self._send(data, cuts)
        status = {"/mistaken": 500, "/nothing": 404}.get(path, 200)
        self.expected.append(Expected("POST", status, content if status == 200 else None))

    @precondition(lambda self: self.is_open and not self.has_ended and len(self.expected) < 20)
    @rule(
        method=st.sampled_from(["GET", "HEAD"]),
        blanks=st.integers(0, 2),
        cuts=st.lists(st.integers(1, 40), max_size=3),
    )
    def get(self, method: str, blanks: int, cuts: list[int]) -> None:
        """Send a request without a body, perhaps behind empty lines."""
        self._send(b"\r\n" * blanks + f"{method} /echo HTTP/1.1\r\nHost: a\r\n\r\n".encode(), cuts)
        self.expected.append(Expected(method, 200, b""))

    @precondition(lambda self: self.is_open and not self.has_ended)
    @rule(
        garbage=st.sampled_from(
            [
                b"\x16\x03\x01\r\n\r\n",
                b"GET / HTTP/1.1\r\n\r\n",
                b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            ]
        )
    )
    def send_garbage(self, garbage: bytes) -> None:
        """Send what is no request: it is answered after those before it, and nothing after it."""
        self._send(garbage, [])
        self.expected.append(Expected("GET", 400, None))
        self.has_ended = True

    @precondition(lambda self: self.is_open and not self.has_ended)
    @rule()
    def half_close(self) -> None:
        """Say that no more will come."""
        self.wire.shutdown(socket.SHUT_WR)
        self.has_ended = True

    @precondition(lambda self: self.is_open and self.expected)
    @rule()
    def read_one(self) -> None:
        """Read the answer to the first request that has none."""
        expected = self.expected.pop(0)
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method=expected.method, target="/", headers=[("host", "a")]))
        client.send(h11.EndOfMessage())
        if self.received:
            client.receive_data(self.received)
        content = b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                client.receive_data(self.wire.recv(65_536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            else:
                assert isinstance(event, h11.Data)
                content += bytes(event.data)
        self.received = client.trailing_data[0]

        assert status == expected.status
        assert expected.body is None or content == expected.body

    @precondition(lambda self: self.is_open and self.has_ended and not self.expected)
    @rule()
    def read_to_the_end(self) -> None:
        """Read on when everything is answered: the connection is closed and nothing follows."""
        assert self.received + self._rest() == b""
        self._leave()

    @precondition(lambda self: self.is_open)
    @rule(resets=st.booleans())
    def leave(self, *, resets: bool) -> None:
        """Leave, whatever is still to come, and come back."""
        if resets:
            self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._leave()

    @precondition(lambda self: not self.is_open)
    @rule()
    def come_back(self) -> None:
        """Open another connection."""
        self.connect()

    @invariant()
    def counts_are_never_below_zero(self) -> None:
        """No account is closed twice."""
        assert self.dispatcher.admission.requests >= 0
        assert self.dispatcher.admission.bytes >= 0

    def teardown(self) -> None:
        """Leave; nothing may be left of this client."""
        if self.is_open:
            self._leave()
        until = time.monotonic() + 10
        while self._is_left() and time.monotonic() < until:
            time.sleep(0.002)

        assert not self._is_left()

    def _is_left(self) -> bool:
        admission = self.dispatcher.admission
        return bool(self.server.tasks() or self.server.connections() or admission.requests or admission.bytes)

    def _send(self, data: bytes, cuts: list[int]) -> None:
        places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
        with contextlib.suppress(ConnectionError):
            for begin, end in pairwise(places):
                self.wire.sendall(data[begin:end])

    def _rest(self) -> bytes:
        pieces = []
        while piece := self.wire.recv(65_536):
            pieces.append(piece)
        return b"".join(pieces)

    def _leave(self) -> None:
        self.wire.close()
        self.is_open = False
        self.expected.clear()


def _chunked(content: bytes, sizes: list[int]) -> bytes:
    pieces = []
    begin = 0
    for size in sizes:
        if piece := content[begin : begin + size]:
            pieces.append(b"%x;a=b\r\n%b\r\n" % (len(piece), piece))
        begin += size
    if rest := content[begin:]:
        pieces.append(b"%X\r\n%b\r\n" % (len(rest), rest))
    return b"".join([*pieces, b"0\r\nX-Trailer: close\r\nConnection: close\r\n\r\n"])


def test_a_conversation_is_right_whatever_happens_in_it(
    loop: str, serve_by_ours: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL")
    server, dispatcher = serve_by_ours(routes=routes(), loop=loop)
    machine = type(
        "Conversation", (Conversation,), {"port": server.port, "server": server, "dispatcher": dispatcher}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60, stateful_step_count=25, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )

"""One connection against a server that answers in every way of HTTP, and in some that are none."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from service.bench import target
from service.bench.connection import Connection

MESSAGE = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
Outcome = tuple[int | str | None, bool, bytes | None]
Exchange = Callable[..., list[Outcome]]


class Recorder:
    """Sends the next request on the same connection for as long as it may."""

    def __init__(self, number: int) -> None:
        self.outcomes: list[Outcome] = []
        self.over = asyncio.Event()
        self._left = number

    def answered(self, connection: Connection) -> None:
        self.outcomes.append((connection.status, connection.reusable, connection.server_timing))
        self._left -= 1
        if self._left and connection.reusable:
            connection.send(MESSAGE, 0)
        else:
            self.over.set()

    def lost(self, connection: Connection, reason: str | None) -> None:
        self.outcomes.append((reason, connection.reusable, None))
        self.over.set()


@pytest.fixture
def exchange(stub: Callable[..., str]) -> Exchange:
    """Send requests one after the other to a server that answers with this; give what became of them."""

    def exchange(said: Any, number: int = 1) -> list[Outcome]:  # noqa: ANN401  bytes or a function
        address = stub(said if callable(said) else lambda *_: said)

        async def send() -> list[Outcome]:
            recorder = Recorder(number)
            _, connection = await (await target.find(address, ())).connect(lambda: Connection(recorder))
            connection.send(MESSAGE, 0)
            await asyncio.wait_for(recorder.over.wait(), 10)
            connection.abort()
            return recorder.outcomes

        return asyncio.run(send())

    return exchange


def test_a_connection_is_used_again(exchange: Exchange, answer: Callable[..., bytes]) -> None:
    assert exchange(answer(), 3) == [(200, True, None)] * 3


def test_the_stages_that_a_service_tells_are_kept(exchange: Exchange, answer: Callable[..., bytes]) -> None:
    said = iter([answer(b"", "200 OK", "server-TIMING: decode;dur=1.5"), answer()])

    assert exchange(lambda *_: next(said), 2) == [(200, True, b"decode;dur=1.5"), (200, True, None)]


def test_a_chunked_answer_is_one_answer(exchange: Exchange) -> None:
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;a=b\r\n!\r\n0\r\n\r\n"

    assert exchange(said, 2) == [(200, True, None)] * 2


def test_a_body_in_pieces_is_awaited(exchange: Exchange, answer: Callable[..., bytes]) -> None:
    def said(_: object, connection: socket.socket) -> bytes:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        whole = answer()
        for place in range(len(whole) - 1):
            connection.sendall(whole[place : place + 1])
        return whole[-1:]

    assert exchange(said, 2) == [(200, True, None)] * 2


def test_a_provisional_answer_is_none(exchange: Exchange, answer: Callable[..., bytes]) -> None:
    said = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b"", "201 Created")

    assert exchange(said, 2) == [(201, True, None)] * 2


@pytest.mark.parametrize("status", ["503 Service Unavailable", "404 Not Found", "204 No Content"])
def test_any_status_is_an_answer(status: str, exchange: Exchange, answer: Callable[..., bytes]) -> None:
    assert exchange(answer(b"", status)) == [(int(status[:3]), True, None)]


def test_a_connection_that_the_service_closes_is_not_used_again(
    exchange: Exchange, answer: Callable[..., bytes]
) -> None:
    assert exchange(answer(b"hi", "200 OK", "Connection: close"), 3) == [(200, False, None)]


def test_an_answer_without_a_length_ends_with_the_connection(exchange: Exchange) -> None:
    def said(_: object, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello")

    assert exchange(said, 3) == [(200, False, None)]


def test_a_connection_closed_without_an_answer_is_told(exchange: Exchange) -> None:
    assert exchange(lambda *_: None) == [("closed before an answer", False, None)]


@pytest.mark.parametrize(
    "part",
    [b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"],
)
def test_an_answer_that_stops_in_the_middle_is_told(part: bytes, exchange: Exchange) -> None:
    def said(_: object, connection: socket.socket) -> None:
        connection.sendall(part)

    assert exchange(said) == [("cut off within the answer", False, None)]


def test_a_reset_connection_is_told(exchange: Exchange) -> None:
    def said(_: object, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    assert exchange(said) == [("connection reset", False, None)]


@pytest.mark.parametrize("said", [b"SSH-2.0-xyzzy\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"])
def test_what_is_no_http_is_told(said: bytes, exchange: Exchange) -> None:
    assert exchange(said) == [("no HTTP in the answer", False, None)]


def test_an_answer_too_many_is_not_taken_for_the_next(
    exchange: Exchange, answer: Callable[..., bytes]
) -> None:
    assert exchange(answer() * 2, 3) == [("no HTTP in the answer", False, None)]

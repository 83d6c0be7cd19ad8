"""An answer on the wire: framed as HTTP/1.1 wants it, in one write when it is small."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from service.http.cycle import LARGE_BYTES, Cycle

Answered = Callable[..., list[bytes]]


Begin = Callable[..., tuple[Cycle, list[bytes]]]


@pytest.fixture
def begin() -> Begin:
    """Begin a request on a connection; give it, and what is written to the client, write by write."""

    def begin(
        method: str = "GET", *, keep_alive: bool = True, write_paused: bool = False, expects: bool = False
    ) -> tuple[Cycle, list[bytes]]:
        writes: list[bytes] = []
        connection: Any = SimpleNamespace(
            parser=SimpleNamespace(get_method=method.encode),
            url=b"/",
            headers=[],
            transport=SimpleNamespace(write=lambda data: writes.append(bytes(data)), close=lambda: None),
            flow=SimpleNamespace(write_paused=write_paused),
            logger=None,
            server_state=SimpleNamespace(default_headers=[(b"date", b"today")]),
            on_response_complete=lambda: None,
            expect_100_continue=expects,
            scheme="http",
            server=("127.0.0.1", 8000),
            client=("127.0.0.1", 50_000),
            app_state={},
        )
        return Cycle(connection, version="1.1", keep_alive=keep_alive), writes

    return begin


@pytest.fixture
def answered(begin: Begin) -> Answered:
    """Send these messages as an answer; give what was written, write by write."""

    def answered(*messages: dict[str, Any], method: str = "GET", keep_alive: bool = True) -> list[bytes]:
        async def send() -> list[bytes]:
            cycle, writes = begin(method, keep_alive=keep_alive)
            for message in messages:
                await cycle.send(message)
            return writes

        return asyncio.run(send())

    return answered


def start(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": list(headers)}


def body(data: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def test_a_small_answer_is_one_write(answered: Answered) -> None:
    writes = answered(start((b"content-length", b"2")), body(b"{}"))

    assert writes == [b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 2\r\n\r\n{}"]


def test_a_large_body_is_not_copied_behind_its_head(answered: Answered) -> None:
    data = bytes(LARGE_BYTES)
    writes = answered(start((b"content-length", b"%d" % len(data))), body(data))

    assert [len(write) for write in writes[1:]] == [len(data)]
    assert writes[0].endswith(b"\r\n\r\n")


def test_an_answer_of_unknown_length_is_chunked(answered: Answered) -> None:
    writes = answered(start(), body(b"abc", more=True), body(b"", more=True), body(b"de"))

    assert b"transfer-encoding: chunked\r\n" in writes[0]
    assert b"".join(writes).endswith(b"\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")


def test_the_answer_to_head_has_no_body(answered: Answered) -> None:
    writes = answered(start((b"content-length", b"5")), body(b"12345"), method="HEAD")

    assert b"".join(writes).endswith(b"content-length: 5\r\n\r\n")


def test_a_connection_that_will_not_be_kept_says_so(answered: Answered) -> None:
    (write,) = answered(start((b"content-length", b"0")), body(b""), keep_alive=False)

    assert b"\r\nconnection: close\r\n" in write


@pytest.mark.parametrize("data", [b"1", b"123"])
def test_a_body_of_another_length_than_declared_is_a_mistake(data: bytes, answered: Answered) -> None:
    with pytest.raises(RuntimeError, match="content-length"):
        answered(start((b"content-length", b"2")), body(data))


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\r\n\r\nb"])
def test_a_header_cannot_become_two(value: bytes, answered: Answered) -> None:
    with pytest.raises(RuntimeError, match="line end"):
        answered(start((b"x-a", value), (b"content-length", b"0")), body(b""))


def test_nothing_follows_a_complete_answer(answered: Answered) -> None:
    with pytest.raises(RuntimeError, match="complete"):
        answered(start((b"content-length", b"0")), body(b""), body(b""))


@pytest.mark.parametrize(
    ("state", "plain"),
    [
        ({}, True),
        ({"keep_alive": False}, False),
        ({"write_paused": True}, False),
        ({"expects": True}, False),
    ],
)
def test_a_request_is_plain_when_nothing_is_to_be_done_besides_answering_it(
    state: dict[str, bool], begin: Begin, *, plain: bool
) -> None:
    cycle, _ = begin(**state)

    assert cycle.is_plain() is plain


@pytest.mark.parametrize("keep_alive", [True, False])
def test_an_answer_with_lines_of_its_own_is_what_one_of_headers_is(begin: Begin, *, keep_alive: bool) -> None:
    cycle, of_headers = begin(keep_alive=keep_alive)
    cycle.answer(200, [(b"x-a", b"b"), (b"content-length", b"2")], b"{}")
    cycle, of_lines = begin(keep_alive=keep_alive)
    cycle.answer_in(b"x-a: b\r\ncontent-length: 2\r\n", b"{}")

    assert of_lines == of_headers
    assert len(of_lines) == 1


def test_a_client_that_has_left_is_not_written_to(begin: Begin) -> None:
    cycle, writes = begin()
    cycle.disconnected = True
    cycle.answer(200, [(b"content-length", b"0")], b"")
    cycle.answer_in(b"content-length: 0\r\n", b"")

    assert not writes


def test_an_answered_request_leaves_nothing_to_the_garbage_collector(begin: Begin) -> None:
    async def application(scope: Any, _: object, send: Callable[[Any], Awaitable[None]]) -> None:  # noqa: ANN401
        assert scope["path"] == "/"
        await send(start((b"content-length", b"2")))
        await send(body(b"{}"))

    cycle, writes = begin()
    alive = weakref.ref(cycle)
    gc.disable()
    try:
        asyncio.run(cycle.run_asgi(application))
        del cycle
        assert alive() is None
    finally:
        gc.enable()
    assert len(writes) == 1

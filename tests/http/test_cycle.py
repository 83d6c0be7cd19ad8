"""An answer on the wire: framed as HTTP/1.1 wants it, in one write when it is small."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from service.http.cycle import LARGE_BYTES, Cycle

Answered = Callable[..., list[bytes]]


@pytest.fixture
def answered() -> Answered:
    """Send these messages as an answer; give what was written, write by write."""

    def answered(*messages: dict[str, Any], method: str = "GET", keep_alive: bool = True) -> list[bytes]:
        writes: list[bytes] = []
        transport = SimpleNamespace(write=lambda data: writes.append(bytes(data)), close=lambda: None)

        async def send() -> None:
            cycle = Cycle(
                scope={"method": method},  # type: ignore[typeddict-item]  # all that is read of it
                transport=transport,  # type: ignore[arg-type]
                flow=SimpleNamespace(write_paused=False),  # type: ignore[arg-type]
                logger=None,  # type: ignore[arg-type]
                access_logger=None,  # type: ignore[arg-type]
                access_log=False,
                default_headers=[(b"date", b"today")],
                message_event=asyncio.Event(),
                expect_100_continue=False,
                keep_alive=keep_alive,
                on_response=lambda: None,
            )
            for message in messages:
                await cycle.send(message)

        asyncio.run(send())
        return writes

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

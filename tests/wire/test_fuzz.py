"""Thousands of damaged requests: none kills the service, brings out a mistake of it, or is left hanging."""

import asyncio
import contextlib
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import h11
import pytest

Measure = Callable[[int, str], float]

ROUNDS, CASES = 5, 1_000
CONNECTIONS = 32
"""Connections at a time: some wait for a deadline."""

DEADLINES = {"LENET_HEADER_DEADLINE_S": "1", "LENET_BODY_DEADLINE_S": "0.5", "LENET_KEEP_ALIVE_S": "1"}
PATIENCE_S = 10
"""More than all deadlines together."""

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [ -~]*\r\n")
NUMBERS = b'{"input":[[1,2],[3,4]],"kernel":[[1]]}'
LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"


def _post(*lines: bytes, body: bytes = NUMBERS, target: bytes = b"/convolve") -> bytes:
    head = [b"POST %b HTTP/1.1" % target, b"Host: localhost:8000", b"Content-Type: application/json", *lines]
    return b"\r\n".join([*head, b"", b""]) + body


def _with_length(*lines: bytes, body: bytes = NUMBERS) -> bytes:
    return _post(b"Content-Length: %d" % len(body), *lines, body=body)


SEEDS = (
    LIVE,
    LIVE.replace(b"GET", b"HEAD"),
    b'GET /web/lab.js HTTP/1.1\r\nHost: a\r\nIf-None-Match: W/"a", *\r\nAccept: */*;q=0.5\r\n\r\n',
    b"GET http://a:80/models?x=%20y HTTP/1.1\r\nHost: a\r\nUser-Agent: b (c)\r\nCookie: d=e; f=g\r\n\r\n",
    b"GET /health/ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2,
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    _with_length(),
    _with_length(b"Expect: 100-continue"),
    _with_length(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQ"),
    _with_length(b"Connection: close", b"Accept: application/json;q=0.9, application/x-npy"),
    _with_length() + LIVE + _with_length(),
    _post(b"Transfer-Encoding: chunked", body=b"26\r\n%b\r\n0\r\n\r\n" % NUMBERS),
    _post(
        b"Transfer-Encoding: chunked",
        b"Trailer: X-A",
        body=b'6;a=b\r\n%b\r\n20;c="d e"\r\n%b\r\n0\r\nX-A: b\r\n\r\n' % (NUMBERS[:6], NUMBERS[6:]),
    ),
)

TOKENS = (
    *(b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b";", b",", b"=", b'"', b"\x0b", b"\x7f", b"\xff"),
    *(b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"CONNECT", b"TRACE", b"PUT", b"GET "),
    *(b"Host: b\r\n", b"Content-Length: 5\r\n", b"Content-Length: 38\r\n", b"Content-Length: -1\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Connection: close\r\n"),
    *(b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n", b" folded\r\n"),
    *(b"0\r\n\r\n", b"ffffffffffffffff", b"18446744073709551616", b"0x26", b"%00", b"%0d%0a", b"../", b"//"),
    *(
        b"http://",
        b"https://",
        b"@",
        b"#",
        b"?",
        b"*",
        b"[::1]",
        b"\xc3\xa9",
        b"a" * 9_000,
        b"X: a\r\n" * 110,
    ),
)


@dataclass(frozen=True)
class Case:
    """
    A damaged request in pieces.

    Attributes:
        good: Whether a good one stands before it.
        ends: Whether the client says that no more will come.
    """

    pieces: tuple[bytes, ...]
    good: bool
    ends: bool

    @property
    def owes_an_answer(self) -> bool:
        """Tell whether there is a whole request in it, by the judgement of h11."""
        sent = b"".join(self.pieces)
        if b"\n" in sent.partition(b"\r\n\r\n")[0].replace(b"\r\n", b""):
            return False  # h11 takes a bare LF for a line end.
        judge = h11.Connection(h11.SERVER)
        judge.receive_data(sent)
        with contextlib.suppress(h11.RemoteProtocolError):
            while isinstance(event := judge.next_event(), h11.Request | h11.Data | h11.EndOfMessage):
                if isinstance(event, h11.EndOfMessage):
                    return True
        return False


def _damaged(chance: random.Random, data: bytes) -> bytes:
    at = (
        chance.randrange(len(data) + 1) if chance.random() < 0.5 else chance.randrange(min(len(data), 80) + 1)
    )
    to = min(len(data), at + chance.choice((1, 1, 2, 5, 20)))
    part = data[at:to]
    match chance.randrange(8):
        case 0:
            part = bytes(byte ^ 1 << chance.randrange(8) for byte in part)
        case 1:
            part = b""
        case 2:
            part += part * chance.choice((1, 2, 50))
        case 3:
            part = part.swapcase()
        case 4:
            lines = data.split(b"\r\n")
            chance.shuffle(lines)
            return b"\r\n".join(lines)
        case 5:
            return data[:at]
        case _:
            part = chance.choice(TOKENS) + part
    return data[:at] + part + data[to:]


def _case(chance: random.Random) -> Case:
    data = chance.choice(SEEDS)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        data = _damaged(chance, data)
    good = chance.random() < 0.25
    sent = LIVE + data if good else data
    cuts = sorted(chance.randrange(len(sent) + 1) for _ in range(chance.choice((0, 0, 1, 2, 8))))
    pieces = tuple(sent[begin:end] for begin, end in zip((0, *cuts), (*cuts, len(sent)), strict=True))
    return Case(pieces, good=good, ends=chance.random() < 0.9)


async def _outcome(port: int, case: Case) -> tuple[bytes, bool]:
    """Give what came back, and whether the connection ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = b""
    ended = False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(OSError):
                for piece in case.pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if case.ends:
                    writer.write_eof()
            with contextlib.suppress(OSError):
                while piece := await reader.read(65_536):
                    data += piece
            ended = True
    # A close alone would wait until what is left is sent.
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return data, ended


def _faults(case: Case, data: bytes, *, ended: bool) -> list[str]:
    statuses = [int(status) for status in STATUS_LINE.findall(data)]
    found = [f"{status}" for status in statuses if status >= 500 and status not in {501, 503, 505}]
    if not ended:
        found.append("left hanging")
    if data and not STATUS_LINE.match(data):
        found.append("no answer, but other bytes")
    # A machine that is busy with other tests may be later with the first bytes than the deadline is.
    if case.good and statuses[:1] not in ([200], [408]):
        found.append("the good request before it not answered")
    if case.owes_an_answer and not statuses:
        found.append("not answered")
    return found


async def _faulty(port: int, cases: list[Case]) -> list[tuple[list[str], Case]]:
    waiting, faulty = list(cases), []

    async def work() -> None:
        while waiting:
            case = waiting.pop()
            data, ended = await _outcome(port, case)
            if faults := _faults(case, data, ended=ended):
                faulty.append((faults, case))

    async with asyncio.TaskGroup() as connections:
        for _ in range(CONNECTIONS):
            connections.create_task(work())
    return faulty


@pytest.fixture(scope="session")
def port(listen: Callable[..., int]) -> int:
    return listen(**DEADLINES)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_damaged_request_kills_or_confuses_the_service_or_is_left_hanging(
    seed: int, port: int, measure: Measure
) -> None:
    chance = random.Random(seed)  # noqa: S311  to be repeated, not to be secret
    started = measure(port, "process_start_time_seconds")
    cases = [_case(chance) for _ in range(CASES)]
    # On a thread of its own: the browser of other tests may have an event loop on this one.
    with ThreadPoolExecutor(1) as thread:
        faulty = thread.submit(lambda: asyncio.run(_faulty(port, cases))).result()

    assert not faulty, faulty[0]
    assert measure(port, "process_start_time_seconds") == started
    until = time.monotonic() + PATIENCE_S
    while measure(port, "lenet_requests_in_flight") > 1:
        assert time.monotonic() < until

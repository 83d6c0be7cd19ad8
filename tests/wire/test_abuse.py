"""
What one client does to a service, another one does not feel, and nothing of it stays behind.

All abuse comes from 127.0.0.1. Meanwhile an honest client asks at a steady rate from 127.0.0.2, so that a
bound on what one client may take tells the two apart. Each of its requests has to be answered.
"""

import contextlib
import http.client
import io
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest

Measure = Callable[[int, str], float]
Encode = Callable[..., bytes]

HONEST = "127.0.0.2"
RATE_S = 0.05
"""From one request of the honest client to its next."""

PATIENCE_S = 5
"""The honest client waits so long for an answer; it should never have to."""

WRITE_DEADLINE_S = 2
MIB = 2**20

LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
GARBAGE = b"X\r\n\r\n"
LARGE = "POST /convolve?kernel=sharpen&padding=same HTTP/1.1\r\nHost: a\r\nAccept: application/x-npy\r\n"
"""Sent with a picture, it is answered with four bytes for each of its pixels."""

SIDE = 2_000
LARGE_BYTES = SIDE * SIDE * 4
"""Far more than the system keeps for a client that does not read."""


def npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def posted(picture: bytes, head: str = "POST /predict HTTP/1.1\r\nHost: a\r\n") -> bytes:
    return f"{head}Content-Type: image/png\r\nContent-Length: {len(picture)}\r\n\r\n".encode() + picture


@dataclass
class Honest:
    """
    A client that asks, on a connection that it keeps and on a fresh one in turn, until it is told to stop.

    Attributes:
        answered: Seconds that each answer took.
        lost: What became of the others.
    """

    port: int
    picture: bytes
    answered: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        with contextlib.ExitStack() as opened:
            kept = opened.enter_context(contextlib.closing(self._connection()))
            while not self.enough.wait(RATE_S):
                self._ask(kept)
                with contextlib.closing(self._connection()) as fresh:
                    self._ask(fresh)

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE_S, source_address=(HONEST, 0))

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        began = time.monotonic()
        try:
            connection.request("POST", "/predict", self.picture, {"Content-Type": "image/png"})
            with connection.getresponse() as answer:
                content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(repr(error))
            connection.close()
            return
        if answer.status == 200 and json.loads(content)["predictions"][0]["digit"] == 7:
            self.answered.append(time.monotonic() - began)
        else:
            self.lost.append(f"{answer.status} {content[:200]!r}")


@pytest.fixture(scope="module")
def port(listen: Callable[..., int]) -> int:
    return listen(LENET_WRITE_DEADLINE_S=str(WRITE_DEADLINE_S), LENET_OPERATION_NICE="0")


@pytest.fixture
def honest(port: int, picture: bytes) -> Iterator[Honest]:
    """Ask all through the test; afterwards nothing may be lost."""
    honest = Honest(port, picture)
    thread = threading.Thread(target=honest.work)
    thread.start()
    yield honest
    honest.enough.set()
    thread.join()


@pytest.fixture
def assert_unharmed(port: int, honest: Honest, measure: Measure) -> Callable[[], None]:
    """Assert that the honest client has lost no answer, and that nothing is in flight any more."""

    def assert_unharmed() -> None:
        seen = len(honest.answered)
        eventually(lambda: len(honest.answered) >= seen + 4 or honest.lost)
        honest.enough.set()

        assert not honest.lost
        eventually(lambda: measure(port, "lenet_requests_in_flight") <= 1)

    return assert_unharmed


def eventually(holds: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


@dataclass
class Sockets:
    """Connections of the abuser, which are closed at the end."""

    port: int
    opened: list[socket.socket] = field(default_factory=list)

    def open(self, sent: bytes = b"", *, receive_buffer: int | None = None) -> socket.socket:
        """Connect and send; that the server does not take it is no fault."""
        one = socket.socket()
        self.opened.append(one)
        if receive_buffer:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        one.settimeout(PATIENCE_S)
        with contextlib.suppress(OSError):
            one.bind(("127.0.0.1", 0))
            one.connect(("127.0.0.1", self.port))
            one.sendall(sent)
        return one

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.opened.clear()


@pytest.fixture
def sockets(port: int) -> Iterator[Sockets]:
    with contextlib.closing(Sockets(port)) as sockets:
        yield sockets


def everything(one: socket.socket) -> bytes:
    """Read to the end, which has to come."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := one.recv(MIB):
            data += piece
    return data


def whole_answer(one: socket.socket) -> bytes:
    """Read an answer whose length is told."""
    data = bytearray()
    while (found := re.search(rb"(?i)content-length: ([0-9]+)", data)) is None or b"\r\n\r\n" not in data:
        data += one.recv(MIB)
    length = int(found[1]) + data.index(b"\r\n\r\n") + 4
    while len(data) < length:
        data += one.recv(MIB)
    return bytes(data)


def statuses(data: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([1-5][0-9]{2}) ", data)]


def test_good_requests_before_garbage_leave_no_room_taken(
    sockets: Sockets, picture: bytes, assert_unharmed: Callable[[], None]
) -> None:
    sent = posted(picture) * 2 + GARBAGE

    def abuse(index: int) -> list[int]:
        one = sockets.open(sent)
        # Every other one leaves without its answers.
        found = statuses(everything(one)) if index % 2 else [200, 200, 400]
        one.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(abuse, range(520)))

    assert_unharmed()
    # Whoever asks so much may be told to wait. Else the good ones are answered before the garbage is.
    assert all(found == [200, 200, 400] or {429, 503} & {*found} for found in answers)


def test_clients_that_do_not_read_are_cut_off_and_their_memory_is_given_back(
    port: int, sockets: Sockets, encode: Encode, measure: Measure, assert_unharmed: Callable[[], None]
) -> None:
    sent = posted(encode(np.zeros((SIDE, SIDE), np.uint8)), LARGE)
    whole = len(whole_answer(sockets.open(sent)))
    memory, fds = measure(port, "process_resident_memory_bytes"), measure(port, "process_open_fds")
    deaf = [sockets.open(sent, receive_buffer=4_096) for _ in range(8)]
    eventually(lambda: measure(port, "process_open_fds") >= fds + len(deaf))
    eventually(lambda: measure(port, "process_open_fds") <= fds + 2, within_s=WRITE_DEADLINE_S + 8)

    assert whole > LARGE_BYTES
    eventually(lambda: measure(port, "process_resident_memory_bytes") < memory + 3 * LARGE_BYTES)
    assert_unharmed()


def test_a_client_that_reads_slowly_but_steadily_gets_all_of_its_answer(
    sockets: Sockets, encode: Encode, assert_unharmed: Callable[[], None]
) -> None:
    sent = posted(
        encode(np.zeros((SIDE, SIDE), np.uint8)), LARGE.replace("\r\nHost", "\r\nConnection: close\r\nHost")
    )
    one = sockets.open(sent, receive_buffer=65_536)
    data = bytearray(one.recv(65_536))
    began = time.monotonic()
    slow_s = 2.5 * WRITE_DEADLINE_S
    while piece := one.recv(65_536):
        data += piece
        # As far as it may be by now, and no further.
        time.sleep(max(0, began + slow_s * len(data) / LARGE_BYTES - time.monotonic()))

    assert time.monotonic() - began > 2 * WRITE_DEADLINE_S
    head, _, content = bytes(data).partition(b"\r\n\r\n")
    assert statuses(head) == [200]
    assert len(content) == int(re.search(rb"(?i)content-length: ([0-9]+)", head)[1])
    assert_unharmed()


def test_bodies_that_are_promised_and_do_not_come_take_no_room_from_those_that_do(
    sockets: Sockets, honest: Honest, assert_unharmed: Callable[[], None]
) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 8388608\r\n\r\n"
    for _ in range(600):
        sockets.open(head)
    seen = len(honest.answered)
    eventually(lambda: len(honest.answered) >= seen + 20 or honest.lost)

    assert not honest.lost
    sockets.close()
    assert_unharmed()


def test_requests_without_end_on_a_connection_are_not_kept_in_memory(
    port: int, sockets: Sockets, measure: Measure, assert_unharmed: Callable[[], None]
) -> None:
    before = measure(port, "process_resident_memory_bytes")
    flood = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 500
    floods = [sockets.open() for _ in range(4)]
    for one in floods:
        one.settimeout(0)
    most, probes, answered = before, [], 0
    until = time.monotonic() + 5
    while time.monotonic() < until:
        for index, one in enumerate(floods):
            with contextlib.suppress(OSError):
                one.send(flood)
            # Two of them read what they get, two do not.
            with contextlib.suppress(OSError):
                answered += len(one.recv(MIB)) if index % 2 else 0
        began = time.monotonic()
        most = max(most, measure(port, "process_resident_memory_bytes"))
        probes.append(time.monotonic() - began)

    assert answered
    assert most < before + 64 * MIB
    assert statistics.quantiles(probes, n=10)[-1] < 0.25
    sockets.close()
    assert_unharmed()


LAYERS = [{"type": "Input", "shape": [28, 28, 1]}] + [
    {"type": "Conv2D", "filters": 2, "kernel_size": [1, 1]}
] * 28
CONTENT = {
    "documents": (b"GET /openapi.json", b"", "text/plain"),
    "metrics": (b"GET /metrics", b"", "text/plain"),
    "architectures": (b"POST /architecture", json.dumps({"layers": LAYERS}).encode(), "application/json"),
    "arrays": (b"POST /predict?preprocess=none", npy(np.zeros((64, 28, 28), np.uint8)), "application/x-npy"),
    "forms": (
        b"POST /predict",
        b"--a\r\nContent-Disposition: form-data; name=image; filename=a\r\n\r\n%b\r\n--a--\r\n"
        % (b"\r\n--" * 250_000),
        "multipart/form-data; boundary=a",
    ),
    "pixels": (b"POST /predict", json.dumps({"pixels": [[7] * 700] * 700}).encode(), "application/json"),
}


@pytest.mark.parametrize("kind", CONTENT)
def test_a_client_that_asks_all_the_time_on_many_connections_costs_others_no_answer(
    sockets: Sockets, honest: Honest, kind: str, assert_unharmed: Callable[[], None]
) -> None:
    line, body, content_type = CONTENT[kind]
    head = b"%b HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    sent = head % (line, content_type.encode(), len(body)) + body
    over = threading.Event()

    def ask() -> None:
        one = sockets.open()
        with contextlib.suppress(OSError):
            while not over.is_set():
                one.sendall(sent)
                whole_answer(one)

    with ThreadPoolExecutor(64) as pool:
        for _ in range(64):
            pool.submit(ask)
        seen = len(honest.answered)
        eventually(lambda: len(honest.answered) >= seen + 20 or honest.lost, within_s=30)
        over.set()

    assert_unharmed()


TARGETS = (
    "CONNECT a:443",
    "GET http://h",
    "GET http://h?x=1",
    "GET http://h:99999/",
    "GET a:443",
    "OPTIONS *",
    "GET *",
)


def test_no_target_is_met_with_silence(sockets: Sockets, assert_unharmed: Callable[[], None]) -> None:
    for line in TARGETS * 20:
        one = sockets.open(f"{line} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())

        assert len(statuses(everything(one))) == 1
        one.close()
    assert_unharmed()


def test_what_has_not_changed_does_not_spoil_the_connection(
    sockets: Sockets, assert_unharmed: Callable[[], None]
) -> None:
    one = sockets.open(
        b"GET /web/lab.js HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n" * 50
        + LIVE.replace(b"Host", b"Connection: close\r\nHost")
    )
    data = everything(one)

    assert statuses(data) == [304] * 50 + [200]
    assert data.count(b"\r\n\r\n") == 51
    assert data.endswith(b'{"live":true}')
    assert_unharmed()


@pytest.fixture
def process(start_on: Callable[[str], list[str]], loop: str) -> Iterator[subprocess.Popen[str]]:
    """A service that the test itself stops."""
    environment = {**os.environ, "LENET_PORT": "0", "LENET_HEADER_DEADLINE_S": "2"}
    with subprocess.Popen(start_on(loop), env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_what_abusers_hold_open_does_not_hold_up_the_stop(
    process: subprocess.Popen[str], picture: bytes
) -> None:
    assert process.stdout
    port = next(
        int(found[1]) for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line))
    )
    with contextlib.closing(Sockets(port)) as sockets:
        for line in TARGETS:
            sockets.open(f"{line} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        sockets.open()
        sockets.open(LIVE * 3 + LIVE[:-2])
        sockets.open(posted(picture) * 2 + GARBAGE)
        # This one is answered when all of the others have been read.
        assert sockets.open(LIVE).recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert time.monotonic() - began < PATIENCE_S

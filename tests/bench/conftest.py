"""A server of the tests' own, on raw sockets, that answers as a test wants; and what an answer looks like."""

import json
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from socket import socket
from typing import Any

import pytest

from service.bench.run import main

PREDICTION = json.dumps(
    {
        "model": {"name": "lenet5", "version": "9"},
        "predictions": [{"digit": 7, "confidence": 0.9, "is_digit": True, "probabilities": [0.1] * 10}],
    }
).encode()


@dataclass(frozen=True)
class Request:
    """What a server got."""

    method: str
    path: str
    head: str
    body: bytes


@dataclass(frozen=True)
class Result:
    """How a run of the command ended."""

    status: object
    output: str
    errors: str

    @property
    def figures(self) -> dict[str, Any]:
        return json.loads(self.output)


Answer = Callable[[Request, socket], bytes | None]
"""Give the bytes to send, or None when nothing more is to be said on this connection."""


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionError):
            while (line := self.rfile.readline()).strip():
                head = line.decode()
                while (header := self.rfile.readline().decode()).strip():
                    head += header
                length = re.search(r"^Content-Length: (\d+)", head, re.MULTILINE)
                body = self.rfile.read(int(length[1])) if length else b""
                method, path, _ = line.decode().split()
                said = self.server.said(Request(method, path, head, body), self.connection)
                if said is None:
                    return
                self.connection.sendall(said)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    said: Answer


@pytest.fixture
def stub() -> Iterator[Callable[[Answer], str]]:
    """Start a server that answers by a function; give its address."""
    servers: list[_Server] = []

    def stub(said: Answer) -> str:
        server = _Server(("127.0.0.1", 0), _Connection)
        server.said = said
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield stub
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def answer() -> Callable[..., bytes]:
    """Write an answer: a prediction unless told otherwise, with this length or its own."""

    def answer(
        body: bytes = PREDICTION, status: str = "200 OK", *headers: str, length: int | None = None
    ) -> bytes:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
        return "\r\n".join([*lines, "", ""]).encode() + body

    return answer


@pytest.fixture
def bench(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the command with these arguments, for a moment unless they say how long."""

    def bench(*arguments: str) -> Result:
        try:
            status = main(["--duration", "0.3", "--warmup", "0.1", *arguments])
        except SystemExit as stop:
            status = stop.code
        output, errors = capsys.readouterr()
        return Result(status, output, errors)

    return bench

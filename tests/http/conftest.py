"""A server on a real socket, on both event loops, with limits low enough to be reached in a test."""

import http.client
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from httpx2 import Client

from service.app import create_app
from service.application import Application
from service.settings import Settings


@pytest.fixture(scope="module")
def limits(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "max_header_bytes": 2_000,
            "max_headers": 20,
            "max_target_bytes": 500,
            "header_deadline_s": 0.3,
            "body_deadline_s": 0.3,
            "keep_alive_s": 1,
        }
    )


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def loop(request: pytest.FixtureRequest) -> str:
    loop: str = request.param
    return loop


# One for each event loop: that is where it belongs.
@pytest.fixture(scope="module")
def app(limits: Settings, loop: str) -> Application:
    del loop
    return create_app(limits)


@pytest.fixture(scope="module")
def port(
    app: Application, limits: Settings, loop: str, listen: Callable[..., AbstractContextManager[int]]
) -> Iterator[int]:
    """The port of a server that runs in a thread."""
    with listen(app, limits, loop=loop) as port:
        yield port


@pytest.fixture(scope="module")
def client(port: int) -> Iterator[Client]:
    # Without connections that are kept: the server closes those very soon.
    limits = httpx2.Limits(max_keepalive_connections=0)
    with Client(base_url=f"http://127.0.0.1:{port}", limits=limits) as client:
        yield client


class Wire:
    """A connection that sends bytes as they are and reads answers one by one."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> "Wire":
        self._socket.sendall(data)
        return self

    def answer(self, method: str = "GET") -> Any:  # noqa: ANN401
        status = int(self._file.readline().split()[1])
        fields = http.client.parse_headers(self._file)
        headers = {name.lower(): value for name, value in fields.items()}
        content = b"" if method == "HEAD" else self._file.read(int(headers["content-length"]))
        return SimpleNamespace(status_code=status, headers=headers, content=content)

    def line(self) -> bytes:
        return self._file.readline()

    def rest(self) -> bytes:
        """Read to the end of the connection, which comes within the socket's time."""
        try:
            return self._file.read()
        except ConnectionResetError:
            return b""

    def is_closed(self) -> bool:
        """Tell whether the connection ends without another byte."""
        return not self.rest()

    def finish(self) -> "Wire":
        """Say that no more will be sent; answers can still be read."""
        self._socket.shutdown(socket.SHUT_WR)
        return self

    def reset(self) -> None:
        """Leave for good, so that the server learns of it at once."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def noted(log_entries: Callable[[], list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    """
    Give the log lines of so many requests, once they are written: a client has its answer before.

    With an answer, those of its request alone: connections of tests before may still be refused.
    """

    def noted(number: int, answer: Any = None) -> list[dict[str, Any]]:  # noqa: ANN401
        def entries() -> list[dict[str, Any]]:
            every = [entry for entry in log_entries() if entry["event"] == "request"]
            own = None if answer is None else answer.headers["x-request-id"]
            return [entry for entry in every if own is None or entry["request_id"] == own]

        until = time.monotonic() + 10
        while len(found := entries()) < number:
            assert time.monotonic() < until
            time.sleep(0.005)
        return found

    return noted


@pytest.fixture
def connect(port: int) -> Iterator[Callable[..., Wire]]:
    """Open connections, to the server of the module or to that at a port."""
    wires: list[Wire] = []

    def connect(where: int = port) -> Wire:
        wires.append(Wire(where))
        return wires[-1]

    yield connect
    for wire in wires:
        wire.close()

"""A server on a real socket, with limits low enough to be reached in a test."""

import asyncio
import functools
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from service.http.deadlines import Deadlines
from service.http.protocol import BoundedProtocol
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


@pytest.fixture(scope="module")
def port(app: FastAPI, limits: Settings) -> Iterator[int]:
    """The port of a server that runs in a thread."""
    # The application is the one of all tests: its body limits are the usual ones.
    config = uvicorn.Config(
        app,
        http=functools.partial(BoundedProtocol, limits=limits, deadlines=Deadlines()),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


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

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def connect(port: int) -> Iterator[Callable[[], Wire]]:
    wires: list[Wire] = []

    def connect() -> Wire:
        wires.append(Wire(port))
        return wires[-1]

    yield connect
    for wire in wires:
        wire.close()

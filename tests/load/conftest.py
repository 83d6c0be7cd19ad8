"""A service on a real socket whose engine the test makes, and many clients at once."""

import asyncio
import functools
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn

from service.app import create_app
from service.front import Application
from service.http.deadlines import Deadlines
from service.http.protocol import BoundedProtocol
from service.settings import Settings

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def listen() -> Iterator[Callable[[Application, Settings], int]]:
    """Serve an application from a thread; give its port."""
    running: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []

    def listen(app: Application, settings: Settings) -> int:
        config = uvicorn.Config(
            app,
            http=functools.partial(BoundedProtocol, limits=settings, deadlines=Deadlines()),
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        running.append((server, thread, listener))
        return int(listener.getsockname()[1])

    yield listen
    for server, thread, listener in running:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def serve_with(
    settings: Settings, listen: Callable[[Application, Settings], int]
) -> Callable[..., tuple[Application, int]]:
    """Serve with settings and perhaps an engine of the test's own in the place of every network."""

    def serve_with(run: Callable[..., Any] | None = None, **changes: object) -> tuple[Application, int]:
        changed = settings.model_copy(update=changes)
        app = create_app(changed)
        if run:
            for network in app.served.newest():
                network.batcher._run = functools.partial(run, network.batcher._run)
        return app, listen(app, changed)

    return serve_with


class Client:
    """A connection that posts and gets."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def __call__(
        self, path: str, body: bytes | None = None, kind: str = "image/png", **headers: str
    ) -> Answer:
        method = "GET" if body is None else "POST"
        self._connection.request(method, path, body, {"Content-Type": kind, **headers})
        answer = self._connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def clients() -> Callable[..., list[Any]]:
    """Let many clients work at once, each over a connection of its own; give what each brings back."""

    def clients(port: int, number: int, work: Callable[[Client, int], Any]) -> list[Any]:
        def one(index: int) -> Any:  # noqa: ANN401
            client = Client(port)
            try:
                return work(client, index)
            finally:
                client.close()

        with ThreadPoolExecutor(number) as pool:
            return list(pool.map(one, range(number)))

    return clients


@pytest.fixture
def connect() -> Iterator[Callable[[int], Client]]:
    """Open a connection, which is closed at the end."""
    opened: list[Client] = []

    def connect(port: int) -> Client:
        opened.append(Client(port))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()

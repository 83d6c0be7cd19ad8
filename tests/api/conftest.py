"""Every promise of the API holds in process, by ASGI, and over a socket."""

import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

import h11
import httpx2
import pytest
from httpx2 import Client
from starlette.testclient import TestClient

from service.app import create_app
from service.application import Application
from service.settings import Settings

Served = Callable[[Application], AbstractContextManager[Client]]


class Wire(httpx2.BaseTransport):
    """Sends a request as it is, whatever is wrong with it, and reads its answer as strictly as h11 does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._connection = h11.Connection(h11.CLIENT)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = h11.Connection(h11.CLIENT)
        assert isinstance(request.stream, Iterable)
        lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
        lines += [b"%b: %b" % header for header in request.headers.raw]
        # A server that refuses a request need not take all of it.
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
            is_chunked = request.headers.get("transfer-encoding") == "chunked"
            for piece in request.stream:
                self._socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
            if is_chunked:
                self._socket.sendall(b"0\r\n\r\n")
        try:
            return self._read(request.method)
        except BaseException:
            # What was not read whole is no start for the next request.
            self.close()
            raise

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self, method: str) -> httpx2.Response:
        # It has to know of the method alone.
        self._connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        self._connection.send(h11.EndOfMessage())
        head = self._next()
        while isinstance(head, h11.InformationalResponse):
            head = self._next()
        assert isinstance(head, h11.Response)
        pieces = []
        while isinstance(event := self._next(), h11.Data):
            pieces.append(bytes(event.data))
        assert isinstance(event, h11.EndOfMessage)
        assert self._connection.trailing_data == (b"", False)
        if self._connection.our_state is h11.DONE:
            self._connection.start_next_cycle()
        else:
            self.close()
        return httpx2.Response(head.status_code, headers=list(head.headers), content=b"".join(pieces))

    def _next(self) -> object:
        assert self._socket is not None
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            self._connection.receive_data(self._socket.recv(65_536))
        return event


@pytest.fixture(scope="session", params=["in process", "socket"])
def way(request: pytest.FixtureRequest) -> str:
    """How requests reach the application."""
    way: str = request.param
    return way


@pytest.fixture(scope="session")
def served(way: str, settings: Settings, listen: Callable[..., AbstractContextManager[int]]) -> Served:
    """Begin an application; give a client of it, and end it."""

    def served(app: Application) -> AbstractContextManager[Client]:
        return TestClient(app) if way == "in process" else over_a_socket(app)

    @contextmanager
    def over_a_socket(app: Application) -> Iterator[Client]:
        with (
            listen(app, settings) as port,
            Client(base_url="http://testserver", transport=Wire(port)) as client,
        ):
            yield client

    return served


# One for each way: it belongs to one event loop.
@pytest.fixture(scope="session")
def app(settings: Settings, way: str) -> Application:
    del way
    return create_app(settings)


@pytest.fixture(scope="session")
def client(app: Application, served: Served) -> Iterator[Client]:
    with served(app) as client:
        yield client

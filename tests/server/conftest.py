"""Applications on a real socket, by this service's connections or by uvicorn's, on either event loop."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import uvloop
from starlette.applications import Starlette

from service.http.admission import Admission
from service.http.asgi import as_handler
from service.http.client_addresses import ClientAddresses
from service.http.dispatcher import Dispatcher
from service.http.endpoints import Route, Routes
from service.server import connection
from service.server.connection import APPLICATION
from service.settings import Settings

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}


class Running:
    """A server in a thread."""

    def __init__(self, app: Any, protocol: Any, loop: str, lifespan: str) -> None:  # noqa: ANN401
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan=lifespan,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        self.server = uvicorn.Server(config)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(LOOPS[loop],))
        self._thread.start()

    def tasks(self) -> int:
        """Count the tasks of requests."""
        return len(self.server.server_state.tasks)

    def connections(self) -> int:
        """Count the connections."""
        return len(self.server.server_state.connections)

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _run(self, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(self.server.serve(sockets=[self._listener]))


@pytest.fixture(scope="module")
def running() -> Iterator[Callable[..., Running]]:
    """Start servers, which stop at the end."""
    started: list[Running] = []

    def running(app: Any, protocol: Any, *, loop: str = "uvloop", lifespan: str = "off") -> Running:  # noqa: ANN401
        started.append(Running(app, protocol, loop, lifespan))
        return started[-1]

    yield running
    for one in started:
        one.stop()


@pytest.fixture(scope="module")
def serve_by_ours(running: Callable[..., Running]) -> Callable[..., tuple[Running, Dispatcher]]:
    """Serve an ASGI application, or routes, by this service's dispatcher and connections."""

    def serve(
        app: Any = None,  # noqa: ANN401
        *,
        routes: Routes | None = None,
        loop: str = "uvloop",
        **changes: Any,  # noqa: ANN401
    ) -> tuple[Running, Dispatcher]:
        settings = Settings(**changes)
        if routes is None:
            routes = Routes()
            for method in ("GET", "POST"):
                routes.add(method, Route("/{path:path}", as_handler(app), takes_body=method == "POST"))
        dispatcher = Dispatcher(
            routes,
            limits=settings,
            admission=Admission(settings),
            observe=lambda *_: None,
            clients=ClientAddresses(""),
        )

        @asynccontextmanager
        async def lifespan(_: Starlette) -> Any:  # noqa: ANN401
            yield {APPLICATION: dispatcher}

        protocol = connection.factory(settings)
        return running(Starlette(lifespan=lifespan), protocol, loop=loop, lifespan="on"), dispatcher

    return serve


@pytest.fixture(scope="module", params=sorted(LOOPS))
def loop(request: pytest.FixtureRequest) -> str:
    """Name each event loop in turn."""
    name: str = request.param
    return name

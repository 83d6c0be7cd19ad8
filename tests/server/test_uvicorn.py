"""What uvicorn's server asks of a connection, and what a connection asks of it: nothing else."""

import ast
import asyncio
import inspect
import socket
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.server import ServerState

import service

ARGUMENTS = {"config", "server_state", "app_state", "_loop"}
"""With which uvicorn makes a protocol."""

STATE = {"connections", "tasks", "total_requests"}
"""What a connection uses of the state that it is given."""


def test_uvicorn_makes_a_protocol_with_these_arguments_and_calls_shutdown() -> None:
    made: list[dict[str, Any]] = []
    calls: list[str] = []

    class Recorder(asyncio.Protocol):
        def __init__(self, **given: Any) -> None:  # noqa: ANN401
            made.append(given)
            self.state = given["server_state"]

        def connection_made(self, transport: Any) -> None:  # noqa: ANN401
            self.transport = transport
            self.state.connections.add(self)

        def connection_lost(self, exc: Exception | None) -> None:
            assert exc is None
            self.state.connections.discard(self)

        def shutdown(self) -> None:
            calls.append("shutdown")
            self.transport.close()

    async def app(_: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    async def serve() -> None:
        config = uvicorn.Config(app, http=Recorder, ws="none", lifespan="on", log_config=None)  # type: ignore[arg-type]
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            _, writer = await asyncio.open_connection(*listener.getsockname())
            while not made:
                await asyncio.sleep(0.01)
            server.should_exit = True
            await serving
            writer.close()

    asyncio.run(serve())

    (given,) = made
    assert set(given) == ARGUMENTS
    assert isinstance(given["app_state"], dict)
    assert calls == ["shutdown"]


def test_the_state_has_the_names_that_a_connection_uses() -> None:
    state = vars(ServerState())

    assert set(state) >= STATE
    assert isinstance(state["connections"], set)
    assert isinstance(state["tasks"], set)
    assert state["total_requests"] == 0


def test_a_connection_uses_no_other_name_of_uvicorns() -> None:
    rooms = [
        Path(inspect.getfile(service)).parent / "server",
        Path(inspect.getfile(service)).parent / "__main__.py",
    ]
    files = [file for room in rooms for file in ([room] if room.is_file() else room.glob("*.py"))]
    imported: dict[str, set[str]] = {}
    used: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("uvicorn"):
                imported.setdefault(file.name, set()).update(
                    f"{node.module}.{name.name}" for name in node.names
                )
            elif isinstance(node, ast.Import):
                imported.setdefault(file.name, set()).update(
                    name.name for name in node.names if name.name.startswith("uvicorn")
                )
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self._server":
                used.add(node.attr)

    assert {name: found for name, found in imported.items() if found} == {
        "__main__.py": {"uvicorn", "uvicorn.supervisors.Multiprocess"}
    }
    assert used == STATE

"""ASGI on both sides: any server may call the application, and that may call FastAPI's endpoints."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.responses import Response as StarletteResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http import responses
from service.http.context import fields_of
from service.http.endpoints import Call, Handler
from service.server.messages import Application, Head, Response


def as_starlette(response: Response) -> StarletteResponse:
    """Give an answer as endpoints of FastAPI's have to."""
    answer = StarletteResponse(b"".join(response.pieces), response.status)
    answer.raw_headers = [*response.headers, *response.more]
    return answer


def as_handler(app: ASGIApp) -> Handler:
    """Make a handler of an ASGI application: nothing of its answer is sent before it has ended."""

    async def handler(call: Call) -> Response:
        body = [call.body]
        started: list[Message] = []
        sent: list[bytes] = []

        async def receive() -> Message:
            if body:
                return {"type": "http.request", "body": body.pop(), "more_body": False}
            # Who streams an answer waits here for the client to leave meanwhile, and would stop.
            await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                sent.append(message.get("body", b""))

        await app(_scope(call), receive, send)
        (start,) = started
        return responses.of_asgi(start["status"], start.get("headers", ()), b"".join(sent))

    return handler


class AsgiEntry:
    """An application as any ASGI server calls it: FastAPI for its life, the dispatcher for requests."""

    def __init__(self, application: Application, lifespan: ASGIApp) -> None:
        """Take what answers requests, and what begins and ends with the server."""
        self._application = application
        self._lifespan = lifespan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server."""
        if scope["type"] != "http":
            await self._lifespan(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        writer = _Writer(address, self._application.client(address))
        exchange = self._application.open(_head(scope), writer)
        try:
            while exchange.awaits_body:
                message = await receive()
                if message["type"] == "http.disconnect":
                    writer.has_left = True
                    exchange.abandon()
                    return
                if data := message.get("body", b""):
                    exchange.receive(data)
                if not message.get("more_body", False) and exchange.awaits_body:
                    exchange.complete()
            response = await writer.response
        except asyncio.CancelledError:
            # By a server that stops, or that ends what serves a client that left.
            writer.has_left = True
            writer.cancel()
            exchange.abandon()
            raise
        if response is not None:
            await _send(response, send, is_head=scope["method"] == "HEAD")


class _Writer:
    """Keeps the answer until it is sent."""

    def __init__(self, address: str, client: str) -> None:
        self.address = address
        self.client = client
        self.response: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
        self.has_left = False
        self._tasks: set[asyncio.Task[None]] = set()

    def write(self, response: Response) -> None:
        if not self.response.done():
            self.response.set_result(response)

    def abort(self) -> None:
        if not self.response.done():
            self.response.set_result(None)

    def is_disconnected(self) -> bool:
        return self.has_left

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()


def _head(scope: Scope) -> Head:
    fields = fields_of(scope["headers"])
    length = fields.get(b"content-length")
    path = _below(scope.get("root_path", ""), scope["path"])
    return Head(
        scope["method"],
        path,
        # Of how it was sent, a server need not tell.
        path.encode() if scope.get("root_path") else scope.get("raw_path") or path.encode(),
        scope["query_string"],
        scope["headers"],
        fields,
        # A server that does not tell the length passes on what came in chunks, or nothing. No body has as
        # many bytes as a number of more than twenty digits says.
        int(length.lstrip(b"0")[:20] or b"0") if length is not None and length.isdigit() else None,
    )


def _below(root_path: str, path: str) -> str:
    """Give a path below the one at which a server has mounted the application, as Ray Serve does."""
    below = path.removeprefix(root_path)
    return below if below.startswith("/") else "/" if root_path and not below else path


def _scope(call: Call) -> Scope:
    """Describe a request (ASGI 3.0, "HTTP Connection Scope")."""
    head = call.head
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        # HEAD is GET without the body (RFC 9110, section 9.3.2), for every route at once.
        "method": "GET" if head.method == "HEAD" else head.method,
        "scheme": "http",
        "path": head.path,
        "raw_path": head.raw_path,
        "query_string": head.query,
        "root_path": "",
        "headers": head.headers,
        "server": None,
        "client": (call.context.client, 0),
        "state": {},
    }


async def _send(response: Response, send: Send, *, is_head: bool) -> None:
    headers = [*response.headers, *response.more]
    has_body = response.status not in {204, 304}
    if has_body:
        headers.append((b"content-length", b"%d" % response.size))
    if response.closes:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    pieces = () if is_head or not has_body else response.pieces
    for piece in pieces:
        await send({"type": "http.response.body", "body": bytes(piece), "more_body": True})
    await send({"type": "http.response.body", "body": b""})

"""What wraps every request: id, clock, admission, headers of caution, one log line, no error unanswered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import logs
from service.errors import AbandonedError, RequestError
from service.http import problems
from service.http.admission import EXEMPT, Admission
from service.http.keys import Keys
from service.http.trace import Trace

Header: TypeAlias = tuple[bytes, bytes]

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

Observe: TypeAlias = Callable[[Trace, str, str, int, float], None]
"""Told of a request when it is over: its trace, the template of its path, method, status and seconds."""

CLIENT_GONE = 499
"""Status of a request whose client left before the answer; as nginx logs it, never sent."""

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer, unless a route says otherwise."""

_SAFE = [(name.lower().encode(), value.encode()) for name, value in SAFE_HEADERS.items()]


class Accounting:
    """
    The outermost layer; pure ASGI, so that disconnects and streams pass as they are.

    Attributes:
        admission: Lets requests in.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        admission: Admission,
        direct: Mapping[str, Endpoint],
        observe: Observe,
        keys: Keys | None = None,
    ) -> None:
        """
        Wrap an application.

        Args:
            app: Answers every request that is not direct.
            admission: Lets requests in.
            direct: POST endpoints by path that take the raw request, as the application would call them. Its
                search for them and its preparations take longer than many of their answers.
            observe: Told of every request.
            keys: Those who may ask; without them everybody may.
        """
        self._app = app
        self.admission = admission
        self._direct = direct
        self._observe = observe
        self._keys = keys
        self._log = logs.get("http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = Trace.begin(scope)
        exchange = _Exchange(scope, send, trace)
        admitted = None
        try:
            admitted = self.let_in(scope["path"], trace)
            endpoint = self._direct.get(scope["path"])
            if endpoint is None or scope["method"] != "POST":
                await self._app(exchange.scope, receive, exchange.send)
            else:
                trace.route = scope["path"]
                await exchange.answer(await endpoint(Request(scope, receive)))
        except asyncio.CancelledError:
            # By a server that stops, or that ends who serves a client that left.
            exchange.status = exchange.status or CLIENT_GONE
            raise
        except Exception as error:
            response = self.answer_to(error, scope)
            if response is None:
                exchange.status = CLIENT_GONE
            elif exchange.complete:
                return
            elif exchange.status:
                raise
            else:
                await exchange.answer(response)
        finally:
            if trace.route is None:
                trace.route = getattr(exchange.scope.get("route"), "path", None)
            self.close(trace, scope["method"], exchange.status, admitted)

    def let_in(self, path: str, trace: Trace) -> int | None:
        """
        Let a request in, or not.

        Returns:
            What ``close`` has to be told.

        Raises:
            KeyRefusedError: It needs a key and has none.
            FullError: There is no room.
        """
        if self._keys is not None:
            self._keys.check(path, trace.headers)
        return None if path in EXEMPT else self.admission.enter(trace.headers.get(b"content-length"))

    def let_go(self, admitted: int | None) -> None:
        """Make room for others; it was what ``let_in`` gave."""
        if admitted is not None:
            self.admission.leave(admitted)

    def answer_to(self, error: Exception, scope: Scope) -> Response | None:
        """Give the answer for what went wrong; None when there is nobody to read it."""
        trace = Trace.of(scope)
        if isinstance(error, ClientDisconnect | AbandonedError):
            trace.facts["refused"] = "client_gone"
            return None
        if isinstance(error, RequestError):
            return problems.of(error, Request(scope))
        facts = {"request_id": trace.request_id}
        self._log.error("unexpected error", exc_info=error, extra={logs.FACTS: facts})
        return problems.of_a_mistake(Request(scope))

    def close(self, trace: Trace, method: str, status: int, admitted: int | None) -> None:
        """
        Close the account of a request.

        Args:
            trace: What is known of it.
            method: As it was sent.
            status: What it was answered.
            admitted: What admission gave for it, if it was asked.
        """
        self.let_go(admitted)
        route = trace.route or "unmatched"
        seconds = time.perf_counter() - trace.started
        self._observe(trace, route, method, status, seconds)
        facts = {
            "request_id": trace.request_id,
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1e3, 3),
        }
        logs.note(self._log, "request", facts, trace.facts)


class _Exchange:
    """What is sent to one client, with what belongs to every answer."""

    __slots__ = ("_head", "_send_on", "_trace", "complete", "scope", "status")

    def __init__(self, scope: Scope, send: Send, trace: Trace) -> None:
        self.status = 0
        self.complete = False
        self._head = scope["method"] == "HEAD"
        # HEAD is GET without the body (RFC 9110, 9.3.2), for every route at once.
        self.scope = {**scope, "method": "GET"} if self._head else scope
        self._send_on = send
        self._trace = trace

    async def answer(self, response: Response) -> None:
        """Send an answer of the service's own, which neither streams nor listens."""
        await response(self.scope, _nothing_more, self.send)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = completed(message["headers"], self._trace)
        else:
            self.complete = not message.get("more_body", False)
            if self._head:
                message = {**message, "body": b""}
        await self._send_on(message)


def completed(headers: Sequence[Header], trace: Trace) -> list[Header]:
    """Add to an answer's own headers those that belong to every answer."""
    own = {name for name, _ in headers}
    every = [*headers, *[header for header in _SAFE if header[0] not in own]]
    every.append((b"x-request-id", trace.request_id.encode()))
    if timing := trace.timing():
        every.append((b"server-timing", timing))
    return every


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}

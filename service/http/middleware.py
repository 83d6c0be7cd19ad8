"""What wraps every request: id, clock, admission, headers of caution, one log line, no error unanswered."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import logs
from service.errors import AbandonedError, RequestError
from service.http import problems
from service.http.admission import EXEMPT, Admission
from service.http.trace import Trace

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
    """The outermost layer; pure ASGI, so that disconnects and streams pass as they are."""

    def __init__(
        self, app: ASGIApp, *, admission: Admission, direct: Mapping[str, Endpoint], observe: Observe
    ) -> None:
        """
        Wrap an application.

        Args:
            app: Answers every request that is not direct.
            admission: Lets requests in.
            direct: POST endpoints by path that take the raw request, as the application would call them. Its
                search for them and its preparations take longer than many of their answers.
            observe: Told of every request.
        """
        self._app = app
        self._admission = admission
        self._direct = direct
        self._observe = observe
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
            if scope["path"] not in EXEMPT:
                admitted = self._admission.enter(trace.headers.get(b"content-length"))
            endpoint = self._direct.get(scope["path"])
            if endpoint is None or scope["method"] != "POST":
                await self._app(exchange.scope, receive, exchange.send)
            else:
                trace.route = scope["path"]
                await exchange.answer(await endpoint(Request(scope, receive)))
        except (ClientDisconnect, AbandonedError):
            exchange.status = CLIENT_GONE
            trace.facts["refused"] = "client_gone"
        except RequestError as error:
            await exchange.answer(problems.of(error, Request(scope)))
        except Exception:
            facts = {"request_id": trace.request_id}
            self._log.exception("unexpected error", extra={logs.FACTS: facts})
            if exchange.complete:
                return
            if exchange.status:
                raise
            await exchange.answer(problems.of_a_mistake(Request(scope)))
        finally:
            if admitted is not None:
                self._admission.leave(admitted)
            self._account(exchange, scope["method"], trace)

    def _account(self, exchange: "_Exchange", method: str, trace: Trace) -> None:
        route: Any = trace.route or getattr(exchange.scope.get("route"), "path", "unmatched")
        seconds = time.perf_counter() - trace.started
        self._observe(trace, route, method, exchange.status, seconds)
        logs.note(
            self._log,
            "request",
            {
                "request_id": trace.request_id,
                "method": method,
                "route": route,
                "status": exchange.status,
                "duration_ms": round(seconds * 1e3, 3),
                **trace.facts,
            },
        )


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
            headers = message["headers"]
            own = {name for name, _ in headers}
            headers += [header for header in _SAFE if header[0] not in own]
            headers.append((b"x-request-id", self._trace.request_id.encode()))
            if self._trace.timing:
                headers.append((b"server-timing", ", ".join(self._trace.timing).encode()))
        else:
            self.complete = not message.get("more_body", False)
            if self._head:
                message = {**message, "body": b""}
        await self._send_on(message)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}

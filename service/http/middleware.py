"""What wraps every request: an id, a clock, headers of caution, one log line, and no error unanswered."""

import logging
import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import logs
from service.http import problems
from service.http.trace import Trace

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


class Accounting:
    """The outermost layer; pure ASGI, so that disconnects and streams pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app
        self._log = logs.get("http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(self._app, scope, send, self._log).serve(receive)


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: ASGIApp, scope: Scope, send: Send, log: logging.Logger) -> None:
        self._app = app
        self._send_on = send
        self._log = log
        self._head = scope["method"] == "HEAD"
        # HEAD is GET without the body (RFC 9110, 9.3.2), for every route at once.
        self._scope = {**scope, "method": "GET"} if self._head else scope
        self._method = scope["method"]
        self._trace = Trace.begin(self._scope)
        self._status = 0

    async def serve(self, receive: Receive) -> None:
        try:
            await self._app(self._scope, receive, self._send)
        except ClientDisconnect:
            self._status = CLIENT_GONE
        except Exception:
            self._log.exception(
                "unexpected error", extra={logs.FACTS: {"request_id": self._trace.request_id}}
            )
            if self._status:
                raise
            failure = problems.answer(
                Request(self._scope), problems.INTERNAL, "the log has the details under this request's id"
            )
            await failure(self._scope, receive, self._send)
        finally:
            self._write_log_line()

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SAFE_HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self._trace.request_id
            if self._trace.stages_ms:
                headers["Server-Timing"] = self._trace.server_timing
        elif self._head:
            message = {**message, "body": b""}
        await self._send_on(message)

    def _write_log_line(self) -> None:
        route: Any = self._scope.get("route")
        facts = {
            "request_id": self._trace.request_id,
            "method": self._method,
            "route": getattr(route, "path", "unmatched"),
            "status": self._status,
            "duration_ms": round((time.perf_counter() - self._trace.started) * 1e3, 3),
            **{f"{stage}_ms": round(ms, 3) for stage, ms in self._trace.stages_ms.items()},
            **self._trace.facts,
        }
        self._log.info("request", extra={logs.FACTS: facts})

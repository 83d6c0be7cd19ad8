"""uvicorn's HTTP protocol, bounded: it has no limit on headers and none on the time they take."""

import uuid
from asyncio import Transport
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.http import problems
from service.http.cycle import Cycle
from service.http.deadlines import NEVER, Deadlines
from service.http.express import Express
from service.http.middleware import SAFE_HEADERS
from service.settings import Limits

BAD_REQUEST = (400, "bad-request", "The request is no HTTP")
HEADERS_TOO_SLOW = (408, "request-timeout", "The request did not arrive in time")
TARGET_TOO_LONG = (414, "uri-too-long", "The path and query are too long")
HEADERS_TOO_LARGE = (431, "headers-too-large", "The headers are too many or too large")

_DETAILS = {
    BAD_REQUEST: "the bytes are no valid HTTP/1.1 request",
    HEADERS_TOO_SLOW: "the headers did not arrive in time",
    TARGET_TOO_LONG: "the path and query are over the limit",
    HEADERS_TOO_LARGE: "the headers are over the limit on their number or size",
}

PARTING_S = 1.0
"""How long an idle connection is kept when the service stops: a client may be sending a request on it just
then, and could not tell a request that was lost from one that was done."""


class RefusedError(Exception):
    """Stops the parser; the connection's refusal says why."""


class BoundedProtocol(HttpToolsProtocol):
    """
    A connection that is closed when a request's headers are too many, too large or too slow.

    What comes besides headers and body (chunk extensions, trailers, empty lines) is bounded as headers
    are; a body that is left after the answer has the time of a body, and so has a client that does not
    read its answer.

    Attributes:
        due: When ``overdue`` is called, unless something happens before.
    """

    cycle: Cycle

    def __init__(self, *args: Any, limits: Limits, deadlines: Deadlines, **kwargs: Any) -> None:  # noqa: ANN401  uvicorn's own
        """Take uvicorn's arguments, the limits, and who calls ``overdue``."""
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._deadlines = deadlines
        self._express: Express | None = getattr(self.app, "express", None)
        self._awaited: Express | None = None
        self._refusal = BAD_REQUEST
        self.url = b""
        self._in_headers = True
        self._in_message = False
        self._stopping = False
        self._header_bytes = 0
        self._overhead_bytes = 0
        self.due = NEVER

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """Begin the time in which the first request has to come."""
        super().connection_made(transport)
        self._await_headers()
        self._deadlines.watch(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clock."""
        self._deadlines.forget(self)
        super().connection_lost(exc)
        self._await_no_longer()

    def shutdown(self) -> None:
        """Close once what is under way is answered; when nothing is, a moment later."""
        self._stopping = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        elif not self._in_message:
            self._in_headers = False
            self.due = min(self.due, self.loop.time() + PARTING_S)

    def overdue(self) -> None:
        """Refuse headers or a body that do not come; close a connection on which nothing moves."""
        self.due = NEVER
        if self._in_headers:
            self._refuse(HEADERS_TOO_SLOW)
        elif self._in_message and not self.cycle.response_started:
            self._await_no_longer()
            self.cycle.end_waiting()
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Begin the time in which the client has to read."""
        super().pause_writing()
        self.due = self.loop.time() + self._limits.write_deadline_s

    def resume_writing(self) -> None:
        """Forget that time."""
        super().resume_writing()
        self.due = NEVER

    def data_received(self, data: bytes) -> None:
        """Parse; what neither ends nor brings a body is refused while it grows."""
        self._overhead_bytes += len(data)
        super().data_received(data)
        if self._overhead_bytes > self._limits.max_header_bytes + self._limits.max_target_bytes:
            self._refuse(HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request: its headers have a time of their own, also on a kept connection."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._header_bytes = 0
        self._in_message = True
        if not self._in_headers:
            self._await_headers()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self.url += url
        if len(self.url) > self._limits.max_target_bytes:
            self._refusal = TARGET_TOO_LONG
            raise RefusedError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those that come after the body have no use here."""
        if self._in_headers:
            name = name.lower()
            self._header_bytes += len(name) + len(value)
            self.headers.append((name, value))
            if name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """Check the headers as a whole, then let the request in; one that came too early waits."""
        self.due = self.loop.time() + self._limits.body_deadline_s
        self._in_headers = False
        self._overhead_bytes = 0
        if len(self.headers) > self._limits.max_headers or self._header_bytes > self._limits.max_header_bytes:
            self._refusal = HEADERS_TOO_LARGE
            raise RefusedError
        version = self.parser.get_http_version()
        keep_alive = not self._stopping and version != "1.0" and self.parser.should_keep_alive()
        before, cycle = self.cycle, Cycle(self, version=version, keep_alive=keep_alive)
        self.cycle = cycle
        if before is None or before.response_complete:
            if self._express is not None and self._express.awaits(cycle):
                self._awaited = self._express
            else:
                self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body; when it was answered before, throw it away."""
        self._overhead_bytes = 0
        if not self.cycle.response_complete:
            self.cycle.body += body
            self.cycle.set()
            if len(self.cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()

    def on_message_complete(self) -> None:
        """End a request; when it was answered before, the connection has become idle just now."""
        self.due = NEVER
        self._in_message = False
        self._overhead_bytes = 0
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.set()
        express, self._awaited = self._awaited, None
        if express is not None and not express.take(self.cycle):
            self._start_asgi_task(self.cycle, self.app)
        if self.cycle.response_complete and not self.transport.is_closing():
            self.due = self.loop.time() + self.timeout_keep_alive

    def on_response_complete(self) -> None:
        """
        End an answer: a request that waits is let in, or the connection is idle.

        What is left of the body is thrown away, for as long as a body may take.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self._in_message:
            self.due = self.loop.time() + self.timeout_keep_alive
        elif not self._in_headers:
            self.due = self.loop.time() + self._limits.body_deadline_s

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused as a problem, and close."""
        del msg
        self._refuse(self._refusal)

    def _await_no_longer(self) -> None:
        """Let the application see a request whose small body does not come."""
        if self._awaited:
            self._awaited = None
            self._start_asgi_task(self.cycle, self.app)

    def _await_headers(self) -> None:
        self._in_headers = True
        self.due = self.loop.time() + self._limits.header_deadline_s

    def _refuse(self, problem: tuple[int, str, str]) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            # An answer is under way; another one in the middle of it would be taken for a part of it.
            self.transport.close()
            return
        request_id = str(uuid.uuid4())
        path = self.url.partition(b"?")[0].decode("latin-1")
        status, body, media_type = problems.written(
            path, problem, _DETAILS[problem], f"urn:uuid:{request_id}"
        )
        headers = {
            **SAFE_HEADERS,
            "X-Request-ID": request_id,
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 {status} \r\n{lines}\r\n".encode() + body)
        self.transport.close()

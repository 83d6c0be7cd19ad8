"""uvicorn's HTTP protocol, bounded: it has no limit on headers and none on the time they take."""

import uuid
from asyncio import Transport
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.http import problems
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


class RefusedError(Exception):
    """Stops the parser; the connection's refusal says why."""


class BoundedProtocol(HttpToolsProtocol):
    """
    A connection that is closed when a request's headers are too many, too large or too slow.

    What comes besides headers and body (chunk extensions, trailers, empty lines) is bounded as headers
    are, and a body that is left after the answer has the time of a body.
    """

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:  # noqa: ANN401  uvicorn's own
        """Take uvicorn's arguments and the limits."""
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._refusal = BAD_REQUEST
        self._in_headers = True
        self._in_message = False
        self._overhead_bytes = 0
        self._deadline: Any = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """Begin the time in which the first request has to come."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clock."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; what neither ends nor brings a body is refused while it grows."""
        self._overhead_bytes += len(data)
        super().data_received(data)
        if self._overhead_bytes > self._limits.max_header_bytes + self._limits.max_target_bytes:
            self._refuse(HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request: its headers have a time of their own, also on a kept connection."""
        super().on_message_begin()
        self._in_message = True
        if not self._in_headers:
            self._await_headers()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        super().on_url(url)
        if len(self.url) > self._limits.max_target_bytes:
            self._refusal = TARGET_TOO_LONG
            raise RefusedError

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those that come after the body have no use here."""
        if self._in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Check the headers as a whole, then let the request in."""
        self._deadline.cancel()
        self._in_headers = False
        self._overhead_bytes = 0
        size = sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > self._limits.max_headers or size > self._limits.max_header_bytes:
            self._refusal = HEADERS_TOO_LARGE
            raise RefusedError
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._overhead_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request; when it was answered before, the connection has become idle just now."""
        self._in_message = False
        self._overhead_bytes = 0
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._deadline.cancel()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        """End an answer; what is left of the body is thrown away, for as long as a body may take."""
        super().on_response_complete()
        if self._in_message and not self._in_headers and self.cycle.response_complete:
            self._deadline = self.loop.call_later(
                self._limits.body_deadline_s, self.timeout_keep_alive_handler
            )

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused as a problem, and close."""
        del msg
        self._refuse(self._refusal)

    def _await_headers(self) -> None:
        self._in_headers = True
        self._deadline = self.loop.call_later(self._limits.header_deadline_s, self._refuse, HEADERS_TOO_SLOW)

    def _refuse(self, problem: tuple[int, str, str]) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            # An answer is under way; another one in the middle of it would be taken for a part of it.
            self.transport.close()
            return
        request_id = str(uuid.uuid4())
        body = orjson.dumps(problems.body(problem, _DETAILS[problem], f"urn:uuid:{request_id}"))
        headers = {
            **SAFE_HEADERS,
            "X-Request-ID": request_id,
            "Content-Type": problems.MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(f"HTTP/1.1 {problem[0]} \r\n{lines}\r\n".encode() + body)
        self.transport.close()

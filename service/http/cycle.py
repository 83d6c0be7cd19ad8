"""One request and its answer on a connection: uvicorn's, with one write for an answer instead of two."""

import asyncio
import functools
import urllib.parse
from collections.abc import Iterable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from service.errors import SlowBodyError
from service.http.trace import CLIENT_GONE

LARGE_BYTES = 65_536
"""Bodies from here on are written by themselves: joining them to the head would copy them."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}


@functools.lru_cache(maxsize=1)
def _lines(*headers: tuple[bytes, bytes]) -> bytes:
    """Write headers as they are sent; those of every answer are the same for a second."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


class Cycle(RequestResponseCycle):
    """
    Holds the head of an answer until its body comes, so that a small answer is one write.

    A write wakes the client: with two of them it is woken for a head without a body.

    Attributes:
        method: As it was sent.
        target: Path and query as they were sent.
        headers: With lower-case names, in their order.
    """

    scope: Any
    access_log = False
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    expected_content_length = 0
    _head: bytes | None = None
    _chunked = False
    _late = False
    _news = False
    _waiter: asyncio.Future[None] | None = None

    def __init__(self, connection: HttpToolsProtocol, *, version: str, keep_alive: bool) -> None:
        """
        Begin with what the connection has just parsed.

        The scope is left for whoever speaks ASGI, so that uvicorn's own beginning is not called.
        """
        self.method = connection.parser.get_method().decode("ascii")
        self.target: bytes = connection.url
        self.headers = connection.headers
        self.transport = connection.transport
        self.flow = connection.flow
        self.logger = connection.logger
        self.default_headers = connection.server_state.default_headers
        self.on_response = connection.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = connection.expect_100_continue
        self.body = bytearray()
        self._version = version
        self._connection = connection

    @property
    def message_event(self) -> Any:  # type: ignore[override]  # noqa: ANN401  uvicorn has one of asyncio's
        """What is set when there is something to receive: this itself."""
        return self

    def set(self) -> None:
        """Wake who waits for a message."""
        self._news = True
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def gone(self) -> bool:
        """Tell whether the client has left."""
        return self.disconnected

    def is_plain(self) -> bool:
        """Tell whether the connection stays, and its client reads, and does not wait to be asked to send."""
        return self.keep_alive and not self.flow.write_paused and not self.waiting_for_100_continue

    def described(self) -> dict[str, Any]:
        """Describe the request as ASGI does (specification 3.0, "HTTP Connection Scope")."""
        connection = self._connection
        target = httptools.parse_url(self.target)
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": self._version,
            "method": self.method,
            "scheme": connection.scheme,
            "path": urllib.parse.unquote(target.path) if b"%" in target.path else target.path.decode("ascii"),
            "raw_path": target.path,
            "query_string": target.query or b"",
            "root_path": "",
            "headers": self.headers,
            "server": connection.server,
            "client": connection.client,
            "state": connection.app_state.copy(),
            "extensions": {CLIENT_GONE: self.gone},
        }

    async def run_asgi(self, app: Any) -> None:  # noqa: ANN401  uvicorn's own type for it is private
        """Let an application answer."""
        self.scope = self.described()
        try:
            await super().run_asgi(app)
        finally:
            # It knows this, and this knew it: only the collector would end that.
            del self.scope

    def answer(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Write a whole answer at once; it is small, and nobody waits until a slow client has read it."""
        if not self.disconnected:
            self.response_started = True
            self._head = self._begin(status, headers)
            self._write(body, more=False)
            self._end()

    def answer_in(self, lines: bytes, body: bytes) -> None:
        """
        Write a whole answer with the status 200, as ``answer`` does.

        Args:
            lines: Its headers as they are sent, each with its line end; the length is among them.
            body: As long as they say.
        """
        if not self.disconnected:
            self.response_started = True
            closing = b"" if self.keep_alive else b"connection: close\r\n"
            begin = STATUS_LINE[200] + _lines(*self.default_headers)
            self.transport.write(b"%b%b%b\r\n%b" % (begin, lines, closing, body))
            self._end()

    def end_waiting(self) -> None:
        """Tell who waits for the body that it did not come in time."""
        self._late = True
        self.set()

    async def receive(self) -> Any:  # noqa: ANN401  ASGI's messages
        """
        Give an ASGI message.

        Raises:
            SlowBodyError: The body did not come in time.
        """
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            if not self._news:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
            self._news = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        if self._late:
            raise SlowBodyError
        body, self.body = self.body, bytearray()
        return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}

    async def send(self, message: Any) -> None:  # noqa: ANN401  ASGI's messages
        """Take an ASGI message."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            self.response_started = True
            self.waiting_for_100_continue = False
            self._head = self._begin(message["status"], message["headers"])
            return
        if self.response_complete:
            message = "an answer was sent after the answer was complete"
            raise RuntimeError(message)
        body, more = message.get("body", b""), message.get("more_body", False)
        self._write(b"" if self.method == "HEAD" else body, more=more)
        if not more:
            self._end()

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Write status line and headers (RFC 9112, section 2.1)."""
        lines = [STATUS_LINE[status]]
        ends = 2
        length = None
        closing = False
        for name, value in (*self.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
            ends += 1
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                closing = value.lower() == b"close"
        if closing:
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(b"connection: close\r\n")
            ends += 1
        if length is None:
            self._chunked = self.method != "HEAD"
            lines.append(b"transfer-encoding: chunked\r\n")
            ends += 1
        elif self.method != "HEAD":
            self.expected_content_length = length
        lines.append(b"\r\n")
        head = b"".join(lines)
        if head.count(b"\n") != ends or head.count(b"\r") != ends:
            message = "a header has a line end in it"
            raise RuntimeError(message)
        return head

    def _write(self, body: bytes, *, more: bool) -> None:
        if self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (self.expected_content_length and not more):
                message = "the body is not as long as its content-length says"
                raise RuntimeError(message)
        head, self._head = self._head, None
        if head is not None and len(body) >= LARGE_BYTES:
            self.transport.write(head)
        elif head is not None:
            body = head + body
        if body:
            self.transport.write(body)

    def _end(self) -> None:
        self.response_complete = True
        self.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

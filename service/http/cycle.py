"""One request and its answer on a connection: uvicorn's, with one write for an answer instead of two."""

from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from service.errors import SlowBodyError

LARGE_BYTES = 65_536
"""Bodies from here on are written by themselves: joining them to the head would copy them."""


class Cycle(RequestResponseCycle):
    """
    Holds the head of an answer until its body comes, so that a small answer is one write.

    A write wakes the client: with two of them it is woken for a head without a body.
    """

    _head: bytes | None = None
    _chunked = False
    _late = False

    def gone(self) -> bool:
        """Tell whether the client has left."""
        return self.disconnected

    def end_waiting(self) -> None:
        """Tell who waits for the body that it did not come in time."""
        self._late = True
        self.message_event.set()

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
            await self.message_event.wait()
            self.message_event.clear()
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
        self._write(b"" if self.scope["method"] == "HEAD" else body, more=more)
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
            self._chunked = self.scope["method"] != "HEAD"
            lines.append(b"transfer-encoding: chunked\r\n")
            ends += 1
        elif self.scope["method"] != "HEAD":
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
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

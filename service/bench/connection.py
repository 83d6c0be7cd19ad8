"""One connection: a request out, its answer in, and of that only what is measured."""

import asyncio
from typing import Any, Protocol

import httptools

CLOSED = "closed before an answer"
CUT_OFF = "cut off within the answer"
RESET = "connection reset"
NO_HTTP = "no HTTP in the answer"


class UnaskedError(Exception):
    """Stops the parser: there are more answers than requests."""


class Owner(Protocol):
    """Whoever sends requests on connections."""

    def answered(self, connection: "Connection") -> None:
        """Take note of an answer that is complete; the next request may be sent at once."""

    def lost(self, connection: "Connection", reason: str | None) -> None:
        """Take note that a connection is gone; the reason tells what became of its request, if it had one."""


class Connection(asyncio.Protocol):
    """
    A connection on which one request at a time is in flight.

    Attributes:
        due: When the request in flight was due, by ``time.perf_counter``.
        status: Of the last answer.
        server_timing: Its ``Server-Timing`` header, or None.
        reusable: Whether another request may be sent.
        busy: Whether a request is in flight.
    """

    def __init__(self, owner: Owner) -> None:
        self.due = 0.0
        self.status = 0
        self.server_timing: bytes | None = None
        self.reusable = True
        self.busy = False
        self._owner = owner
        self._transport: Any = None
        self._parser = httptools.HttpResponseParser(self)
        self._complete = self._begun = self._in_body = self._has_length = False

    def send(self, message: bytes, due: float) -> None:
        """Send a request that was due at this time."""
        self.due = due
        self.server_timing = None
        self.busy = True
        self._begun = self._in_body = self._has_length = False
        self._transport.write(message)

    def abort(self) -> None:
        """Close without waiting for anything."""
        self.reusable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse; tell the owner once an answer is complete."""
        self._begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._give_up(NO_HTTP)
            return
        if self._complete:
            self._complete = False
            self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        """Find out what became of the request in flight."""
        if not self.reusable:
            return
        self.reusable = False
        if not self.busy:
            self._owner.lost(self, None)
        elif exc is not None:
            self._give_up(RESET)
        elif self._in_body and not self._has_length:
            # An answer without a length ends where the connection does (RFC 9112, 6.3).
            self._settle()
        else:
            self._give_up(CUT_OFF if self._begun else CLOSED)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what is measured, and know whether the body has a length."""
        length = len(name)
        if length == 13 and name.lower() == b"server-timing":
            self.server_timing = value
        elif (length == 14 and name.lower() == b"content-length") or (
            length == 17 and name.lower() == b"transfer-encoding"
        ):
            self._has_length = True

    def on_headers_complete(self) -> None:
        """Take the status; what follows is the body."""
        self.status = self._parser.get_status_code()
        self._in_body = True

    def on_message_complete(self) -> None:
        """Mark the answer complete; a provisional one (1xx) is none yet."""
        if self.status < 200:
            self._in_body = self._has_length = False
        elif self._complete or not self.busy:
            raise UnaskedError
        else:
            self.reusable = self._parser.should_keep_alive()
            self._complete = True

    def _settle(self) -> None:
        self.busy = False
        if not self.reusable:
            self._transport.close()
        self._owner.answered(self)

    def _give_up(self, reason: str) -> None:
        self.reusable = False
        self._transport.abort()
        self._owner.lost(self, reason if self.busy else None)

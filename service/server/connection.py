"""A connection: one request after the other, each within its limits and its time, and its answer."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from service.errors import (
    HeadersTooLargeError,
    MalformedError,
    RequestError,
    SlowBodyError,
    SlowHeadError,
    TargetTooLongError,
)
from service.server import heads, response_writer
from service.server.bodies import BodyReader, ChunkedBody, SizedBody
from service.server.deadlines import NEVER, Deadlines
from service.server.heads import HeadParser
from service.server.messages import Application, Exchange, Head, Response
from service.server.turns import Turns
from service.settings import Limits, Settings

APPLICATION = "application"
"""Under this name the state of an application's lifespan (ASGI, "Lifespan State") has what answers here."""

PARTING_S = 1.0
"""How long an idle connection is kept when the service stops: a client may be sending a request on it just
then, and could not tell a request that was lost from one that was done."""

HALF_S = 5.0
"""How long the rest of a request is awaited when the service stops."""

LINGER_S = 2.0
"""How long a connection is read after its last answer, unless the client closes it: to close it at once when
more comes would take from the client the answers that it has not read (RFC 9112, section 9.6)."""


class Connection(asyncio.Protocol):
    """
    A connection that owns all of its state.

    Of uvicorn's server it uses the arguments with which that makes a protocol, membership in its
    ``connections`` and ``tasks``, the count of ``total_requests``; and it has the ``shutdown`` that is called
    when the server stops.

    A request is begun when the one before it is answered and the answer is on its way, so that a client
    which sends many, or reads none, costs no more than the bytes of one read.

    Attributes:
        due: When ``overdue`` is called, unless something happens before.
        address: That it comes from, or empty.
        client: Whose it is, as the application names the client.
    """

    def __init__(  # noqa: PLR0913  most of them are uvicorn's
        self,
        *,
        limits: Limits,
        keep_alive_s: float,
        deadlines: Deadlines,
        turns: Turns,
        parser: HeadParser,
        config: object,
        server_state: Any,  # noqa: ANN401  uvicorn's, of which three names are used
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Take limits, what all connections share, and what uvicorn gives to every protocol."""
        del config, _loop
        self.due = NEVER
        self.address = ""
        self.client = ""
        self._limits = limits
        self._keep_alive_s = keep_alive_s
        self._deadlines = deadlines
        self._turns = turns
        self._parser = parser
        self._server = server_state
        self._application: Application = app_state[APPLICATION]
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        # What has arrived and was not taken yet, and how much of it was searched for the end of a head.
        self._received = b""
        self._searched = 0
        self._blank_bytes = 0
        # The request under way: without an exchange there is none, or its answer is given.
        self._exchange: Exchange | None = None
        self._body: BodyReader | None = None
        self._is_head = False
        self._minor = 1
        self._is_kept = False
        self._expects_continue = False
        self._is_fresh = True
        self._awaits_turn = False
        self._is_stopping = False
        self._is_let_in = False
        self._is_lost = False
        self._is_lingering = False
        # What is still read then: the rest of a body that was refused, but none without an end.
        self._lingering_bytes = 2 * limits.max_body_bytes
        self._has_ended = False
        self._is_reading = True
        self._is_writable = True
        self._unread_bytes = 0

    # What the event loop calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a server's are
        """Begin the time in which the first request has to come."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else ""
        self.client = self._application.client(self.address)
        self._server.connections.add(self)
        self._deadlines.watch(self)
        self._wait(self._limits.header_deadline_s)
        try:
            self._application.connect(self.client)
            self._is_let_in = True
        except RequestError as error:
            self._refuse(error)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, as far as it may be taken now."""
        if self._is_lingering:
            self._lingering_bytes -= len(data)
            if self._lingering_bytes < 0:
                self._transport.abort()
            return
        self._received = self._received + data if self._received else data
        if self._awaits_turn:
            self._read_or_wait()
        else:
            self._awaits_turn = True
            # A new connection need not wait for those that ask all the time: it may be from who watches.
            self._turns.take(self, is_urgent=self._is_fresh)

    def eof_received(self) -> bool:
        """Go on with what has arrived: the client sends no more, and may still read."""
        self._has_ended = True
        if self._is_lingering:
            return False
        self._close_when_idle()
        return not self._transport.is_closing()

    def pause_writing(self) -> None:
        """Begin the time in which the client has to read something."""
        self._is_writable = False
        self._note_unread()
        self._wait(self._limits.write_deadline_s)

    def resume_writing(self) -> None:
        """Go on with the next request."""
        self._is_writable = True
        self._note_unread()
        if self._exchange is None:
            self._wait(LINGER_S if self._is_lingering else self._keep_alive_s)
        self._proceed_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything; a request that was not whole is over."""
        del exc
        self._is_lost = True
        self._server.connections.discard(self)
        self._deadlines.forget(self)
        self._note_unread()
        if self._is_let_in:
            self._application.disconnect(self.client)
        exchange, self._exchange = self._exchange, None
        if exchange is not None and self._body is not None:
            exchange.abandon()

    # What uvicorn calls.

    def shutdown(self) -> None:
        """Close once what is under way is answered; when nothing is, a moment later."""
        self._is_stopping = True
        if self._exchange is None or self._body is not None:
            is_idle = self._exchange is None and not self._received
            self.due = min(self.due, self._loop.time() + (PARTING_S if is_idle else HALF_S))

    # What the clock calls.

    def overdue(self) -> None:
        """Refuse what does not come; close a connection on which nothing moves."""
        self.due = NEVER
        if self._awaits_turn:
            # What is awaited may have arrived.
            self._wait(0)
            return
        unread = self._transport.get_write_buffer_size()
        if self._is_lingering or self._transport.is_closing() or not self._is_writable or unread:
            self._give_up_unless_read(unread)
        elif self._body is not None:
            self._end_body(SlowBodyError())
        elif self._exchange is None:
            if self._received or (self._is_fresh and not self._is_stopping):
                self._refuse(SlowHeadError(), self._received)
            else:
                self._transport.close()

    # What the application calls.

    def write(self, response: Response) -> None:
        """Send the answer to the request under way, and go on with the next."""
        self._exchange = None
        is_whole = self._body is None
        keep_alive = (
            self._is_kept
            and not response.closes
            and not self._is_stopping
            # Whether such a client still sends its body, nobody knows.
            and (is_whole or not self._expects_continue)
        )
        pieces = response_writer.written(
            response, is_head=self._is_head, minor=self._minor, keep_alive=keep_alive
        )
        self._server.total_requests += 1
        self._is_fresh = False
        self._wait(self._keep_alive_s if is_whole else self._limits.body_deadline_s)
        for piece in pieces:
            self._transport.write(piece)
        if not keep_alive:
            self._end()
        elif self._received or self._has_ended:
            self._proceed_soon()

    def abort(self) -> None:
        """Give up the connection."""
        self._exchange = None
        self._transport.abort()

    def is_disconnected(self) -> bool:
        """Tell whether the client has left, or was given up."""
        return self._is_lost or self._transport.is_closing()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin work that the server waits for when it stops."""
        self._turns.end(self.client)
        task = self._loop.create_task(work)
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    # What gives turns calls; and the way of a request.

    def proceed(self) -> None:
        """
        Take one request or one piece of a body of what has arrived, unless it has to wait.

        What is left is taken in the client's next turn.
        """
        self._awaits_turn = False
        if self._transport.is_closing():
            return
        if self._received and self._is_writable and not self._is_lingering:
            if self._body is not None:
                has_moved = self._take_body(self._body)
            else:
                has_moved = self._exchange is None and self._take_head()
            if has_moved and self._received:
                self._proceed_soon()
        self._read_or_wait()
        if self._has_ended:
            self._close_when_idle()

    def _proceed_soon(self) -> None:
        if not self._awaits_turn:
            self._awaits_turn = True
            self._turns.queue(self)

    def _take_head(self) -> bool:
        """Begin a request when its head has arrived; tell whether anything was done."""
        data = self._received
        if data[0] in b"\r\n":
            before = len(data)
            # Empty lines before a request are ignored (RFC 9112, section 2.2).
            data = self._received = data.lstrip(b"\r\n")
            self._searched = 0
            self._blank_bytes += before - len(data)
            if self._blank_bytes > self._limits.max_header_bytes:
                self._refuse(HeadersTooLargeError())
                return True
            if not data:
                return False
        end = data.find(b"\r\n\r\n", self._searched)
        if end < 0:
            return self._await_rest_of_head(data)
        self._received = data[end + 4 :]
        self._searched = self._blank_bytes = 0
        try:
            head = self._parser.parse(data[: end + 4])
        except RequestError as error:
            self._refuse(error, data[:end])
        else:
            self._begin(head)
        return True

    def _begin(self, head: Head) -> None:
        self.due = NEVER
        self._is_head = head.method == "HEAD"
        self._minor = head.minor
        self._is_kept = head.keep_alive
        self._expects_continue = head.expects_continue
        length = head.length
        if length and length <= len(self._received):
            self._take_whole(head, length)
            return
        if length is None:
            self._body = ChunkedBody(self._limits.max_header_bytes)
        elif length:
            self._body = SizedBody(length)
        exchange = self._application.open(head, self)
        if self._body is None:
            if exchange.awaits_body:
                self._exchange = exchange
                exchange.complete()
            return
        if exchange.awaits_body:
            self._exchange = exchange
            if head.expects_continue and not self._received:
                self._transport.write(response_writer.CONTINUE)
        self._wait(self._limits.body_deadline_s)

    def _take_whole(self, head: Head, length: int) -> None:
        """Take a request with its body at once: most are small, and arrive so."""
        data, self._received = self._received[:length], self._received[length:]
        exchange = self._application.open(head, self)
        if exchange.awaits_body:
            self._exchange = exchange
            exchange.receive(data)
        if exchange.awaits_body:
            exchange.complete()

    def _take_body(self, body: BodyReader) -> bool:
        """Take a piece of the body, or throw it away when it is answered; tell whether there was one."""
        before = len(self._received)
        try:
            data, self._received, ended = body.take(self._received)
        except RequestError as error:
            self._body = None
            self._end_body(error)
            return True
        exchange = self._exchange
        if ended:
            self._body = None
            self.due = NEVER
        if exchange is None:
            if ended:
                self._wait(self._keep_alive_s)
        else:
            if data:
                exchange.receive(data)
            if ended and exchange.awaits_body:
                exchange.complete()
        return ended or len(self._received) < before

    def _await_rest_of_head(self, data: bytes) -> bool:
        """Wait for the end of a head, unless there is no sense in it."""
        if not self._searched and not self._is_fresh:
            self._wait(self._limits.header_deadline_s)
        most = self._limits.max_target_bytes + heads.LINE_BYTES
        error: RequestError | None = None
        if not heads.may_begin(data) or heads.has_bare_line_end(data, self._searched):
            error = MalformedError()
        elif len(data) > most and b"\n" not in data[:most]:
            error = TargetTooLongError()
        elif len(data) > most + self._limits.max_header_bytes:
            error = HeadersTooLargeError()
        if error is not None:
            self._received = b""
            self._refuse(error, data)
            return True
        self._searched = max(0, len(data) - 3)
        return False

    def _refuse(self, error: RequestError, data: bytes = b"") -> None:
        """Answer what is no request, and close: where the next one begins, nobody knows."""
        self._is_head = data.startswith(b"HEAD ")
        self._minor = 1
        self._is_kept = False
        self._application.refuse(error, heads.target_of(data), self)

    def _end_body(self, error: RequestError) -> None:
        """Stop taking a body of which the rest cannot be had; when it was answered before, just close."""
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            self._end()
        else:
            # Where the next request begins, nobody knows.
            self._is_kept = False
            exchange.fail(error)

    # Reading, writing, closing.

    def _wait(self, seconds: float) -> None:
        self.due = self._loop.time() + seconds

    def _read_or_wait(self) -> None:
        """Stop reading while what has arrived cannot be taken."""
        if self._is_reading and not self._received:
            return
        should_read = not self._received or (
            self._is_writable and not self._awaits_turn and (self._body is not None or self._exchange is None)
        )
        if should_read != self._is_reading and not self._has_ended and not self._transport.is_closing():
            self._is_reading = should_read
            if should_read:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _end(self) -> None:
        """Close after what was written; read on for a while unless nothing more can come."""
        self._received = b""
        self._body = None
        if not self._has_ended and self._is_let_in:
            self._is_lingering = True
            self._wait(LINGER_S if self._is_writable else self._limits.write_deadline_s)
            try:
                self._transport.write_eof()
            except OSError:
                # asyncio's raises it when the client has reset the connection.
                self._transport.abort()
            self._read_or_wait()
        else:
            self._transport.close()
            self._wait(self._limits.write_deadline_s)

    def _close_when_idle(self) -> None:
        """Close when the client sends no more and all it sent is answered, or is no whole request."""
        if self._awaits_turn or (self._received and not self._is_writable):
            return
        if self._body is not None and self._exchange is not None:
            exchange, self._exchange = self._exchange, None
            exchange.abandon()
        if self._exchange is None and not self._transport.is_closing():
            self._end()

    def _give_up_unless_read(self, unread: int) -> None:
        """Wait on for a client that reads; give up one that does not."""
        if unread and unread != self._unread_bytes:
            self._note_unread()
            self._wait(self._limits.write_deadline_s)
        else:
            self._transport.abort()

    def _note_unread(self) -> None:
        """Tell the application how much of its answers the client has not read."""
        unread = 0 if self._is_lost else self._transport.get_write_buffer_size()
        if unread != self._unread_bytes:
            self._application.hold(self.client, unread - self._unread_bytes)
            self._unread_bytes = unread


def factory(settings: Settings) -> Callable[..., Connection]:
    """Return what makes connections with these limits, and with all that those of a process share."""
    return functools.partial(
        Connection,
        limits=settings,
        keep_alive_s=settings.keep_alive_s,
        deadlines=Deadlines(),
        turns=Turns(),
        parser=HeadParser(settings),
    )

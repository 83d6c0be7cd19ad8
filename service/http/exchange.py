"""One request under way, from its head to its closed account, whatever fails between."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from service.codecs.compression import Unpacker
from service.engine.batcher import Answer
from service.errors import ShareError, StoppingError, SyntaxRefusedError, TooLargeError
from service.http import problems
from service.http.context import RequestContext
from service.http.endpoints import Call, Pending, Route
from service.server.messages import Head, Response, ResponseWriter

if TYPE_CHECKING:
    from service.http.dispatcher import Dispatcher

CLIENT_GONE = 499
"""Status of a request whose client left before the answer; as nginx logs it, never sent."""

UNREAD_BYTES = 65_536
"""Answers up to this size go out whether or not the client has read those before."""


class Exchange:
    """
    One request under way, from its head to its closed account.

    Attributes:
        head: The request's head.
        context: What is known of it.
        awaits_body: It is neither answered nor whole.
    """

    awaits_body = True
    _route: Route | None = None
    _path_params: Mapping[str, str]
    _size = 0
    _arrived = 0
    _most_bytes = 0
    _unpacker: Unpacker | None = None
    _has_entered = False
    _status = 0
    _is_closed = False

    def __init__(self, dispatcher: "Dispatcher", head: Head, writer: ResponseWriter) -> None:
        """Begin the account of a request."""
        self.head = head
        self.context = RequestContext.of(head.fields, writer.is_disconnected)
        self._dispatcher = dispatcher
        self._writer = writer
        self._body: list[bytes] = []

    def begin(self) -> None:
        """See by the head where the request goes, and that its body may come."""
        dispatcher, head, context = self._dispatcher, self.head, self.context
        try:
            dispatcher.identify(context, self._writer.address, self._writer.client)
            if head.method == "OPTIONS" and (response := dispatcher.preflight(head)):
                self.finish(response)
                return
            self._route, self._path_params = dispatcher.find(head, context)
            if self._route.takes_body and head.length != 0:
                self._most_bytes = dispatcher.most_bytes(head)
                self._unpacker = dispatcher.unpacker(head, self._route)
        except Exception as error:  # noqa: BLE001  whatever it is, it has an answer
            self.fail(error)

    def receive(self, data: bytes) -> None:
        """Take a piece of the body, if the route has use for one."""
        if self._route is None or not self._route.takes_body:
            return
        try:
            self._arrived += len(data)
            if self._unpacker is not None:
                # In place: what is allowed at most is unpacked in two milliseconds.
                data = self._unpacker.take(data, self._most_bytes - self._size + 1)
            size = len(data)
            if max(self._size + size, self._arrived) > self._most_bytes:
                self.fail(too_large(self._most_bytes), closes=True)
                return
            if size:
                self._dispatcher.admission.take(self.context.client, size)
                self._size += size
                self._body.append(data)
        except Exception as error:  # noqa: BLE001  whatever it is, it has an answer
            self.fail(error, closes=True)

    def complete(self) -> None:
        """Answer the request, which is whole: now, or when what it needs is computed."""
        self.awaits_body = False
        route = self._route
        assert route is not None  # noqa: S101  without one it was refused
        try:
            if route.access != "probe":
                self._dispatcher.admission.enter(self.context.client)
                self._has_entered = True
            if self._unpacker is not None:
                self._unpacker.end()
            if route.needs_body and not self._size:
                self.fail(SyntaxRefusedError("the body is empty"))
                return
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            result = route.handler(Call(self.context, self.head, self._path_params, body))
            if isinstance(result, Pending):
                on_result = partial(self._on_result, result.write)
                result.batcher.enqueue(result.rows, on_result, origin=self.context)
            elif isinstance(result, Response):
                self.finish(result)
            else:
                self._writer.spawn(self._await(result))
        except Exception as error:  # noqa: BLE001  whatever it is, it has an answer
            self.fail(error)

    def fail(self, error: Exception, *, closes: bool = False) -> None:
        """Answer what went wrong."""
        try:
            response = self._dispatcher.answer_to(error, self)
            if response is not None and closes:
                response.closes = True
            self.send(response)
        except Exception as mistake:  # noqa: BLE001  an error that cannot be written is one more
            self._dispatcher.report("an error could not be written", mistake, self.context)
            self._send_mistake()
        self.close()

    def abandon(self) -> None:
        """Close the account of a client that left before its request was whole."""
        self.finish(None)

    def finish(self, response: Response | None) -> None:
        """Send the answer, unless there is nobody to read it, and close the account."""
        self.send(response)
        self.close()

    def send(self, response: Response | None) -> None:
        """Send the answer, once."""
        if self._status:
            return
        self.awaits_body = False
        if response is None or self._writer.is_disconnected():
            self._status = CLIENT_GONE
            return
        try:
            if response.size > UNREAD_BYTES:
                response = self._readable(response)
            self._dispatcher.complete(response, self)
            self._writer.write(response)
            self._status = response.status
        except Exception as error:  # noqa: BLE001  one that cannot be sent ends no other
            self._dispatcher.report("an answer could not be sent", error, self.context)
            self._send_mistake()

    def close(self) -> None:
        """Make room for others, and close the account, once."""
        if self._is_closed:
            return
        self._is_closed = True
        self._body.clear()
        self._dispatcher.close(
            self.context,
            self.head.method,
            self._status,
            requests=int(self._has_entered),
            size=self._size,
        )

    def _send_mistake(self) -> None:
        """Send that a mistake was made, if that can be sent."""
        if self._status:
            return
        self.awaits_body = False
        self._status = 500
        try:
            root_path = self._dispatcher.root_path
            response = problems.of_a_mistake(self.head.path, self.context.instance, root_path=root_path)
            self._dispatcher.complete(response, self)
            self._writer.write(response)
        except Exception:  # noqa: BLE001  it was reported why
            self._writer.abort()

    def _readable(self, response: Response) -> Response:
        """Give the answer, or a refusal to a client that leaves too much of its answers unread."""
        if self._dispatcher.admission.may_hold(self._writer.client, response.size):
            return response
        error = ShareError()
        self.context.log_fields["refused"] = problems.refused_for(error)
        root_path = self._dispatcher.root_path
        return problems.response(error, self.head.path, self.context.instance, root_path=root_path)

    def _on_result(
        self, write: Callable[[Answer], Response | Awaitable[Response]], answer: Answer | Exception
    ) -> None:
        """Take what came out of the queue of a network."""
        try:
            if isinstance(answer, Exception):
                raise answer  # noqa: TRY301  as a handler would
            response = write(answer)
        except Exception as error:  # noqa: BLE001  whatever it is, it has an answer
            self.fail(error)
        else:
            if isinstance(response, Response):
                self._dispatcher.finish_together(self, response)
            else:
                self._writer.spawn(self._await(response))

    async def _await(self, result: Awaitable[Response]) -> None:
        """Wait for an answer that is computed on other threads."""
        try:
            self.finish(await result)
        except asyncio.CancelledError:
            self.fail(StoppingError())
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it has an answer
            self.fail(error)


def too_large(most_bytes: int) -> TooLargeError:
    """Make the refusal of a body over its limit."""
    return TooLargeError(f"the body is larger than {most_bytes} bytes")

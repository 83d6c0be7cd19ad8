"""One request of a call, from its metadata to its closed account, whatever fails between."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

from google.protobuf.message import DecodeError, Message
from grpc import StatusCode
from grpc.aio import ServicerContext

from service.engine.origin import IsDisconnected, never_disconnected
from service.errors import AbandonedError, RequestError, ShareError, SyntaxRefusedError
from service.grpc import statuses
from service.http import problems
from service.http.context import RequestContext, fields_of
from service.http.dispatcher import Dispatcher
from service.http.endpoints import STRICTEST, Access
from service.http.exchange import CLIENT_GONE, UNREAD_BYTES

RPC: TypeAlias = "ServicerContext[Any, Any]"
"""A call as gRPC knows it."""

Sent = TypeVar("Sent", bound=Message)
"""The message of a request."""

_METHOD = "POST"
"""Of every call: gRPC is HTTP/2 with this method, and its paths are the names of methods."""


class Request(NamedTuple):
    """
    A request that is whole and let in.

    Attributes:
        context: Its id, its clock and its log fields.
        message: Its bytes.
    """

    context: RequestContext
    message: bytes


@dataclass(frozen=True)
class Method:
    """
    A method of the protocol.

    Attributes:
        path: Its name, with the service's.
        answer: Answers a request.
        access: Who may call it.
    """

    path: str
    answer: Callable[[Request], Awaitable[Message]]
    access: Access = STRICTEST


class Outcome(NamedTuple):
    """
    What came of a request.

    Attributes:
        answer: The bytes of the message; None when something was wrong.
        code: The status code.
        detail: What was wrong.
        metadata: What follows the answer.
    """

    answer: bytes | None
    code: StatusCode
    detail: str
    metadata: statuses.Metadata


class Call:
    """One request of a call, and its account."""

    _status = CLIENT_GONE
    _has_left = False
    _has_entered = False
    _size = 0
    _held = 0

    def __init__(
        self,
        dispatcher: Dispatcher,
        method: Method,
        rpc: RPC,
        *,
        write: Callable[[Message], bytes] = lambda answer: answer.SerializeToString(),
    ) -> None:
        """
        Begin the account of a request.

        Args:
            dispatcher: Lets it in, and closes its account.
            method: Answers it.
            rpc: Of which it is a request.
            write: Gives the bytes of an answer.
        """
        self.context = context_of(rpc, lambda: self._has_left)
        self.context.route = method.path
        self.context.is_probe = method.access == "probe"
        self._dispatcher = dispatcher
        self._method = method
        self._address = address_of(rpc)
        self._write = write

    def release(self) -> None:
        """Note that nothing of the answer waits for its client any more."""
        if self._held:
            self._dispatcher.hold(self.context.client, -self._held)
            self._held = 0

    async def run(self, receive: Callable[[], Awaitable[bytes]]) -> Outcome:
        """
        Let the request in, receive and answer it, and close its account.

        Raises:
            CancelledError: The client has left, or its deadline is over.
        """
        try:
            return await self._answer(receive)
        except asyncio.CancelledError:
            self._has_left = True
            raise
        except AbandonedError:
            return Outcome(None, StatusCode.CANCELLED, "the client has left", ())
        except RequestError as error:
            return self._refuse(error)
        except Exception as error:  # noqa: BLE001  whatever it is, it has an answer
            self._dispatcher.report("unexpected error", error, self.context)
            self._status = 500
            return self._ended(None, StatusCode.INTERNAL, problems.OF_A_MISTAKE)
        finally:
            requests = int(self._has_entered)
            self._dispatcher.close(self.context, _METHOD, self._status, requests=requests, size=self._size)

    async def _answer(self, receive: Callable[[], Awaitable[bytes]]) -> Outcome:
        dispatcher, context = self._dispatcher, self.context
        dispatcher.identify(context, self._address, dispatcher.client(self._address))
        if self._method.access == "key":
            dispatcher.check_key(context)
        if not context.is_probe:
            dispatcher.admission.enter(context.client)
            self._has_entered = True
        message = await receive()
        if message and self._has_entered:
            dispatcher.admission.take(context.client, len(message))
            self._size = len(message)
        answer = self._write(await self._method.answer(Request(context, message)))
        if len(answer) > UNREAD_BYTES:
            if not dispatcher.admission.may_hold(context.client, len(answer)):
                raise ShareError
            self._held = len(answer)
            dispatcher.hold(context.client, self._held)
        self._status = 200
        return self._ended(answer, StatusCode.OK, "")

    def _refuse(self, error: RequestError) -> Outcome:
        if reason := problems.refused_for(error):
            self.context.log_fields["refused"] = reason
        self._status = problems.status(error)
        code, detail = statuses.code(error), problems.in_one_text(error)
        return self._ended(None, code, detail, statuses.details(error))

    def _ended(
        self, answer: bytes | None, code: StatusCode, detail: str, metadata: statuses.Metadata = ()
    ) -> Outcome:
        self.context.log_fields["grpc_status"] = code.name
        return Outcome(answer, code, detail, (("x-request-id", self.context.request_id), *metadata))


def context_of(rpc: RPC, is_disconnected: IsDisconnected = never_disconnected) -> RequestContext:
    """Begin with the metadata of a call, as with the headers of a request."""
    metadata = (
        (name.encode(), value.encode() if isinstance(value, str) else value)
        for name, value in rpc.invocation_metadata() or ()
    )
    return RequestContext.of(fields_of(metadata), is_disconnected)


def address_of(rpc: RPC) -> str:
    """Take the address out of ``ipv4:127.0.0.1:50000`` or ``ipv6:%5B::1%5D:50000``."""
    _, _, rest = rpc.peer().partition(":")
    host, _, _ = rest.rpartition(":")
    return host.removeprefix("%5B").removesuffix("%5D").strip("[]")


def parsed(message: bytes, kind: type[Sent]) -> Sent:
    """
    Parse a message.

    Raises:
        SyntaxRefusedError: It is none of that kind.
    """
    try:
        return kind.FromString(message)
    except DecodeError:
        detail = f"the bytes are no {kind.DESCRIPTOR.full_name}"
        raise SyntaxRefusedError(detail) from None

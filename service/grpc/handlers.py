"""How calls are read and answered: one request, one after another, and those of health and reflection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import grpc
from google.protobuf.message import Message
from grpc_health.v1.health import aio as health
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_reflection.v1alpha import reflection
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

from service.errors import RequestError, SlowBodyError, SyntaxRefusedError
from service.grpc.calls import RPC, Call, Method, Outcome, address_of, context_of, parsed
from service.grpc.inference_pb2 import ModelInferResponse, ModelStreamInferResponse
from service.grpc.methods import SERVICE
from service.grpc.statuses import code, details
from service.http.dispatcher import Dispatcher
from service.http.problems import in_one_text
from service.settings import Settings

CANCELLED_S = 0.01
"""After how long a call without a message is known not to have been cancelled."""

GOODBYE_S = 0.2
"""Time for those who watch the health to hear of the end."""

INFER = "ModelInfer"
STREAM = "ModelStreamInfer"

_Handlers = dict[str, "grpc.RpcMethodHandler[Any, Any]"]


class Activity:
    """
    What is under way, and whether it is to end.

    Attributes:
        idle: Nothing is under way.
        stopping: Done when calls that wait for nothing but more requests are to end.
    """

    def __init__(self) -> None:
        """Begin idle."""
        self._number = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.stopping: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """Note that something began."""
        self._number += 1
        self.idle.clear()

    def end(self) -> None:
        """Note that something ended."""
        self._number -= 1
        if not self._number:
            self.idle.set()


class Handlers:
    """
    Makes the handlers of each service.

    Also a method of one request is told to gRPC as one of a stream: so a request is let in before it is read,
    and has a time to arrive.
    """

    def __init__(self, dispatcher: Dispatcher, settings: Settings, activity: Activity) -> None:
        """
        Take what every call meets.

        Args:
            dispatcher: Knows who may ask, lets requests in, and closes their accounts.
            settings: Deadlines.
            activity: Learns what is under way.
        """
        self._dispatcher = dispatcher
        self._deadline_s = settings.body_deadline_s
        self._activity = activity

    def of_methods(self, methods: Mapping[str, Method]) -> _Handlers:
        """Make those of the Open Inference Protocol."""
        stream = replace(methods[INFER], path=f"/{SERVICE}/{STREAM}")
        return {
            STREAM: grpc.stream_stream_rpc_method_handler(self._answering_each(stream)),
            **{
                name: grpc.stream_unary_rpc_method_handler(self._answering_one(method))
                for name, method in methods.items()
            },
        }

    def of_health(self, servicer: health.HealthServicer) -> _Handlers:
        """Make those of ``grpc.health.v1.Health``, which probes and clients ask."""

        async def check(_: object, rpc: RPC) -> HealthCheckResponse:
            async with self._told(rpc):
                request = parsed(await self._received(rpc), HealthCheckRequest)
            return await servicer.Check(request, rpc)

        async def watch(_: object, rpc: RPC) -> None:
            async with self._told(rpc), self._connected(rpc):
                request = parsed(await self._received(rpc), HealthCheckRequest)
                watching = asyncio.ensure_future(servicer.Watch(request, rpc))
                try:
                    await asyncio.wait(
                        (watching, self._activity.stopping), return_when=asyncio.FIRST_COMPLETED
                    )
                    await asyncio.wait((watching,), timeout=GOODBYE_S)
                finally:
                    watching.cancel()

        write = HealthCheckResponse.SerializeToString
        return {
            "Check": grpc.stream_unary_rpc_method_handler(check, response_serializer=write),
            "Watch": grpc.stream_stream_rpc_method_handler(watch, response_serializer=write),
        }

    def of_reflection(self, servicer: reflection.aio.ReflectionServicer) -> _Handlers:
        """Make those of ``grpc.reflection.v1alpha.ServerReflection``, which tools ask what there is."""

        async def requests(rpc: RPC) -> AsyncIterator[ServerReflectionRequest]:
            while (message := await self._next(rpc)) is not None:
                yield parsed(message, ServerReflectionRequest)

        async def answer(_: object, rpc: RPC) -> None:
            async with self._told(rpc), self._connected(rpc):
                responses: Any = servicer.ServerReflectionInfo(requests(rpc), rpc)
                async for response in responses:
                    await rpc.write(response)

        write = ServerReflectionResponse.SerializeToString
        return {
            "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(answer, response_serializer=write)
        }

    def _answering_one(self, method: Method) -> Callable[[object, RPC], Awaitable[bytes]]:
        async def answer(_: object, rpc: RPC) -> bytes:
            call = Call(self._dispatcher, method, rpc)
            self._activity.begin()

            def end(_: object) -> None:
                call.release()
                self._activity.end()

            # When the answer is sent, or nobody wants it any more.
            rpc.add_done_callback(end)  # type: ignore[arg-type]  # its stub names another signature
            outcome = await call.run(lambda: self._received(rpc))
            if outcome.answer is None:
                await _abort(rpc, outcome)
            rpc.set_trailing_metadata(outcome.metadata)
            return outcome.answer

        return answer

    def _answering_each(self, method: Method) -> Callable[[object, RPC], Awaitable[None]]:
        async def answer_next(message: bytes, rpc: RPC) -> None:
            async def given() -> bytes:
                return message

            call = Call(self._dispatcher, method, rpc, write=_in_a_stream)
            self._activity.begin()
            try:
                outcome = await call.run(given)
                refusal = ModelStreamInferResponse(error_message=outcome.detail)
                await rpc.write(outcome.answer or refusal.SerializeToString())
            finally:
                call.release()
                self._activity.end()

        async def answer(_: object, rpc: RPC) -> None:
            async with self._told(rpc), self._connected(rpc):
                self._dispatcher.check_key(context_of(rpc))
                while (message := await self._next(rpc)) is not None:
                    await answer_next(message, rpc)

        return answer

    async def _received(self, rpc: RPC) -> bytes:
        """
        Read the one message of a call.

        Raises:
            SlowBodyError: It does not arrive in time.
            SyntaxRefusedError: There is none.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                message = await _read(rpc)
        except TimeoutError:
            raise SlowBodyError from None
        if message is None:
            # One that was cancelled meanwhile looks the same at first.
            await asyncio.sleep(CANCELLED_S)
            detail = "the call has no message"
            raise SyntaxRefusedError(detail)
        return message

    async def _next(self, rpc: RPC) -> bytes | None:
        """
        Read the next message of a stream; None when there are no more, or the server stops.

        Raises:
            SlowBodyError: It does not arrive in time.
        """
        reading = asyncio.ensure_future(_read(rpc))
        # It may fail when the call has ended, and nobody asks any more.
        reading.add_done_callback(lambda read: read.cancelled() or read.exception())
        await asyncio.wait(
            (reading, self._activity.stopping),
            timeout=self._deadline_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if reading.done():
            return reading.result()
        if self._activity.stopping.done():
            return None
        raise SlowBodyError

    @contextlib.asynccontextmanager
    async def _told(self, rpc: RPC) -> AsyncIterator[None]:
        """Tell a client what was wrong with a call that is in no account."""
        try:
            yield
        except RequestError as error:
            await _abort(rpc, Outcome(None, code(error), in_one_text(error), details(error)))
        except grpc.aio.InternalError:
            # The client went while something was written to it.
            return

    @contextlib.asynccontextmanager
    async def _connected(self, rpc: RPC) -> AsyncIterator[None]:
        """
        Count a call that stays open as a connection, of all and of its client.

        Raises:
            FullError: There is no room.
            ShareError: There is none for this client.
        """
        client = self._dispatcher.client(address_of(rpc))
        self._dispatcher.connect(client)
        try:
            yield
        finally:
            self._dispatcher.disconnect(client)


async def _abort(rpc: RPC, outcome: Outcome) -> NoReturn:
    await rpc.abort(outcome.code, outcome.detail, outcome.metadata)


async def _read(rpc: RPC) -> bytes | None:
    """Read a message; None when there are no more."""
    message: object = await rpc.read()
    return message if isinstance(message, bytes) else None


def _in_a_stream(answer: Message) -> bytes:
    """Write an answer as streams have it."""
    assert isinstance(answer, ModelInferResponse)  # noqa: S101  streams ask for nothing else
    return ModelStreamInferResponse(infer_response=answer).SerializeToString()

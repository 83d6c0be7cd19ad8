"""The server of gRPC, on the event loop of the service."""

import asyncio
import contextlib
import functools
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_health.v1.health import aio as health
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_reflection.v1alpha import reflection

from service import logs
from service.errors import SlowBodyError, SyntaxRefusedError
from service.grpc.calls import RPC, Call, Method, Outcome
from service.grpc.inference_pb2 import ModelInferResponse, ModelStreamInferResponse
from service.grpc.methods import SERVICE, Methods
from service.grpc.setup import Parts
from service.settings import Settings

KEEPALIVE_MS = 60_000
"""How often a client with open calls is asked whether it is still there."""

CANCELLED_S = 0.01
"""After how long a call without a message is known not to have been cancelled."""

SPARE_STREAMS = 64
"""Calls of a connection beyond those in flight: probes, and those that are told that it is full."""

INFER = "ModelInfer"
STREAM = "ModelStreamInfer"


class Server:
    """Takes calls from ``start`` to ``stop``."""

    _server: grpc.aio.Server
    _health: health.HealthServicer

    def __init__(self, parts: Parts) -> None:
        """Take what answers."""
        self._settings = parts.settings
        self._dispatcher = parts.dispatcher
        self._readiness = parts.readiness
        self._methods = Methods(parts).table()
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, and tell from now on whether requests may be sent here."""
        host, port = self._settings.host, self._settings.grpc_port
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._server = grpc.aio.server(options=_options(self._settings))
        handlers = grpc.method_handlers_generic_handler(SERVICE, self._handlers())
        self._server.add_generic_rpc_handlers((handlers,))
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((SERVICE, HEALTH, reflection.SERVICE_NAME), self._server)
        self._server.add_insecure_port(address)
        self._readiness.watch(self._tell)
        self._tell()
        await self._server.start()
        logs.get("server").info("running on grpc://%s", address)

    async def stop(self) -> None:
        """Take no more calls, and finish the requests under way, for a while."""
        stopping = asyncio.create_task(self._server.stop(self._settings.shutdown_s))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.shutdown_s):
                await self._idle.wait()
        # Calls that wait for nothing but news, as those that watch the health do, would keep it waiting.
        await self._server.stop(None)
        await stopping

    def _tell(self) -> None:
        """Tell those who ask for the health what the readiness is."""
        status = HealthCheckResponse.SERVING if self._readiness.ready else HealthCheckResponse.NOT_SERVING
        for name in ("", SERVICE):
            task = asyncio.get_running_loop().create_task(self._health.set(name, status))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _handlers(self) -> "dict[str, grpc.RpcMethodHandler[bytes, bytes]]":
        """
        Make the handler of each method.

        One that takes one request is told to gRPC as one that takes a stream: it is let in before it is read.
        """
        infer = replace(self._methods[INFER], path=f"/{SERVICE}/{STREAM}")
        return {
            STREAM: grpc.stream_stream_rpc_method_handler(self._answering_each(infer)),
            **{
                name: grpc.stream_unary_rpc_method_handler(self._answering_one(method))
                for name, method in self._methods.items()
            },
        }

    def _answering_one(self, method: Method) -> Callable[[object, RPC], Awaitable[bytes]]:
        async def receive(rpc: RPC) -> bytes:
            seconds = self._settings.body_deadline_s
            try:
                async with asyncio.timeout(seconds):
                    message = await _read(rpc)
            except TimeoutError:
                raise SlowBodyError from None
            if message is None:
                # One that was cancelled meanwhile looks the same at first.
                await asyncio.sleep(CANCELLED_S)
                detail = "the call has no message"
                raise SyntaxRefusedError(detail)
            return message

        async def answer(_: object, rpc: RPC) -> bytes:
            outcome = await self._run(method, rpc, lambda: receive(rpc))
            if outcome.answer is None:
                await rpc.abort(outcome.code, outcome.detail, outcome.metadata)
            rpc.set_trailing_metadata(outcome.metadata)
            return outcome.answer.SerializeToString()

        return answer

    def _answering_each(self, method: Method) -> Callable[[object, RPC], Awaitable[None]]:
        async def answer(_: object, rpc: RPC) -> None:
            while (message := await _read(rpc)) is not None:
                outcome = await self._run(method, rpc, functools.partial(_given, message))
                response = ModelStreamInferResponse(error_message=outcome.detail)
                if isinstance(outcome.answer, ModelInferResponse):
                    response.infer_response.MergeFrom(outcome.answer)
                await rpc.write(response.SerializeToString())

        return answer

    async def _run(self, method: Method, rpc: RPC, receive: Callable[[], Awaitable[bytes]]) -> Outcome:
        """Answer a request; the server does not stop before."""
        self._requests += 1
        self._idle.clear()
        try:
            return await Call(self._dispatcher, method, rpc).run(receive)
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()


async def _read(rpc: RPC) -> bytes | None:
    """Read a message; None when there are no more."""
    message: object = await rpc.read()
    return message if isinstance(message, bytes) else None


async def _given(message: bytes) -> bytes:
    return message


def _options(settings: Settings) -> list[tuple[str, int]]:
    """Give the limits as gRPC has them."""
    return [
        ("grpc.so_reuseport", int(settings.workers > 1)),
        ("grpc.max_receive_message_length", settings.max_body_bytes),
        ("grpc.max_metadata_size", settings.max_header_bytes),
        ("grpc.max_concurrent_streams", settings.max_in_flight + SPARE_STREAMS),
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.server_handshake_timeout_ms", _ms(settings.header_deadline_s)),
        ("grpc.max_connection_idle_ms", _ms(settings.keep_alive_s)),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ]


def _ms(seconds: float) -> int:
    return math.ceil(seconds * 1e3)

"""The server of gRPC, on the event loop of the service."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

import grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_health.v1.health import aio as health
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_reflection.v1alpha import reflection

from service import logs
from service.grpc.handlers import GOODBYE_S, Activity, Handlers
from service.grpc.methods import SERVICE, Methods
from service.grpc.setup import Parts
from service.grpc.termination import at_termination
from service.settings import Settings

KEEPALIVE_MS = 60_000
"""How often a client with open calls is asked whether it is still there."""

STREAMS = 128
"""Calls of one connection at a time; a client waits with more. What has arrived of a message is in no account
until it is whole, so there may be no more of them than that."""

AHEAD = 0.1
"""Part of the time to stop that is kept for gRPC's own end of it."""


class Server:
    """Takes calls while it is ``running``."""

    _server: grpc.aio.Server
    _health: health.HealthServicer
    _activity: Activity
    _stopping: asyncio.Task[None] | None = None

    def __init__(self, parts: Parts) -> None:
        """Take what answers."""
        self._settings = parts.settings
        self._dispatcher = parts.dispatcher
        self._readiness = parts.readiness
        self._methods = Methods(parts).table()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen, and tell whether requests may be sent here; at the end finish those that are under way."""
        await self._start()
        with at_termination(self._begin_to_stop):
            yield
        self._begin_to_stop()
        if self._stopping:
            await self._stopping

    async def _start(self) -> None:
        host, port = self._settings.host, self._settings.grpc_port
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._stopping = None
        self._activity = Activity()
        self._health = health.HealthServicer()
        handlers = Handlers(self._dispatcher, self._settings, self._activity)
        services = (SERVICE, HEALTH, reflection.SERVICE_NAME)
        by_service = (
            handlers.of_methods(self._methods),
            handlers.of_health(self._health),
            handlers.of_reflection(reflection.aio.ReflectionServicer(services)),
        )
        self._server = grpc.aio.server(options=_options(self._settings))
        self._server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(*each) for each in zip(services, by_service, strict=True)]
        )
        self._server.add_insecure_port(address)
        self._readiness.watch(self._tell)
        self._tell()
        await self._server.start()
        logs.get("server").info("running on grpc://%s", address)

    def _begin_to_stop(self) -> None:
        """Take no more calls, and tell so."""
        if self._stopping is None:
            self._readiness.close("stopping")
            self._stopping = asyncio.get_running_loop().create_task(self._stop())

    async def _stop(self) -> None:
        await self._health.enter_graceful_shutdown()
        self._activity.stopping.set_result(None)
        shutdown_s = self._settings.shutdown_s
        stopping = asyncio.create_task(self._server.stop(shutdown_s))
        # Not when that is about to end by itself: gRPC does not survive both at once.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(shutdown_s * (1 - AHEAD)):
                await self._activity.idle.wait()
                await asyncio.sleep(2 * GOODBYE_S)
                await self._server.stop(None)
        await stopping

    def _tell(self) -> None:
        """Tell those who ask for the health what the readiness is."""
        status = HealthCheckResponse.SERVING if self._readiness.ready else HealthCheckResponse.NOT_SERVING
        for name in ("", SERVICE):
            task = asyncio.get_running_loop().create_task(self._health.set(name, status))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


def _options(settings: Settings) -> list[tuple[str, int]]:
    """Give the limits as gRPC has them."""
    return [
        ("grpc.so_reuseport", int(settings.workers > 1)),
        ("grpc.max_receive_message_length", settings.max_body_bytes),
        ("grpc.max_metadata_size", settings.max_header_bytes),
        ("grpc.max_concurrent_streams", STREAMS),
        ("grpc.max_allowed_incoming_connections", settings.max_connections),
        ("grpc.server_handshake_timeout_ms", _ms(settings.header_deadline_s)),
        ("grpc.max_connection_idle_ms", _ms(settings.keep_alive_s)),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ]


def _ms(seconds: float) -> int:
    return math.ceil(seconds * 1e3)

"""Whether gRPC is spoken; else nothing of it is loaded."""

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from service.engine.worker_pool import WorkerPool
from service.errors import StartError
from service.http.dispatcher import Dispatcher
from service.metrics.sharing import Sharing
from service.readiness import Readiness
from service.repository.repository import Repository
from service.settings import Settings
from service.v2.inference import Inference
from service.v2.repository import Changes


@dataclass(frozen=True)
class Parts:
    """
    What calls need of the service.

    Attributes:
        settings: Limits, and where to listen.
        dispatcher: Knows who may ask, lets requests in, and closes their accounts.
        readiness: Whether requests may be sent here.
        repository: The models.
        changes: Loads and unloads them.
        inference: Computes.
        sharing: What was asked of them.
        parsing: Large messages are parsed on its thread.
    """

    settings: Settings
    dispatcher: Dispatcher
    readiness: Readiness
    repository: Repository
    changes: Changes
    inference: Inference
    sharing: Sharing
    parsing: WorkerPool


def begin(parts: Parts) -> Callable[[], AbstractAsyncContextManager[None]]:
    """
    Make the server when a port is named.

    Returns:
        Runs it for as long as the service lives; without a port nothing.

    Raises:
        StartError: One is, and gRPC is not installed, or the port is not free.
    """
    settings = parts.settings
    if not settings.grpc_port:
        return nullcontext
    try:
        from service.grpc.server import Server
    except ImportError as error:
        message = f"LENET_GRPC_PORT is set, but {error.name} is not installed: the extra 'grpc' brings it"
        raise StartError(message) from None
    _require_free(settings)
    return Server(parts).running


def _require_free(settings: Settings) -> None:
    """
    See that the port can be had: the server itself would tell when the service has begun.

    Raises:
        StartError: It cannot.
    """
    host, port = settings.host, settings.grpc_port
    if port == settings.port:
        message = f"LENET_GRPC_PORT: {port} is LENET_PORT"
        raise StartError(message)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # Workers share the port, each with a socket of its own.
        socket.create_server((host, port), family=family, reuse_port=settings.workers > 1).close()
    except OSError as error:
        message = f"LENET_GRPC_PORT: {error.strerror or error}"
        raise StartError(message) from error

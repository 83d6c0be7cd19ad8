"""The application: the only place where the parts meet."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

import service
from service import allocator, gauges, logs
from service.application import Application
from service.digits.network import BATCH
from service.digits.recogniser import Recogniser
from service.engine import processors
from service.engine.batcher import Batcher, QueueLimits
from service.engine.fairness import Share
from service.engine.graph_cache import GraphCache
from service.engine.worker_pool import WorkerPool
from service.errors import StartError
from service.grpc.setup import Parts
from service.grpc.setup import begin as begin_grpc
from service.http.admission import Admission
from service.http.api_document import operation_id
from service.http.context import RequestContext
from service.metrics import pulse
from service.metrics.ledger import Ledger
from service.metrics.sharing import Sharing
from service.model_monitor import ModelMonitor
from service.readiness import Readiness
from service.repository import opening
from service.routes import (
    architecture,
    feature_maps,
    kernels,
    layer_kernels,
    metrics,
    models,
    monitoring,
    operations,
    pages,
    prediction,
)
from service.server.connection import APPLICATION
from service.settings import CANNOT_START, PACKAGED_MODELS, Settings, load
from service.tracing import setup
from service.v2 import configuration, metadata, rest, statistics, v1
from service.v2 import repository as model_repository
from service.v2.inference import Inference
from service.watchdog import Watchdog

SWITCH_S = 0.0002
"""After how long a thread that computes in Python lets another have the interpreter, a fiftieth of Python's
default: the event loop asks for it at every piece that it reads, and would be late by so much each time."""

GC_THRESHOLD = 10_000
"""Objects after which the collector looks for cycles: a request makes some twenty, and hardly any cycle."""


def create_app(settings: Settings) -> Application:
    """
    Make a service that is ready once its lifespan has begun.

    Raises:
        ModelError: A model is missing, altered or answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    allocator.return_large_blocks()
    ledger = Ledger()
    sharing = Sharing.of_environment(ledger)
    spans = setup.begin(settings)
    threads = settings.threads or max(1, processors.usable() // settings.workers)
    share = Share(settings.client_share)
    queue_limits = QueueLimits(
        batch=BATCH,
        requests=settings.max_queue_requests,
        rows=settings.max_queue_images,
        wait_s=settings.max_queue_s,
        deadline_s=settings.queue_deadline_s,
        share=share,
    )
    served = opening.open_folder(
        settings.model_repository,
        device=settings.device,
        batching=lambda run: Batcher(run, queue_limits, observe=ledger.run),
        most_versions=settings.max_versions,
        default=settings.model,
        most_bytes=settings.max_model_bytes,
        beneath=PACKAGED_MODELS,
    )
    parsing, pictures, heavy, loading = pools = _worker_pools(settings, threads, share)
    recogniser = Recogniser(
        pictures, served.ink, inline_pixels=settings.inline_pixels, inline_bytes=settings.inline_picture_bytes
    )
    inference = Inference(served, recogniser, parsing, pictures, settings)
    readiness = Readiness()

    watchdog = Watchdog(settings.watchdog_s)
    monitor = ModelMonitor(
        served, readiness, loading, poll_s=settings.repository_poll_s, canary_s=settings.canary_s
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        watchdog.start()
        sharing.join()
        tasks = [asyncio.create_task(pulse.beat(ledger, sharing)), asyncio.create_task(monitor.run())]
        readiness.open(served.current())
        monitor.report()
        async with grpc():
            _freeze_gc()
            yield {APPLICATION: app.dispatcher}
            gc.unfreeze()
            readiness.close("stopping")
        watchdog.stop()
        for task in tasks:
            task.cancel()
        served.stop()
        for pool in pools:
            pool.close()
        with contextlib.suppress(OSError):
            sharing.publish()
        if spans:
            await spans.close()
        # Workers end without what others do at their exit.
        logs.flush()

    app = Application(
        title="LeNet-5 service",
        summary="Handwritten digits in any picture, and what a network makes of them",
        description=(
            "`POST /predict` answers the digit in a picture of any size, as phones, scanners and canvases"
            " make it. `POST /feature-maps`, `POST /convolve` and `POST /pool` show how a network comes to"
            " its answer. What is under `/v2` is for clients of the Open Inference Protocol,"
            " `GET /health/ready` and `GET /metrics` are for operators. Every endpoint can be tried here."
        ),
        version=service.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        # FastAPI would only see the requests that pass through it; service.tracing sees all.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.served = served
    app.readiness = readiness
    app.admission = Admission(settings)
    _add_gauges(ledger, app, pools, device=settings.device)

    def observe(context: RequestContext, route: str, method: str, status: int, seconds: float) -> None:
        ledger.request(route, method, status, seconds, context.log_fields)
        if spans:
            spans.request(context, route, method, status, seconds)

    changes = model_repository.Changes(served, loading, settings, on_change=monitor.report)
    graphs = GraphCache(device=settings.device, threads=threads, most=settings.max_graphs)
    app.install(
        settings,
        observe=observe,
        endpoints=[
            *prediction.endpoints(served, recogniser, parsing, settings),
            *feature_maps.endpoints(served, recogniser, parsing, pictures, settings),
            *operations.endpoints(graphs, parsing, heavy, settings),
            *architecture.endpoints(parsing, settings),
            *rest.endpoints(inference, settings),
            *v1.endpoints(inference, settings),
            *model_repository.endpoints(served, changes, settings),
        ],
        routers=[
            models.routes(served, settings),
            kernels.routes(),
            layer_kernels.routes(served, settings),
            # Before the models by their names: none of them is "stats".
            statistics.routes(served, sharing),
            metadata.routes(served, readiness, settings),
            configuration.routes(served, settings),
            v1.routes(served),
            monitoring.routes(readiness),
            metrics.routes(sharing),
            pages.routes(app.openapi),
        ],
    )
    grpc = begin_grpc(
        Parts(settings, app.dispatcher, readiness, served, changes, inference, sharing, parsing)
    )
    return app


def _add_gauges(ledger: Ledger, app: Application, pools: Iterable[WorkerPool], *, device: str) -> None:
    """Have the metrics tell how things are just now."""
    gauges.of_the_process(ledger)
    gauges.of_requests(ledger, app.admission, pools)
    gauges.of_models(ledger, app.served, app.readiness, device=device)


def _worker_pools(settings: Settings, threads: int, share: Share) -> tuple[WorkerPool, ...]:
    """Make the threads that parse, those that prepare pictures, those of operations, and that of models."""
    waiting, deadline_s = settings.max_pool_requests, settings.queue_deadline_s
    return (
        # One thread: it computes in Python, of which only one thread at a time makes progress.
        WorkerPool("parsing", threads=1, waiting=waiting, deadline_s=deadline_s, share=share),
        WorkerPool("pictures", threads=threads, waiting=waiting, deadline_s=deadline_s, share=share),
        WorkerPool(
            "operations",
            threads=threads,
            waiting=waiting,
            deadline_s=deadline_s,
            share=share,
            nice=settings.operation_nice,
        ),
        # One thread: ONNX Runtime does not create sessions on several at a time.
        WorkerPool("models", threads=1, waiting=waiting, deadline_s=settings.load_deadline_s),
    )


def _freeze_gc() -> None:
    """Keep the collector from looking at what is here to stay, and from looking often."""
    # Without a look before: it takes 40 ms, and of 90,000 objects lets 2,000 go.
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    gc.enable()


def of_environment() -> Application:
    """Make the service as the environment says: what each of several workers does."""
    settings = load()
    logs.configure(settings.log_format, settings.log_level, is_shared=settings.workers > 1)
    sys.setswitchinterval(SWITCH_S)
    try:
        return create_app(settings)
    except StartError as error:
        sys.stderr.write(f"lenet5-service cannot start: {error}\n")
        sys.exit(CANNOT_START)

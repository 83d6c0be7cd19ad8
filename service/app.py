"""The application: the only place where the parts meet."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import service
from service import gauges, logs
from service.caretaker import Caretaker
from service.digits import repository
from service.digits.network import BATCH
from service.digits.recogniser import Recogniser
from service.engine import processors
from service.engine.batcher import Batcher, Bounds
from service.engine.graph_cache import GraphCache
from service.engine.lanes import Lane
from service.errors import StartError
from service.front import Application
from service.http import problems
from service.http.admission import Admission
from service.http.trace import Trace
from service.metrics import pulse
from service.metrics.ledger import Ledger
from service.metrics.sharing import Sharing
from service.readiness import Readiness
from service.routes import (
    architecture,
    feature_maps,
    inference,
    inference_protocol,
    kernels,
    layer_kernels,
    metrics,
    model_repository,
    models,
    monitoring,
    operations,
    pages,
    prediction,
)
from service.settings import Settings, load
from service.tracing import beginning
from service.watchdog import Watchdog

GARBAGE = 10_000
"""Objects after which the collector looks for cycles: a request makes some twenty, and hardly any cycle."""

CANNOT_START = 3
"""Exit status when settings, device or models are at fault; uvicorn's own for a failed start, at which it
does not start a worker again."""


def create_app(settings: Settings) -> Application:
    """
    Make a service that is ready once its lifespan has begun.

    Raises:
        ModelError: A model is missing, altered or answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    ledger = Ledger()
    sharing = Sharing.of_environment(ledger)
    spans = beginning.begin(settings)
    threads = settings.threads or max(1, processors.usable() // settings.workers)
    bounds = Bounds(
        batch=BATCH,
        requests=settings.max_queue_requests,
        rows=settings.max_queue_images,
        wait_s=settings.max_queue_s,
        deadline_s=settings.queue_deadline_s,
    )
    served = repository.open_folder(
        settings.model_repository,
        device=settings.device,
        batching=lambda run: Batcher(run, bounds, observe=ledger.run),
        most_versions=settings.max_versions,
    )
    waiting, deadline_s = settings.max_lane_requests, settings.queue_deadline_s
    pictures = Lane("pictures", threads=threads, waiting=waiting, deadline_s=deadline_s)
    heavy = Lane(
        "operations",
        threads=threads,
        waiting=waiting,
        deadline_s=deadline_s,
        nice=settings.operation_nice,
    )
    # One thread: ONNX Runtime does not create sessions on several at a time.
    loading = Lane("models", threads=1, waiting=waiting, deadline_s=settings.load_deadline_s)
    lanes = (pictures, heavy, loading)
    recogniser = Recogniser(pictures, inline_pixels=settings.inline_pixels)
    readiness = Readiness()

    watchdog = Watchdog(settings.watchdog_s)
    caretaker = Caretaker(
        served, readiness, loading, poll_s=settings.repository_poll_s, canary_s=settings.canary_s
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watchdog.start()
        sharing.join()
        tasks = [asyncio.create_task(pulse.beat(ledger, sharing)), asyncio.create_task(caretaker.run())]
        readiness.open(served.newest())
        _settle()
        yield
        gc.unfreeze()
        readiness.close("stopping")
        watchdog.stop()
        for task in tasks:
            task.cancel()
        for lane in lanes:
            lane.close()
        with contextlib.suppress(OSError):
            sharing.publish()
        if spans:
            await spans.close()

    app = Application(
        title="LeNet-5 service",
        summary="Handwritten digits in any picture",
        version=service.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # FastAPI would only see the requests that pass through it; service.tracing sees all.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app)
    express = prediction.express(served, recogniser, settings)
    direct = [
        prediction.routes(served, recogniser, settings),
        feature_maps.routes(served, recogniser, pictures, settings),
        operations.routes(
            GraphCache(device=settings.device, threads=threads, most=settings.max_graphs), heavy, settings
        ),
    ]
    searched = [
        models.routes(served, settings),
        kernels.routes(),
        layer_kernels.routes(served, pictures, settings),
        architecture.routes(settings),
        inference_protocol.routes(served, readiness, settings),
        inference.routes(served, recogniser, pictures, settings),
        model_repository.routes(served, loading, settings),
    ]
    app.include([*direct, *searched], keyed=bool(settings.api_keys_file))
    app.include([monitoring.routes(readiness), metrics.routes(sharing), pages.routes()], keyed=False)
    app.served = served
    app.readiness = readiness
    app.admission = Admission(settings)
    gauges.of_the_process(ledger)
    gauges.of_requests(ledger, app.admission, lanes)
    gauges.of_models(ledger, served, readiness, device=settings.device)

    def observe(trace: Trace, route: str, method: str, status: int, seconds: float) -> None:
        ledger.request(route, method, status, seconds, trace.facts)
        if spans:
            spans.request(trace, route, method, status, seconds)

    app.open(settings, observe=observe, direct=direct, short={prediction.PATH: express})
    return app


def _settle() -> None:
    """Keep the collector from looking at what is here to stay, and from looking often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def of_environment() -> Application:
    """Make the service as the environment says: what each of several workers does."""
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    try:
        return create_app(settings)
    except StartError as error:
        sys.stderr.write(f"lenet5-service cannot start: {error}\n")
        sys.exit(CANNOT_START)

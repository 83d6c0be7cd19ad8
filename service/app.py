"""The application: the only place where the parts meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import service
from service.digits import repository
from service.engine.graph_cache import GraphCache
from service.engine.workers import Workers, usable_processors
from service.http import problems
from service.http.middleware import Accounting
from service.readiness import Readiness
from service.routes import (
    architecture,
    feature_maps,
    kernels,
    layer_kernels,
    models,
    monitoring,
    operations,
    pages,
    prediction,
)
from service.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """
    Make a service that is ready once its lifespan has begun.

    Raises:
        ModelError: A model is missing, altered or answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    threads = settings.threads or usable_processors()
    served = repository.load(settings.model_repository, device=settings.device, threads=threads)
    workers = Workers(threads)
    readiness = Readiness()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        readiness.open(served.newest())
        yield
        readiness.close("stopping")
        workers.close()

    app = FastAPI(
        title="LeNet-5 service",
        summary="Handwritten digits in any picture",
        version=service.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    problems.install(app)
    app.include_router(prediction.routes(served, workers, settings))
    app.include_router(feature_maps.routes(served, workers, settings))
    app.include_router(models.routes(served, settings))
    graphs = GraphCache(device=settings.device, threads=threads, most=settings.max_graphs)
    app.include_router(operations.routes(graphs, workers, settings))
    app.include_router(kernels.routes())
    app.include_router(layer_kernels.routes(served, workers, settings))
    app.include_router(architecture.routes(settings))
    app.include_router(monitoring.routes(readiness))
    app.include_router(pages.routes())
    app.add_middleware(Accounting)
    return app

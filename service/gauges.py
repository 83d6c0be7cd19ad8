"""What the gauges read: how things are just now in the parts of the service."""

import platform
from collections.abc import Iterable

import service
from service import logs
from service.engine import session
from service.engine.worker_pool import WorkerPool
from service.http.admission import Admission
from service.metrics import families
from service.metrics.ledger import Ledger
from service.readiness import Readiness
from service.repository.repository import Repository


def of_the_process(ledger: Ledger) -> None:
    """Tell what runs, and which log lines were lost."""
    versions = (service.__version__, platform.python_version(), session.VERSION)
    ledger.read(families.BUILD_INFO, lambda: {versions: 1})
    ledger.read(families.LOG_LINES_DROPPED_TOTAL, lambda: {(): logs.dropped()})


def of_requests(ledger: Ledger, admission: Admission, pools: Iterable[WorkerPool]) -> None:
    """Tell what is in flight, and what waits for threads."""
    pools = tuple(pools)
    ledger.read(families.REQUESTS_IN_FLIGHT, lambda: {(): admission.requests})
    ledger.read(families.IN_FLIGHT_BYTES, lambda: {(): admission.bytes})
    ledger.read(families.POOL_PENDING, lambda: {(pool.name,): pool.pending for pool in pools})


def of_models(ledger: Ledger, repository: Repository, readiness: Readiness, *, device: str) -> None:
    """
    Tell which models are served and how they do.

    Args:
        ledger: Told.
        repository: The models.
        readiness: Whether requests may be sent here.
        device: The one that was asked for.
    """
    ledger.read(families.READY, lambda: {(): readiness.ready})
    ledger.read(
        families.QUEUE_IMAGES,
        lambda: {(): sum(network.waiting for network in repository.every())},
    )
    ledger.read(
        families.ENGINE_FAILURES,
        lambda: {
            (network.card.name, network.card.version): network.failures for network in repository.every()
        },
    )
    ledger.read(
        families.MODEL_INFO,
        lambda: {
            (network.card.name, network.card.version, network.provider, device): 1
            for network in repository.every()
        },
    )
    ledger.read(families.MODEL_REFUSED, lambda: dict.fromkeys(repository.refused(), 1))

"""All that one process has counted."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from service.metrics import families, process
from service.metrics.families import Family
from service.metrics.instruments import Counter, Histogram, Reading, Series
from service.metrics.models import ModelAccounts

Snapshot: TypeAlias = dict[str, Series]
"""The series of each family, by its name."""

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""Methods with series of their own: a client may send any word as one."""

STAGES = {f"{stage}_ms": stage for (stage,) in families.STAGE_SECONDS.known}
"""Each stage, by the fact that tells its milliseconds."""


class Ledger:
    """
    Takes notes of requests and runs, and knows whom to ask for the rest.

    Its methods belong to one event loop.
    """

    def __init__(self) -> None:
        """Begin with a process that was started and has served nobody."""
        self._requests = Histogram(families.REQUEST_SECONDS)
        self._stages = Histogram(families.STAGE_SECONDS)
        self._images = Counter(families.IMAGES_TOTAL)
        self._rejections = Counter(families.REJECTIONS_TOTAL)
        self._batches = Histogram(families.BATCH_IMAGES)
        self._runs = Histogram(families.RUN_SECONDS)
        self._lags = Histogram(families.EVENT_LOOP_LAG_SECONDS)
        self._models = ModelAccounts()
        self._readings: dict[Family, Reading] = {
            families.WORKERS: lambda: {(): 1},
            families.WORKER_STARTS_TOTAL: lambda: {(): 1},
            **process.readings(),
        }

    def read(self, family: Family, reading: Reading) -> None:
        """Ask this for a family whenever it is to be told."""
        self._readings[family] = reading

    def request(self, route: str, method: str, status: int, seconds: float, facts: Mapping[str, Any]) -> None:
        """
        Note a request that was answered, or whose client went.

        Args:
            route: The template of its path; never the path.
            method: As it was sent.
            status: Of the answer.
            seconds: From its head to the end of the answer.
            facts: Milliseconds of stages, ``images``, for what it was ``refused``, and what ``ModelAccounts``
                has use for.
        """
        if method not in METHODS:
            method = "other"
        self._requests.observe(seconds, route, method, status)
        if not facts:
            return
        for fact, ms in facts.items():
            # Requests of many images decode while others of theirs are scored: they have no such time.
            if ms and fact in STAGES:
                self._stages.observe(ms / 1e3, STAGES[fact])
        if "model" in facts:
            self._models.request(status, seconds, facts)
        if "refused" in facts:
            self._rejections.add(1, facts["refused"])
        elif status < 400:
            self._images.add(facts.get("images", 0))

    def run(self, images: int, seconds: float) -> None:
        """Note a run of a network's queue."""
        self._batches.observe(images)
        self._runs.observe(seconds)

    def lag(self, seconds: float) -> None:
        """Note by how much the event loop was late."""
        self._lags.observe(seconds)

    def snapshot(self) -> Snapshot:
        """Give all that is known now."""
        counted = (
            *(self._requests, self._stages, self._images, self._rejections),
            *(self._batches, self._runs, self._lags),
        )
        found = {instrument.family.name: instrument.series() for instrument in counted}
        found |= {family.name: series for family, series in self._models.series().items()}
        for family, reading in self._readings.items():
            found[family.name] = {labels: [float(value)] for labels, value in reading().items()}
        return found

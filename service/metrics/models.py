"""What was asked of each version of a model: requests, images, seconds, and the runs that they had."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.metrics import families
from service.metrics.families import Family
from service.metrics.instruments import Series

BATCH = int(families.IMAGES[-1])
"""Most images of a run."""

STAGES = ("queue", "decode", "inference", "write")
"""Stages whose seconds are told."""


@dataclass(slots=True)
class _Version:
    """
    The account of one version.

    Attributes:
        requests: Numbers of those that succeeded and that failed.
        seconds: Of both, and of those that succeeded in each stage.
        images: In those that succeeded.
        latest: When the last one succeeded, seconds since 1970.
        runs: By their images: how many, and how many seconds they took.
    """

    requests: dict[str, int] = field(default_factory=lambda: {"success": 0, "fail": 0})
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("success", "fail", *STAGES), 0.0)
    )
    images: int = 0
    latest: float = 0.0
    runs: dict[int, list[float]] = field(default_factory=dict)


class ModelAccounts:
    """
    The accounts of all versions that were asked: an operator makes them, and no client can.

    A run that several requests shared is divided among them by their images: whole runs add up to whole
    numbers, whoever was in them.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._versions: dict[tuple[str, str], _Version] = {}

    def request(self, status: int, seconds: float, facts: Mapping[str, Any]) -> None:
        """
        Note a request.

        Args:
            status: Of its answer.
            seconds: From its head to the end of the answer.
            facts: ``model``, ``version``, milliseconds of stages, ``images``, and as ``batch`` those of the
                run that they were a part of.
        """
        key = facts["model"], facts["version"]
        account = self._versions.get(key)
        if account is None:
            account = self._versions[key] = _Version()
        outcome = "success" if status < 400 else "fail"
        account.requests[outcome] += 1
        account.seconds[outcome] += seconds
        if outcome == "fail" or not (images := facts.get("images", 0)):
            return
        account.images += images
        account.latest = time.time()
        for stage in STAGES:
            account.seconds[stage] += facts.get(f"{stage}_ms", 0.0) / 1e3
        run_s = facts.get("inference_ms", 0.0) / 1e3
        for size, number, part in _runs(images, facts.get("batch", images)):
            run = account.runs.setdefault(size, [0.0, 0.0])
            run[0] += number
            run[1] += part * run_s

    def series(self) -> dict[Family, Series]:
        """Give the numbers of each family, which then do not change any more."""
        found: dict[Family, Series] = {family: {} for family in families.OF_MODELS}
        for key, account in self._versions.items():
            for outcome, number in account.requests.items():
                found[families.MODEL_REQUESTS_TOTAL][*key, outcome] = [float(number)]
            for outcome, seconds in account.seconds.items():
                found[families.MODEL_SECONDS_TOTAL][*key, outcome] = [seconds]
            found[families.MODEL_IMAGES_TOTAL][key] = [float(account.images)]
            found[families.MODEL_LATEST][key] = [account.latest]
            for size, (runs, seconds) in account.runs.items():
                found[families.MODEL_RUNS_TOTAL][*key, str(size)] = [runs]
                found[families.MODEL_RUN_SECONDS_TOTAL][*key, str(size)] = [seconds]
        return found


def _runs(images: int, batch: int) -> Iterator[tuple[int, float, float]]:
    """
    Give of each size the runs that a request had.

    Args:
        images: Of the request.
        batch: Of its run: more when others were in it. More than ``BATCH`` are several runs, all its own.

    Yields:
        Images of a run, how many such runs are the request's, and which part of its run time that is.
    """
    if batch <= BATCH:
        yield batch, images / batch, images / batch
        return
    whole, rest = divmod(images, BATCH)
    yield BATCH, whole, whole * BATCH / images
    if rest:
        yield rest, 1, rest / images

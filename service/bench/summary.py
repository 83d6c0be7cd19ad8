"""The figures of a run, worked out once, for people and for scripts."""

from dataclasses import dataclass
from typing import Any

from service.bench.arguments import Arguments
from service.bench.course import Course
from service.bench.histogram import Histogram
from service.bench.introduction import Introduction
from service.bench.load import Load
from service.bench.measurements import Measurements

PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "p999": 99.9}


@dataclass(frozen=True)
class Summary:
    """
    The figures of a run; times in milliseconds.

    Attributes:
        url: Where the requests went, with the path.
        api: How they asked.
        mode: ``closed`` or ``open`` loop.
        connections: The most that were open at once.
        duration_s: How long was measured, without the warm-up.
        requests: How many were due in that time.
        errors: How many of them were not answered 2xx, or not at all.
        rate_per_s: Answers 2xx per second, those that came before the time was over.
        offered_per_s: Requests that were due per second; None in the closed loop, which offers what is taken.
        latency_ms: From due to answered, of those answered 2xx; None when there are none.
        wait_ms: The part of it before a request was sent; None in the closed loop.
        statuses: Answers by status.
        failures: Requests not answered 2xx, by what became of them.
        server_timing_ms: Medians of the stages that the service tells.
        client_cpu: Share of one processor that this tool took: near 1, it is the limit and not the service.
        interrupted: Whether it was ended before its time.
        model: Name of the model that answered.
        version: Its version.
        provider: Where it runs, as the service says; None when it does not.
    """

    url: str
    api: str
    mode: str
    connections: int
    duration_s: float
    requests: int
    errors: int
    rate_per_s: float
    offered_per_s: float | None
    latency_ms: dict[str, float] | None
    wait_ms: dict[str, float] | None
    statuses: dict[str, int]
    failures: dict[str, int]
    server_timing_ms: dict[str, float]
    client_cpu: float
    interrupted: bool
    model: str
    version: str
    provider: str | None


def summarise(
    arguments: Arguments, introduction: Introduction, load: Load, course: Course, found: Measurements
) -> Summary:
    """Work out the figures."""
    errors = found.failures.total()
    requests = found.latency.number + errors
    duration_s = found.window.duration_s
    is_open = arguments.rate_per_s is not None
    return Summary(
        url=introduction.url,
        api=arguments.api,
        mode="open" if is_open else "closed",
        connections=load.peak,
        duration_s=round(duration_s, 3),
        requests=requests,
        errors=errors,
        rate_per_s=_per_second(found.in_time, duration_s),
        offered_per_s=_per_second(requests, duration_s) if is_open else None,
        latency_ms=_percentiles(found.latency),
        wait_ms=_percentiles(found.wait) if is_open else None,
        statuses={str(status): number for status, number in sorted(found.statuses.items())},
        failures=dict(found.failures.most_common()),
        server_timing_ms={name: _ms(stage.percentile_s(50)) for name, stage in found.stages.items()},
        client_cpu=round(course.cpu, 3),
        interrupted=course.stopped,
        model=introduction.reading.model,
        version=introduction.reading.version,
        provider=introduction.provider,
    )


OPTIONAL = {"offered_per_s", "wait_ms"}
"""What only the open loop has."""


def document(summary: Summary) -> dict[str, Any]:
    """Give the figures as a JSON object, without those that this mode does not have."""
    return {name: value for name, value in vars(summary).items() if name not in OPTIONAL or value is not None}


def _percentiles(times: Histogram) -> dict[str, float] | None:
    if not times.number:
        return None
    percentiles = {name: _ms(times.percentile_s(percent)) for name, percent in PERCENTILES.items()}
    return {"min": _ms(times.min_s), "mean": _ms(times.mean_s), **percentiles, "max": _ms(times.max_s)}


def _per_second(number: int, duration_s: float) -> float:
    return round(number / duration_s, 3) if duration_s else 0.0


def _ms(time_s: float) -> float:
    return round(time_s * 1e3, 4)

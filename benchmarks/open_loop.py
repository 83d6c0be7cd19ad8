"""Load from the service's own tool, open loop: requests leave at a fixed rate, whatever the server does."""

import asyncio
import itertools
import time
from dataclasses import dataclass

import uvloop

from benchmarks.calls import Body
from benchmarks.errors import UnavailableError
from benchmarks.load import CONNECTIONS
from service.bench import schedule, target
from service.bench.course import Course
from service.bench.errors import BenchError
from service.bench.load import Load
from service.bench.measurements import Measurements
from service.bench.schedule import Timed, Window

WARM_UP_S = 1


@dataclass(frozen=True)
class OpenLoad:
    """
    What the tool saw; latencies count from the time at which a request was due.

    Attributes:
        per_s: Good answers per second that came in time.
        p50_ms: Median latency.
        p99_ms: Latency that one in a hundred exceeds.
        p999_ms: Latency that one in a thousand exceeds.
        errors: Requests without a good answer.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    errors: int


def open_loop(address: str, path: str, body: Body, *, rate_per_s: float, seconds: float) -> OpenLoad:
    """
    Post a body at a fixed rate for so many seconds, over at most ``CONNECTIONS`` connections.

    Raises:
        UnavailableError: The server cannot be reached.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(_measured(address, path, body, rate_per_s, seconds))
    except BenchError as error:
        raise UnavailableError(str(error)) from error
    return OpenLoad(
        per_s=found.in_time / found.window.duration_s,
        p50_ms=1e3 * found.latency.percentile_s(50),
        p99_ms=1e3 * found.latency.percentile_s(99),
        p999_ms=1e3 * found.latency.percentile_s(99.9),
        errors=found.failures.total(),
    )


async def _measured(address: str, path: str, body: Body, rate_per_s: float, seconds: float) -> Measurements:
    server = await target.find(address, [])
    message = server.message("POST", path, dict(body.headers), body.content)
    window = Window.of(time.perf_counter(), WARM_UP_S, seconds)
    found = Measurements(window)
    due = Timed(window, schedule.constant(window.begin, rate_per_s))
    load = Load(server, itertools.repeat(message), due, found, most_connections=CONNECTIONS)
    await Course(load, window).run()
    return found

"""One measurement, from the first look at the service to the figures."""

import asyncio
import io
import itertools
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from service.bench import heading, pictures, progress, schedule, summary, table, target
from service.bench.apis import APIS
from service.bench.arguments import Arguments, parse
from service.bench.course import Course
from service.bench.errors import BenchError
from service.bench.introduction import introduce
from service.bench.load import Load
from service.bench.measurements import Measurements
from service.bench.schedule import Schedule, Window
from service.bench.style import Style

ANSWERED, NOT_ALL_ANSWERED, NOT_MEASURED = 0, 1, 2
"""Exit statuses."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and give the exit status."""
    given = parse(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # names come from the service and from files
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_measure(given))
    except BenchError as error:
        reason = str(error)
    except KeyboardInterrupt:
        reason = "stopped before anything was measured"
    sys.stderr.write(f"lenet5 bench: {reason}\n")
    return NOT_MEASURED


async def _measure(given: Arguments) -> int:
    api = APIS[given.api]
    shown = pictures.load(given.images)
    service = await target.find(given.url, given.headers)
    introduction = await introduce(service, api, given.model, shown[0])
    style = Style.of(sys.stdout)
    if not given.json:
        _print(heading.lines(service.address, given, introduction, shown, style))
    messages = itertools.cycle(
        [service.message("POST", introduction.path, *api.request(picture)) for picture in shown]
    )

    window = Window.of(time.perf_counter(), given.warmup_s, given.duration_s)
    measurements = Measurements(window)
    load = Load(
        service,
        messages,
        _schedule(given, window),
        measurements,
        most_connections=given.connections,
    )
    course = Course(load, window)
    _stop_on_signals(course.stop)
    async with progress.shown(measurements, sys.stderr):
        await course.run()

    found = summary.summarise(given, introduction, load, course, measurements)
    if given.json:
        _print([json.dumps(summary.document(found))])
    else:
        width = shutil.get_terminal_size().columns
        _print(table.lines(found, measurements.latency, style, width))
    return ANSWERED if found.requests and not found.errors else NOT_ALL_ANSWERED


def _schedule(given: Arguments, window: Window) -> Schedule:
    if given.rate_per_s is None:
        return schedule.BackToBack(window)
    times = schedule.ARRIVALS[given.arrivals](window.begin, given.rate_per_s)
    return schedule.Timed(window, times)


def _stop_on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows' event loops know no signals: Ctrl-C ends the run there without figures.
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.new_event_loop
    import uvloop  # there is none for Windows

    return uvloop.new_event_loop


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()

"""One line that is written over and over while a run goes on, for a terminal."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from typing import TextIO

from service.bench.measurements import Measurements
from service.bench.style import Style

EVERY_S = 0.25
BAR = 20
ERASE = "\r\x1b[K"


@contextlib.asynccontextmanager
async def shown(measurements: Measurements, stream: TextIO) -> AsyncIterator[None]:
    """Show how far a run is, when somebody watches; leave no trace."""
    if not stream.isatty():
        yield
        return
    task = asyncio.create_task(_write(measurements, stream))
    try:
        yield
    finally:
        task.cancel()
        stream.write(ERASE)
        stream.flush()


async def _write(measurements: Measurements, stream: TextIO) -> None:
    style = Style.of(stream)
    window = measurements.window
    done_before, before = 0, window.start
    while True:
        await asyncio.sleep(EVERY_S)
        now, done = time.perf_counter(), measurements.latency.number
        if now < window.start:
            text = "warming up"
        elif now < window.end:
            rate = (done - done_before) / (now - max(before, window.start))
            text = (
                f"{now - window.start:4.0f} s  {_bar(style, (now - window.start) / window.duration_s)}"
                f"  {rate:,.0f}/s  {measurements.failures.total():,} errors"
            )
        else:
            text = "waiting for the last answers; Ctrl-C does not"
        done_before, before = done, now
        # A line that wraps could not be written over.
        stream.write(f"{ERASE}  {text[: shutil.get_terminal_size().columns - 3]}")
        stream.flush()


def _bar(style: Style, share: float) -> str:
    return style.bar(min(share, 1), BAR).ljust(BAR)

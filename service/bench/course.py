"""The course of a run: warm-up, measurement, and the wait for the last answers."""

import asyncio
import contextlib
import time

from service.bench.limits import DRAIN_S
from service.bench.load import Load
from service.bench.schedule import Window


class Course:
    """
    Leads a load through a window of time.

    Attributes:
        cpu: The share of a processor that this process took while it measured.
        stopped: Whether it was ended before its time.
    """

    def __init__(self, load: Load, window: Window) -> None:
        self.cpu = 0.0
        self.stopped = False
        self._load = load
        self._window = window
        self._ending = False
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Keep the load up until the window ends, then wait a little for the last answers."""
        self._load.begin()
        try:
            await self._pause(self._window.start)
            wall, processor = time.perf_counter(), time.process_time()
            await self._pause(self._window.end)
            self.cpu = (time.process_time() - processor) / max(time.perf_counter() - wall, 1e-9)
            self._ending = True
            self._hurry.clear()
            self._load.tell_when_settled(self._hurry)
            await self._pause(time.perf_counter() + DRAIN_S)
        finally:
            await self._load.end()

    def stop(self) -> None:
        """End the measurement now; once more, do not wait for answers."""
        if not self._ending:
            self.stopped = True
            self._window.stop(time.perf_counter())
        self._hurry.set()

    async def _pause(self, until: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(until - time.perf_counter()):
                await self._hurry.wait()

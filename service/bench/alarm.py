"""An alarm clock that rings to the tenth of a millisecond: event loops count in whole ones."""

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable


class Alarm:
    """Calls back on the event loop at a time; once it has, it can be set anew."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._is_set = False
        # Without a time limit on its ``get``: with one shorter than some microseconds, CPython 3.11 may wait
        # without end.
        self._orders: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="alarm", daemon=True)

    def start(self) -> None:
        """Begin to watch the clock."""
        self._thread.start()

    def stop(self) -> None:
        """Ring no more."""
        self._stopped.set()
        self._orders.put(math.inf)
        self._thread.join()

    def set(self, time_s: float) -> None:
        """Ring at this time of ``time.perf_counter``, unless it is set already; at infinity, not at all."""
        if not self._is_set and time_s < math.inf:
            self._is_set = True
            self._orders.put(time_s)

    def _rung(self) -> None:
        self._is_set = False
        self._ring()

    def _wait(self) -> None:
        while (time_s := self._orders.get()) < math.inf:
            if not self._stopped.wait(max(time_s - time.perf_counter(), 0)):
                self._loop.call_soon_threadsafe(self._rung)

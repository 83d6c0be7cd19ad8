"""An alarm clock that rings to the tenth of a millisecond: event loops count in whole ones."""

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable


class Alarm:
    """Calls back on the event loop at one time, which may be changed until then."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._set_to = math.inf
        self._orders: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._wait, name="alarm", daemon=True)

    def start(self) -> None:
        """Begin to watch the clock."""
        self._thread.start()

    def stop(self) -> None:
        """Ring no more."""
        self._orders.put(None)
        self._thread.join()

    def set(self, time_s: float) -> None:
        """Ring at this time of ``time.perf_counter`` instead; at infinity, not at all."""
        if time_s != self._set_to:
            self._set_to = time_s
            self._orders.put(time_s)

    def _rung(self) -> None:
        self._set_to = math.inf
        self._ring()

    def _wait(self) -> None:
        order: float | None = math.inf
        while order is not None:
            try:
                left = order - time.perf_counter()
                order = self._orders.get(timeout=max(left, 0) if math.isfinite(left) else None)
            except queue.Empty:
                order = math.inf
                self._loop.call_soon_threadsafe(self._rung)

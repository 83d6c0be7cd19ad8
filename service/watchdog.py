"""Ends a process whose event loop is stuck, or whose supervisor is gone: another one is started instead."""

import asyncio
import faulthandler
import multiprocessing
import os
import signal
import threading
import time

from service import logs

BEAT_S = 1.0
STUCK = 70
"""Exit status of a process that ended itself (sysexits.h, EX_SOFTWARE)."""


class Watchdog:
    """
    A thread that the event loop has to show itself to.

    A supervisor sees that a process is there, not that it serves: a thread answers its question.
    """

    def __init__(self, deadline_s: float) -> None:
        """Take the seconds for which an event loop may be stuck."""
        self._deadline_s = deadline_s
        self._beat_s = min(BEAT_S, deadline_s / 4)
        self._seen = time.monotonic()
        self._stopped = threading.Event()
        self._beat: asyncio.TimerHandle | None = None
        self._parent = os.getppid() if multiprocessing.parent_process() else None

    def start(self) -> None:
        """Begin to watch the running event loop."""
        self._show(asyncio.get_running_loop())
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()
        if self._beat:
            self._beat.cancel()

    def _show(self, loop: asyncio.AbstractEventLoop) -> None:
        self._seen = time.monotonic()
        self._beat = loop.call_later(self._beat_s, self._show, loop)

    def _watch(self) -> None:
        while not self._stopped.wait(self._beat_s):
            if time.monotonic() - self._seen > self._deadline_s:
                self._end()
            if self._parent and os.getppid() != self._parent:
                # Without its supervisor nobody would end it: it would keep the port.
                os.kill(os.getpid(), signal.SIGTERM)
                return

    def _end(self) -> None:
        """Say where it is stuck, and end without asking the event loop."""
        logs.get("watchdog").critical(
            "the event loop is stuck", extra={logs.FACTS: {"seconds": self._deadline_s}}
        )
        logs.flush()
        faulthandler.dump_traceback(all_threads=True)
        os._exit(STUCK)

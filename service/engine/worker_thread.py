"""A thread of its own that does one thing after the other for an event loop."""

import asyncio
import contextlib
import queue
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias

Job: TypeAlias = tuple[asyncio.AbstractEventLoop, Callable[[], Any], Callable[[Any], None]]


class WorkerThread:
    """
    Leaner than a pool: a hand-over there and back takes a third of ``run_in_executor``'s time.

    The thread starts with the first job, and ends with what it belongs to.
    """

    def __init__(self, name: str) -> None:
        """Name the thread."""
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        # It knows the queue alone: else this would live as long as the thread, and that for ever.
        self._thread = threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True)
        weakref.finalize(self, self._jobs.put, None).atexit = False

    def run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """
        Do some work on the thread.

        Args:
            work: Must not raise: there is nobody to tell.
            done: Called with the result on the event loop from which this is called.
        """
        if not self._thread.is_alive():
            self._thread.start()
        self._jobs.put((asyncio.get_running_loop(), work, done))

    def close(self) -> None:
        """End the thread when what it was given is done; wait for it."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join()


def _work(jobs: "queue.SimpleQueue[Job | None]") -> None:
    while (job := jobs.get()) is not None:
        loop, work, done = job
        result = work()
        # The loop may have ended meanwhile: then nobody waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(done, result)
        # What they belong to would live until the next one comes.
        del job, work, done, result

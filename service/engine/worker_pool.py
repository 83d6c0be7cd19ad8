"""Threads for one kind of work, and a bounded queue before them, so that no kind starves another."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from service.engine.clients import IsDisconnected, never_disconnected
from service.errors import AbandonedError, DeadlineError, FullError

Piece = TypeVar("Piece")
Result = TypeVar("Result")

SMOOTHING = 0.2
"""Weight of the newest piece of work in the average time of one."""


class WorkerPool:
    """
    A pool of its own.

    Attributes:
        name: What its threads are called.
        pending: Pieces of work that were given and are not done.
    """

    def __init__(self, name: str, *, threads: int, waiting: int, deadline_s: float, nice: int = 0) -> None:
        """
        Make a pool; its threads start when they are first needed.

        Args:
            name: What its threads are called.
            threads: How many pieces of work may be under way.
            waiting: How many more may wait.
            deadline_s: Most seconds that one may wait.
            nice: How much its threads, and those that they start, give way to others, 0 to 19 (Linux).
        """
        self.name = name
        self.pending = 0
        self._threads = threads
        self._most = threads + waiting
        self._deadline_s = deadline_s
        self._work_s = 0.0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=lambda: _give_way(nice))

    async def run(
        self, work: Callable[[], Result], *, is_disconnected: IsDisconnected = never_disconnected
    ) -> Result:
        """
        Compute on a thread of the pool while the event loop turns.

        Raises:
            FullError: As much waits as may wait.
            DeadlineError: It waited too long, and was not begun.
            AbandonedError: The client had left when its turn came.
        """
        if self.pending >= self._most:
            raise FullError(where="pool", retry_after_s=self.pending * self._work_s / self._threads)

        def compute() -> Result:
            if is_disconnected():
                raise AbandonedError
            started = time.perf_counter()
            result = work()
            self._work_s += SMOOTHING * (time.perf_counter() - started - self._work_s)
            return result

        self.pending += 1
        future = self._pool.submit(compute)
        # What has begun cannot be cancelled: the deadline is one of waiting.
        deadline = asyncio.get_running_loop().call_later(self._deadline_s, future.cancel)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            raise DeadlineError(self._deadline_s) from None
        finally:
            deadline.cancel()
            self.pending -= 1

    async def map(
        self,
        work: Callable[[Piece], Result],
        pieces: Sequence[Piece],
        *,
        is_disconnected: IsDisconnected = never_disconnected,
    ) -> list[Result]:
        """
        Compute every piece on as many threads as are free; the results are in order.

        Raises:
            FullError: As much waits as may wait.
            DeadlineError: It waited too long, and was not begun.
            AbandonedError: The client had left when its turn came.
        """
        results: list[Any] = [None] * len(pieces)
        left = iter(range(len(pieces)))

        def compute() -> None:
            # Whoever is free takes the next; the interpreter lets only one look at a time.
            for index in left:
                results[index] = work(pieces[index])

        workers = max(1, min(self._threads - self.pending, len(pieces)))
        await asyncio.gather(*(self.run(compute, is_disconnected=is_disconnected) for _ in range(workers)))
        return results

    def close(self) -> None:
        """Finish what runs and drop what waits."""
        self._pool.shutdown(cancel_futures=True)


def _give_way(nice: int) -> None:
    # On Linux a thread has a priority of its own, and the threads that it starts inherit it.
    if nice and hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)

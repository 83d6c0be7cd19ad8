"""Threads for one kind of work, and a bounded queue before them, so that no kind starves another."""

import asyncio
import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from service.engine.fairness import WHOLE, FairQueue, Share
from service.engine.origin import ITSELF, Origin
from service.errors import AbandonedError, DeadlineError, FullError, ShareError

Piece = TypeVar("Piece")
Result = TypeVar("Result")

SMOOTHING = 0.2
"""Weight of the newest piece of work in the average time of one."""


class WorkerPool:
    """
    A pool of its own. Clients whose work waits take turns.

    Attributes:
        name: What its threads are called.
        pending: Pieces of work that were given and are not done.
    """

    def __init__(  # noqa: PLR0913  each is a limit of its own
        self,
        name: str,
        *,
        threads: int,
        waiting: int,
        deadline_s: float,
        share: Share = WHOLE,
        nice: int = 0,
    ) -> None:
        """
        Make a pool; its threads start when they are first needed.

        Args:
            name: What its threads are called.
            threads: How many pieces of work may be under way.
            waiting: How many more may wait.
            deadline_s: Most seconds that one may wait.
            share: How much of the places may be one client's.
            nice: How much its threads, and those that they start, give way to others, 0 to 19 (Linux).
        """
        self.name = name
        self.pending = 0
        self._threads = threads
        self._most = threads + waiting
        self._deadline_s = deadline_s
        self._share = share
        self._work_s = 0.0
        self._pending_of: Counter[str] = Counter()
        self._queue: FairQueue[tuple[Future[Any], Callable[[], Any]]] = FairQueue()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=lambda: _give_way(nice))

    async def run(self, work: Callable[[], Result], *, origin: Origin = ITSELF) -> Result:
        """
        Compute on a thread of the pool while the event loop turns.

        Raises:
            FullError: As much waits as may wait.
            ShareError: As much of this client's waits as may wait.
            DeadlineError: It waited too long, and was not begun.
            AbandonedError: The client had left when its turn came.
        """
        client = origin.client
        self._check_room(client)

        def compute() -> Result:
            if origin.is_disconnected():
                raise AbandonedError
            started = time.perf_counter()
            result = work()
            self._work_s += SMOOTHING * (time.perf_counter() - started - self._work_s)
            return result

        self.pending += 1
        self._pending_of[client] += 1
        future: Future[Result] = Future()
        with self._lock:
            self._queue.push(client, (future, compute))
        self._pool.submit(self._work)
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
            # As in ``_work``.
            del future
            self.pending -= 1
            self._pending_of[client] -= 1
            if not self._pending_of[client]:
                del self._pending_of[client]

    async def map(
        self,
        work: Callable[[Piece], Result],
        pieces: Sequence[Piece],
        *,
        origin: Origin = ITSELF,
    ) -> list[Result]:
        """
        Compute every piece on as many threads as are free; the results are in order.

        Raises:
            FullError: As much waits as may wait.
            ShareError: As much of this client's waits as may wait.
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
        await asyncio.gather(*(self.run(compute, origin=origin) for _ in range(workers)))
        return results

    def close(self) -> None:
        """Finish what runs and drop what waits."""
        with self._lock:
            dropped = self._queue.pop_while(lambda _: True)
        for future, _ in dropped:
            future.cancel()
        self._pool.shutdown()

    def _check_room(self, client: str) -> None:
        """
        See that there is a place for one more piece of work of a client.

        Raises:
            FullError: There is none.
            ShareError: There is none for this client.
        """
        if self.pending >= self._most:
            raise FullError(where="pool", retry_after_s=self.pending * self._work_s / self._threads)
        own = self._pending_of.get(client, 0)
        if own >= self._share.of(self._most, is_alone=own == self.pending):
            raise ShareError

    def _work(self) -> None:
        """Do the piece of work whose turn it is: one is waiting for every call, unless it was given up."""
        while True:
            with self._lock:
                item = self._queue.pop()
            if item is None:
                return
            future, compute = item
            if future.set_running_or_notify_cancel():
                break
        try:
            result = compute()
        except BaseException as error:  # noqa: BLE001  as ThreadPoolExecutor has it
            future.set_exception(error)
            # The error has this frame in its traceback: a cycle, which would keep what was sent for long.
            del future, item
        else:
            future.set_result(result)


def _give_way(nice: int) -> None:
    # On Linux a thread has a priority of its own, and the threads that it starts inherit it.
    if nice and hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)

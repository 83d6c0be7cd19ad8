"""Runs together what is queued together: whoever comes while the engine is busy is in its next batch."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.engine import batches
from service.engine.batches import Outcome, Outputs, Rows, Run
from service.engine.clients import Gone, stays
from service.engine.runner import Runner
from service.errors import AbandonedError, DeadlineError, FullError

QUICK_S = 0.0005
"""A single row that takes less than this is run where it stands: a hand-over to a thread and back takes
a good part of it."""

SMOOTHING = 0.2
"""Weight of the newest run in the average time of a row."""


@dataclass(frozen=True)
class Bounds:
    """
    How much may wait.

    Attributes:
        batch: Most rows of one run.
        requests: Most requests that wait.
        rows: Most rows that wait.
        wait_s: Most seconds of work that wait, by measured runs: beyond it newcomers are refused.
        deadline_s: Most seconds that one may wait: a request that waited longer is not run any more.
    """

    batch: int
    requests: int
    rows: int
    wait_s: float
    deadline_s: float


@dataclass(slots=True)
class Answer:
    """
    What came out for one request, and how it went.

    Attributes:
        outputs: The request's rows of each output.
        batch: Rows of the run that it was a part of.
        queue_ms: Milliseconds from its coming to the begin of the run.
        run_ms: Milliseconds of the run.
    """

    outputs: Outputs
    batch: int
    queue_ms: float
    run_ms: float


@dataclass(slots=True)
class _Waiting:
    rows: Rows
    since: float
    gone: Gone
    future: asyncio.Future[Answer]


class Batcher:
    """
    A queue before an engine that runs one batch at a time.

    Nobody waits for company: an idle engine takes at once what there is. There is no task that could die:
    the end of one run begins the next. All methods belong to one event loop; the engine runs on a thread
    of its own, or in place when a single row is quick.

    Attributes:
        waiting: Rows in the queue.
        failures: Runs without any answer, one after the other, up to now.
    """

    def __init__(self, run: Run, bounds: Bounds, *, observe: Callable[[int, float], None]) -> None:
        """
        Make a queue.

        Args:
            run: The engine. What it makes of a row must not depend on the other rows.
            bounds: How much may wait.
            observe: Told of each run: its rows and seconds.
        """
        self.waiting = 0
        self.failures = 0
        self._run = run
        self._bounds = bounds
        self._observe = observe
        self._runner = Runner("engine")
        self._queue: deque[_Waiting] = deque()
        self._busy = False
        self._expiry: asyncio.TimerHandle | None = None
        self._row_s = 0.0
        self._single_s = float("inf")

    def submit(self, rows: Rows, *, gone: Gone = stays) -> asyncio.Future[Answer]:
        """
        Queue the rows of one request.

        Args:
            rows: ``(number, ...)``, at most as many as a run may have.
            gone: Tells when the client is gone.

        Returns:
            Its answer; it may be cancelled. Or: ``DeadlineError`` when it waited too long, ``AbandonedError``
            when its client is gone, ``EngineError`` when the engine gave another number of rows than it
            got, and what the engine raises for these rows alone.

        Raises:
            FullError: There is no room in the queue.
            ValueError: More rows than a run may have.
        """
        bounds = self._bounds
        if len(rows) > bounds.batch:
            message = f"{len(rows)} rows in one request; a run has at most {bounds.batch}"
            raise ValueError(message)
        wait_s = self.waiting * self._row_s
        if (
            len(self._queue) >= bounds.requests
            or self.waiting + len(rows) > bounds.rows
            or wait_s > bounds.wait_s
        ):
            raise FullError(where="queue", retry_after_s=wait_s)
        loop = asyncio.get_running_loop()
        if not self._busy and not self._queue:
            # Behind all that came together with this one: they are its company, and cost it no waiting.
            loop.call_soon(self._begin)
        if self._expiry is None:
            self._expiry = loop.call_later(bounds.deadline_s, self._expire)
        waiting = _Waiting(rows, time.perf_counter(), gone, loop.create_future())
        self._queue.append(waiting)
        self.waiting += len(rows)
        return waiting.future

    def close(self) -> None:
        """Finish the run that is under way."""
        self._runner.close()

    def _begin(self) -> None:
        """Run what is queued, unless a run is under way: its end begins the next."""
        if self._busy or not (batch := self._take()):
            return
        self._busy = True
        started = time.perf_counter()
        parts = [waiting.rows for waiting in batch]
        # Joined and cut on this thread: on the other each step would contend for the interpreter.
        rows = batches.join(parts)
        if len(rows) == 1 and self._single_s < QUICK_S:
            self._finish(batch, started, *batches.attempt(self._run, rows, parts))
        else:
            self._runner.run(
                lambda: batches.attempt(self._run, rows, parts),
                lambda ended: self._finish(batch, started, *ended),
            )

    def _take(self) -> list[_Waiting]:
        """Take the next batch off the queue, without those who need no answer any more."""
        batch: list[_Waiting] = []
        room = self._bounds.batch
        latest = time.perf_counter() - self._bounds.deadline_s
        while self._queue and len(self._queue[0].rows) <= room:
            waiting = self._queue.popleft()
            self.waiting -= len(waiting.rows)
            if waiting.future.done():
                continue
            if waiting.since < latest:
                waiting.future.set_exception(DeadlineError(self._bounds.deadline_s))
            elif waiting.gone():
                waiting.future.set_exception(AbandonedError())
            else:
                batch.append(waiting)
                room -= len(waiting.rows)
        return batch

    def _expire(self) -> None:
        """Tell those who waited too long, also while a run does not end; look again when others wait."""
        latest = time.perf_counter() - self._bounds.deadline_s
        while self._queue and self._queue[0].since <= latest:
            waiting = self._queue.popleft()
            self.waiting -= len(waiting.rows)
            if not waiting.future.done():
                waiting.future.set_exception(DeadlineError(self._bounds.deadline_s))
        self._expiry = None
        if self._queue:
            left_s = self._queue[0].since - latest
            self._expiry = asyncio.get_running_loop().call_later(left_s, self._expire)

    def _finish(self, batch: Sequence[_Waiting], started: float, outcome: Outcome, seconds: float) -> None:
        """Begin the next run, then give everyone of this one what came out."""
        rows = sum([len(waiting.rows) for waiting in batch])
        self._busy = False
        self._row_s += SMOOTHING * (seconds / rows - self._row_s)
        if rows == 1:
            self._single_s = seconds
        self._begin()
        answers = batches.cut(outcome, [waiting.rows for waiting in batch])
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.future.done():
                continue
            if isinstance(answer, Exception):
                waiting.future.set_exception(answer)
            else:
                queue_ms = (started - waiting.since) * 1e3
                waiting.future.set_result(Answer(answer, rows, queue_ms, seconds * 1e3))
        all_failed = isinstance(answers[0], Exception) and all(isinstance(one, Exception) for one in answers)
        self.failures = self.failures + 1 if all_failed else 0
        self._observe(rows, seconds)

"""Runs together what is queued together: whoever comes while the engine is busy is in its next batch."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from service.engine import batches
from service.engine.batches import Outcome, Outputs, Rows, Run
from service.engine.clients import Gone, stays
from service.engine.runner import Runner
from service.errors import AbandonedError, DeadlineError, FullError

IN_PLACE_S = 0.001
"""A run that takes less than this, by those before, is made in place: a hand-over to a thread and back takes
a good part of it, and both then contend for the interpreter."""

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


Told: TypeAlias = Callable[[Answer | Exception], None]
"""Learns what came out for a request, or why nothing did, once and on the event loop; must not raise."""


@dataclass(slots=True)
class _Waiting:
    rows: Rows
    since: float
    gone: Gone
    told: Told


class Batcher:
    """
    A queue before an engine that runs one batch at a time.

    Nobody waits for company: an idle engine takes at once what there is. There is no task that could die:
    the end of one run begins the next. All methods belong to one event loop; the engine runs on a thread
    of its own, or in place when that is quick.

    Attributes:
        waiting: Rows in the queue.
        failures: Runs without any answer, one after the other, up to now.
        in_place_s: Runs that take less are made in place; 0 for an engine that does not need a processor.
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
        self.in_place_s = IN_PLACE_S
        self._run = run
        self._bounds = bounds
        self._observe = observe
        self._runner = Runner("engine")
        self._queue: deque[_Waiting] = deque()
        self._busy = False
        self._expiry: asyncio.TimerHandle | None = None
        self._row_s = 0.0

    def submit(self, rows: Rows, *, gone: Gone = stays) -> asyncio.Future[Answer]:
        """
        Queue the rows of one request, as ``enqueue`` does.

        Returns:
            Its answer, or why there is none; it may be cancelled.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def told(answer: Answer | Exception) -> None:
            if future.done():
                return
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self.enqueue(rows, told, gone=lambda: future.done() or gone())
        return future

    def enqueue(self, rows: Rows, told: Told, *, gone: Gone = stays) -> None:
        """
        Queue the rows of one request.

        Args:
            rows: ``(number, ...)``, at most as many as a run may have.
            told: Gets the answer. Or: ``DeadlineError`` when it waited too long, ``AbandonedError`` when its
                client is gone, ``EngineError`` when the engine gave another number of rows than it got, and
                what the engine raises for these rows alone.
            gone: Tells when nobody needs the answer any more.

        Raises:
            FullError: There is no room in the queue.
            ValueError: More rows than a run may have.
        """
        bounds = self._bounds
        number = len(rows)
        if number > bounds.batch:
            message = f"{number} rows in one request; a run has at most {bounds.batch}"
            raise ValueError(message)
        wait_s = self.waiting * self._row_s
        if (
            len(self._queue) >= bounds.requests
            or self.waiting + number > bounds.rows
            or wait_s > bounds.wait_s
        ):
            raise FullError(where="queue", retry_after_s=wait_s)
        if not self._queue and not self._busy:
            asyncio.get_running_loop().call_soon(self._gather, 0)
        if self._expiry is None:
            self._expiry = asyncio.get_running_loop().call_later(bounds.deadline_s, self._expire)
        self._queue.append(_Waiting(rows, time.perf_counter(), gone, told))
        self.waiting += number

    def close(self) -> None:
        """Finish the run that is under way."""
        self._runner.close()

    def _gather(self, before: int) -> None:
        """Begin when a turn of the loop brings no more: what has arrived comes along, none is waited for."""
        if before < self.waiting < self._bounds.batch:
            asyncio.get_running_loop().call_soon(self._gather, self.waiting)
        else:
            self._begin()

    def _begin(self) -> None:
        """Run what is queued, unless a run is under way: its end begins the next."""
        if self._busy or not (batch := self._take()):
            return
        started = time.perf_counter()
        parts = [waiting.rows for waiting in batch]
        # Joined and cut on this thread: on the other each step would contend for the interpreter.
        rows = batches.join(parts)
        if 0 < len(rows) * self._row_s < self.in_place_s:
            self._tell(batch, started, *batches.attempt(self._run, rows, parts))
            if self._queue:
                asyncio.get_running_loop().call_soon(self._gather, 0)
        else:
            self._busy = True
            self._runner.run(
                lambda: batches.attempt(self._run, rows, parts),
                lambda ended: self._end(batch, started, *ended),
            )

    def _take(self) -> list[_Waiting]:
        """Take the next batch off the queue, without those who need no answer any more."""
        batch: list[_Waiting] = []
        room = self._bounds.batch
        latest = time.perf_counter() - self._bounds.deadline_s
        while self._queue and len(self._queue[0].rows) <= room:
            waiting = self._queue.popleft()
            number = len(waiting.rows)
            self.waiting -= number
            if waiting.since < latest:
                waiting.told(DeadlineError(self._bounds.deadline_s))
            elif waiting.gone():
                waiting.told(AbandonedError())
            else:
                batch.append(waiting)
                room -= number
        return batch

    def _expire(self) -> None:
        """Tell those who waited too long, also while a run does not end; look again when others wait."""
        latest = time.perf_counter() - self._bounds.deadline_s
        while self._queue and self._queue[0].since <= latest:
            waiting = self._queue.popleft()
            self.waiting -= len(waiting.rows)
            waiting.told(DeadlineError(self._bounds.deadline_s))
        self._expiry = None
        if self._queue:
            left_s = self._queue[0].since - latest
            self._expiry = asyncio.get_running_loop().call_later(left_s, self._expire)

    def _end(self, batch: Sequence[_Waiting], started: float, outcome: Outcome, seconds: float) -> None:
        """Begin the next run, so that the engine does not wait, and tell what came out of this one."""
        self._busy = False
        self._begin()
        self._tell(batch, started, outcome, seconds)

    def _tell(self, batch: Sequence[_Waiting], started: float, outcome: Outcome, seconds: float) -> None:
        """Tell everyone of a batch what came out."""
        parts = [waiting.rows for waiting in batch]
        rows = sum(map(len, parts))
        self._row_s += SMOOTHING * (seconds / rows - self._row_s)
        answers = batches.cut(outcome, parts)
        run_ms = seconds * 1e3
        for waiting, outputs in zip(batch, answers, strict=True):
            if isinstance(outputs, Exception):
                waiting.told(outputs)
            else:
                waiting.told(Answer(outputs, rows, (started - waiting.since) * 1e3, run_ms))
        all_failed = all(isinstance(answer, Exception) for answer in answers)
        self.failures = self.failures + 1 if all_failed else 0
        self._observe(rows, seconds)

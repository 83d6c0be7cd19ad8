"""Runs together what is queued together: what arrives while the engine is busy is in its next batch."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from service.engine import batches
from service.engine.batches import Outcome, Outputs, Rows, Run
from service.engine.fairness import WHOLE, FairQueue, Share
from service.engine.origin import ITSELF, Client, Origin
from service.engine.worker_thread import WorkerThread
from service.errors import AbandonedError, DeadlineError, FullError, ShareError

IN_PLACE_S = 0.001
"""A run that takes less than this, by those before, is made in place: a hand-over to a thread and back takes
a good part of it, and both then contend for the interpreter."""

GATHER_S = 0.003
"""How long what arrives in consecutive turns of the event loop is gathered: each of them may be long."""

SMOOTHING = 0.2
"""Weight of the newest run in the average time of a row."""


@dataclass(frozen=True)
class QueueLimits:
    """
    How much may wait.

    Attributes:
        batch: Most rows of one run.
        requests: Most requests that wait.
        rows: Most rows that wait.
        wait_s: Most seconds of work that wait, by measured runs: beyond it newcomers are refused.
        deadline_s: Most seconds that one may wait: a request that waited longer is not run any more.
        share: How much of it may be one client's.
    """

    batch: int
    requests: int
    rows: int
    wait_s: float
    deadline_s: float
    share: Share = WHOLE


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


OnResult: TypeAlias = Callable[[Answer | Exception], None]
"""Learns what came out for a request, or why nothing did, once and on the event loop."""


@dataclass(slots=True)
class _Waiting:
    rows: Rows
    since: float
    origin: Origin
    on_result: OnResult


class Batcher:
    """
    A queue before an engine that runs one batch at a time.

    Nobody waits for company: an idle engine takes at once what there is. There is no task that could die:
    the end of one run begins the next. All methods belong to one event loop; the engine runs on a thread
    of its own, or in place when that is quick. Clients whose requests wait take turns.

    Attributes:
        waiting: Rows in the queue.
        failures: Runs without any answer, one after the other, up to now.
        in_place_s: Runs that take less are made in place; 0 for an engine that does not need a processor.
    """

    def __init__(self, run: Run, limits: QueueLimits, *, observe: Callable[[int, float], None]) -> None:
        """
        Make a queue.

        Args:
            run: The engine. What it makes of a row must not depend on the other rows.
            limits: How much may wait.
            observe: Learns of each run: its rows and seconds.
        """
        self.waiting = 0
        self.failures = 0
        self.in_place_s = IN_PLACE_S
        self._run = run
        self._limits = limits
        self._observe = observe
        self._runner = WorkerThread("engine")
        self._queue: FairQueue[_Waiting] = FairQueue()
        self._busy = False
        self._expiry: asyncio.TimerHandle | None = None
        self._row_s = 0.0
        # Up to here there is room for anyone.
        self._few_rows = limits.share.of(limits.rows, is_alone=False)
        self._few_requests = limits.share.of(limits.requests, is_alone=False)
        self._few_s = limits.wait_s * limits.share.of_several

    def submit(self, rows: Rows, *, origin: Origin = ITSELF) -> asyncio.Future[Answer]:
        """
        Queue the rows of one request, as ``enqueue`` does.

        Returns:
            Its answer, or why there is none; it may be cancelled.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def on_result(answer: Answer | Exception) -> None:
            if future.done():
                return
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        is_disconnected = origin.is_disconnected
        waiting = Client(origin.client, lambda: future.done() or is_disconnected())
        self.enqueue(rows, on_result, origin=waiting)
        return future

    def enqueue(self, rows: Rows, on_result: OnResult, *, origin: Origin = ITSELF) -> None:
        """
        Queue the rows of one request.

        Args:
            rows: ``(number, ...)``, at most as many as a run may have.
            on_result: Gets the answer. Or: ``DeadlineError`` when it waited too long, ``AbandonedError`` when
                its client has left, ``EngineError`` when the engine gave another number of rows than it got,
                and what the engine raises for these rows alone.
            origin: Whose it is, and whether anybody still needs the answer.

        Raises:
            FullError: There is no room in the queue.
            ShareError: There is none for this client.
            ValueError: More rows than a run may have.
        """
        limits = self._limits
        number = len(rows)
        if number > limits.batch:
            message = f"{number} rows in one request; a run has at most {limits.batch}"
            raise ValueError(message)
        if (
            self.waiting + number > self._few_rows
            or len(self._queue) >= self._few_requests
            or self.waiting * self._row_s > self._few_s
        ):
            self._check_room(number, origin.client)
        if not self._queue and not self._busy:
            asyncio.get_running_loop().call_soon(self._gather, 0, time.perf_counter() + GATHER_S)
        if self._expiry is None:
            self._expiry = asyncio.get_running_loop().call_later(limits.deadline_s, self._expire)
        self._queue.push(origin.client, _Waiting(rows, time.perf_counter(), origin, on_result))
        self.waiting += number

    def close(self) -> None:
        """Finish the run that is under way."""
        self._runner.close()

    def _check_room(self, number: int, client: str) -> None:
        """
        See that so many rows more of a client may wait.

        Raises:
            FullError: There is no room in the queue.
            ShareError: There is none for this client.
        """
        limits, queue, share = self._limits, self._queue, self._limits.share
        own = [len(waiting.rows) for waiting in queue.of(client)]
        clients = queue.clients + (not own)
        own_rows = sum(own)
        # In turns, no more of each other client is before it than of its own.
        wait_s = min(self.waiting, (own_rows + number) * clients) * self._row_s
        if len(queue) >= limits.requests or self.waiting + number > limits.rows or wait_s > limits.wait_s:
            raise FullError(where="queue", retry_after_s=wait_s)
        is_alone = clients == 1
        if len(own) >= share.of(limits.requests, is_alone=is_alone) or own_rows + number > share.of(
            limits.rows, is_alone=is_alone
        ):
            raise ShareError

    def _gather(self, before: int, until: float) -> None:
        """Begin when a turn of the loop brings no more: what has arrived comes along, none is waited for."""
        if before < self.waiting < self._limits.batch and time.perf_counter() < until:
            asyncio.get_running_loop().call_soon(self._gather, self.waiting, until)
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
            outcome, seconds = batches.attempt(self._run, rows, parts)
            if self._queue:
                asyncio.get_running_loop().call_soon(self._gather, 0, time.perf_counter() + GATHER_S)
            self._tell(batch, started, outcome, seconds)
        else:
            self._busy = True
            self._runner.run(
                lambda: batches.attempt(self._run, rows, parts),
                lambda ended: self._end(batch, started, *ended),
            )

    def _take(self) -> list[_Waiting]:
        """Take the next batch off the queue, without those who need no answer any more."""
        batch: list[_Waiting] = []
        room = self._limits.batch
        latest = time.perf_counter() - self._limits.deadline_s
        # Bound late: what has room changes with each that is taken.
        while (waiting := self._queue.pop(lambda one: len(one.rows) <= room)) is not None:  # noqa: B023
            number = len(waiting.rows)
            self.waiting -= number
            if waiting.since < latest:
                _give(waiting, DeadlineError(self._limits.deadline_s))
            elif waiting.origin.is_disconnected():
                _give(waiting, AbandonedError())
            else:
                batch.append(waiting)
                room -= number
        return batch

    def _expire(self) -> None:
        """Tell those who waited too long, also while a run does not end; look again when others wait."""
        latest = time.perf_counter() - self._limits.deadline_s
        for waiting in self._queue.pop_while(lambda one: one.since <= latest):
            self.waiting -= len(waiting.rows)
            _give(waiting, DeadlineError(self._limits.deadline_s))
        self._expiry = None
        if self._queue:
            left_s = min(waiting.since for waiting in self._queue.firsts()) - latest
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
                _give(waiting, outputs)
            else:
                _give(waiting, Answer(outputs, rows, (started - waiting.since) * 1e3, run_ms))
        all_failed = all(isinstance(answer, Exception) for answer in answers)
        self.failures = self.failures + 1 if all_failed else 0
        self._observe(rows, seconds)


def _give(waiting: _Waiting, answer: Answer | Exception) -> None:
    """Give one its answer: what is wrong with that one keeps no other from theirs."""
    try:
        waiting.on_result(answer)
    except Exception as error:  # noqa: BLE001  the event loop logs it, as it does for its own callbacks
        asyncio.get_running_loop().call_exception_handler(
            {"message": "the answer of a run could not be given", "exception": error}
        )

"""The queue before the engine: no answer mixed, nobody lost, nobody waiting for company. No sleeps."""

import asyncio
import contextlib
import itertools
import random
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from service.engine.batcher import Answer, Batcher, QueueLimits
from service.engine.fairness import Share
from service.engine.origin import Client
from service.errors import AbandonedError, DeadlineError, EngineError, FullError, ShareError

WIDE = QueueLimits(batch=64, requests=10_000, rows=1_000_000, wait_s=1e9, deadline_s=1e9)


class FakeEngine:
    """Answers each row with numbers that follow from it alone, when it is let."""

    def __init__(self, *, held: bool = False) -> None:
        self.batches: list[np.ndarray] = []
        self.started = threading.Event()
        self.may_run = threading.Event()
        if not held:
            self.may_run.set()

    def __call__(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        self.batches.append(rows.copy())
        self.started.set()
        assert self.may_run.wait(10)
        if (rows == POISON).any():
            message = "poison"
            raise ValueError(message)
        return expected(rows)


class NotingEngine:
    """Answers likewise, and notes on which threads."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def __call__(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        self.threads.append(threading.current_thread())
        return expected(rows)


POISON = -1


def expected(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    return rows[:, 0] * 7919 % 10_007, rows[:, :2] + 1


def row(*values: int) -> np.ndarray:
    return np.array([[value, 2 * value, 3] for value in values])


def run(engine: Any, work: Callable[[Batcher], Coroutine[Any, Any, Any]], bounds: QueueLimits = WIDE) -> Any:  # noqa: ANN401
    """Run some work with a batcher before an engine; nothing may be left in it."""

    async def both() -> Any:  # noqa: ANN401
        batcher = Batcher(engine, bounds, observe=lambda _, __: None)
        try:
            return await work(batcher)
        finally:
            if hasattr(engine, "may_run"):
                engine.may_run.set()
            batcher.close()
            assert batcher.waiting == 0

    return asyncio.run(both())


async def busy(batcher: Batcher, engine: FakeEngine) -> asyncio.Future[Answer]:
    """Keep the engine busy with a first request."""
    first = batcher.submit(row(0))
    assert await asyncio.get_running_loop().run_in_executor(None, engine.started.wait, 10)
    return first


def test_20_000_requests_of_64_clients_get_their_own_answers_in_whatever_batches() -> None:
    engine = FakeEngine()
    chance = random.Random(0)  # noqa: S311  no secret
    numbers = itertools.count(1)

    async def client(batcher: Batcher, requests: int) -> int:
        right = 0
        for _ in range(requests):
            rows = row(*itertools.islice(numbers, chance.choice((1, 1, 1, 2, 7, 64))))
            answer = batcher.submit(rows)
            if chance.random() < 0.1:
                answer.cancel()
                right += 1
                continue
            outputs = (await answer).outputs
            right += all(np.array_equal(*pair) for pair in zip(outputs, expected(rows), strict=True))
        return right

    async def all_clients(batcher: Batcher) -> int:
        return sum(await asyncio.gather(*(client(batcher, 313) for _ in range(64))))

    assert run(engine, all_clients) == 313 * 64
    assert max(len(batch) for batch in engine.batches) == 64


def test_who_comes_while_the_engine_is_busy_is_in_its_next_batch() -> None:
    engine = FakeEngine(held=True)

    async def work(batcher: Batcher) -> list[Answer]:
        first = await busy(batcher, engine)
        rest = [batcher.submit(row(number)) for number in range(1, 6)]
        engine.may_run.set()
        return await asyncio.gather(first, *rest)

    answers = run(engine, work)

    assert [len(batch) for batch in engine.batches] == [1, 5]
    assert [answer.batch for answer in answers] == [1, 5, 5, 5, 5, 5]


def test_nobody_waits_for_company() -> None:
    engine = FakeEngine()

    async def work(batcher: Batcher) -> None:
        for number in range(5):
            await batcher.submit(row(number))

    run(engine, work)

    assert [len(batch) for batch in engine.batches] == [1] * 5


def test_those_who_come_at_once_run_at_once() -> None:
    engine = FakeEngine()

    async def work(batcher: Batcher) -> None:
        await asyncio.gather(*(batcher.submit(row(number)) for number in range(9)))

    run(engine, work)

    assert [len(batch) for batch in engine.batches] == [9]


def test_a_batch_is_never_larger_than_allowed_and_keeps_the_order() -> None:
    engine = FakeEngine(held=True)

    async def work(batcher: Batcher) -> None:
        first = await busy(batcher, engine)
        sizes = (30, 30, 30, 64, 1)
        rest = [batcher.submit(row(*range(size))) for size in sizes]
        engine.may_run.set()
        await asyncio.gather(first, *rest)

    run(engine, work)

    assert [len(batch) for batch in engine.batches] == [1, 60, 30, 64, 1]


def test_only_what_the_engine_cannot_take_gets_its_error() -> None:
    engine = FakeEngine(held=True)

    async def work(batcher: Batcher) -> list[Any]:
        first = await busy(batcher, engine)
        rest = [batcher.submit(row(number)) for number in (1, POISON, 3)]
        engine.may_run.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)

    answers = run(engine, work)

    assert isinstance(answers[2], ValueError)
    assert [answers[index].outputs[0][0] for index in (1, 3)] == [7919, 3 * 7919 % 10_007]


def test_an_error_reaches_every_waiting_client_and_the_next_is_served() -> None:
    failures = []

    def engine(rows: np.ndarray) -> tuple[np.ndarray, ...]:
        if rows[0, 0] < 10:
            message = "broken"
            raise RuntimeError(message)
        return expected(rows)

    async def work(batcher: Batcher) -> list[Any]:
        answers = await asyncio.gather(*map(batcher.submit, map(row, range(5))), return_exceptions=True)
        failures.append(batcher.failures)
        answers.append(await batcher.submit(row(10)))
        failures.append(batcher.failures)
        return answers

    *broken, served = run(engine, work)

    assert [str(error) for error in broken] == ["broken"] * 5
    assert served.outputs[0][0] == 79_190 % 10_007
    assert failures == [1, 0]


@pytest.mark.parametrize("rows_answered", [0, 2, 4])
def test_another_number_of_rows_fails_the_whole_batch_and_shifts_no_answer(rows_answered: int) -> None:
    async def work(batcher: Batcher) -> list[Any]:
        return await asyncio.gather(
            *(batcher.submit(row(number)) for number in range(3)), return_exceptions=True
        )

    answers = run(lambda _: (np.zeros(rows_answered),), work)

    assert [type(answer) for answer in answers] == [EngineError] * 3


def test_exactly_those_who_find_no_room_are_refused() -> None:
    engine = FakeEngine(held=True)
    bounds = QueueLimits(batch=2, requests=4, rows=100, wait_s=1e9, deadline_s=1e9)
    refused = 0

    async def work(batcher: Batcher) -> None:
        nonlocal refused
        taken = [await busy(batcher, engine)]
        for number in range(1, 7):
            try:
                taken.append(batcher.submit(row(number)))
            except FullError:
                refused += 1
        engine.may_run.set()
        await asyncio.gather(*taken)

    run(engine, work, bounds)

    assert refused == 2
    assert sum(map(len, engine.batches)) == 5


def test_the_queue_is_bounded_in_rows_too() -> None:
    engine = FakeEngine(held=True)
    bounds = QueueLimits(batch=64, requests=100, rows=100, wait_s=1e9, deadline_s=1e9)

    async def work(batcher: Batcher) -> None:
        taken = [await busy(batcher, engine), batcher.submit(row(*range(64)))]
        with pytest.raises(FullError):
            batcher.submit(row(*range(64)))
        taken.append(batcher.submit(row(*range(36))))
        engine.may_run.set()
        await asyncio.gather(*taken)

    run(engine, work, bounds)


def test_the_queue_is_bounded_in_time_as_it_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr("service.engine.batcher.time.perf_counter", lambda: float(next(clock)))
    engine = FakeEngine()
    bounds = QueueLimits(batch=64, requests=100, rows=100, wait_s=1.0, deadline_s=1e9)

    async def work(batcher: Batcher) -> FullError:
        await batcher.submit(row(0))
        engine.started.clear()
        engine.may_run.clear()
        taken = [await busy(batcher, engine)]
        try:
            while len(taken) < 90:
                taken.append(batcher.submit(row(1)))
        except FullError as refused:
            return refused
        finally:
            engine.may_run.set()
            await asyncio.gather(*taken)
        return FullError(where="admission")

    # Every look at the clock takes a second, so a row takes seconds: not even a handful may wait.
    assert run(engine, work, bounds).retry_after_s > 1.0
    assert sum(map(len, engine.batches)) < 10


def test_a_request_that_waited_too_long_is_told_so_once_and_never_run() -> None:
    engine = FakeEngine(held=True)
    bounds = QueueLimits(batch=64, requests=100, rows=100, wait_s=1e9, deadline_s=0.0)

    async def work(batcher: Batcher) -> None:
        late = batcher.submit(row(5))
        with pytest.raises(DeadlineError):
            await late

    run(engine, work, bounds)

    assert engine.batches == []


def test_a_run_that_does_not_end_keeps_nobody_else_beyond_the_deadline() -> None:
    engine = FakeEngine(held=True)
    bounds = QueueLimits(batch=64, requests=100, rows=100, wait_s=1e9, deadline_s=0.5)

    async def work(batcher: Batcher) -> None:
        first = await busy(batcher, engine)
        late = await asyncio.gather(*map(batcher.submit, map(row, range(3))), return_exceptions=True)
        assert [type(error) for error in late] == [DeadlineError] * 3
        assert not first.done()
        engine.may_run.set()
        await first

    run(engine, work, bounds)

    assert len(engine.batches) == 1


def test_cancelled_and_dead_clients_are_dropped_before_the_engine_runs() -> None:
    engine = FakeEngine(held=True)

    async def work(batcher: Batcher) -> None:
        first = await busy(batcher, engine)
        cancelled = batcher.submit(row(1))
        dead = batcher.submit(row(2), origin=Client(is_disconnected=lambda: True))
        alive = batcher.submit(row(3))
        cancelled.cancel()
        engine.may_run.set()
        await asyncio.gather(first, alive)
        with pytest.raises(AbandonedError):
            await dead

    run(engine, work)

    assert [batch[:, 0].tolist() for batch in engine.batches] == [[0], [3]]


def test_clients_take_turns_however_much_one_of_them_has_queued() -> None:
    engine = FakeEngine(held=True)
    bounds = replace(WIDE, batch=4)

    async def work(batcher: Batcher) -> None:
        first = await busy(batcher, engine)
        flood = [batcher.submit(row(*[number] * 4), origin=Client("flood")) for number in range(1, 9)]
        others = [batcher.submit(row(number), origin=Client("other")) for number in (21, 22, 23)]
        engine.may_run.set()
        await asyncio.gather(first, *flood, *others)

    run(engine, work, bounds)

    assert [batch[:, 0].tolist() for batch in engine.batches[:3]] == [[0], [1] * 4, [21, 22, 23]]


def test_one_client_leaves_room_for_others() -> None:
    engine = FakeEngine(held=True)
    bounds = replace(WIDE, rows=16, share=Share(0.5))

    async def work(batcher: Batcher) -> None:
        taken = [await busy(batcher, engine)]
        taken += [batcher.submit(row(number), origin=Client("flood")) for number in range(14)]
        with pytest.raises(ShareError):
            batcher.submit(row(14), origin=Client("flood"))
        taken.append(batcher.submit(row(15), origin=Client("other")))
        with pytest.raises(ShareError):
            batcher.submit(row(16), origin=Client("flood"))
        taken.append(batcher.submit(row(17), origin=Client("other")))
        with pytest.raises(FullError):
            batcher.submit(row(18), origin=Client("other"))
        engine.may_run.set()
        await asyncio.gather(*taken)

    run(engine, work, bounds)


def test_what_keeps_arriving_does_not_put_off_a_run_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    clock = itertools.count(step=0.0004)
    monkeypatch.setattr("service.engine.batcher.time.perf_counter", lambda: next(clock))

    async def work(batcher: Batcher) -> None:
        taken = []
        while not engine.batches:
            taken.append(batcher.submit(row(len(taken))))
            await asyncio.sleep(0)
        await asyncio.gather(*taken)

    run(engine, work)

    # One more arrives in every turn of the loop, and each looks at the clock: it ends all the same.
    assert len(engine.batches[0]) < 8


def test_a_client_that_leaves_during_the_run_harms_nobody() -> None:
    engine = FakeEngine(held=True)

    async def work(batcher: Batcher) -> int:
        first = await busy(batcher, engine)
        first.cancel()
        second = batcher.submit(row(1))
        engine.may_run.set()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        return (await second).outputs[0][0]

    assert run(engine, work) == 7919


def test_a_quick_run_is_made_in_place() -> None:
    engine = NotingEngine()

    async def work(batcher: Batcher) -> None:
        for number in range(50):
            await batcher.submit(row(number))

    run(engine, work)

    assert engine.threads[0] is not threading.main_thread()
    assert engine.threads[-1] is threading.main_thread()


def test_who_comes_in_the_next_turn_of_the_loop_comes_along() -> None:
    engine = FakeEngine()

    async def work(batcher: Batcher) -> list[Answer]:
        loop = asyncio.get_running_loop()
        taken = [batcher.submit(row(0))]
        later: asyncio.Future[None] = loop.create_future()

        def join(number: int) -> None:
            taken.append(batcher.submit(row(number)))
            if number < 5:
                loop.call_soon(join, number + 1)
            else:
                later.set_result(None)

        loop.call_soon(join, 1)
        await later
        return await asyncio.gather(*taken)

    answers = run(engine, work)

    assert [len(batch) for batch in engine.batches] == [6]
    assert [answer.outputs[0][0] for answer in answers] == [number * 7919 % 10_007 for number in range(6)]


def test_however_many_come_a_full_batch_begins() -> None:
    engine = FakeEngine()

    async def work(batcher: Batcher) -> None:
        taken = []
        while not engine.batches:
            taken.append(batcher.submit(row(len(taken))))
            await asyncio.sleep(0)
        await asyncio.gather(*taken)

    run(engine, work, replace(WIDE, batch=8))

    assert len(engine.batches[0]) == 8


def test_what_is_left_after_a_run_in_place_is_run_too() -> None:
    engine = FakeEngine()

    async def work(batcher: Batcher) -> None:
        await batcher.submit(row(0))
        batcher.in_place_s = float("inf")
        await asyncio.gather(*(batcher.submit(row(*range(5))) for _ in range(4)))

    run(engine, work, replace(WIDE, batch=8))

    assert [len(batch) for batch in engine.batches] == [1, 5, 5, 5, 5]


def test_a_long_run_leaves_the_event_loop_free() -> None:
    engine = FakeEngine(held=True)

    async def work(batcher: Batcher) -> None:
        batcher._row_s = 1.0
        answer = await busy(batcher, engine)
        assert not engine.may_run.is_set()
        engine.may_run.set()
        await answer

    run(engine, work)


def test_an_engine_that_needs_no_processor_is_never_run_in_place() -> None:
    engine = NotingEngine()

    async def work(batcher: Batcher) -> None:
        batcher.in_place_s = 0
        for number in range(50):
            await batcher.submit(row(number))

    run(engine, work)

    assert threading.main_thread() not in engine.threads


def test_more_rows_than_a_run_may_have_are_a_mistake() -> None:
    async def work(batcher: Batcher) -> None:
        with pytest.raises(ValueError, match="65 rows"):
            batcher.submit(row(*range(65)))

    run(FakeEngine(), work)

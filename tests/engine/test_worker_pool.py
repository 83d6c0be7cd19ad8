"""A pool computes on threads of its own, takes no more than it can hold, and begins nothing too late."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from service.engine.worker_pool import WorkerPool
from service.errors import AbandonedError, DeadlineError, FullError

MakePool = Callable[..., WorkerPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    pools: list[WorkerPool] = []

    def make_pool(**options: float) -> WorkerPool:
        pools.append(WorkerPool("test", **{"threads": 1, "waiting": 9, "deadline_s": 60, **options}))
        return pools[-1]

    yield make_pool
    for pool in pools:
        pool.close()


def test_the_event_loop_turns_while_a_thread_computes(make_pool: MakePool) -> None:
    pool = make_pool()
    turned = threading.Event()

    async def both() -> bool:
        computing = asyncio.create_task(pool.run(lambda: turned.wait(10)))
        await asyncio.sleep(0)
        turned.set()
        return await computing

    assert asyncio.run(both())


def test_an_error_on_a_thread_reaches_the_one_who_waits(make_pool: MakePool) -> None:
    def fail() -> None:
        message = "xyzzy"
        raise ValueError(message)

    with pytest.raises(ValueError, match="xyzzy"):
        asyncio.run(make_pool().run(fail))


def test_exactly_those_who_find_no_room_are_refused(make_pool: MakePool) -> None:
    pool = make_pool(threads=1, waiting=3)
    release = threading.Event()

    async def send() -> list[object]:
        calls = [asyncio.create_task(pool.run(lambda: release.wait(10))) for _ in range(6)]
        await asyncio.sleep(0)
        release.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(send())

    assert answers[:4] == [True] * 4
    assert [type(answer) for answer in answers[4:]] == [FullError] * 2
    assert pool.pending == 0


def test_what_waits_too_long_is_told_so_while_the_threads_are_busy_and_not_begun(make_pool: MakePool) -> None:
    pool = make_pool(deadline_s=0.01)
    release = threading.Event()
    begun: list[int] = []

    async def send() -> None:
        running = asyncio.create_task(pool.run(lambda: release.wait(10)))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineError):
            await pool.run(lambda: begun.append(1))
        release.set()
        assert await running

    asyncio.run(send())

    assert begun == []
    assert pool.pending == 0


def test_what_nobody_waits_for_is_not_begun(make_pool: MakePool) -> None:
    begun: list[int] = []

    with pytest.raises(AbandonedError):
        asyncio.run(make_pool().run(lambda: begun.append(1), is_disconnected=lambda: True))
    assert begun == []


def test_cancelled_work_leaves_its_place(make_pool: MakePool) -> None:
    pool = make_pool(threads=1, waiting=1)
    release = threading.Event()

    async def send() -> str:
        running = asyncio.create_task(pool.run(lambda: release.wait(10)))
        cancelled = asyncio.create_task(pool.run(lambda: "never"))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        third = asyncio.create_task(pool.run(lambda: "third"))
        await asyncio.sleep(0)
        release.set()
        await running
        return await third

    assert asyncio.run(send()) == "third"


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="threads have no priority of their own here")
def test_a_pool_can_give_way_to_others(make_pool: MakePool) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own = niceness()

    assert asyncio.run(make_pool(nice=5).run(niceness)) == min(own + 5, 19) or own != 0
    assert asyncio.run(make_pool().run(niceness)) == own

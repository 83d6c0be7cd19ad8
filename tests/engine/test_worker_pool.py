"""A pool computes on threads of its own, takes no more than it can hold, and begins nothing too late."""

import asyncio
import functools
import gc
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.engine.fairness import Share
from service.engine.origin import Client
from service.engine.worker_pool import WorkerPool
from service.errors import AbandonedError, DeadlineError, FullError, ShareError

MakePool = Callable[..., WorkerPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    pools: list[WorkerPool] = []

    def make_pool(**options: Any) -> WorkerPool:  # noqa: ANN401  as the pool has them
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
    pool = make_pool(deadline_s=0.5)
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
        asyncio.run(make_pool().run(lambda: begun.append(1), origin=Client(is_disconnected=lambda: True)))
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


def test_clients_take_turns_however_much_work_one_of_them_has_sent(make_pool: MakePool) -> None:
    pool = make_pool()
    release = threading.Event()
    done: list[str] = []

    async def send() -> None:
        running = asyncio.create_task(pool.run(lambda: release.wait(10)))
        await asyncio.sleep(0)
        names = ["flood"] * 5 + ["other"] * 2
        calls = [
            asyncio.create_task(pool.run(functools.partial(done.append, name), origin=Client(name)))
            for name in names
        ]
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(running, *calls)

    asyncio.run(send())

    assert done == ["flood", "other", "flood", "other", "flood", "flood", "flood"]


def test_one_client_leaves_places_for_others(make_pool: MakePool) -> None:
    pool = make_pool(threads=1, waiting=7, share=Share(0.5))
    release = threading.Event()

    async def send() -> list[object]:
        names = ["flood"] * 8 + ["other"]
        calls = [
            asyncio.create_task(pool.run(lambda: release.wait(10), origin=Client(name))) for name in names
        ]
        await asyncio.sleep(0)
        release.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(send())

    assert [type(answer) for answer in answers] == [bool] * 7 + [ShareError, bool]
    assert pool.pending == 0


def test_a_pool_that_is_closed_ends_what_waits(make_pool: MakePool) -> None:
    pool = make_pool()
    release = threading.Event()

    async def send() -> None:
        running = asyncio.create_task(pool.run(lambda: release.wait(10)))
        waiting = asyncio.create_task(pool.run(lambda: "never"))
        await asyncio.sleep(0)
        threading.Timer(0.05, release.set).start()
        await asyncio.to_thread(pool.close)

        assert await running
        with pytest.raises(DeadlineError):
            await waiting

    asyncio.run(send())


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="threads have no priority of their own here")
def test_a_pool_can_give_way_to_others(make_pool: MakePool) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own = niceness()

    assert asyncio.run(make_pool(nice=5).run(niceness)) == min(own + 5, 19) or own != 0
    assert asyncio.run(make_pool().run(niceness)) == own


def test_what_fails_is_let_go_of_at_once(make_pool: MakePool) -> None:
    class Sent:
        """Stands for a body of megabytes."""

    def fail(_: Sent) -> None:
        message = "xyzzy"
        raise ValueError(message)

    async def send() -> weakref.ref[Sent]:
        sent = Sent()
        kept = weakref.ref(sent)
        with pytest.raises(ValueError, match="xyzzy"):
            await make_pool().run(functools.partial(fail, sent))
        return kept

    gc.disable()
    try:
        kept = asyncio.run(send())

        assert kept() is None
    finally:
        gc.enable()

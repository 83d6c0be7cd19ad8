"""An event loop that is stuck ends its process; one that turns does not."""

import asyncio
import os
import threading
from typing import NoReturn

import pytest

from service import watchdog
from service.watchdog import STUCK, Watchdog


class EndedError(BaseException):
    """Stands for the end of the process."""


def test_a_stuck_event_loop_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = threading.Event()
    statuses: list[int] = []

    def end(status: int) -> NoReturn:
        statuses.append(status)
        ended.set()
        threading.Event().wait()
        raise EndedError

    monkeypatch.setattr(os, "_exit", end)
    # A thread stands for the process: it may wait here for ever.
    monkeypatch.setattr(watchdog.faulthandler, "dump_traceback", lambda **_: None)
    del capfd

    async def stuck() -> bool:
        dog = Watchdog(0.05)
        dog.start()
        return ended.wait(10)

    assert asyncio.run(stuck())
    assert statuses == [STUCK]


def test_an_event_loop_that_turns_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[int] = []
    looked = threading.Semaphore(0)
    monkeypatch.setattr(watchdog, "BEAT_S", 0.001)
    monkeypatch.setattr(os, "_exit", ends.append)
    dog = Watchdog(5)
    wait = dog._stopped.wait

    def seen(timeout: float) -> bool:
        looked.release()
        return wait(timeout)

    monkeypatch.setattr(dog._stopped, "wait", seen)

    async def turn() -> None:
        dog.start()
        for _ in range(5):
            while not looked.acquire(blocking=False):
                await asyncio.sleep(0)
        dog.stop()

    asyncio.run(turn())

    assert ends == []

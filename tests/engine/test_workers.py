"""Threads that compute: as many as this process may use, and the event loop turns meanwhile."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from service.engine.workers import Workers, usable_processors


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000", 8),
        ("400000 100000", 4),
        ("150000 100000", 1),
        ("50000 100000", 1),
        ("9900000 100000", 8),
        ("", 8),
        ("xyzzy", 8),
        ("1 2 3", 8),
    ],
)
def test_processors_are_counted_within_the_quota(
    quota: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    (tmp_path / "cpu.max").write_text(quota)

    assert usable_processors(tmp_path / "cpu.max") == expected


def test_without_a_control_group_the_affinity_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5, 7}, raising=False)

    assert usable_processors(tmp_path / "nothing") == 3


def test_the_event_loop_turns_while_a_thread_computes() -> None:
    workers = Workers(1)
    turned = threading.Event()

    async def both() -> bool:
        waiting = asyncio.create_task(workers.run(lambda: turned.wait(10)))
        await asyncio.sleep(0)
        turned.set()
        return await waiting

    assert asyncio.run(both())
    workers.close()


def test_an_error_on_a_thread_reaches_the_one_who_waits() -> None:
    workers = Workers(1)

    def fail() -> None:
        message = "xyzzy"
        raise ValueError(message)

    with pytest.raises(ValueError, match="xyzzy"):
        asyncio.run(workers.run(fail))
    workers.close()

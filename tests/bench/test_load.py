"""A load against a server that stalls, refuses, closes, or says nothing: none of it may go uncounted."""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from service.bench import course, target
from service.bench.course import Course
from service.bench.load import Load
from service.bench.measurements import Measurements
from service.bench.schedule import BackToBack, Timed, Window, constant


@dataclass(frozen=True)
class Run:
    """What a load came to."""

    found: Measurements
    peak: int

    @property
    def requests(self) -> int:
        return self.found.latency.number + self.found.failures.total()

    def share_over(self, time_s: float) -> float:
        slow = sum(count for middle, count in self.found.latency.occupied() if middle > time_s)
        return slow / self.found.latency.number


Drive = Callable[..., Run]


@pytest.fixture
def drive() -> Drive:
    """Put a load on an address: closed loop, or open with a rate."""

    def drive(
        address: str,
        *,
        rate: float | None = None,
        connections: int = 1,
        duration_s: float = 0.5,
        warmup_s: float = 0,
        act: Callable[[Course], None] = lambda _: None,
    ) -> Run:
        async def run() -> Run:
            service = await target.find(address, ())
            window = Window.of(time.perf_counter(), warmup_s, duration_s)
            found = Measurements(window)
            schedule = BackToBack(window) if rate is None else Timed(window, constant(window.begin, rate))
            messages = itertools.repeat(service.message("POST", "/predict", {}, b"hi"))
            load = Load(service, messages, schedule, found, most_connections=connections)
            whole = Course(load, window)
            act(whole)
            await whole.run()
            return Run(found, load.peak)

        return asyncio.run(run())

    return drive


@pytest.fixture
def stalling(stub: Callable[..., str], answer: Callable[..., bytes]) -> Callable[[], str]:
    """Start a server that answers nobody for 0.4 s, once, at its 40th request."""

    def stalling() -> str:
        numbers = itertools.count()
        stalled = threading.Lock()

        def said(*_: Any) -> bytes:  # noqa: ANN401  neither is looked at
            with stalled:
                if next(numbers) == 40:
                    time.sleep(0.4)  # the stall itself
            return answer()

        return stub(said)

    return stalling


@pytest.mark.parametrize("connections", [1, 100])
def test_the_open_loop_charges_a_stall_to_everyone_who_had_to_wait(
    connections: int, drive: Drive, stalling: Callable[[], str]
) -> None:
    run = drive(stalling(), rate=200, connections=connections, duration_s=1)

    assert run.requests == run.found.latency.number == 200
    # For 0.3 of the second a request that was due then waited for more than 0.1 s.
    assert run.share_over(0.1) >= 0.25
    assert run.found.latency.max_s >= 0.35


def test_the_closed_loop_cannot_see_that_stall_but_once(drive: Drive, stalling: Callable[[], str]) -> None:
    run = drive(stalling(), duration_s=1)

    assert run.found.latency.max_s >= 0.35
    assert run.share_over(0.1) < 0.1


def test_waiting_for_a_connection_is_a_part_of_the_latency(drive: Drive, stalling: Callable[[], str]) -> None:
    alone = drive(stalling(), rate=200, connections=1, duration_s=1).found
    together = drive(stalling(), rate=200, connections=200, duration_s=1).found

    assert alone.wait.max_s >= 0.35
    assert together.wait.percentile_s(50) < 0.1
    assert alone.latency.max_s >= alone.wait.max_s


def test_the_open_loop_opens_connections_as_it_needs_them_and_no_more(
    drive: Drive, stub: Callable[..., str], answer: Callable[..., bytes]
) -> None:
    gate = threading.Barrier(3)

    def said(*_: Any) -> bytes:  # noqa: ANN401  neither is looked at
        gate.wait(10)  # three at a time, or none
        return answer()

    run = drive(stub(said), rate=120, connections=3)

    assert (run.requests, run.found.failures, run.peak) == (60, {}, 3)


def test_what_is_due_in_the_warm_up_is_not_measured(
    drive: Drive, stub: Callable[..., str], answer: Callable[..., bytes]
) -> None:
    run = drive(stub(lambda *_: answer()), rate=100, connections=4, warmup_s=0.3, duration_s=0.2)

    assert run.requests == 20


def test_every_failure_is_counted_by_what_became_of_it(
    drive: Drive, stub: Callable[..., str], answer: Callable[..., bytes]
) -> None:
    numbers = itertools.count()

    def said(_: object, connection: socket.socket) -> bytes | None:
        match next(numbers) % 4:
            case 0:
                return answer(b"", "503 Service Unavailable")
            case 1:
                return None
            case 2:
                connection.sendall(answer(length=1_000))
                return None
        return answer()

    run = drive(stub(said), rate=40, connections=1, duration_s=1)

    assert run.found.latency.number == 10
    assert run.found.failures == {
        "status 503": 10,
        "closed before an answer": 10,
        "cut off within the answer": 10,
    }
    assert run.found.statuses == {200: 10, 503: 10}


def test_a_service_that_closes_each_connection_gets_new_ones(
    drive: Drive, stub: Callable[..., str], answer: Callable[..., bytes]
) -> None:
    run = drive(stub(lambda *_: answer(b"", "200 OK", "Connection: close")), connections=4)

    assert run.found.latency.number > 8
    assert (run.found.failures, run.peak) == ({}, 4)


def test_a_service_that_has_gone_is_tried_again_and_told(drive: Drive) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        run = drive(address, connections=2, act=lambda _: listener.close())

    assert run.found.latency.number == 0
    assert set(run.found.failures) == {"connection refused"}
    # Twice each tenth of a second, not as fast as it can fail.
    assert 2 <= run.requests <= 20


@pytest.mark.parametrize(("rate", "not_sent"), [(None, 0), (100, 48)])
def test_a_service_that_never_answers_is_told_at_the_end(
    rate: float | None,
    not_sent: int,
    drive: Drive,
    stub: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(course, "DRAIN_S", 0.1)
    released = threading.Event()
    address = stub(lambda *_: released.wait(10) and None)
    run = drive(address, rate=rate, connections=2)
    released.set()

    assert run.found.failures["no answer"] == 2
    assert run.found.failures["not sent: no connection was free"] == not_sent


def test_a_run_that_is_stopped_twice_waits_for_nobody(drive: Drive, stub: Callable[..., str]) -> None:
    released = threading.Event()

    def said(*_: Any) -> None:  # noqa: ANN401  neither is looked at
        released.wait(10)

    def act(whole: Course) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, whole.stop)
        loop.call_later(0.3, whole.stop)

    begun = time.perf_counter()
    run = drive(stub(said), connections=2, duration_s=60, act=act)
    released.set()

    assert run.found.failures == {"no answer": 2}
    assert time.perf_counter() - begun < course.DRAIN_S


def test_stages_are_kept_by_name_and_what_is_no_stage_is_left_out(
    drive: Drive, stub: Callable[..., str], answer: Callable[..., bytes]
) -> None:
    none = "miss, cache;dur=xyzzy, soon;dur=-1, never;dur=inf, none;dur=nan, clear\x9b2J;dur=1"
    many = ", ".join(f"s{number};dur=1" for number in range(100))
    told = f'Server-Timing: decode;desc="a file";dur=2.5, {none}, a;dur=4, {many}'
    stages = drive(stub(lambda *_: answer(b"", "200 OK", told))).found.stages

    assert stages["decode"].percentile_s(50) == pytest.approx(0.0025)
    assert stages["a"].percentile_s(50) == pytest.approx(0.004)
    assert set(stages) == {"decode", "a", *(f"s{number}" for number in range(14))}

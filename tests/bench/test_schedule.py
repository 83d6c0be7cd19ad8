"""When requests are due: worked out by hand, on a clock of the tests' own."""

import itertools
import math

import numpy as np
import pytest

from service.bench.schedule import BackToBack, Timed, Window, constant, poisson


def timed(rate: float, *, warmup_s: float = 0, duration_s: float = 1) -> Timed:
    window = Window.of(100.0, warmup_s, duration_s)
    return Timed(window, constant(window.begin, rate))


def all_due(schedule: Timed, now: float) -> list[float]:
    return list(iter(lambda: schedule.due(now), None))


def test_a_request_that_is_sent_late_was_due_at_its_time_all_the_same() -> None:
    schedule = timed(10)

    assert schedule.due(100.0) == 100.0
    # Nobody asked for 0.35 s: three are due by now, each since its own time.
    assert all_due(schedule, 100.35) == pytest.approx([100.1, 100.2, 100.3])
    assert schedule.upcoming() == pytest.approx(100.4)


def test_nothing_is_due_before_its_time() -> None:
    schedule = timed(10)
    schedule.due(100.0)

    assert schedule.due(100.0999) is None


def test_nothing_is_due_once_the_window_has_ended() -> None:
    schedule = timed(10)

    assert len(all_due(schedule, 200.0)) == 10
    assert schedule.upcoming() == math.inf


def test_what_was_due_in_the_warm_up_is_not_counted_as_left() -> None:
    assert timed(10, warmup_s=2, duration_s=3).left() == 30


def test_a_window_that_is_stopped_lets_nothing_more_be_due() -> None:
    window = Window.of(100.0, 1, 10)
    schedule = Timed(window, constant(window.begin, 10))
    window.stop(102.0)

    assert len(all_due(schedule, 200.0)) == 20
    assert window.duration_s == 1


def test_a_window_that_is_stopped_in_the_warm_up_measures_nothing() -> None:
    window = Window.of(100.0, 1, 10)
    window.stop(100.5)

    assert window.duration_s == 0


def test_in_the_closed_loop_a_request_is_due_when_it_can_be_sent() -> None:
    schedule = BackToBack(Window.of(100.0, 0, 1))

    assert [schedule.due(now) for now in (100.0, 100.5, 101.0)] == [100.0, 100.5, None]
    assert (schedule.upcoming(), schedule.left()) == (math.inf, 0)


@pytest.mark.parametrize("rate", [3, 7, 300])
def test_constant_arrivals_do_not_drift(rate: int) -> None:
    times = list(itertools.islice(constant(7.0, rate), 10 * rate + 1))

    assert times[0] == 7.0
    assert times[-1] == 17.0
    assert np.diff(times) == pytest.approx(np.full(10 * rate, 1 / rate), rel=1e-6)


def test_poisson_arrivals_have_the_rate_and_the_spread_of_independent_users() -> None:
    gaps = np.diff(list(itertools.islice(poisson(0.0, 50), 20_001)))

    # Exponential: the standard deviation is the mean. Six standard errors of 20,000 samples.
    assert gaps.mean() == pytest.approx(1 / 50, rel=6 / math.sqrt(20_000))
    assert gaps.std() == pytest.approx(gaps.mean(), rel=12 / math.sqrt(20_000))
    assert (gaps < 0.1 / 50).mean() == pytest.approx(1 - math.exp(-0.1), abs=0.02)


def test_two_runs_have_the_same_random_arrivals() -> None:
    first, second = (list(itertools.islice(poisson(0.0, 50), 100)) for _ in range(2))

    assert first == second

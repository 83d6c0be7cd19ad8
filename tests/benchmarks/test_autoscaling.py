"""The simulation behind docs/capacity.md, held to what queueing theory knows exactly."""

import math
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest

from benchmarks import arrivals, autoscaling
from benchmarks.autoscaling import Policy

DOCUMENT = Path(__file__).parents[2] / "docs" / "capacity.md"
SERVICE_S = 0.01
SECONDS = 4000


def erlang_wait_s(servers: int, load: float) -> float:
    """Mean wait of M/M/c (Erlang C): the share that waits, by how fast what waits is worked off."""
    offered = servers * load
    terms = [offered**number / math.factorial(number) for number in range(servers)]
    last = offered**servers / math.factorial(servers) / (1 - load)
    return last / (sum(terms) + last) * SERVICE_S / (servers * (1 - load))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.8), (4, 0.7), (10, 0.9)])
def test_random_work_waits_as_erlang_says(servers: int, load: float) -> None:
    rng = np.random.default_rng(7)
    times = arrivals.poisson(servers * load / SERVICE_S, SECONDS / servers, rng)
    work = rng.exponential(SERVICE_S, len(times)).tolist()

    assert autoscaling.run(times, servers, work).waits_s.mean() == pytest.approx(
        erlang_wait_s(servers, load), rel=0.08
    )


@pytest.mark.parametrize("load", [0.5, 0.7, 0.9])
def test_equal_work_waits_as_pollaczek_and_khinchine_say(load: float) -> None:
    times = arrivals.poisson(load / SERVICE_S, SECONDS, np.random.default_rng(7))

    found = autoscaling.run(times, 1, repeat(SERVICE_S))
    assert found.waits_s.mean() == pytest.approx(SERVICE_S * load / (2 * (1 - load)), rel=0.05)


def test_refusing_whoever_would_wait_loses_what_erlang_says() -> None:
    servers, offered = 5, 4.0
    terms = [offered**number / math.factorial(number) for number in range(servers + 1)]
    times = arrivals.poisson(offered / SERVICE_S, SECONDS / servers, np.random.default_rng(7))

    found = autoscaling.run(times, servers, repeat(SERVICE_S), longest_wait_s=0)
    assert found.refused_share == pytest.approx(terms[-1] / sum(terms), rel=0.03)


def test_bursts_have_the_mean_rate_of_their_states() -> None:
    times = arrivals.bursts((10, 100), (3, 1), 20_000, np.random.default_rng(7))

    assert len(times) / 20_000 == pytest.approx((10 * 3 + 100) / 4, rel=0.05)
    assert (np.diff(times) >= 0).all()


def test_a_day_is_quiet_at_night_and_busy_at_noon() -> None:
    times = arrivals.day((10, 100), 24_000, np.random.default_rng(7))
    per_s = np.histogram(times, 24, (0, 24_000))[0] / 1000

    middles = (np.arange(24) + 0.5) / 24
    assert per_s == pytest.approx(10 + 90 * (1 - np.cos(2 * np.pi * middles)) / 2, rel=0.15, abs=2)


def test_there_are_as_many_replicas_as_the_target_asks_for() -> None:
    times = arrivals.poisson(600, 3000, np.random.default_rng(7))
    found = autoscaling.simulate(
        times, Policy("busy", 0.6), repeat(SERVICE_S), longest_wait_s=0.5, counted_from_s=1000
    )

    assert found.work_s / found.replica_s == pytest.approx(0.6, abs=0.06)
    assert found.refused == 0


def test_a_replica_serves_only_when_its_delay_is_over() -> None:
    # Twice what two replicas can do, which is noticed after 15 s: until then and 40 s more half is refused.
    times = np.arange(0, 55, 1 / 400)
    policy = Policy("busy", 0.5, delay_s=40)
    found = autoscaling.simulate(times, policy, repeat(SERVICE_S), longest_wait_s=1e-6)

    assert found.refused_share == pytest.approx(0.5, abs=0.01)


def test_the_document_shows_what_the_simulation_says() -> None:
    rows = [f"| {' | '.join(row)} |" for row in autoscaling.rows("bursts")]

    assert [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| bursts |")] == rows

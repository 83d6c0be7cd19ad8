"""How an autoscaler's settings are felt: ``python -m benchmarks.autoscaling`` prints what it says."""

import heapq
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Literal

import numpy as np

from benchmarks import arrivals
from benchmarks.arrivals import Times
from benchmarks.tables import table

SEED = 1
SERVICE_S = 0.01
"""A photo: what it takes to prepare one on a processor. With anything quicker all waits are shorter."""
LONGEST_WAIT_S = 0.5
"""``LENET_MAX_QUEUE_S``: a request that would wait longer is refused."""
SECONDS, COUNTED_FROM_S = 2400, 600
"""How long there is traffic; the beginning, with too few replicas, is not counted."""


@dataclass(frozen=True)
class Policy:
    """
    An autoscaler, as those of Kubernetes, KEDA and Ray Serve are.

    Attributes:
        signal: ``busy`` is the share of processor time, ``queue`` the requests that wait, in all, and
            ``ongoing`` the requests per replica that wait or are served, on average.
        target: What the signal is to be: for each replica, also of the queue.
        every_s: Seconds between decisions, over which the signal is averaged.
        delay_s: Seconds from a decision until a new replica serves.
        down_s: Only what was not needed for so long is taken away.
        least: Fewest replicas.
        most: Most replicas.
        waiting: Beside the signal, the most requests that are to wait for each replica.
    """

    signal: Literal["busy", "queue", "ongoing"]
    target: float
    every_s: float = 15
    delay_s: float = 30
    down_s: float = 300
    least: int = 2
    most: int = 100
    waiting: float = math.inf


@dataclass(frozen=True)
class Outcome:
    """
    What came of it.

    Attributes:
        waits_s: Seconds that each answered request waited.
        refused: Requests that were refused.
        replica_s: Seconds of replicas that were paid for.
        work_s: Seconds of work that was done.
    """

    waits_s: Times
    refused: int
    replica_s: float
    work_s: float

    @property
    def refused_share(self) -> float:
        """Of all requests."""
        return self.refused / (self.refused + len(self.waits_s))


def run(
    times: Times, replicas: int, service_s: Iterable[float], *, longest_wait_s: float = math.inf
) -> Outcome:
    """Serve requests in order of arrival by so many replicas, each one request at a time."""
    policy = Policy("busy", 1, every_s=math.inf, least=replicas, most=replicas)
    return simulate(times, policy, service_s, longest_wait_s=longest_wait_s)


def simulate(
    times: Times,
    policy: Policy,
    service_s: Iterable[float],
    *,
    longest_wait_s: float,
    counted_from_s: float = 0,
) -> Outcome:
    """
    Serve requests in order of arrival, by as many replicas as the policy says.

    Args:
        times: When requests come, seconds.
        policy: Decides how many replicas there are.
        service_s: How long each takes.
        longest_wait_s: A request that would wait longer is refused.
        counted_from_s: What was before is left out of the outcome.
    """
    fleet = _Fleet(policy)
    waits, refused = [], 0
    paid_s = work_s = 0.0
    counted = False
    for now, seconds in zip(times.tolist(), service_s, strict=False):
        fleet.decide_until(now)
        if not counted and now >= counted_from_s:
            waits, refused, counted = [], 0, True
            paid_s, work_s = fleet.paid_until(now), fleet.work_s
        wait = max(0.0, fleet.free[0] - now)
        if wait > longest_wait_s:
            refused += 1
            continue
        waits.append(wait)
        fleet.take(now, wait, seconds)
    return Outcome(np.array(waits), refused, fleet.paid_until(now) - paid_s, fleet.work_s - work_s)


class _Fleet:
    """Replicas by when each is free next, and what the policy looks at."""

    def __init__(self, policy: Policy) -> None:
        self.free = [0.0] * policy.least
        self.work_s = 0.0
        self._policy = policy
        self._due = policy.every_s
        self._paid_s = self._counted = 0.0
        self._starts: deque[float] = deque()
        self._in_system_s = self._work_before_s = 0.0
        self._wanted: deque[tuple[float, int]] = deque()

    def take(self, now: float, wait: float, seconds: float) -> None:
        """Serve a request on the replica that is free first."""
        heapq.heapreplace(self.free, now + wait + seconds)
        self.work_s += seconds
        self._in_system_s += wait + seconds
        if wait:
            self._starts.append(now + wait)

    def decide_until(self, now: float) -> None:
        """Take every decision that was due until now."""
        while self._due <= now:
            self._decide(self._due)
            self._due += self._policy.every_s

    def paid_until(self, now: float) -> float:
        """Sum the seconds of all replicas, those that start included."""
        self._paid_s += len(self.free) * (now - self._counted)
        self._counted = now
        return self._paid_s

    def _decide(self, now: float) -> None:
        self.paid_until(now)
        policy = self._policy
        wanted = min(max(math.ceil(self._needed(now)), policy.least), policy.most)
        self._wanted.append((now, wanted))
        while self._wanted[0][0] < now - policy.down_s:
            self._wanted.popleft()
        for _ in range(wanted - len(self.free)):
            heapq.heappush(self.free, now + policy.delay_s)
        # Those that have least to do go: they finish it.
        for _ in range(len(self.free) - max(number for _, number in self._wanted)):
            heapq.heappop(self.free)

    def _needed(self, now: float) -> float:
        """Give how many replicas the signal asks for; a tenth more or less than there are is no reason."""
        policy, number = self._policy, len(self.free)
        while self._starts and self._starts[0] <= now:
            self._starts.popleft()
        work_s, self._work_before_s = self.work_s - self._work_before_s, self.work_s
        in_system_s, self._in_system_s = self._in_system_s, 0.0
        signal = {
            # A processor cannot be more than busy: what waits does not show.
            "busy": min(work_s / policy.every_s, number),
            "queue": float(len(self._starts)),
            "ongoing": in_system_s / policy.every_s,
        }[policy.signal]
        needed = max(signal / policy.target, len(self._starts) / policy.waiting)
        return number if abs(needed / number - 1) <= 0.1 else needed


TRAFFIC = {
    "even": lambda rng: arrivals.poisson(700, SECONDS, rng),
    "bursts": lambda rng: arrivals.bursts((400, 1200), (300, 60), SECONDS, rng),
    "a day": lambda rng: arrivals.day((100, 1500), SECONDS, rng),
}
POLICIES = {
    **{f"busy {target:.0%}, 30 s": Policy("busy", target) for target in (0.5, 0.6, 0.7, 0.8, 0.9)},
    "busy 60%, 5 s": Policy("busy", 0.6, delay_s=5),
    "busy 60%, 120 s": Policy("busy", 0.6, delay_s=120),
    "busy 60% or 8 waiting, 30 s": Policy("busy", 0.6, waiting=8),
    "busy 60% or 128 waiting, 30 s": Policy("busy", 0.6, waiting=128),
    "128 waiting, 30 s": Policy("queue", 128),
    "8 waiting, 30 s": Policy("queue", 8),
    "8 ongoing, 10 s": Policy("ongoing", 8, delay_s=10),
    "1 ongoing, 10 s": Policy("ongoing", 1, delay_s=10),
}
COLUMNS = ("traffic", "target for each replica, delay", "p99 of waiting, ms", "refused", "busy on average")


def rows(traffic: str) -> list[tuple[str, ...]]:
    """Try every policy on a kind of traffic."""
    times = TRAFFIC[traffic](np.random.default_rng(SEED))
    found = []
    for name, policy in POLICIES.items():
        outcome = simulate(
            times,
            policy,
            repeat(SERVICE_S),
            longest_wait_s=LONGEST_WAIT_S,
            counted_from_s=COUNTED_FROM_S,
        )
        found.append(
            (
                traffic,
                name,
                f"{np.quantile(outcome.waits_s, 0.99) * 1e3:.0f}",
                f"{outcome.refused_share:.1%}",
                f"{outcome.work_s / outcome.replica_s:.0%}",
            )
        )
    return found


if __name__ == "__main__":
    print(table(COLUMNS, *(row for traffic in TRAFFIC for row in rows(traffic))))

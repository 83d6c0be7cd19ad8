"""When requests are due: whenever a connection is free, or at times set beforehand."""

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

SEED = 1
"""Of the random arrivals: two runs have the same."""


@dataclass
class Window:
    """
    The time that is measured, by ``time.perf_counter``.

    Attributes:
        begin: When the first request is due.
        start: When the warm-up is over: what is due from here on is measured.
        end: When no more requests are due.
    """

    begin: float
    start: float
    end: float

    @classmethod
    def of(cls, begin: float, warmup_s: float, duration_s: float) -> "Window":
        """Put a warm-up and a measurement in a row."""
        return cls(begin, begin + warmup_s, begin + (warmup_s + duration_s))

    def stop(self, now: float) -> None:
        """Let nothing be due from now on."""
        self.end = min(self.end, now)
        self.start = min(self.start, self.end)

    @property
    def duration_s(self) -> float:
        """How long was measured."""
        return self.end - self.start


class Schedule(Protocol):
    """Decides when requests are due."""

    def due(self, now: float) -> float | None:
        """Take the next request that is due, if there is one: since when."""

    def upcoming(self) -> float:
        """Say when the next request is due, which is infinite when none is known to be."""

    def left(self) -> int:
        """Take all that is still due: how many of them are measured."""


class BackToBack:
    """The closed loop: a request is due whenever it can be sent."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def due(self, now: float) -> float | None:
        """Take one that is due just now."""
        return now if now < self._window.end else None

    def upcoming(self) -> float:
        """Know of none: they come when they can be sent."""
        return math.inf

    def left(self) -> int:
        """Leave none: each was sent."""
        return 0


class Timed:
    """The open loop: requests are due at their times, whatever the service does."""

    def __init__(self, window: Window, times: Iterator[float]) -> None:
        self._window = window
        self._times = times
        self._next = next(times)

    def due(self, now: float) -> float | None:
        """Take the oldest that was not sent yet, when its time has come."""
        due = self._next
        if due > now or due >= self._window.end:
            return None
        self._next = next(self._times)
        return due

    def upcoming(self) -> float:
        """Give the time of the next."""
        return self._next if self._next < self._window.end else math.inf

    def left(self) -> int:
        """Count those that nobody had the time to send."""
        number = 0
        while self._next < self._window.end:
            number += self._next >= self._window.start
            self._next = next(self._times)
        return number


def constant(begin: float, rate_per_s: float) -> Iterator[float]:
    """Give evenly spaced times."""
    return (begin + number / rate_per_s for number in itertools.count())


def poisson(begin: float, rate_per_s: float) -> Iterator[float]:
    """Give the times of a Poisson process: as many users come who know nothing of each other."""
    chance = random.Random(SEED)  # noqa: S311  nothing to keep secret
    return itertools.accumulate((chance.expovariate(rate_per_s) for _ in itertools.count()), initial=begin)


ARRIVALS = {"constant": constant, "poisson": poisson}
"""The ways in which the open loop spaces requests."""

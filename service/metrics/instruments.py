"""
Counters and histograms that cost their users next to nothing.

Each belongs to one event loop: nothing is locked.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import TypeAlias

from service.metrics.families import Family

Labels: TypeAlias = tuple[object, ...]
"""Values of a family's labels, in their order; how they are written is asked when they are told."""

Series: TypeAlias = dict[tuple[str, ...], list[float]]
"""
The numbers of a family by its labels.

A counter and a gauge have one number; a histogram has those of its buckets, each for itself, the last without
a bound, and then the sum of what was observed.
"""

Reading: TypeAlias = Callable[[], Mapping[tuple[str, ...], float]]
"""Tells what a counter or gauge is just now, by its labels."""

MOST_SERIES = 1_000
"""Most label sets of a family. Labels are chosen so that clients cannot make new ones; should one slip
through, memory and answers stay bounded all the same."""

OTHER = "other"
"""The value of every label of what came after ``MOST_SERIES``."""


class _Instrument:
    def __init__(self, family: Family) -> None:
        """Begin with the series that are known, all zeros."""
        self.family = family
        self._series: dict[Labels, list[float]] = {}
        for labels in family.known if family.labels else [()]:
            self._begin(labels)

    def series(self) -> Series:
        """Give the numbers, which then do not change any more."""
        return {tuple(map(str, labels)): numbers.copy() for labels, numbers in self._series.items()}

    def _begin(self, labels: Labels) -> list[float]:
        if len(self._series) >= MOST_SERIES:
            labels = (OTHER,) * len(labels)
        numbers = len(self.family.bounds) + 2 if self.family.bounds else 1
        return self._series.setdefault(labels, [0.0] * numbers)


class Counter(_Instrument):
    """Sums by labels."""

    def add(self, amount: float, *labels: object) -> None:
        """Add what is not negative."""
        (self._series.get(labels) or self._begin(labels))[0] += amount


class Histogram(_Instrument):
    """Counts of buckets by labels."""

    def __init__(self, family: Family) -> None:
        """Begin with the series that are known, all empty."""
        super().__init__(family)
        self._bounds = family.bounds

    def observe(self, value: float, *labels: object) -> None:
        """Count a value in the first bucket whose bound is not below it."""
        numbers = self._series.get(labels) or self._begin(labels)
        numbers[bisect_left(self._bounds, value)] += 1
        numbers[-1] += value

"""A histogram in rows with round edges, as a table of text shows it."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from service.bench.histogram import Histogram

MOST_ROWS = 12
TAIL_PERCENT = 0.5
"""The shortest and the longest share one row each: a straggler would squeeze all the others."""

_STEPS: tuple[tuple[float, ...], ...] = (
    tuple(step / 100 for step in range(100, 1000)),
    tuple(step / 50 for step in range(50, 500)),
    tuple(step / 20 for step in range(20, 200)),
    tuple(step / 10 for step in range(10, 100)),
    tuple(step / 5 for step in range(5, 50)),
    (1, 1.2, 1.4, 1.6, 1.8, *(step / 2 for step in range(4, 20))),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
    (1, 1.5, 2, 3, 5, 7),
    (1, 2, 5),
    (1,),
)
"""Steps of one decade, from fine to coarse."""


@dataclass(frozen=True)
class Row:
    """
    One row.

    Attributes:
        low_ms: Its lower edge; 0 of the row of all that are shorter than the others.
        high_ms: Its upper edge; infinite of the row of all that are longer.
        share: Which share of all times is in between, 0 to 1.
    """

    low_ms: float
    high_ms: float
    share: float


def rows(times: Histogram) -> list[Row]:
    """Sort times into as many rows as are allowed, with the finest round edges; it has to have some."""
    low, high = (times.percentile_s(percent) * 1e3 for percent in (TAIL_PERCENT, 100 - TAIL_PERCENT))
    for steps in _STEPS:
        edges = list(itertools.islice(_edges(low, high, steps), MOST_ROWS + 2))
        if len(edges) <= MOST_ROWS + 1:
            break
    bins = [(middle_s * 1e3, count) for middle_s, count in times.occupied()]
    found = [
        Row(low, high, sum(count for middle, count in bins if low <= middle < high) / times.number)
        for low, high in itertools.pairwise([0, *edges, math.inf])
    ]
    return [row for row in found if row.share or 0 < row.low_ms < row.high_ms < math.inf]


def _edges(low: float, high: float, steps: tuple[float, ...]) -> Iterator[float]:
    """Give the edges around ``low`` to ``high``: the last at or below, those between, the first above."""
    decades = itertools.count(math.floor(math.log10(low)))
    marks = (step * 10.0**decade for decade in decades for step in steps)
    for below, above in itertools.pairwise(marks):
        if above > low:
            yield below
        if below > high:
            return

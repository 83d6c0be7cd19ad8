"""A histogram of times in constant memory: bins that grow by half a percent."""

import math
from array import array

SHORTEST_S = 1e-6
LONGEST_S = 7_200.0
"""An hour of measuring and an hour of warm-up: nothing waits longer."""

GROWTH = 1.005
"""Upper edge of a bin by its lower edge: a percentile is off by a quarter of a percent at most."""

_BINS_PER_E = 1 / math.log(GROWTH)
_BINS = int(math.log(LONGEST_S / SHORTEST_S) * _BINS_PER_E) + 1


class Histogram:
    """
    Times from a microsecond to two hours, in 36 kB however many they are.

    Attributes:
        number: How many times were recorded.
        total_s: Their sum, exact.
        min_s: The shortest, exact; infinite when there is none.
        max_s: The longest, exact.
    """

    def __init__(self) -> None:
        self.number = 0
        self.total_s = 0.0
        self.min_s = math.inf
        self.max_s = 0.0
        self._counts = array("Q", bytes(8 * _BINS))

    def record(self, time_s: float) -> None:
        """Record a time, in seconds."""
        self.number += 1
        self.total_s += time_s
        if time_s > self.max_s:  # noqa: PLR1730  a call takes longer than the rest of this method
            self.max_s = time_s
        if time_s < self.min_s:  # noqa: PLR1730  the same
            self.min_s = time_s
        place = int(math.log(time_s * 1e6) * _BINS_PER_E) if time_s > SHORTEST_S else 0
        self._counts[place if place < _BINS else -1] += 1

    @property
    def mean_s(self) -> float:
        """The mean; it has to have recorded something."""
        return self.total_s / self.number

    def percentile_s(self, percent: float) -> float:
        """
        Give the shortest recorded time that so many percent do not exceed (nearest rank).

        It has to have recorded something.
        """
        rank = max(math.ceil(percent / 100 * self.number), 1)
        if rank == self.number:
            return self.max_s
        seen = place = 0
        for place, count in enumerate(self._counts):  # noqa: B007  the place where it stops is wanted
            seen += count
            if seen >= rank:
                break
        return min(max(_middle(place), self.min_s), self.max_s)

    def occupied(self) -> list[tuple[float, int]]:
        """Give each bin that has a time in it: the middle in seconds, and how many."""
        return [(_middle(place), count) for place, count in enumerate(self._counts) if count]


def _middle(place: int) -> float:
    return SHORTEST_S * math.exp((place + 0.5) / _BINS_PER_E)

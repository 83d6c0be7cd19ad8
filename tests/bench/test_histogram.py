"""Percentiles from bins, against NumPy's from the numbers themselves."""

import inspect
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.bench.histogram import Histogram

times = st.lists(st.floats(2e-6, 3600), min_size=1, max_size=200)


def histogram(values: list[float]) -> Histogram:
    found = Histogram()
    for value in values:
        found.record(value)
    return found


@given(values=times, percent=st.floats(0, 100))
def test_a_percentile_is_numpys_within_a_quarter_of_a_percent(values: list[float], percent: float) -> None:
    expected = np.percentile(values, percent, method="inverted_cdf")
    # Where a rank falls on a whole number, rounding decides between two neighbours: both are right.
    beside = np.percentile(values, [max(percent - 1e-9, 0), min(percent + 1e-9, 100)], method="inverted_cdf")
    found = histogram(values).percentile_s(percent)

    assert min(expected, *beside) * 0.9975 <= found <= max(expected, *beside) * 1.0025


@given(values=times)
def test_least_mean_and_most_are_exact(values: list[float]) -> None:
    found = histogram(values)

    assert (found.min_s, found.max_s, found.number) == (min(values), max(values), len(values))
    assert found.mean_s == pytest.approx(np.mean(values))


@given(values=times)
def test_every_time_is_in_a_bin(values: list[float]) -> None:
    occupied = histogram(values).occupied()

    assert sum(count for _, count in occupied) == len(values)
    assert [middle for middle, _ in occupied] == sorted(middle for middle, _ in occupied)


@pytest.mark.parametrize("value", [0.0, 1e-9, 7200.0, 1e6])
def test_a_time_beyond_the_bins_is_counted_too(value: float) -> None:
    found = histogram([value, value])

    assert found.percentile_s(50) == found.percentile_s(100) == value


def test_an_empty_histogram_says_so() -> None:
    assert (Histogram().number, Histogram().min_s, Histogram().occupied()) == (0, math.inf, [])


def test_a_hundred_thousand_times_take_no_more_memory_than_one() -> None:
    found = histogram([0.001])
    values = np.random.default_rng(1).lognormal(-6, 1, 100_000)
    # Of what was allocated here and in the histogram: servers of other tests may run meanwhile.
    here = [
        tracemalloc.Filter(inclusive=True, filename_pattern=file)
        for file in (__file__, inspect.getfile(Histogram))
    ]
    tracemalloc.start()
    for value in values:
        found.record(value)
    kept = tracemalloc.take_snapshot().filter_traces(here)
    tracemalloc.stop()
    grown = sum(trace.size for trace in kept.traces)

    assert found.number == 100_001
    # A number of Python's takes 24 bytes: kept, they would take millions.
    assert grown < 10_000

"""Counters and histograms count as Prometheus' own client does, and stay bounded."""

from dataclasses import replace

import hypothesis
import prometheus_client
from hypothesis import strategies as st

from service.metrics.families import IMAGES_TOTAL, REQUEST_SECONDS, RUN_SECONDS, SECONDS, STAGE_SECONDS
from service.metrics.instruments import MOST_SERIES, OTHER, Counter, Histogram


@hypothesis.given(st.lists(st.floats(0, 100) | st.sampled_from(SECONDS)))
def test_a_histogram_counts_as_prometheus_does(values: list[float]) -> None:
    ours = Histogram(RUN_SECONDS)
    theirs = prometheus_client.Histogram("name", "help", buckets=SECONDS, registry=None)
    for value in values:
        ours.observe(value)
        theirs.observe(value)
    samples = theirs.collect()[0].samples
    cumulative = [sample.value for sample in samples if sample.name == "name_bucket"]
    counts = [after - before for before, after in zip([0, *cumulative], cumulative, strict=False)]
    total = next(sample.value for sample in samples if sample.name == "name_sum")

    assert ours.series() == {(): [*counts, total]}


def test_each_set_of_labels_is_counted_for_itself() -> None:
    histogram = Histogram(REQUEST_SECONDS)
    histogram.observe(0.2, "/predict", "POST", 200)
    histogram.observe(20, "/predict", "POST", 200)
    histogram.observe(0.2, "/predict", "POST", 503)
    series = histogram.series()

    assert set(series) == {("/predict", "POST", "200"), ("/predict", "POST", "503")}
    assert sum(series["/predict", "POST", "200"][:-1]) == 2
    assert series["/predict", "POST", "200"][-2:] == [1, 20.2]
    assert sum(series["/predict", "POST", "503"][:-1]) == 1


def test_what_is_known_beforehand_is_there_at_zero() -> None:
    assert Counter(IMAGES_TOTAL).series() == {(): [0]}
    assert set(Histogram(STAGE_SECONDS).series()) == {("decode",), ("queue",), ("inference",), ("write",)}


def test_told_numbers_do_not_change_any_more() -> None:
    counter = Counter(IMAGES_TOTAL)
    told = counter.series()
    counter.add(1)

    assert told == {(): [0]}
    assert counter.series() == {(): [1]}


def test_series_stay_bounded_whatever_the_labels_are() -> None:
    counter = Counter(replace(IMAGES_TOTAL, labels=("one", "other")))
    for number in range(3 * MOST_SERIES):
        counter.add(1, number, "same")
    series = counter.series()

    assert len(series) == MOST_SERIES + 1
    assert series[OTHER, OTHER] == [2 * MOST_SERIES]
    assert sum(value for (value,) in series.values()) == 3 * MOST_SERIES

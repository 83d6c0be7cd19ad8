"""What Prometheus reads; the only importer of its client, which is not needed before somebody asks."""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import exposition
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from service.metrics import families
from service.metrics.families import Family
from service.metrics.instruments import Series
from service.metrics.ledger import Snapshot
from service.metrics.media_types import OPENMETRICS, TEXT

_WRITERS: Mapping[str, tuple[Callable[[Collector], bytes], str]] = {
    TEXT: (exposition.generate_latest, exposition.CONTENT_TYPE_PLAIN_0_0_4),
    OPENMETRICS: (openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST),
}


def write(snapshot: Snapshot, media_type: str) -> tuple[bytes, str]:
    """
    Write what was counted.

    Args:
        snapshot: What was counted.
        media_type: One of those offered.

    Returns:
        The text, and its media type in full.
    """
    writer, full = _WRITERS[media_type]
    return writer(_Snapshot(snapshot)), full


class _Snapshot(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        for family in families.ALL:
            yield _metric(family, self._snapshot.get(family.name, {}))


def _metric(family: Family, series: Series) -> Metric:
    if family.kind == "histogram":
        histogram = HistogramMetricFamily(family.name, family.help, labels=family.labels)
        bounds = [*map(str, family.bounds), "+Inf"]
        for labels, (*counts, total) in series.items():
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            histogram.add_metric(labels, buckets, sum_value=total)
        return histogram
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=family.labels)
    for labels, (value,) in series.items():
        metric.add_metric(labels, value)
    return metric

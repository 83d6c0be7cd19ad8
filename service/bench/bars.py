"""Parts of the page that are drawn: the spread of the latencies, the stages of a request."""

import math
from collections.abc import Iterator, Mapping

from service.bench import chart
from service.bench.chart import Row
from service.bench.histogram import Histogram
from service.bench.style import Style

LABEL = 14
CELL = 9
COLUMNS = {
    "min": "min",
    "mean": "mean",
    "p50": "p50",
    "p90": "p90",
    "p99": "p99",
    "p999": "p99.9",
    "max": "max",
}


def in_ms(time_ms: float) -> str:
    """Write milliseconds with about three digits."""
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if time_ms >= least:
            return f"{time_ms:,.{digits}f}"
    return f"{time_ms:.3f}"


def histogram(latency_ms: Mapping[str, float], latency: Histogram, style: Style, width: int) -> Iterator[str]:
    """Draw how the latencies are spread, and where their percentiles are."""
    rows = chart.rows(latency)
    largest = max(row.share for row in rows)
    # What is left beside label, share and the longest list of percentiles.
    room = width - LABEL - len("  100.00 %  p50 p90 p99 p99.9") - 4
    yield ""
    for row in rows:
        here = [
            COLUMNS[name]
            for name in ("p50", "p90", "p99", "p999")
            if row.low_ms <= latency_ms[name] < row.high_ms
        ]
        bar = style.bar(row.share / largest, room)
        label = _edge(row).rjust(LABEL)
        share = f"{100 * row.share:.2f} %" if row.share else ""
        yield f"  {label}  {bar} {share}  {style.faint(' '.join(here))}".rstrip()


def _edge(row: Row) -> str:
    if not row.low_ms:
        return f"below {row.high_ms:.6g} ms"
    return f"{'above ' if row.high_ms == math.inf else ''}{row.low_ms:.6g} ms"


def stages(stages_ms: Mapping[str, float], median_ms: float, style: Style, width: int) -> Iterator[str]:
    """Draw the parts of a median request: the service's own, and what is left."""
    rest = max(median_ms - sum(stages_ms.values()), 0.0)
    parts = {**stages_ms, "waiting, HTTP": rest}
    largest = max(*parts.values(), 1e-9)
    room = width - LABEL - CELL - 6
    yield ""
    yield f"  Where the median of {in_ms(median_ms)} ms goes, as the service tells its stages:"
    for name, time_ms in parts.items():
        bar = style.bar(time_ms / largest, room)
        yield f"  {name:{LABEL}}{in_ms(time_ms):>{CELL}}  {bar}".rstrip()

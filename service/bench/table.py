"""The figures of a run as a page of text for people."""

from collections.abc import Iterator, Mapping

from service.bench import chart
from service.bench.histogram import Histogram
from service.bench.style import Style
from service.bench.summary import Summary

WIDEST = 100
NEAR_LIMIT = 0.9
"""Share of a processor from which this tool may be what limits the rate."""

BEHIND = 0.98
"""Share of the offered rate below which the service is said not to keep up."""

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


def lines(summary: Summary, latency: Histogram, style: Style, width: int) -> Iterator[str]:
    """Set the page, a line at a time."""
    width = min(width, WIDEST)
    yield ""
    yield f"  {_rate(summary, style)}"
    if summary.latency_ms:
        yield from _percentiles(summary, summary.latency_ms, style)
        yield from _histogram(summary.latency_ms, latency, style, width)
        if summary.server_timing_ms:
            yield from _stages(summary.server_timing_ms, summary.latency_ms["p50"], style, width)
    if summary.failures:
        yield ""
        yield from _failures(summary, style)
    yield from _notes(summary, style)
    yield ""


def in_ms(time_ms: float) -> str:
    """Write milliseconds with about three digits."""
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if time_ms >= least:
            return f"{time_ms:,.{digits}f}"
    return f"{time_ms:.3f}"


def _rate(summary: Summary, style: Style) -> str:
    statuses = "".join(f"{style.dot}{number:,} × {status}" for status, number in summary.statuses.items())
    if not style.unicode:
        statuses = statuses.replace("×", "x")
    errors = f"{summary.errors:,} error{'s' * (summary.errors != 1)}"
    offered = "" if summary.offered_per_s is None else f" of {_number(summary.offered_per_s)} offered"
    return (
        style.bold(f"{_number(summary.rate_per_s)} requests/s")
        + offered
        + statuses
        + style.dot
        + (style.alarming(errors) if summary.errors else errors)
    )


def _percentiles(summary: Summary, latency_ms: Mapping[str, float], style: Style) -> Iterator[str]:
    yield ""
    yield style.faint(f"  {'':{LABEL}}" + "".join(f"{name:>{CELL}}" for name in COLUMNS.values()))
    yield _row("latency, ms", latency_ms)
    if summary.wait_ms:
        yield _row("  not yet sent", summary.wait_ms)


def _row(label: str, times: Mapping[str, float]) -> str:
    return f"  {label:{LABEL}}" + "".join(f"{in_ms(times[name]):>{CELL}}" for name in COLUMNS)


def _histogram(
    latency_ms: Mapping[str, float], latency: Histogram, style: Style, width: int
) -> Iterator[str]:
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
        label = f"{row.low_ms:.12g} ms".rjust(LABEL)
        share = f"{100 * row.share:.2f} %" if row.share else ""
        yield f"  {label}  {bar} {share}  {style.faint(' '.join(here))}".rstrip()


def _stages(stages_ms: Mapping[str, float], median_ms: float, style: Style, width: int) -> Iterator[str]:
    rest = max(median_ms - sum(stages_ms.values()), 0.0)
    parts = {**stages_ms, "HTTP, network": rest}
    largest = max(*parts.values(), 1e-9)
    room = width - LABEL - CELL - 6
    yield ""
    yield f"  Where the median of {in_ms(median_ms)} ms goes, as the service tells its stages:"
    for name, time_ms in parts.items():
        bar = style.bar(time_ms / largest, room)
        yield f"  {name:{LABEL}}{in_ms(time_ms):>{CELL}}  {bar}".rstrip()


def _failures(summary: Summary, style: Style) -> Iterator[str]:
    for reason, number in summary.failures.items():
        yield f"  {style.alarming(f'{number:>{LABEL},}')}  {reason}"


def _notes(summary: Summary, style: Style) -> Iterator[str]:
    notes = []
    if not summary.requests:
        notes.append("Nothing was measured: it was ended during the warm-up.")
    elif summary.interrupted:
        notes.append(f"Ended early, after {summary.duration_s:.1f} s.")
    if summary.offered_per_s and summary.rate_per_s < BEHIND * summary.offered_per_s:
        notes.append("It does not keep up with what is offered: the longer, the later the answers.")
    if summary.client_cpu > NEAR_LIMIT:
        notes.append(
            f"This tool took {100 * summary.client_cpu:.0f} % of a processor: "
            "it may be the limit, not the service."
        )
    if notes:
        yield ""
    for note in notes:
        yield f"  {style.alarming('!')} {note}"


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:,.1f}"

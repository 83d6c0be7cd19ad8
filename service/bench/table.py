"""The figures of a run as a page of text for people."""

from collections.abc import Iterator, Mapping

from service.bench import bars
from service.bench.bars import CELL, COLUMNS, LABEL, in_ms
from service.bench.histogram import Histogram
from service.bench.style import Style
from service.bench.summary import Summary

WIDEST = 100
NEAR_LIMIT = 0.9
"""Share of a processor from which this tool may be what limits the rate."""

MUCH_LATE = 0.02
"""Share of the requests that may be answered late without a word: some are always under way at the end."""


def lines(summary: Summary, latency: Histogram, style: Style, width: int) -> Iterator[str]:
    """Set the page, a line at a time."""
    width = min(width, WIDEST)
    yield ""
    yield f"  {_rate(summary, style)}"
    if summary.latency_ms:
        yield from _percentiles(summary, summary.latency_ms, style)
        yield from bars.histogram(summary.latency_ms, latency, style, width)
        if summary.server_timing_ms:
            yield from bars.stages(summary.server_timing_ms, summary.latency_ms["p50"], style, width)
    if summary.failures:
        yield ""
        yield from _failures(summary, style)
    yield from _notes(summary, style)
    yield ""


def _rate(summary: Summary, style: Style) -> str:
    statuses = "".join(
        f"{style.dot}{number:,} answered {status}" for status, number in summary.statuses.items()
    )
    errors = f"{summary.errors:,} error{'s' * (summary.errors != 1)}"
    offered = peak = ""
    if summary.offered_per_s is not None:
        offered = f" of {_number(summary.offered_per_s)} due"
        peak = f"{style.dot}{summary.connections:,} connection{'s' * (summary.connections != 1)}"
    return (
        style.bold(f"{_number(summary.rate_per_s)} requests/s")
        + offered
        + statuses
        + style.dot
        + (style.alarming(errors) if summary.errors else errors)
        + peak
    )


def _percentiles(summary: Summary, latency_ms: Mapping[str, float], style: Style) -> Iterator[str]:
    yield ""
    yield style.faint(f"  {'':{LABEL}}" + "".join(f"{name:>{CELL}}" for name in COLUMNS.values()))
    yield _row("latency, ms", latency_ms)
    if summary.wait_ms:
        yield _row("  not yet sent", summary.wait_ms)


def _row(label: str, times: Mapping[str, float]) -> str:
    return f"  {label:{LABEL}}" + "".join(f"{in_ms(times[name]):>{CELL}}" for name in COLUMNS)


def _failures(summary: Summary, style: Style) -> Iterator[str]:
    for reason, number in summary.failures.items():
        yield f"  {style.alarming(f'{number:>{LABEL},}')}  {reason}"


def _notes(summary: Summary, style: Style) -> Iterator[str]:
    notes = []
    if not summary.requests:
        notes.append("Nothing was measured: it was ended during the warm-up.")
    elif summary.interrupted:
        notes.append(f"Ended early, after {summary.duration_s:.1f} s.")
    late = 1 - summary.rate_per_s / summary.offered_per_s if summary.offered_per_s else 0.0
    if late > MUCH_LATE:
        notes.append(
            f"{100 * late:.0f} % of the requests due were answered when the time was over, or not at all."
        )
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

"""What people see: rows with round edges, bars, and what a stream can show."""

import io
import itertools
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.bench import chart, table
from service.bench.bars import in_ms
from service.bench.histogram import Histogram
from service.bench.style import Style
from service.bench.summary import Summary

PLAIN = Style(colour=False, unicode=True)


@given(values=st.lists(st.floats(2e-6, 3600), min_size=1, max_size=100))
def test_the_rows_of_a_histogram_hold_every_time_once(values: list[float]) -> None:
    times = Histogram()
    for value in values:
        times.record(value)
    rows = chart.rows(times)

    assert sum(row.share for row in rows) == pytest.approx(1)
    assert len(rows) <= chart.MOST_ROWS + 2
    assert all(before.high_ms == after.low_ms for before, after in itertools.pairwise(rows))


def test_the_shares_of_rows_are_numpys_and_their_edges_round() -> None:
    values = np.random.default_rng(1).lognormal(np.log(0.002), 0.4, 20_000)
    times = Histogram()
    for value in values:
        times.record(value)
    rows = chart.rows(times)
    inner = rows[1:-1]
    edges = [row.low_ms for row in inner] + [inner[-1].high_ms]
    expected = np.histogram(values * 1e3, edges)[0] / values.size

    assert 5 <= len(rows) <= 14
    assert all(re.fullmatch(r"\d+(\.\d\d?)?", f"{edge:.6g}") for edge in edges)
    assert [row.share for row in inner] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("share", "bar"),
    [(0, ""), (1, "████████"), (0.5, "████"), (1 / 16, "▌"), (1e-9, "▏"), (9 / 64, "█▏")],
)
def test_a_bar_is_exact_to_an_eighth_and_never_nothing_for_something(share: float, bar: str) -> None:
    assert PLAIN.bar(share, 8) == bar


def test_without_unicode_bars_are_of_ascii() -> None:
    style = Style(colour=False, unicode=False)

    assert [style.bar(share, 8) for share in (0, 1e-9, 0.5, 1)] == ["", "#", "####", "########"]
    assert style.dot == ", "


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [(0.01234, "0.012"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (12345, "12,345")],
)
def test_times_have_about_three_digits(time_ms: float, text: str) -> None:
    assert in_ms(time_ms) == text


def page(**differences: Any) -> str:  # noqa: ANN401  any figure
    usual = Summary(
        url="http://x/predict",
        api="predict",
        mode="open",
        connections=1,
        duration_s=10.0,
        requests=1000,
        errors=0,
        rate_per_s=100.0,
        offered_per_s=100.0,
        latency_ms=None,
        wait_ms=None,
        statuses={},
        failures={},
        server_timing_ms={},
        client_cpu=0.1,
        interrupted=False,
        model="lenet5",
        version="1",
        provider=None,
    )
    return "\n".join(table.lines(replace(usual, **differences), Histogram(), PLAIN, 80))


def test_a_run_without_a_flaw_has_no_note() -> None:
    assert "!" not in page()


@pytest.mark.parametrize(
    ("differences", "note"),
    [
        ({"client_cpu": 0.95}, "This tool took 95 % of a processor: it may be the limit, not the service."),
        ({"interrupted": True, "duration_s": 3.21}, "Ended early, after 3.2 s."),
        ({"requests": 0}, "Nothing was measured"),
        (
            {"rate_per_s": 75.0},
            "25 % of the requests due were answered when the time was over, or not at all.",
        ),
    ],
)
def test_what_a_reader_of_the_figures_has_to_know_is_noted(differences: dict[str, Any], note: str) -> None:
    assert f"  ! {note}" in page(**differences)


def test_errors_are_listed_by_kind() -> None:
    text = page(errors=1_204, failures={"status 503": 1_200, "connection reset": 4})

    assert "1,204 errors" in text
    assert "         1,200  status 503" in text
    assert "             4  connection reset" in text


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals_that_want_them(
    variables: dict[str, str], *, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert Style.of(Terminal(io.BytesIO(), encoding="utf-8")) == Style(colour=colour, unicode=True)
    assert Style.of(io.TextIOWrapper(io.BytesIO(), encoding="ascii")) == Style(colour=False, unicode=False)

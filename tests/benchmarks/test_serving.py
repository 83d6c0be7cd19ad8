"""Medians, tables and reasons: what is measured is what is shown, and what is not is said."""

from dataclasses import replace

import pytest

from benchmarks import serving, serving_report
from benchmarks.open_loop import OpenLoad
from benchmarks.peers import OURS, PEERS
from benchmarks.serving import Closed, Row

FIGURES = Closed(per_s=4000, p50_ms=2, p99_ms=3, cpu_us=120, errors=0, start_s=1, memory_mib=90)


def row(name: str, per_s: float, **changes: float) -> Row:
    title = OURS.calls[0].title if name == "ours" else PEERS[name].calls[0].title
    return Row(title, found=replace(FIGURES, per_s=per_s, **changes))


def test_each_figure_has_a_median_of_its_own() -> None:
    turns = [replace(FIGURES, per_s=per_s, p99_ms=p99_ms) for per_s, p99_ms in [(10, 9), (30, 1), (20, 2)]]

    assert serving.medians(turns) == replace(FIGURES, per_s=20, p99_ms=2)


def test_the_errors_of_one_turn_are_not_lost_in_a_median() -> None:
    turns = [OpenLoad(500, 1, 2, 3, errors) for errors in (0, 7, 0)]

    assert serving.medians(turns).errors == 7


def test_the_ratio_is_ours_to_each() -> None:
    table = serving_report.closed_table([row("ours", 4000), row("empty_fastapi", 5000)])

    ours, empty = table.splitlines()[2:4]
    assert ours.endswith("| 1.00 |")
    assert empty.startswith("| FastAPI, empty endpoint | 5,000 |")
    assert empty.endswith("| 0.80 |")


def test_a_peer_that_cannot_be_measured_stays_in_the_table_with_its_reason() -> None:
    table = serving_report.closed_table(
        [row("ours", 4000), Row("Fastify on Node.js", reason="needs Node.js")]
    )
    lines = table.splitlines()

    assert lines[3].startswith("| Fastify on Node.js | not measured |")
    assert len({line.count("|") for line in lines[:4]}) == 1
    assert "* Fastify on Node.js: needs Node.js" in lines


def test_goals_are_told_of_the_peers_that_were_measured() -> None:
    rows = [
        row("ours", 6000, p99_ms=4),
        row("bare_asgi", 12_000),
        row("empty_fastapi", 5000, p99_ms=5),
        row("litserve", 1000),
        row("pytriton", 1500),
        Row(PEERS["fastify"].calls[0].title, reason="needs Node.js"),
    ]
    lines = serving_report.goals_table(rows).splitlines()[2:]

    assert [line.split(" | ")[1] for line in lines] == ["1.20", "0.80", "0.50", "4.00"]
    assert not any("Fastify" in line for line in lines)


def test_without_our_own_figures_no_goal_is_told() -> None:
    assert not serving_report.goals_table([Row(OURS.calls[0].title, reason="it ended"), row("litserve", 1)])


@pytest.mark.parametrize("name", [name for name, one in PEERS.items() if one.runtime.startswith("python")])
def test_peers_are_pinned_exactly_and_name_no_index(name: str) -> None:
    lines = (PEERS[name].folder / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert PEERS[name].version
    assert all(pin.count("==") == 1 and "://" not in pin and not pin.startswith("-") for pin in pins)

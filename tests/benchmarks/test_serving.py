"""Shares, medians, tables and reasons: what is measured is what is shown, and what is not is said."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from benchmarks import serving, serving_report
from benchmarks.calls import Call, listed, picture
from benchmarks.open_loop import OpenLoad
from benchmarks.peers import OURS, PEERS
from benchmarks.sent import CANVAS, DRAWING, FRAMED, PHOTO, File
from benchmarks.serving import Closed, Row

FIGURES = Closed(
    per_s=4000,
    p50_ms=2,
    p99_ms=3,
    cpu_us=120,
    right=0.97,
    errors=0,
    start_s=1,
    memory_mib=90,
    load_processors=0.5,
)
OPENED = OpenLoad(per_s=500, p50_ms=1, p99_ms=2, p999_ms=3, errors=0)


def row(name: str, per_s: float, kind: str = FRAMED, **changes: float) -> Row:
    title = OURS.calls[0].title if name == "ours" else PEERS[name].calls[0].title
    return Row(title, kind, replace(FIGURES, per_s=per_s, **changes), OPENED)


def lines(table: str) -> list[list[str]]:
    """Give the cells of a table's lines below its head."""
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:] if line.startswith("|")]


class OneForAll(BaseHTTPRequestHandler):
    """Refuses what is empty, and says of every other picture that it is a three."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.rfile.read(length)
        body = json.dumps({"probabilities": [float(digit == 3) for digit in range(10)]}).encode()
        self.send_response(200 if length else 422)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def one_for_all() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OneForAll) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_read_rightly_is_counted_by_digits_and_a_refusal_is_wrong() -> None:
    files = [File(b"a", "image/png", digit) for digit in (3, 3, 5)] + [File(b"", "image/png", 3)]
    call = Call("a server", "/predict", picture, listed)
    with one_for_all() as address:
        assert serving.share_right(address, call, files) == 0.5


def test_each_figure_has_a_median_of_its_own() -> None:
    turns = [replace(FIGURES, per_s=per_s, p99_ms=p99_ms) for per_s, p99_ms in [(10, 9), (30, 1), (20, 2)]]

    assert serving.medians(turns) == replace(FIGURES, per_s=20, p99_ms=2)


def test_the_errors_of_one_turn_are_not_lost_in_a_median() -> None:
    turns = [replace(OPENED, errors=errors) for errors in (0, 7, 0)]

    assert serving.medians(turns).errors == 7


def test_the_ratio_is_ours_to_each_with_the_same_pictures() -> None:
    table = serving_report.closed_table(
        [
            row("ours", 4000),
            row("ours", 300, PHOTO),
            row("litserve", 2000),
            row("litserve", 600, PHOTO),
        ]
    )

    assert [(kind, server, ratio) for kind, server, *_, ratio in lines(table)] == [
        (FRAMED, "this service", "1.00"),
        (FRAMED, "LitServe", "2.00"),
        (PHOTO, "this service", "1.00"),
        (PHOTO, "LitServe", "0.50"),
    ]


def test_what_is_read_rightly_is_shown_where_anything_is_read() -> None:
    table = serving_report.closed_table([row("ours", 4000), row("empty_fastapi", 5000, right=float("nan"))])

    assert [line[6] for line in lines(table)] == ["97%", ""]


def test_a_peer_that_cannot_be_measured_stays_in_the_tables_with_its_reason_once() -> None:
    title = PEERS["fastify"].calls[0].title
    rows = [row("ours", 4000), *(Row(title, kind, reason="needs Node.js") for kind in (FRAMED, PHOTO))]
    table = serving_report.closed_table(rows)

    assert [line[:3] for line in lines(table)[1:]] == [
        [FRAMED, title, "not measured"],
        [PHOTO, title, "not measured"],
    ]
    assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) == 1
    assert table.splitlines().count(f"* {title}: needs Node.js") == 1
    assert lines(serving_report.open_table(rows))[1][:2] == [title, "not measured"]


def test_goals_are_told_of_the_peers_that_were_measured() -> None:
    rows = [
        row("ours", 6000, p99_ms=4),
        row("ours", 3000, DRAWING),
        row("ours", 600, CANVAS),
        row("bare_asgi", 12_000),
        row("empty_fastapi", 5000, p99_ms=5),
        row("tutorial_fastapi", 1000),
        row("tutorial_fastapi", 2000, DRAWING),
        row("tutorial_fastapi", 400, CANVAS),
        row("pytriton", 1500),
        Row(PEERS["fastify"].calls[0].title, FRAMED, reason="needs Node.js"),
    ]
    goals = lines(serving_report.goals_table(rows))

    assert [found for _, found, _ in goals] == ["1.50", "1.50", "1.20", "0.80", "0.50", "4.00"]
    assert not any("Fastify" in goal or PHOTO in goal for goal, _, _ in goals)


def test_without_our_own_figures_no_goal_is_told() -> None:
    rows = [Row(OURS.calls[0].title, FRAMED, reason="it ended"), row("litserve", 1)]

    assert not lines(serving_report.goals_table(rows))


def test_what_the_load_takes_of_two_processors_is_taken_out() -> None:
    rows = [
        Row(serving_report.ONE, PHOTO, replace(FIGURES, per_s=100, load_processors=0.1)),
        Row(serving_report.SPREAD, PHOTO, replace(FIGURES, per_s=150, load_processors=0.4)),
    ]
    two, goal = (
        lines(serving_report.scaling_table(rows, 2))[1],
        lines(serving_report.scaling_table(rows, 2))[-1],
    )

    # 150 on 1.6 processors would be 187.5 on 2; one had a processor by itself.
    assert two[-1] == goal[1] == "1.88"


def test_on_a_machine_with_processors_to_spare_nothing_is_taken_out() -> None:
    rows = [
        Row(serving_report.ONE, FRAMED, replace(FIGURES, per_s=100)),
        Row(serving_report.WORKERS, FRAMED, replace(FIGURES, per_s=150)),
    ]

    assert lines(serving_report.scaling_table(rows, 8))[-1][1] == "1.50"


@pytest.mark.parametrize("name", [name for name, one in PEERS.items() if one.runtime.startswith("python")])
def test_peers_are_pinned_exactly_and_name_no_index(name: str) -> None:
    lines = (PEERS[name].folder / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert PEERS[name].version
    assert all(pin.count("==") == 1 and "://" not in pin and not pin.startswith("-") for pin in pins)

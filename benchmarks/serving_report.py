"""The section on serving: this service against its peers, and against itself with more processors."""

import math
import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from benchmarks import load, sent, serving
from benchmarks.peers import OURS, PEERS, Server
from benchmarks.sent import CANVAS, DRAWING, FRAMED, PHOTO
from benchmarks.serving import Closed, Row
from benchmarks.tables import table

OUR_TITLE = OURS.calls[0].title
TUTORIAL_TITLE = PEERS["tutorial_fastapi"].calls[0].title
IDLE = ("empty_fastapi", "bare_asgi")
PACKAGES = ("uvloop", "httptools", "onnxruntime-gpu")
HOW = """
One picture in, the digit with ten probabilities out, with the shipped network. Each peer has the lines of
preparation that its users write: decode, grey, resize to 28x28, invert when mostly light. wrk on the same
machine, {connections} connections, {threads} thread, closed loop, {seconds} s for each kind of picture after
a warm-up of {warm_up} s; medians of {rounds} rounds, the servers taking turns, each started anew and alone.
Rates are of one file of each kind, the drawn seven; what is read rightly of {pictures} files of each kind:
the ten drawn digits, by different pens, at different sizes and places. CPU is that of all the server's
processes, memory their proportional set size (PSS) right after the load. This service writes its log line a
request to a file; the access logs of the peers are off. {versions}.
"""
STEADY = """
Start is the time from that of the process to the first right answer; then open loop, {rate} PNG a second
that are framed as MNIST's are, latency from the time each was due.
"""
SCALING = """
This service on one and on two processors. wrk runs beside it and takes what the table says; the last column
is the rate to one process on one processor, had the processors that wrk took been the service's.
"""
CLOSED = (
    "picture",
    "server",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "CPU us/request",
    "read rightly",
    "errors",
    "memory MiB",
    "ours to it",
)
OPEN = ("server", "start s", "answers/s", "p50 ms", "p99 ms", "p99.9 ms", "errors")
SCALED = ("picture", "this service", "requests/s", "CPU us/request", "wrk's processors", "to one processor")
GOALS = ("goal", "found", "wanted")
WIDTH = 110
ONE = "one process on one processor"
SPREAD = "one process on two processors"
WORKERS = "LENET_WORKERS=2 on two processors"
PROCESSORS = {ONE: 1, SPREAD: 2, WORKERS: 2}


def section(chosen: Sequence[str], *, rounds: int, seconds: int) -> str:
    """
    Measure the chosen peers (none means all) and write the section.

    Raises:
        UnavailableError: wrk is not installed.
    """
    load.program()
    peers = {name: server for name, server in PEERS.items() if not chosen or name in chosen}
    rows = serving.measure({"service": OURS, **peers}, sent.KINDS, rounds=rounds, seconds=seconds)
    scaling = serving.measure(_scaling(), (FRAMED, PHOTO), rounds=rounds, seconds=seconds)
    how = HOW.format(
        connections=load.CONNECTIONS,
        threads=load.THREADS,
        seconds=seconds,
        warm_up=serving.WARM_UP_S,
        rounds=rounds,
        pictures=10 * sent.VARIANTS,
        versions=", ".join(
            [
                *(f"{name} {version(name)}" for name in PACKAGES),
                *dict.fromkeys(peer.version for peer in peers.values() if peer.package),
            ]
        ),
    )
    return "\n".join(
        [
            _filled(how),
            closed_table(rows),
            goals_table(rows),
            _filled(STEADY.format(rate=serving.RATE_PER_S)),
            open_table(rows),
            _filled(SCALING),
            scaling_table(scaling, len(os.sched_getaffinity(0))),
        ]
    )


def closed_table(rows: Sequence[Row]) -> str:
    """Write one line a row, by kinds; the ratio is of requests per second, ours (the first) to the row's."""
    lines = []
    for kind in dict.fromkeys(row.kind for row in rows):
        of_kind = [row for row in rows if row.kind == kind]
        lines += [_closed_line(row, of_kind[0].closed) for row in of_kind]
    return table(CLOSED, *lines) + _reasons(rows)


def open_table(rows: Sequence[Row]) -> str:
    """Write one line an endpoint."""
    return table(OPEN, *(_open_line(row) for row in rows if row.kind == FRAMED))


def goals_table(rows: Sequence[Row]) -> str:
    """Write the goals that these rows can tell of."""
    return table(GOALS, *((what, f"{found:.2f}", wanted) for what, found, wanted in _goals(rows)))


def scaling_table(rows: Sequence[Row], processors: int) -> str:
    """
    Write what more processors bring, with wrk's own share taken out, and the goals for it.

    Args:
        rows: Of the service by itself, under the titles of ``PROCESSORS``.
        processors: How many this machine has, for the service and wrk together.
    """
    found = {(row.kind, row.title): row.closed for row in rows if row.closed}
    lines = []
    ratios = {}
    for (kind, title), closed in found.items():
        one = found.get((kind, ONE))
        ratio = (
            _alone_per_s(title, closed, processors) / _alone_per_s(ONE, one, processors) if one else math.nan
        )
        ratios[kind, title] = ratio
        figures = (f"{closed.per_s:,.0f}", f"{closed.cpu_us:,.0f}", f"{closed.load_processors:.2f}")
        lines.append((kind, title, *figures, f"{ratio:.2f}"))
    goals = [
        (f"{kind}: {title}, to {ONE}", f"{ratios[kind, title]:.2f}", "at least 1.7")
        for kind, title in ((FRAMED, WORKERS), (PHOTO, WORKERS), (PHOTO, SPREAD))
        if (kind, title) in ratios
    ]
    return table(SCALED, *lines) + _reasons(rows) + "\n" + table(GOALS, *goals)


def _goals(rows: Sequence[Row]) -> Iterator[tuple[str, float, str]]:
    ours, tutorial = (
        {row.kind: row.closed for row in rows if row.title == title and row.closed}
        for title in (OUR_TITLE, TUTORIAL_TITLE)
    )
    for kind, wanted in (
        (DRAWING, "at least 2"),
        (CANVAS, "at least 1.5"),
        (PHOTO, "at least 1; 2 when a network finds the ink"),
    ):
        if kind in ours and kind in tutorial:
            what = f"{kind}: requests/s to the tutorial script's"
            yield what, ours[kind].per_s / tutorial[kind].per_s, wanted
    framed = ours.get(FRAMED)
    if framed is None:
        return
    empty, bare, fastify = (_quickest(rows, [name], FRAMED) for name in (*IDLE, "fastify"))
    best = _quickest(rows, [name for name in PEERS if name not in {*IDLE, "fastify"}], FRAMED)
    if empty:
        yield (
            f"{FRAMED}: requests/s to the empty FastAPI endpoint's",
            framed.per_s / empty.per_s,
            "at least 1",
        )
        yield f"{FRAMED}: p99 to the empty FastAPI endpoint's", framed.p99_ms / empty.p99_ms, "at most 1"
    if bare:
        yield f"{FRAMED}: requests/s to the bare ASGI app's", framed.per_s / bare.per_s, "towards 0.45"
    if best:
        what = f"{FRAMED}: requests/s to the best Python or Triton peer's"
        yield what, framed.per_s / best.per_s, "at least 3.5"
    if fastify:
        yield f"{FRAMED}: requests/s to Fastify's", framed.per_s / fastify.per_s, "at least 2"


def _quickest(rows: Sequence[Row], names: Sequence[str], kind: str) -> Closed | None:
    """Return the figures of the quickest endpoint of these peers, if one was measured."""
    titles = {call.title for name in names for call in PEERS[name].calls}
    found = [row.closed for row in rows if row.title in titles and row.kind == kind and row.closed]
    return max(found, key=lambda one: one.per_s, default=None)


def _closed_line(row: Row, ours: Closed | None) -> Sequence[str]:
    one = row.closed
    if one is None:
        return (row.kind, row.title, "not measured", *[""] * (len(CLOSED) - 3))
    return (
        row.kind,
        row.title,
        f"{one.per_s:,.0f}",
        f"{one.p50_ms:.1f}",
        f"{one.p99_ms:.1f}",
        f"{one.cpu_us:,.0f}",
        "" if math.isnan(one.right) else f"{one.right:.0%}",
        f"{one.errors:.0f}",
        f"{one.memory_mib:,.0f}",
        f"{ours.per_s / one.per_s:.2f}" if ours and one.per_s else "",
    )


def _open_line(row: Row) -> Sequence[str]:
    if row.closed is None or row.opened is None:
        return (row.title, "not measured", *[""] * (len(OPEN) - 2))
    one = row.opened
    latencies = (f"{ms:.1f}" for ms in (one.p50_ms, one.p99_ms, one.p999_ms))
    return (row.title, f"{row.closed.start_s:.1f}", f"{one.per_s:,.0f}", *latencies, f"{one.errors:.0f}")


def _reasons(rows: Sequence[Row]) -> str:
    """List why rows were not measured."""
    lines = dict.fromkeys(f"* {row.title}: {row.reason}" for row in rows if row.reason)
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _scaling() -> Mapping[str, Server]:
    """Return this service by the titles of ``PROCESSORS``."""
    return {
        title: replace(
            OURS,
            calls=(replace(OURS.calls[0], title=title),),
            environment={**OURS.environment, "LENET_WORKERS": "2" if title == WORKERS else "1"},
            processors=processors,
        )
        for title, processors in PROCESSORS.items()
    }


def _alone_per_s(title: str, closed: Closed, processors: int) -> float:
    """Return the answers per second had wrk left the service the processors that it may use."""
    most = PROCESSORS[title]
    return closed.per_s * most / min(most, processors - closed.load_processors)


def _filled(text: str) -> str:
    return textwrap.fill(text.strip(), WIDTH) + "\n"

"""The section on serving: this service against its peers, and against itself with more workers."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from benchmarks import load, serving
from benchmarks.open_loop import OpenLoad
from benchmarks.peers import OURS, PEERS, Server
from benchmarks.serving import Closed, Row
from benchmarks.tables import table

OUR_TITLE = OURS.calls[0].title
PACKAGES = ("uvloop", "httptools", "onnxruntime-gpu")
HOW = """
One 28x28 PNG in (a tensor where the row says so), ten probabilities out, with the shipped network; the
answer is checked before and after. wrk on the same machine, {connections} connections, {threads} thread,
closed loop, {seconds} s after a warm-up of {warm_up} s; medians of {rounds} rounds, the servers taking
turns, each started anew and alone. CPU is that of all the server's processes, memory their proportional
set size (PSS) right after the load, start the time from process start to the first right answer. This
service writes its log line a request to a file; the access logs of the peers are off. {versions}.
"""
CLOSED = (
    "server",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "CPU us/request",
    "errors",
    "start s",
    "memory MiB",
    "ours to it",
)
OPEN = ("server", "answers/s", "p50 ms", "p99 ms", "p99.9 ms", "errors")
GOALS = ("goal", "found", "wanted")
WORKERS = 2
WIDTH = 110


def section(chosen: Sequence[str], *, rounds: int, seconds: int) -> str:
    """
    Measure the chosen peers (none means all) and write the section.

    Raises:
        UnavailableError: wrk is not installed.
    """
    load.program()
    peers = {name: server for name, server in PEERS.items() if not chosen or name in chosen}
    servers = {"service": OURS, **peers}
    closed = serving.measure_closed(servers, rounds=rounds, seconds=seconds)
    opened = serving.measure_open(servers, rounds=rounds, seconds=seconds)
    workers = serving.measure_closed(_more_workers(), rounds=rounds, seconds=seconds)
    how = HOW.format(
        connections=load.CONNECTIONS,
        threads=load.THREADS,
        seconds=seconds,
        warm_up=serving.WARM_UP_S,
        rounds=rounds,
        versions=", ".join(
            [
                *(f"{name} {version(name)}" for name in PACKAGES),
                *dict.fromkeys(peer.version for peer in peers.values() if peer.package),
            ]
        ),
    )
    rate = f"Open loop: {serving.RATE_PER_S} requests a second, latency from the time each was due.\n"
    return "\n".join(
        [
            textwrap.fill(how.strip(), WIDTH) + "\n",
            closed_table(closed),
            goals_table(closed),
            rate,
            open_table(opened),
            f"This service with {WORKERS} workers against one.\n",
            closed_table(workers),
        ]
    )


def closed_table(rows: Sequence[Row]) -> str:
    """Write one line a row; the ratio is of requests per second, ours (the first row) to the row's."""
    ours = rows[0].found
    return table(CLOSED, *(_closed_line(row, ours) for row in rows)) + _reasons(rows)


def open_table(rows: Sequence[Row]) -> str:
    """Write one line a row."""
    return table(OPEN, *(_open_line(row) for row in rows)) + _reasons(rows)


def goals_table(rows: Sequence[Row]) -> str:
    """Write the goals that these rows can tell of."""
    found = {row.title: row.found for row in rows if isinstance(row.found, Closed)}
    ours = found.get(OUR_TITLE)
    if ours is None:
        return ""
    lines = []
    empty, bare, fastify = (_of(found, name) for name in ("empty_fastapi", "bare_asgi", "fastify"))
    others = [
        figures
        for name in PEERS
        if name not in {"empty_fastapi", "bare_asgi", "fastify"} and (figures := _of(found, name))
    ]
    if empty:
        lines.append(("requests/s to the empty FastAPI endpoint's", ours.per_s / empty.per_s, "at least 1"))
        lines.append(("p99 to the empty FastAPI endpoint's", ours.p99_ms / empty.p99_ms, "at most 1"))
    if bare:
        lines.append(("requests/s to the bare ASGI app's", ours.per_s / bare.per_s, "at least 0.45"))
    if others:
        best = max(figures.per_s for figures in others)
        lines.append(("requests/s to the best Python or Triton peer's", ours.per_s / best, "at least 4"))
    if fastify:
        lines.append(("requests/s to Fastify's", ours.per_s / fastify.per_s, "at least 2"))
    return table(GOALS, *((what, f"{ratio:.2f}", goal) for what, ratio, goal in lines))


def _of(found: Mapping[str, Closed], name: str) -> Closed | None:
    """Give the figures of a peer's quickest endpoint."""
    figures = (
        [found[call.title] for call in PEERS[name].calls if call.title in found] if name in PEERS else []
    )
    return max(figures, key=lambda one: one.per_s, default=None)


def _closed_line(row: Row, ours: Closed | OpenLoad | None) -> Iterable[str]:
    one = row.found
    if not isinstance(one, Closed):
        return _left_out(row, CLOSED)
    ratio = f"{ours.per_s / one.per_s:.2f}" if ours and one.per_s else ""
    return (
        row.title,
        f"{one.per_s:,.0f}",
        f"{one.p50_ms:.1f}",
        f"{one.p99_ms:.1f}",
        f"{one.cpu_us:,.0f}",
        f"{one.errors:.0f}",
        f"{one.start_s:.1f}",
        f"{one.memory_mib:,.0f}",
        ratio,
    )


def _open_line(row: Row) -> Iterable[str]:
    one = row.found
    if not isinstance(one, OpenLoad):
        return _left_out(row, OPEN)
    latencies = (f"{ms:.1f}" for ms in (one.p50_ms, one.p99_ms, one.p999_ms))
    return (row.title, f"{one.per_s:,.0f}", *latencies, f"{one.errors:.0f}")


def _left_out(row: Row, head: Sequence[str]) -> Iterable[str]:
    return (row.title, "not measured", *[""] * (len(head) - 2))


def _reasons(rows: Sequence[Row]) -> str:
    """List why rows were not measured."""
    lines = [f"* {row.title}: {row.reason}" for row in rows if row.reason]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _more_workers() -> dict[str, Server]:
    return {
        f"workers-{number}": replace(
            OURS,
            calls=(replace(OURS.calls[0], title=f"this service, LENET_WORKERS={number}"),),
            environment={**OURS.environment, "LENET_WORKERS": str(number)},
        )
        for number in (WORKERS, 1)
    }

"""
One picture a request, from 16 connections: this service against its peers.

Servers take turns (A B C A B C ...). In its turn a server is started, answers rightly, is warmed, measured,
answers rightly once more and is stopped: no idle one takes memory or processor time from the measured one.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

from benchmarks import environments, processes
from benchmarks.calls import Body, Call
from benchmarks.drawn import MODEL, Drawn, digit
from benchmarks.errors import UnavailableError
from benchmarks.load import closed_loop
from benchmarks.open_loop import OpenLoad, open_loop
from benchmarks.peers import Server
from benchmarks.servers import Running, post, started

WARM_UP_S = 3
RATE_PER_S = 500


@dataclass(frozen=True)
class Closed:
    """
    One endpoint under closed loop: of one turn, or medians over turns.

    Attributes:
        per_s: Answers per second.
        p50_ms: Median latency.
        p99_ms: Latency that one in a hundred exceeds.
        cpu_us: Processor time of all the server's processes per request, microseconds.
        errors: Refused or broken requests.
        start_s: Seconds from the start of the process to the first right answer.
        memory_mib: Proportional set size of all the server's processes right after the load, MiB.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    errors: float
    start_s: float
    memory_mib: float


@dataclass(frozen=True)
class Row:
    """What was measured of an endpoint, or the reason why not."""

    title: str
    found: Closed | OpenLoad | None = None
    reason: str = ""


Turn = Callable[[Running, Call, Path, Body], Closed | OpenLoad]
"""Measures one endpoint of a running server; the path holds the body."""


def measure_closed(servers: Mapping[str, Server], *, rounds: int, seconds: int) -> list[Row]:
    """Measure every endpoint of every server under closed loop."""

    def turn(running: Running, call: Call, file: Path, body: Body) -> Closed:
        address = running.address + call.path
        closed_loop(address, file, body.headers, seconds=WARM_UP_S)
        before_s = processes.cpu_s(running.process.pid)
        load = closed_loop(address, file, body.headers, seconds=seconds)
        used_s = processes.cpu_s(running.process.pid) - before_s
        return Closed(
            per_s=load.per_s,
            p50_ms=load.p50_ms,
            p99_ms=load.p99_ms,
            cpu_us=1e6 * used_s / max(1, load.requests),
            errors=load.errors,
            start_s=running.start_s,
            memory_mib=processes.memory_mib(running.process.pid),
        )

    return _measure(servers, turn, rounds=rounds)


def measure_open(servers: Mapping[str, Server], *, rounds: int, seconds: int) -> list[Row]:
    """Measure every endpoint at ``RATE_PER_S`` requests a second."""

    def turn(running: Running, call: Call, file: Path, body: Body) -> OpenLoad:
        closed_loop(running.address + call.path, file, body.headers, seconds=WARM_UP_S)
        return open_loop(running.address, call.path, body, rate_per_s=RATE_PER_S, seconds=seconds)

    return _measure(servers, turn, rounds=rounds)


def medians(turns: Sequence[Closed | OpenLoad]) -> Closed | OpenLoad:
    """Give the median of each figure; of errors the most, for none may hide."""
    kind = type(turns[0])
    return kind(
        **{
            one.name: (max if one.name == "errors" else median)(getattr(turn, one.name) for turn in turns)
            for one in fields(kind)
        }
    )


def _measure(servers: Mapping[str, Server], turn: Turn, *, rounds: int) -> list[Row]:
    """Let the servers take turns; one that fails is left out from then on, with its reason."""
    found: dict[str, list[Closed | OpenLoad]] = {}
    reasons: dict[str, str] = {}
    drawn = digit()
    for number in range(rounds):
        for name, server in servers.items():
            if name in reasons:
                continue
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr)
            try:
                with _started(name, server, drawn) as running:
                    for call in server.calls:
                        result = _checked(running, call, drawn, turn)
                        found.setdefault(call.title, []).append(result)
            except UnavailableError as error:
                reasons[name] = str(error)
    return [
        Row(call.title, reason=reasons[name])
        if name in reasons
        else Row(call.title, found=medians(found[call.title]))
        for name, server in servers.items()
        for call in server.calls
    ]


def _checked(running: Running, call: Call, drawn: Drawn, turn: Turn) -> Closed | OpenLoad:
    """Measure an endpoint that answers rightly before and after."""
    body = call.encode(drawn)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(body.content)
        file.flush()
        _demand_right(running, call, body, drawn)
        result = turn(running, call, Path(file.name), body)
        _demand_right(running, call, body, drawn)
    return result


def _demand_right(running: Running, call: Call, body: Body, drawn: Drawn) -> None:
    answer = post(running.address, call.path, body)
    if answer is None or not call.is_right(answer, drawn):
        message = f"{call.path} answers wrongly"
        raise UnavailableError(message)


@contextmanager
def _started(name: str, server: Server, drawn: Drawn) -> Iterator[Running]:
    """Start a server; what it writes goes to a file."""
    environment = environments.prepare(server)
    first = server.calls[0]
    body = first.encode(drawn)

    def is_ready(address: str) -> bool:
        answer = post(address, first.path, body)
        return answer is not None and first.is_right(answer, drawn)

    environments.FOLDER.mkdir(exist_ok=True)
    with started(
        [str(environment.program), *server.command],
        {"MODEL": str(MODEL / "model.onnx"), **environment.variables, **server.environment},
        is_ready,
        folder=environment.folder,
        output=environments.FOLDER / f"{name}.log",
    ) as running:
        yield running

"""
One picture a request, from 16 connections: this service against its peers.

Servers take turns (A B C A B C ...). In its turn a server is started, answers rightly, is measured with each
kind of picture and is stopped: no idle one takes memory or processor time from the measured one.
"""

import math
import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks import environments, processes, sent
from benchmarks.calls import Body, Call
from benchmarks.errors import UnavailableError
from benchmarks.load import closed_loop
from benchmarks.open_loop import OpenLoad, open_loop
from benchmarks.peers import Server
from benchmarks.sent import File
from benchmarks.servers import Running, post, started
from service.settings import PACKAGED_RECOGNISER

WARM_UP_S = 2
RATE_PER_S = 500


@dataclass(frozen=True)
class Closed:
    """
    One endpoint and one kind of picture under closed loop: of one turn, or medians over turns.

    Attributes:
        per_s: Answers per second.
        p50_ms: Median latency.
        p99_ms: Latency that one in a hundred exceeds.
        cpu_us: Processor time of all the server's processes per request, microseconds.
        right: Share of the pictures of every digit that are read rightly, 0 to 1; NaN where nothing is read.
        errors: Refused or broken requests.
        start_s: Seconds from the start of the process to the first right answer.
        memory_mib: Proportional set size of all the server's processes right after the load, MiB.
        load_processors: How many processors wrk itself kept busy.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    right: float
    errors: float
    start_s: float
    memory_mib: float
    load_processors: float


@dataclass(frozen=True)
class Row:
    """
    What was measured of an endpoint, or the reason why not.

    Attributes:
        title: The endpoint's.
        kind: Of the pictures that it was sent.
        closed: Under closed loop.
        opened: At ``RATE_PER_S`` requests a second; of pictures framed as MNIST alone.
        reason: Why nothing was measured.
    """

    title: str
    kind: str
    closed: Closed | None = None
    opened: OpenLoad | None = None
    reason: str = ""


Turn = TypeVar("Turn", Closed, OpenLoad)


def measure(servers: Mapping[str, Server], kinds: Collection[str], *, rounds: int, seconds: int) -> list[Row]:
    """
    Measure every endpoint of every server with every kind of picture.

    An endpoint that computes nothing is sent pictures framed as MNIST alone. A server that fails is left out
    from then on, with its reason.
    """
    closed: dict[tuple[str, str], list[Closed]] = {}
    opened: dict[str, list[OpenLoad]] = {}
    reasons: dict[str, str] = {}
    pictures = {kind: sent.every_digit(kind) for kind in kinds}
    for number in range(rounds):
        for name, server in servers.items():
            if name in reasons:
                continue
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr)
            try:
                with _started(name, server) as running:
                    for call in server.calls:
                        for kind in _taken(call, kinds):
                            found = _closed(running, call, kind, pictures[kind], seconds)
                            closed.setdefault((call.title, kind), []).append(found)
                        body = call.encode(sent.seven(sent.FRAMED))
                        steady = open_loop(
                            running.address, call.path, body, rate_per_s=RATE_PER_S, seconds=seconds
                        )
                        opened.setdefault(call.title, []).append(steady)
            except UnavailableError as error:
                reasons[name] = str(error)
    return [
        Row(call.title, kind, reason=reasons[name])
        if name in reasons
        else Row(
            call.title,
            kind,
            medians(closed[call.title, kind]),
            medians(opened[call.title]) if kind == sent.FRAMED else None,
        )
        for name, server in servers.items()
        for call in server.calls
        for kind in _taken(call, kinds)
    ]


def medians(turns: Sequence[Turn]) -> Turn:
    """Return the median of each figure; of errors the most, for none may hide."""
    kind = type(turns[0])
    return kind(
        **{
            one.name: (max if one.name == "errors" else median)(getattr(turn, one.name) for turn in turns)
            for one in fields(kind)
        }
    )


def share_right(address: str, call: Call, files: Sequence[File]) -> float:
    """Return the share of files that a server reads rightly, 0 to 1; a file that is refused is not."""
    answers = (post(address, call.path, call.encode(file)) for file in files)
    right = [
        answer is not None and call.digit(answer) == file.digit
        for answer, file in zip(answers, files, strict=True)
    ]
    return sum(right) / len(right)


def _taken(call: Call, kinds: Collection[str]) -> Collection[str]:
    return kinds if call.read else [sent.FRAMED]


def _closed(running: Running, call: Call, kind: str, files: Sequence[File], seconds: int) -> Closed:
    """Measure an endpoint that answers rightly before and after."""
    seven = sent.seven(kind)
    body = call.encode(seven)
    address = running.address + call.path
    with tempfile.NamedTemporaryFile() as file:
        file.write(body.content)
        file.flush()
        _demand_right(running, call, body, seven)
        right = share_right(running.address, call, files) if call.read else math.nan
        closed_loop(address, Path(file.name), body.headers, seconds=WARM_UP_S)
        before_s = processes.cpu_s(running.process.pid)
        load = closed_loop(address, Path(file.name), body.headers, seconds=seconds)
        used_s = processes.cpu_s(running.process.pid) - before_s
        memory_mib = processes.memory_mib(running.process.pid)
        _demand_right(running, call, body, seven)
    return Closed(
        per_s=load.per_s,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        cpu_us=1e6 * used_s / max(1, load.requests),
        right=right,
        errors=load.errors,
        start_s=running.start_s,
        memory_mib=memory_mib,
        load_processors=load.processors,
    )


def _demand_right(running: Running, call: Call, body: Body, seven: File) -> None:
    answer = post(running.address, call.path, body)
    if answer is None or not call.is_right(answer, seven):
        message = f"{call.path} answers wrongly"
        raise UnavailableError(message)


@contextmanager
def _started(name: str, server: Server) -> Iterator[Running]:
    """Start a server; what it writes goes to a file."""
    environment = environments.prepare(server)
    first = server.calls[0]
    seven = sent.seven(sent.FRAMED)
    body = first.encode(seven)

    def is_ready(address: str) -> bool:
        answer = post(address, first.path, body)
        return answer is not None and first.is_right(answer, seven)

    environments.FOLDER.mkdir(exist_ok=True)
    with started(
        [*_kept_to(server.processors), str(environment.program), *server.command],
        {"MODEL": str(PACKAGED_RECOGNISER / "model.onnx"), **environment.variables, **server.environment},
        is_ready,
        folder=environment.folder,
        output=environments.FOLDER / f"{name}.log",
    ) as running:
        yield running


def _kept_to(processors: int | None) -> list[str]:
    """Return the words that start a command on so many processors; none for all of them."""
    if processors is None:
        return []
    numbers = sorted(os.sched_getaffinity(0))[:processors]
    return ["taskset", "--cpu-list", ",".join(map(str, numbers))]

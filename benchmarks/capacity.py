"""What requests cost: ``python -m benchmarks.capacity`` renews the tables of docs/capacity.md."""

import contextlib
import http.client
import io
import statistics
import sys
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import autoscaling, processes, sent, servers
from benchmarks.calls import Body, picture
from benchmarks.tables import table

DOCUMENT = Path(__file__).parents[1] / "docs" / "capacity.md"
TARGET = 0.6
"""How busy processors are to be: what the simulation of autoscalers says."""
RATES = (10**3, 10**5, 10**7)
ROUNDS = 5
CLIENTS = 16
SMALL = (sent.FRAMED, sent.DRAWING)
TCP_BYTES = 160
"""Of a request on a kept connection: headers of IP and TCP of four packets."""


@dataclass(frozen=True)
class Kind:
    """
    A kind of request.

    Attributes:
        title: What it carries.
        body: What is sent.
        images: How many pictures are in it.
        clients: How many ask at a time.
        number: Requests of a round.
    """

    title: str
    body: Body
    images: int
    clients: int
    number: int


@dataclass(frozen=True)
class Cost:
    """What a request costs: processor seconds of all the service's threads, and bytes on the wire."""

    cpu_s: float
    bytes_in: int
    bytes_out: int


def kinds() -> list[Kind]:
    """Make every kind of picture that is sent, and many ready images at once."""
    many = io.BytesIO()
    np.save(many, np.repeat(sent.golden()[0][sent.DIGIT, None], 1024, axis=0))
    npy = Body(many.getvalue(), {"Content-Type": "application/x-npy"})
    return [
        *(
            Kind(kind, picture(sent.seven(kind)), 1, CLIENTS, 2000 if kind in SMALL else 400)
            for kind in sent.KINDS
        ),
        Kind("1,024 images as npy", npy, 1024, 2, 20),
    ]


def measure() -> dict[str, Cost]:
    """Ask one service for everything in turn; the median of the rounds."""
    costs: dict[str, list[Cost]] = {}
    with servers.service() as (process, address):
        host = urllib.parse.urlsplit(address).netloc
        for turn in range(ROUNDS + 1):
            for kind in kinds():
                before = processes.cpu_s(process.pid)
                with ThreadPoolExecutor(kind.clients) as pool:
                    share = kind.number // kind.clients
                    sizes = list(
                        pool.map(
                            lambda _, kind=kind, share=share: _ask(host, kind, share), range(kind.clients)
                        )
                    )
                spent = processes.cpu_s(process.pid) - before
                # The first turn warms up.
                if turn:
                    cost = Cost(spent / (share * kind.clients), *sizes[0])
                    costs.setdefault(kind.title, []).append(cost)
    return {
        title: Cost(statistics.median(cost.cpu_s for cost in found), found[0].bytes_in, found[0].bytes_out)
        for title, found in costs.items()
    }


def _ask(host: str, kind: Kind, number: int) -> tuple[int, int]:
    """Ask so many times on one connection; give the bytes of a request and of its answer."""
    with contextlib.closing(http.client.HTTPConnection(host, timeout=60)) as connection:
        for _ in range(number):
            connection.request("POST", "/predict", kind.body.content, dict(kind.body.headers))
            answer = connection.getresponse()
            told = answer.read()
            if answer.status != 200:
                message = f"{kind.title} was answered {answer.status}"
                raise RuntimeError(message)
    head = sum(len(f"{name}: {value}\r\n") for name, value in answer.getheaders())
    return len(kind.body.content) + 150 + TCP_BYTES, len(told) + head + 20 + TCP_BYTES


def tables(costs: dict[str, Cost]) -> Iterator[tuple[str, str]]:
    """Write the tables by the names of their places in the document."""
    images = {kind.title: kind.images for kind in kinds()}
    yield (
        "one core",
        table(
            (
                "a request with",
                "processor time",
                f"requests/s of a core, {TARGET:.0%} busy",
                "images/s",
                "bytes in",
                "bytes out",
                "core-hours for a million images",
            ),
            *(
                (
                    title,
                    f"{cost.cpu_s * 1e3:.2g} ms",
                    _short(TARGET / cost.cpu_s),
                    _short(TARGET / cost.cpu_s * images[title]),
                    _short(cost.bytes_in),
                    _short(cost.bytes_out),
                    f"{cost.cpu_s / TARGET / images[title] * 1e6 / 3600:.2g}",
                )
                for title, cost in costs.items()
            ),
        ),
    )
    yield (
        "many",
        table(
            ("images/s", "sent as", "requests/s", "cores", "Gbit/s in", "Gbit/s out"),
            *(
                (
                    f"{rate:,}",
                    title,
                    _short(rate / images[title]),
                    _short(rate / images[title] * cost.cpu_s / TARGET),
                    _short(rate / images[title] * cost.bytes_in * 8 / 1e9),
                    _short(rate / images[title] * cost.bytes_out * 8 / 1e9),
                )
                for rate in RATES
                for title, cost in costs.items()
            ),
        ),
    )
    yield (
        "autoscaling",
        table(
            autoscaling.COLUMNS,
            *(row for traffic in autoscaling.TRAFFIC for row in autoscaling.rows(traffic)),
        ),
    )


def _short(value: float) -> str:
    """Two figures: more would say more than was measured."""
    return f"{float(f'{value:.2g}'):,g}" if value < 1e6 else f"{float(f'{value:.2g}'):,.0f}"


def main() -> int:
    """Renew every table in its place."""
    text = DOCUMENT.read_text()
    for name, rows in tables(measure()):
        head, marker, rest = text.partition(f"<!-- {name} -->\n")
        _, end, rest = rest.partition("<!-- end -->")
        if not (marker and end):
            sys.stderr.write(f"{DOCUMENT} has no place for the table {name!r}\n")
            return 1
        text = f"{head}{marker}{rows}{end}{rest}"
    DOCUMENT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

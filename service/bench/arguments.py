"""The command line of ``python -m service bench``."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.bench import limits
from service.bench.apis import APIS

CLOSED_CONNECTIONS = 16
"""Connections of the closed loop: enough to keep one process busy, as performance tables use."""

DESCRIPTION = """\
Measure how fast a service answers: requests per second, percentiles of the latency, errors.

Closed loop (default): each connection sends its next request when the answer has come. It tells
how much the service can do.

Open loop (--rate): requests are due on a schedule, whether or not the service keeps up, and the
latency counts from the moment that a request was due. It tells what users feel at that load: a
service that stalls is charged for everyone who had to wait.
"""

EXAMPLES = """\
examples:
  lenet5 bench http://127.0.0.1:8000                          how much it can do
  lenet5 bench http://127.0.0.1:8000 --rate 500 --duration 60 what users feel at 500 requests/s
  lenet5 bench http://127.0.0.1:8000 --image photos/          with pictures of your own, in turn
  lenet5 bench http://127.0.0.1:8000 --api v2 --json          the Open Inference Protocol, for scripts

Ctrl-C ends the measurement early and prints what was measured; once more, without waiting for
the answers that are still due.

exit status: 0 every request was answered 2xx, 1 some were not, 2 no measurement was possible
"""


@dataclass(frozen=True)
class Arguments:
    """
    What the command line decides.

    Attributes:
        url: Where the service is; paths are added to it.
        api: A key of ``APIS``.
        images: Files and folders to send in turn; none for digits drawn by the project.
        connections: How many in the closed loop, at most how many in the open one.
        duration_s: How long to measure.
        warmup_s: How long to send requests before that.
        rate_per_s: Requests due per second, or None for the closed loop.
        arrivals: ``constant`` or ``poisson``: how the open loop spaces them.
        model: The model's name, or None for the service's default.
        headers: Further request headers, name and value.
        json: Whether to print JSON.
    """

    url: str
    api: str
    images: tuple[Path, ...]
    connections: int
    duration_s: float
    warmup_s: float
    rate_per_s: float | None
    arrivals: str
    model: str | None
    headers: tuple[tuple[str, str], ...]
    json: bool


def parse(arguments: Sequence[str]) -> Arguments:
    """
    Read the command line.

    Raises:
        SystemExit: Help was asked for (0), or an argument makes no sense (2).
    """
    given = _parser().parse_args(arguments)
    usual = CLOSED_CONNECTIONS if given.rate is None else limits.MOST_CONNECTIONS
    return Arguments(
        url=given.url,
        api=given.api,
        images=tuple(given.image),
        connections=given.connections or usual,
        duration_s=given.duration,
        warmup_s=given.warmup,
        rate_per_s=given.rate,
        arrivals=given.arrivals,
        model=given.model,
        headers=tuple(given.header),
        json=given.json,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lenet5 bench",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("url", metavar="URL", help="where the service is, such as http://127.0.0.1:8000")
    add("--api", choices=sorted(APIS), default="predict", help="/predict, or the Open Inference Protocol v2")
    add("--image", type=Path, nargs="+", action="extend", default=[], metavar="FILE", help=_IMAGE)
    add("--connections", type=limits.connections, metavar="N", help=_CONNECTIONS)
    add(
        "--duration",
        type=limits.duration_s,
        default=10.0,
        metavar="S",
        help="seconds to measure (default: 10)",
    )
    add(
        "--warmup", type=limits.warmup_s, default=1.0, metavar="S", help="seconds of load before (default: 1)"
    )
    add("--rate", type=limits.rate_per_s, metavar="R", help="open loop: requests due per second")
    add("--arrivals", choices=("constant", "poisson"), default="constant", help=_ARRIVALS)
    add(
        "--model",
        type=limits.model,
        metavar="NAME",
        help="the model to ask (default: the service's own)",
    )
    add("--header", type=limits.header, action="append", default=[], metavar="NAME:VALUE", help=_HEADER)
    add("--json", action="store_true", help="print one JSON object")
    return parser


_IMAGE = "picture files, and folders of them, sent in turn (default: ten digits drawn by the project)"
_CONNECTIONS = (
    f"closed loop: how many (default: {CLOSED_CONNECTIONS}); open loop: opened as needed, at most so many "
    f"(default: {limits.MOST_CONNECTIONS}); requests that find none free wait, and the wait counts"
)
_ARRIVALS = "open loop: evenly spaced (default), or at random as independent users come"
_HEADER = "a further request header, such as 'X-API-Key: ...'; may be repeated"

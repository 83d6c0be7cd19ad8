"""Measure everything, or one section, and write benchmarks/results.md: ``make bench``, on an idle machine."""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks import (
    bulk,
    interpreter,
    neighbours,
    operations,
    overload,
    preparation,
    protocols,
    serving_report,
    slow_service,
    startup,
)
from benchmarks.errors import UnavailableError
from benchmarks.peers import PEERS
from benchmarks.tables import table
from training.errors import DataError

RUNS = 9
PER_FAMILY = 200
OVERLOAD_S = 20
SEED = 1
RESULTS = Path(__file__).with_name("results.md")
PACKAGES = ("fastapi", "uvicorn", "opencv-python-headless", "numpy")
PEER_HELP = f"""only this one, and print instead of writing; again for more; there are: {", ".join(PEERS)}"""
HEAD = """\
# Results

`make bench` measures every section, `python -m benchmarks preparation` that one and keeps the others.
Absolute times belong to the machine; the ratios are what to compare.
"""
COSTS = ("what", "bare libraries", "service", "ratio", "goal")
READING = """\
{number} pictures of each family, made with seed {seed} from MNIST's last 5,000 training images, which the
network was not trained on. Shares read rightly: after the service's preparation; of MNIST's own images of the
same digits; of the pictures resized to 28x28; of the pictures after one threshold (Otsu's) and MNIST's box
and centre of mass.

"""
FAMILIES = (
    "pictures",
    "service",
    "MNIST's images",
    "resized",
    "threshold and box",
    "found blank",
    "said to be a digit",
    "median ms to prepare",
)


def main() -> int:
    """Measure the section that is asked for, or all; keep those that are not measured now."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("section", nargs="?", choices=SECTIONS, help="default: every one")
    serving = parser.add_argument_group("serving")
    serving.add_argument("--peer", action="append", choices=PEERS, default=[], metavar="NAME", help=PEER_HELP)
    turns = parser.add_argument_group("serving and protocols")
    turns.add_argument("--rounds", type=int, default=3, help="turns of each server or way; default: 3")
    turns.add_argument("--seconds", type=int, default=4, help="of each kind of picture; default: 4")
    options = parser.parse_args()
    texts = _kept()
    for name in [options.section] if options.section else SECTIONS:
        try:
            text = f"{name}\n\n{_circumstances()}\n\n{SECTIONS[name](options)}"
        except (DataError, UnavailableError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            if options.section:
                return 1
        else:
            texts[name] = text
            print(text)
    if options.peer:
        return 0
    RESULTS.write_text("\n## ".join([HEAD, *(texts[name] for name in SECTIONS if name in texts)]))
    return 0


def _kept() -> dict[str, str]:
    """Give the sections of the last results by name."""
    parts = RESULTS.read_text().split("\n## ")[1:] if RESULTS.is_file() else []
    return {part.partition("\n")[0]: part for part in parts}


def _startup(_: argparse.Namespace) -> str:
    start = startup.measure(RUNS)
    return f"Medians of {RUNS} interleaved runs.\n\n" + table(
        COSTS,
        (
            "start to ready, against `import fastapi, onnxruntime, cv2`",
            f"{start.bare_s:.2f} s",
            f"{start.ready_s:.2f} s",
            f"{start.ready_s / start.bare_s:.2f}",
            "at most 1.6",
        ),
        (
            "peak resident memory when ready, against the same",
            f"{start.bare_mib:.0f} MiB",
            f"{start.ready_mib:.0f} MiB",
            f"{start.ready_mib / start.bare_mib:.2f}",
            "at most 1.35",
        ),
    )


def _bulk(_: argparse.Namespace) -> str:
    many = bulk.measure(RUNS)
    return f"Medians of {RUNS} interleaved runs.\n\n" + table(
        COSTS,
        (
            "10,000 images in one npy request, against `session.run` in batches of 64",
            f"{many.bare_per_s:,.0f}/s",
            f"{many.service_per_s:,.0f}/s",
            f"{many.service_per_s / many.bare_per_s:.2f}",
            "at least 0.8",
        ),
    )


def _serving(options: argparse.Namespace) -> str:
    return serving_report.section(options.peer, rounds=options.rounds, seconds=options.seconds)


def _protocols(options: argparse.Namespace) -> str:
    return protocols.section(rounds=options.rounds, seconds=options.seconds)


def _overload(_: argparse.Namespace) -> str:
    found = overload.measure(OVERLOAD_S)
    how = (
        f"An engine that takes {slow_service.IMAGE_S * 1e3:g} ms an image, and {overload.TIMES} times as many"
        f" requests as it can do, on a fixed schedule for {OVERLOAD_S} s."
    )
    return f"{how}\n\n" + table(
        ("what", "found", "goal"),
        (
            "answered, of what the engine can do",
            f"{found.answered_per_s / slow_service.CAPACITY_PER_S:.0%} ({found.offered_per_s:,.0f}/s came)",
            "at least 90 %",
        ),
        ("answers that are neither 200 nor a refusal as documented", str(found.others), "0"),
        ("p99 of those answered", f"{found.accepted_p99_ms:.0f} ms", "bounded: 0.5 s of work may wait"),
        (
            "probes and metrics, ten times a second: median, slowest",
            f"{found.probe_ms:.1f} ms, {found.slowest_probe_ms:.0f} ms",
            "under 100 ms",
        ),
    )


def _operations(_: argparse.Namespace) -> str:
    found = operations.measure(RUNS)
    how = f"Medians of {RUNS} interleaved runs, {operations.CLIENTS} clients; the share of one call."
    return f"{how}\n\n" + table(
        COSTS,
        (
            "3x512x512, 16 kernels 5x5, npy in and out, against `session.run` without HTTP",
            f"{found.bare_s * 1e3:.1f} ms",
            f"{found.colour_s * 1e3:.1f} ms",
            f"{found.bare_s / found.colour_s:.2f}",
            "at least 0.7",
        ),
        (
            "1024x1024 with `sobel_x`, against `scipy.signal.convolve2d` behind a bare ASGI app",
            f"{found.scipy_s * 1e3:.1f} ms",
            f"{found.grey_s * 1e3:.1f} ms",
            f"{found.scipy_s / found.grey_s:.2f}",
            "at least 1",
        ),
    )


def _preparation(_: argparse.Namespace) -> str:
    found = preparation.measure(PER_FAMILY, SEED)
    return READING.format(number=PER_FAMILY, seed=SEED) + "\n".join(
        [
            "The families of the first round, which stay as they are:\n",
            _families(found.frozen),
            "Those added for what users report, and damage that was drawn here:\n",
            _families(found.new),
            "Those without a single digit, and what the service says of them:\n",
            table(
                ("pictures", "told as several, or as blank", "said to be a digit"),
                *(
                    (one.name, f"{100 * one.told:.1f} %", f"{100 * one.is_digit:.1f} %")
                    for one in found.refused
                ),
            ),
        ]
    )


def _families(readings: Sequence[preparation.Reading]) -> str:
    rows = [astuple(one) for one in readings]
    rows.append(("all families alike", *np.mean([row[1:] for row in rows], axis=0).tolist()))
    return table(
        FAMILIES,
        *((name, *(f"{100 * share:.1f} %" for share in shares), f"{ms:.2g}") for name, *shares, ms in rows),
    )


def _circumstances() -> str:
    machine = f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{datetime.now(UTC).date()}, {machine}, Python {platform.python_version()}, {versions}."


def _interpreter(_: argparse.Namespace) -> str:
    rows = [
        (one.path, one.name, f"{one.longest_ms:.1f} ms", f"{one.total_ms:.0f} ms", one.outcome)
        for one in interpreter.measure(RUNS)
    ]
    how = (
        f"JSON of {interpreter.SIZE / 2**20:g} MiB, or of 9,000 values, on its way to pictures, a signal or a"
        " tensor on one thread, and how long another got no turn meanwhile: at most 20 ms is the goal. The"
        f" least of {RUNS} rounds each."
    )
    return f"{how}\n\n" + table(("path", "JSON", "longest without a turn", "whole", "outcome"), *rows)


def _neighbours(_: argparse.Namespace) -> str:
    found = neighbours.measure()
    rows = [
        (one.name, f"{one.p50_ms:.1f} ms", f"{one.p99_ms:.1f} ms", str(one.lost), f"{one.probe_ms:.0f} ms")
        for one in found
    ]
    how = (
        f"A client that posts a small picture {neighbours.RATE_PER_S} times a second, and looks at the probe"
        f" ten times, beside another that does its worst, {neighbours.SECONDS} s each. All of them share the"
        f" processors. The goals are a probe under 250 ms and a p99 of at most"
        f" {max(100, 5 * found[0].p99_ms):.0f} ms: the larger of 100 ms and 5 times that of the client alone."
    )
    return f"{how}\n\n" + table(("beside", "median", "p99", "lost", "slowest probe"), *rows)


SECTIONS = {
    "startup": _startup,
    "serving": _serving,
    "protocols": _protocols,
    "overload": _overload,
    "bulk": _bulk,
    "operations": _operations,
    "preparation": _preparation,
    "interpreter": _interpreter,
    "neighbours": _neighbours,
}


if __name__ == "__main__":
    sys.exit(main())

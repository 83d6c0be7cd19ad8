"""Load from wrk, closed loop: every connection sends its next request when the last one is answered."""

import json
import resource
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import UnavailableError

CONNECTIONS = 16
THREADS = 1
SCRIPT = Path(__file__).with_suffix(".lua")


@dataclass(frozen=True)
class Load:
    """
    What wrk saw.

    Attributes:
        requests: Answers in all.
        per_s: Answers per second.
        p50_ms: Median latency.
        p99_ms: Latency that one in a hundred exceeds.
        errors: Answers of status 400 and above, broken connections, and time-outs (2 s).
        processors: How many processors wrk itself kept busy, on average.
    """

    requests: int
    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    processors: float


def closed_loop(address: str, body: Path, headers: Mapping[str, str], *, seconds: int) -> Load:
    """
    Post a body over ``CONNECTIONS`` connections for so many seconds.

    Raises:
        UnavailableError: wrk is not installed, or failed.
    """
    shape = [f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT)]
    facts = [word for header in headers.items() for word in header]
    command = [program(), *shape, address, "--", str(body), *facts]
    before_s = _children_cpu_s()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"wrk failed: {done.stderr.strip() or done.stdout.strip()}"
        raise UnavailableError(message)
    return parse(done.stdout, (_children_cpu_s() - before_s) / seconds)


def program() -> str:
    """
    Find wrk.

    Raises:
        UnavailableError: It is not installed.
    """
    wrk = shutil.which("wrk")
    if not wrk:
        message = "wrk is not installed; Debian and Ubuntu have it: apt-get install wrk"
        raise UnavailableError(message)
    return wrk


def parse(output: str, processors: float) -> Load:
    """Read the line that the script writes after wrk's own; ``processors`` is what wrk itself took."""
    line = output.splitlines()[-1]
    found: dict[str, int] = json.loads(line)
    return Load(
        requests=found["requests"],
        per_s=found["requests"] / (found["duration_us"] / 1e6),
        p50_ms=found["p50_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        errors=found["refused"] + found["broken"],
        processors=processors,
    )


def _children_cpu_s() -> float:
    """Return the processor seconds of children that have ended: a server that still runs is none."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

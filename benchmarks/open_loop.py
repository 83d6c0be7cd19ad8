"""Load from the service's own tool, open loop: requests leave at a fixed rate, whatever the server does."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import UnavailableError
from benchmarks.load import CONNECTIONS

SLACK_S = 30


@dataclass(frozen=True)
class OpenLoad:
    """
    What the tool saw; latencies count from the time at which a request was due.

    Attributes:
        per_s: Answers per second.
        p50_ms: Median latency.
        p99_ms: Latency that one in a hundred exceeds.
        p999_ms: Latency that one in a thousand exceeds.
        errors: Requests without a good answer.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    errors: int


def open_loop(address: str, picture: Path, *, rate_per_s: int, seconds: int) -> OpenLoad:
    """
    Post a picture at a fixed rate for so many seconds.

    Raises:
        UnavailableError: The tool failed, or did not end.
    """
    shape = {"image": picture, "connections": CONNECTIONS, "duration": seconds, "rate": rate_per_s}
    options = [word for name, value in shape.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "service", "bench", address, *options, "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + SLACK_S)
    except subprocess.TimeoutExpired as error:
        message = f"the load tool did not end within {seconds + SLACK_S} s"
        raise UnavailableError(message) from error
    if done.returncode:
        message = f"the load tool failed: {(done.stderr.strip() or 'no word why').splitlines()[-1]}"
        raise UnavailableError(message)
    return parse(done.stdout)


def parse(output: str) -> OpenLoad:
    """Read the tool's JSON object."""
    found = json.loads(output)
    latency_ms = found["latency_ms"]
    return OpenLoad(
        per_s=found["rate_per_s"],
        p50_ms=latency_ms["p50"],
        p99_ms=latency_ms["p99"],
        p999_ms=latency_ms["p999"],
        errors=found["errors"],
    )

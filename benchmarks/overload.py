"""Ten times what the engine can do, in the open loop: what is answered, who is refused, what watchers see."""

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from statistics import median

from benchmarks import sent
from benchmarks.servers import running
from benchmarks.slow_service import CAPACITY_PER_S

TIMES = 10
PROBE_S = 0.1
PROBES = ("/health/live", "/health/ready", "/metrics")


@dataclass(frozen=True)
class Overload:
    """
    What was seen while ``TIMES`` as much came as the engine can do.

    Attributes:
        offered_per_s: Requests that came each second.
        answered_per_s: Requests that were answered each second.
        others: Answers that were neither 200 nor a refusal with ``Retry-After`` of 1 to 5 seconds.
        accepted_p99_ms: Latency that one in a hundred of the answered exceeds, from when it was due.
        probe_ms: Median latency of the probes and the metrics.
        slowest_probe_ms: The slowest of them.
    """

    offered_per_s: float
    answered_per_s: float
    others: int
    accepted_p99_ms: float
    probe_ms: float
    slowest_probe_ms: float


def measure(seconds: int) -> Overload:
    """Measure for so many seconds."""
    shape = ("--rate", f"{TIMES * CAPACITY_PER_S:g}", "--duration", str(seconds), "--warmup", "2")
    with running(["benchmarks.slow_service"], "/health/ready") as (_, address):
        load = subprocess.Popen(
            [sys.executable, "-m", "service", "bench", address, "--json", *shape],
            stdout=subprocess.PIPE,
        )
        time.sleep(2)
        ended = threading.Event()
        strange: list[str] = []
        asking = threading.Thread(target=_ask, args=(address, ended, strange))
        asking.start()
        probes = _probe(address, seconds - 1)
        ended.set()
        asking.join()
        output, _ = load.communicate()
    found = json.loads(output)
    refused = sum(number for status, number in found["statuses"].items() if status in {"503", "504"})
    return Overload(
        offered_per_s=found["offered_per_s"],
        answered_per_s=found["rate_per_s"],
        others=found["errors"] - refused + len(strange),
        accepted_p99_ms=found["latency_ms"]["p99"],
        probe_ms=median(probes),
        slowest_probe_ms=max(probes),
    )


def _probe(address: str, seconds: float) -> list[float]:
    """Look at the service ten times a second, as those who watch it do; give each look in milliseconds."""
    found = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for path in PROBES:
            started = time.perf_counter()
            with urllib.request.urlopen(address + path, timeout=5) as answer:
                answer.read()
            found.append((time.perf_counter() - started) * 1e3)
        time.sleep(PROBE_S)
    return found


def _ask(address: str, ended: threading.Event, strange: list[str]) -> None:
    """Be one of the many, and look at how a refusal is put."""
    body = sent.seven(sent.FRAMED).content
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    while not ended.wait(0.02):
        connection.request("POST", "/predict", body, {"Content-Type": "image/png"})
        answer = connection.getresponse()
        answer.read()
        if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
            if answer.headers["Retry-After"] not in {"1", "2", "3", "4", "5"}:
                strange.append("a refusal without Retry-After")
        elif answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.GATEWAY_TIMEOUT}:
            strange.append(str(answer.status))
    connection.close()

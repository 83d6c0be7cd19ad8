"""Process start to ready, against the bare import of FastAPI, ONNX Runtime and OpenCV."""

import compileall
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.servers import service

BARE = """
import fastapi, onnxruntime, cv2
print(open("/proc/self/status").read())
"""


@dataclass(frozen=True)
class Startup:
    """
    Medians over interleaved runs.

    Attributes:
        bare_s: Seconds from the start of a process that imports the libraries to its end.
        ready_s: Seconds from the start of the service to the first 200 of its readiness probe.
        bare_mib: Peak resident memory of the bare import, MiB.
        ready_mib: Peak resident memory of the ready service, MiB.
    """

    bare_s: float
    ready_s: float
    bare_mib: float
    ready_mib: float


def measure(runs: int) -> Startup:
    """Measure one of each in turn (on Linux), after one of each that does not count."""
    # As "make serve" does, and as installing the libraries did for them.
    compileall.compile_dir("service", quiet=1)
    pairs = [(*_bare(), *_ready()) for _ in range(runs + 1)][1:]
    bare_s, bare_mib, ready_s, ready_mib = (median(figures) for figures in zip(*pairs, strict=True))
    return Startup(bare_s, ready_s, bare_mib, ready_mib)


def _bare() -> tuple[float, float]:
    started = time.perf_counter()
    status = subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - started, _peak_mib(status)


def _ready() -> tuple[float, float]:
    started = time.perf_counter()
    with service() as (process, _):
        elapsed = time.perf_counter() - started
        status = Path(f"/proc/{process.pid}/status").read_text()
    return elapsed, _peak_mib(status)


def _peak_mib(status: str) -> float:
    """Read the peak of resident memory; that of ``getrusage`` begins with what the parent had."""
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024

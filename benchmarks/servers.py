"""The service, or another server, as a process of its own on a free port of the loopback interface."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

READY_DEADLINE_S = 60


@contextmanager
def service() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start the service; give its process and its address once it is ready, and end it after."""
    with running(["service"], "/health/ready") as server:
        yield server


@contextmanager
def running(module: Sequence[str], ready: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a Python module that serves on ``LENET_PORT``; it is ready when the path answers 200."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        env={**os.environ, "LENET_PORT": str(port), "LENET_LOG_LEVEL": "warning"},
    )
    try:
        while not _is_ready(address + ready):
            if process.poll() is not None or time.perf_counter() - started > READY_DEADLINE_S:
                message = f"{module[0]} did not become ready"
                raise RuntimeError(message)
            time.sleep(0.005)
        yield process, address
    finally:
        process.terminate()
        process.wait()


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

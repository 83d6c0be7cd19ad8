"""The service as a user starts it."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of a service that runs as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "service"],
        env={**os.environ, "LENET_PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    # The server says when it listens: no need to ask again and again.
    for line in process.stdout:
        if "running on" in line:
            break
    address = f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"{address}/health/ready", timeout=10) as answer:
        assert answer.status == 200
    yield address
    process.terminate()
    process.communicate()

"""The service, or another server, as a process of its own on a free port of the loopback interface."""

import http.client
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.calls import Body
from benchmarks.errors import UnavailableError

READY_DEADLINE_S = 120
POLL_S = 0.005
ANSWER_DEADLINE_S = 5
PORTS = ("port", "second_port", "third_port")
LAST_WORDS = 200  # characters of a log line, in a reason
QUIET = {"LENET_LOG_LEVEL": "warning"}


@dataclass(frozen=True)
class Running:
    """
    A server that answers.

    Attributes:
        process: Its first process.
        address: ``http://127.0.0.1:<port>``.
        start_s: Seconds from the start of the process to the first answer.
        ports: Those that it was given, by their names in ``PORTS``.
    """

    process: subprocess.Popen[bytes]
    address: str
    start_s: float
    ports: Mapping[str, int]


@contextmanager
def service() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start the service; give its process and its address once it is ready, and end it after."""
    with running(["service"], "/health/ready") as server:
        yield server


@contextmanager
def running(module: Sequence[str], ready: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a Python module that serves on ``LENET_PORT``; it is ready when the path answers 200."""
    command = [sys.executable, "-m", *module]
    variables = {**QUIET, "LENET_PORT": "{port}"}
    with started(command, variables, lambda address: answers(address + ready)) as server:
        yield server.process, server.address


@contextmanager
def started(
    command: Sequence[str],
    variables: Mapping[str, str],
    is_ready: Callable[[str], bool],
    *,
    folder: Path | None = None,
    output: Path | None = None,
) -> Iterator[Running]:
    """
    Start a server, give it once it is ready, and end it with all its processes after.

    Args:
        command: The program and its arguments; ``{port}`` in them stands for the port.
        variables: What it finds in its environment besides this one's; ``{port}`` likewise, and the other
            names of ``PORTS`` for ports that it needs besides.
        is_ready: Tells of an address whether the server there is ready.
        folder: Its working folder; this one by default.
        output: The file that it writes to; by default where this process does.

    Raises:
        UnavailableError: It ended, or was not ready in ``READY_DEADLINE_S``.
    """
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    address = f"http://127.0.0.1:{ports['port']}"
    begun = time.perf_counter()
    with output.open("wb") if output else nullcontext() as file:
        process = subprocess.Popen(
            [word.format_map(ports) for word in command],
            env={**os.environ, **{name: value.format_map(ports) for name, value in variables.items()}},
            cwd=folder,
            stdout=file,
            stderr=file,
        )
    try:
        while not is_ready(address):
            if process.poll() is not None:
                message = f"it ended with status {process.returncode}{_last_words(output)}"
                raise UnavailableError(message)
            if time.perf_counter() - begun > READY_DEADLINE_S:
                message = f"no right answer within {READY_DEADLINE_S} s{_last_words(output)}"
                raise UnavailableError(message)
            time.sleep(POLL_S)
        yield Running(process, address, time.perf_counter() - begun, ports)
    finally:
        processes.stop(process)


def post(address: str, path: str, body: Body) -> bytes | None:
    """Give the answer to one request, or None when it is not one of status 200."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=ANSWER_DEADLINE_S)
    try:
        connection.request("POST", path, body.content, dict(body.headers))
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return content if answer.status == 200 else None


def answers(address: str) -> bool:
    """Tell whether an address answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _last_words(output: Path | None) -> str:
    lines = output.read_text(errors="replace").split("\n") if output else []
    said = [line.strip() for line in lines if line.strip()]
    return f": {said[-1][:LAST_WORDS]}" if said else ""

"""A server is all its processes: their time counts after they have ended, and none outlives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from benchmarks import processes

if not processes.PROC.is_dir():
    pytest.skip("processes are read from /proc", allow_module_level=True)

Start = Callable[[str], subprocess.Popen[bytes]]
BUSY = "import time\nwhile time.process_time() < 0.2: pass\n"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BUSY!r}])
print("done", flush=True)
sys.stdin.read()
"""
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
GRANDPARENT = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
sys.stdin.read()
"""


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a program and wait for the first line of it, or of a child of its."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        process.stdout.readline()
        return process

    yield start
    for process in started:
        if process.poll() is None:
            for one in processes.tree(process.pid):
                os.kill(one, signal.SIGKILL)
        process.communicate()


def test_the_time_of_a_child_that_has_ended_counts(start: Start) -> None:
    process = start(PARENT)

    assert processes.tree(process.pid) == [process.pid]
    assert processes.cpu_s(process.pid) >= 0.2


def test_memory_is_that_of_all_processes(start: Start) -> None:
    process = start(GRANDPARENT)
    parent, child = processes.tree(process.pid)

    alone = processes.memory_mib(child)
    together = processes.memory_mib(parent)

    assert 0 < alone < together


def test_no_process_outlives_its_server(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "TERM_DEADLINE_S", 0.2)
    process = start(GRANDPARENT)

    processes.stop(process)

    assert process.returncode is not None
    # The pipe ends when its last writer has: the child, which takes no notice of SIGTERM.
    assert process.stdout.read() == b""

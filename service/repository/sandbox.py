"""
A version is tried in a process of its own before this one loads it.

A file can be what its card says and still take minutes to load, or gigabytes of memory, or end the process:
ONNX Runtime computes constants while it opens a network, and can neither be stopped nor bounded at that. The
other process can: it has so much time and memory, and what becomes of it is the answer.
"""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from service.engine.batcher import Batcher, QueueLimits
from service.engine.batches import Run
from service.errors import ModelError, StartError
from service.repository import version_files

DEADLINE_S = 10
"""Time for a version, and as much for the process to start: together they take half a second, the version a
twentieth of it, and a busy machine ten times as long."""

FIRST_S = 0.5
"""Time for a version at its first try, twenty times what LeNet-5 takes; on a busy machine it has as long as
the process took to start."""

AGAIN_S = 600
"""A version that ran out of time, or ended its process, is tried again after so long: the machine may have
been too busy, but one that always does so should not keep a processor."""

BASE_BYTES = 128 * 2**20
PER_BYTE = 8
"""Memory for a version, beyond what an idle process has: as much, and so many times the largest file. Both of
its networks are there at a time, as they were read, as they are parsed, and as they run."""


class TooSlowError(ModelError):
    """A version did not load in the time that it had."""


class Sandbox:
    """
    One process, from the first version that is tried until ``close``, or until a version is its end.

    Versions are tried one after the other, whichever threads ask.
    """

    def __init__(self, *, most_bytes: int) -> None:
        """Start nothing yet; ``most_bytes`` has the largest file of a version."""
        self._most_bytes = most_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False
        self._start_s = 0.0
        self._asking = threading.Lock()

    def prove(self, directory: Path, *, within_s: float | None, until: float = math.inf) -> None:
        """
        Load and verify a version, on the processor.

        Args:
            directory: ``<model>/<version>/``.
            within_s: Seconds that it may take, the start of the process not counted; None for a first try.
            until: When both have to end at the latest, on the monotonic clock.

        Raises:
            TooSlowError: It took longer.
            ModelError: It cannot be served, or ended the process.
        """
        question = json.dumps(os.fspath(directory)).encode() + b"\n"
        with self._asking:
            process = self._process
            if process is None:
                process = self._process = self._start()
                began = time.monotonic()
                self._ask(process, b"", min(DEADLINE_S, until - began))
                self._start_s = time.monotonic() - began
            within_s = within_s or max(FIRST_S, self._start_s)
            reason = json.loads(self._ask(process, question, min(within_s, until - time.monotonic())))
        if reason is not None:
            raise ModelError(reason)

    def close(self) -> None:
        """End the process, if there is one, when it has tried what it is at."""
        with self._asking:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            with process:
                pass

    def _ask(self, process: subprocess.Popen[bytes], question: bytes, within_s: float) -> bytes:
        """
        Give the process' next line; without one it is ended.

        Raises:
            TooSlowError: There was none in time.
            ModelError: The process ended.
        """
        assert process.stdin  # noqa: S101  pipes
        assert process.stdout  # noqa: S101
        began = time.monotonic()
        end = threading.Timer(max(0, within_s), process.kill)
        end.start()
        try:
            process.stdin.write(question)
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            end.cancel()
        if line:
            return line
        status = process.wait()
        self._end()
        if time.monotonic() - began >= within_s:
            message = f"it does not load within {within_s:g} seconds"
            raise TooSlowError(message, again_s=AGAIN_S)
        message = f"the process in which it was tried ended with status {status}"
        raise ModelError(message, again_s=AGAIN_S)

    def stop(self) -> None:
        """End the process at once, whatever it tries, and start none any more; from any thread."""
        self._is_stopped = True
        if process := self._process:
            process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._is_stopped:
            message = "the service stops"
            raise ModelError(message)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            # A thread for each processor takes memory for each.
            "OPENBLAS_NUM_THREADS": "1",
        }
        try:
            return subprocess.Popen(  # noqa: S603  this program
                [sys.executable, "-P", "-m", __name__, str(self._most_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=environment,
            )
        except OSError as error:
            message = f"no process can be started to try it in: {error.strerror}"
            raise ModelError(message, again_s=DEADLINE_S) from error


def unasked(run: Run) -> Batcher:
    """Put a queue before an engine that is verified, and asked nothing else."""
    limits = QueueLimits(batch=1, requests=1, rows=1, wait_s=1, deadline_s=1)
    return Batcher(run, limits, observe=lambda _, __: None)


def _main(most_bytes: int) -> None:
    """Try each version that is named on standard input; tell on standard output why it cannot be served."""
    # What libraries print is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _bound_memory(BASE_BYTES + PER_BYTE * most_bytes)
    # It has started: from here on a version has its time.
    answers.write("\n")
    answers.flush()
    for line in sys.stdin:
        # Nobody is left to end it when the service was killed.
        if sys.platform != "win32":
            signal.alarm(DEADLINE_S + 1)
        reason = None
        try:
            version = version_files.read(Path(json.loads(line)), most_bytes=most_bytes)
            version_files.open_network(version, device="cpu", batching=unasked)
        except StartError as error:
            reason = str(error)
        answers.write(json.dumps(reason) + "\n")
        answers.flush()


def _bound_memory(more: int) -> None:
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        most = pages * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _main(int(sys.argv[1]))

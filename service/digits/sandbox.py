"""
A version is tried in a process of its own before this one loads it.

A file can be what its card says and still take minutes to load, or gigabytes of memory, or end the process:
ONNX Runtime computes constants while it opens a network, and can neither be stopped nor bounded at that. The
other process can: it has so much time and memory, and what becomes of it is the answer.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from service.digits import version_files
from service.engine.batcher import Batcher, QueueLimits
from service.engine.batches import Run
from service.errors import ModelError, StartError

DEADLINE_S = 10
"""Time for a version, the start of the process included: half a second, and a busy machine takes ten times as
long."""

AGAIN_S = 600
"""A version that ran out of time, or ended its process, is tried again after so long: the machine may have
been too busy, but one that always does so should not keep a processor."""

BASE_BYTES = 128 * 2**20
PER_BYTE = 8
"""Memory for a version, beyond what an idle process has: as much, and so many times the largest file. Both of
its networks are there at a time, as they were read, as they are parsed, and as they run."""


class Sandbox:
    """One process, from the first version that is tried until ``close``, or until a version is its end."""

    def __init__(self, *, most_bytes: int) -> None:
        """Start nothing yet; ``most_bytes`` has the largest file of a version."""
        self._most_bytes = most_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def prove(self, directory: Path) -> None:
        """
        Load and verify a version, on the processor.

        Raises:
            ModelError: It cannot be served, took too long, or ended the process.
        """
        process = self._process = self._process or self._start()
        assert process.stdin  # noqa: S101  pipes
        assert process.stdout  # noqa: S101
        began = time.monotonic()
        end = threading.Timer(DEADLINE_S, process.kill)
        end.start()
        try:
            process.stdin.write(json.dumps(os.fspath(directory)).encode() + b"\n")
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            end.cancel()
        if line:
            reason = json.loads(line)
            if reason is not None:
                raise ModelError(reason)
            return
        status = process.wait()
        self.close()
        if time.monotonic() - began >= DEADLINE_S:
            message = f"{directory} does not load within {DEADLINE_S} seconds"
        else:
            message = f"the process in which it was tried ended with status {status}"
        raise ModelError(message, again_s=AGAIN_S)

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process:
            process.kill()
            with process:
                pass

    def stop(self) -> None:
        """End the process at once, whatever it tries, and start none any more; from any thread."""
        self._is_stopped = True
        if process := self._process:
            process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._is_stopped:
            message = "the service stops"
            raise ModelError(message, again_s=0)
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
            raise ModelError(message, again_s=0) from error


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

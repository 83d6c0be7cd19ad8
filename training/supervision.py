"""The process that trains is watched by one that loads nothing, and so can end it at any moment."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import FrameType

FAILED = 1
STOPPED = 130

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\x1b[?25h"


def supervise(module: str, arguments: Sequence[str]) -> int:
    """
    Run a module as a process until it ends, or until SIGINT or SIGTERM ends it.

    The process that trains cannot be left to handle them: Python does not while a library is loaded
    or computes, and number 1 of a container ignores signals that it has no handler for. It is killed,
    which is safe at any moment, because what it writes counts only when it is renamed into its place.

    Args:
        module: Run with this process's interpreter; it calls `follow_supervisor` first.
        arguments: Its command line.

    Returns:
        Its exit status; 130 when a signal stopped it, 1 when the system ended it.
    """
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        del number, frame
        stopped = True
        process.kill()

    # Until there is a process to kill. It inherits the mask: Ctrl-C reaches every process of a terminal.
    _mask(blocked=True)
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE)  # noqa: S603  Our own module.
    for number in SIGNALS:
        signal.signal(number, stop)
    _mask(blocked=False)
    status = process.wait()
    if (stopped and status != 0) or -status in SIGNALS:
        return _ended("stopped", STOPPED)
    if status < 0:
        return _ended(f"ended by the system with signal {-status}, perhaps for want of memory", FAILED)
    return status


def follow_supervisor() -> None:
    """Leave Ctrl-C to the supervisor, and end when it has ended, however that came about."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _mask(blocked=False)
    threading.Thread(target=_end_with, args=(sys.stdin.fileno(),), daemon=True).start()


def _ended(how: str, status: int) -> int:
    if sys.stdout.isatty():
        # The progress bar, which hides the cursor, could not take its leave.
        print(SHOW_CURSOR, flush=True)
    print(f"{how}; the same command goes on where it was", file=sys.stderr)
    return status


def _mask(*, blocked: bool) -> None:
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK if blocked else signal.SIG_UNBLOCK, SIGNALS)


def _end_with(descriptor: int) -> None:
    # Nothing is ever written to the pipe: reading ends when the supervisor's end of it is closed.
    os.read(descriptor, 1)
    os._exit(STOPPED)

"""Lines for a slow reader: written by a thread, so that nobody else waits for a pipe or a disk."""

import atexit
import contextlib
import os
import select
import threading
import time
from collections.abc import Iterator
from typing import TextIO

INTERVAL_S = 0.02
"""Lines are gathered for so long: a thread that woke for each would take the interpreter from requests."""

ATOMIC_BYTES = 4_096
"""So many bytes a pipe takes whole (POSIX, PIPE_BUF on Linux): lines of several processes stay whole."""

MOST_BYTES = 65_536
"""Bytes that are written at once where no other process writes: each write hands the interpreter over."""


PATIENCE_S = 1.0
"""How long a reader who does not read can hold up the end of the process."""

MOST_LINES = 1_024
"""Lines that are taken at once: those that are taken do not count as waiting any more."""


class Lines:
    """
    A bounded queue of lines before a stream.

    Attributes:
        dropped: Lines that found the queue full: the service goes on when nobody reads.
    """

    def __init__(self, stream: TextIO, most: int, *, is_shared: bool) -> None:
        """
        Write to a stream; the thread starts with the first line.

        Args:
            stream: Where to.
            most: Lines that may wait.
            is_shared: Other processes write there too.
        """
        self._most_bytes = ATOMIC_BYTES if is_shared else MOST_BYTES
        self.dropped = 0
        self._stream = stream
        self._most = most
        self._waiting: list[bytes] = []
        self._some = threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)

    def write(self, line: bytes) -> None:
        """Queue a line, or drop it."""
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        self._waiting.append(line)
        if not self._some.is_set():
            self._some.set()
            if not self._thread.is_alive():
                self._start()

    def flush(self) -> None:
        """Write what waits, here and now; leave it when nobody reads."""
        if self._writing.acquire(timeout=PATIENCE_S):
            try:
                self._write_all(PATIENCE_S)
            finally:
                self._writing.release()

    def _start(self) -> None:
        # When the interpreter ends, no thread can be started any more: then flush alone writes.
        with contextlib.suppress(RuntimeError):
            self._thread.start()
            atexit.register(self.flush)

    def _work(self) -> None:
        while self._some.wait():
            time.sleep(INTERVAL_S)
            self._some.clear()
            with self._writing:
                self._write_all(None)

    def _write_all(self, patience_s: float | None) -> None:
        while lines := self._waiting[:MOST_LINES]:
            # Each of these two steps is one of the interpreter's, and others only add at the end.
            del self._waiting[: len(lines)]
            for piece in self._pieces(b"".join(lines)):
                if not self._put(piece, patience_s):
                    return

    def _pieces(self, lines: bytes) -> Iterator[bytes]:
        """Cut lines into pieces of whole lines, as many as are written at once, but at least one."""
        start, end = 0, len(lines)
        while end - start > self._most_bytes:
            cut = lines.rfind(b"\n", start, start + self._most_bytes) + 1
            cut = cut or lines.find(b"\n", start) + 1
            yield lines[start:cut]
            start = cut
        yield lines[start:]

    def _put(self, data: bytes, patience_s: float | None) -> bool:
        """Write lines whole; tell whether the reader took them, with patience for at most that long."""
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):
            self._stream.write(data.decode())
            return True
        left = memoryview(data)
        # A closed reader or a full disk is no reason to stop serving.
        with contextlib.suppress(OSError):
            while left:
                if patience_s is not None and not _takes(descriptor, patience_s):
                    return False
                try:
                    # A pipe that takes anything takes so many bytes without making the writer wait.
                    written = os.write(descriptor, left if patience_s is None else left[:ATOMIC_BYTES])
                except BlockingIOError:
                    # Whoever started this process made its standard output so.
                    written = 0
                    _takes(descriptor, patience_s)
                left = left[written:]
        return True


def _takes(descriptor: int, patience_s: float | None) -> bool:
    """Wait until a stream takes something; tell whether it does."""
    try:
        return bool(select.select([], [descriptor], [], patience_s)[1])
    except OSError:
        # Not every system can tell of every stream.
        return True

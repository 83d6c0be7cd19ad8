"""Lines for a slow reader: written by a thread, so that nobody else waits for a pipe or a disk."""

import atexit
import contextlib
import os
import threading
import time
from collections import deque
from typing import TextIO

INTERVAL_S = 0.02
"""Lines are gathered for so long: a thread that woke for each would take the interpreter from requests."""

ATOMIC_BYTES = 4_096
"""So many bytes a pipe takes whole (POSIX, PIPE_BUF on Linux): lines of several processes stay whole."""

MOST_BYTES = 65_536
"""Bytes that are written at once where no other process writes: each write hands the interpreter over."""


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
        self._waiting: deque[bytes] = deque()
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
        """Write what waits, here and now."""
        with self._writing:
            while self._waiting:
                self._put(self._whole_lines())

    def _start(self) -> None:
        # When the interpreter ends, no thread can be started any more: then flush alone writes.
        with contextlib.suppress(RuntimeError):
            self._thread.start()
            atexit.register(self.flush)

    def _work(self) -> None:
        while self._some.wait():
            time.sleep(INTERVAL_S)
            self._some.clear()
            self.flush()

    def _whole_lines(self) -> bytes:
        """Take as many lines as are written in one piece, at least one."""
        taken = [self._waiting.popleft()]
        size = len(taken[0])
        while self._waiting and size + len(self._waiting[0]) <= self._most_bytes:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        return b"".join(taken)

    def _put(self, data: bytes) -> None:
        # A closed reader or a full disk is no reason to stop serving.
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):
            self._stream.write(data.decode())
            return
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(descriptor, data) :]

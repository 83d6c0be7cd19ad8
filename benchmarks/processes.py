"""What a server's processes cost together: processor time, memory, and their end (Linux' /proc)."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STATE, PARENT, USER, SYSTEM, STARTED = (
    0,
    1,
    11,
    12,
    19,
)  # among the fields of stat that follow the command's name
WAITED_FOR = (13, 14)  # user and system time of children that have ended
ENDED = "Z"
TERM_DEADLINE_S = 20
POLL_S = 0.02


def tree(pid: int) -> list[int]:
    """Give a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[PARENT]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_s(pid: int) -> float:
    """Sum the processor seconds that a process, its descendants, and those that have ended, have used."""
    stats = [fields for one in tree(pid) if (fields := _stat(one))]
    return sum(int(fields[at]) for fields in stats for at in (USER, SYSTEM, *WAITED_FOR)) / TICKS_PER_S


def memory_mib(pid: int) -> float:
    """Sum the proportional set sizes (PSS) of a process and its descendants: shared pages count once."""
    kib = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):  # it has ended
            lines = (PROC / str(one) / "smaps_rollup").read_text().splitlines()
            kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib / 1024


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and its descendants: politely, and after ``TERM_DEADLINE_S`` for certain."""
    family = {one: _started(one) for one in tree(process.pid)}
    process.terminate()
    deadline = time.monotonic() + TERM_DEADLINE_S
    while (left := _living(family)) and time.monotonic() < deadline:
        family = left | {one: _started(one) for one in tree(process.pid)}
        process.poll()
        time.sleep(POLL_S)
    for one in _living(family):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    process.wait()


def _living(family: Mapping[int, str]) -> dict[int, str]:
    """Keep those that have not ended, and whose ids are still their own."""
    return {pid: started for pid, started in family.items() if started and _started(pid) == started}


def _started(pid: int) -> str:
    """Give when a process started, as /proc does; nothing when it has ended."""
    fields = _stat(pid)
    return "" if not fields or fields[STATE] == ENDED else fields[STARTED]


def _stat(pid: int) -> list[str]:
    """Give the fields of stat after the command's name (which may hold anything); none when it has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

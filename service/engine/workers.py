"""The threads on which requests are computed, and how many this process may use."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


class Workers:
    """A pool of its own, so that no other use of threads can starve it."""

    def __init__(self, threads: int) -> None:
        """Make a pool of so many threads; they start when they are first needed."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="compute")

    async def run(self, work: Callable[[], Result]) -> Result:
        """Compute on a thread of the pool while the event loop turns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Finish what runs and drop what waits."""
        self._pool.shutdown(cancel_futures=True)


def usable_processors(cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """
    Count the processors that this process may use: its affinity, within its control group's quota.

    Args:
        cgroup: Quota and period in microseconds, or ``max`` (Linux kernel, cgroup v2, "cpu.max").
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = cgroup.read_text().split()
        return max(1, min(count, int(quota) // int(period)))
    except (OSError, ValueError):
        return count

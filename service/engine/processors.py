"""How many processors this process may use."""

import os
from pathlib import Path


def usable(cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
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

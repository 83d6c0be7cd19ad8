"""What the system knows of this process, under the names that Prometheus' own clients use."""

import os
import sys
import time
from pathlib import Path

from service.metrics import families
from service.metrics.families import Family
from service.metrics.instruments import Reading

_PROC = Path("/proc/self")
_STARTED = time.time()


def readings() -> dict[Family, Reading]:
    """Give what can be read here: all of it on Linux, processor time and start everywhere."""
    found: dict[Family, Reading] = {
        families.PROCESS_CPU: lambda: {(): sum(os.times()[:2])},
        families.PROCESS_START: lambda: {(): _STARTED},
    }
    if sys.platform == "linux":
        import resource

        page_bytes, (most_files, _) = resource.getpagesize(), resource.getrlimit(resource.RLIMIT_NOFILE)
        found |= {
            families.PROCESS_MEMORY: lambda: {(): _resident_pages() * page_bytes},
            # The folder itself is open while it is listed.
            families.PROCESS_FILES: lambda: {(): sum(1 for _ in (_PROC / "fd").iterdir()) - 1},
            families.PROCESS_MOST_FILES: lambda: {(): most_files},
        }
    return found


def _resident_pages() -> int:
    return int((_PROC / "statm").read_text().split()[1])

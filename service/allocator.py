"""The C library's allocator: what large arrays took goes back to the system when they are let go."""

import ctypes
import sys

LARGE_BYTES = 4 * 2**20
"""Blocks from here on are mapped by themselves. glibc raises this bound to the largest block that was ever
let go, up to 32 MiB, and then keeps freed ones: 40 answers of 16 MiB left 250 MiB in a process."""

KEPT_BYTES = 16 * 2**20
"""So much that is free is kept for the next blocks. A photo takes and leaves several of 1 to 2 MB: to have
them from the system each time costs it a quarter of its rate."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""The parameters' numbers (mallopt(3))."""


def return_large_blocks() -> None:
    """Fix the bounds; other C libraries have no such parameters."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)

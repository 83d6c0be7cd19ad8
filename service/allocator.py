"""The C library's allocator: what large arrays took goes back to the system when they are let go."""

import ctypes
import sys

LARGE_BYTES = 2**20
"""Blocks from here on are mapped by themselves. glibc raises this bound to the largest block that was ever
let go, up to 32 MiB, and then keeps freed ones: 40 answers of 16 MiB left 250 MiB in a process."""

_M_MMAP_THRESHOLD = -3
"""The parameter's number (mallopt(3))."""


def return_large_blocks() -> None:
    """Fix the bound; other C libraries have no such parameter."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)

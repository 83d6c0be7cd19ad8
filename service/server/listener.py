"""
The listening socket: made, and closed so that nobody is lost who waits at it.

When it is closed, the kernel resets every connection that it has taken and nobody has accepted yet. So
newcomers are kept out first, then who waits is accepted.
"""

import ctypes
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator

from service import logs

BACKLOG = 2_048
"""Connections that wait to be accepted, as uvicorn has it."""

ACCEPT_S = 3.0
"""Who waits when it stops is accepted for no longer."""

SETTLE_S = 0.5
"""Nobody waits any more when nobody came for so long: a connection that had begun is there after its client's
round trip, a third of a second from the other side of the world."""

SO_ATTACH_FILTER = 26
"""Linux's option, which Python does not name (``asm-generic/socket.h``)."""

NO_NEWCOMERS = struct.pack(
    "=HBBI HBBI HBBI HBBI",
    *(0x30, 0, 0, 13),  # load the byte of the TCP header with the flags
    *(0x45, 0, 1, 0x02),  # is SYN among them, which begins a connection?
    *(0x06, 0, 0, 0),  # then drop it
    *(0x06, 0, 0, 0xFFFFFFFF),  # else let all of it through
)
"""A filter of packets (``linux/filter.h``): four instructions, each a code, two jumps and a number."""


def listen(host: str, port: int) -> socket.socket:
    """Listen at an address; at ``::``, the address of all interfaces, for IPv4 as well."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    is_of_both = host == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=is_of_both)
    named = f"[{host}]" if ":" in host else host
    logs.get("server").info("running on http://%s:%d", named, listener.getsockname()[1])
    return listener


def while_awaited(listener: socket.socket) -> Iterator[None]:
    """
    Keep newcomers out, and go on for as long as somebody may wait to be accepted.

    A newcomer's system asks again a second later, and finds who listens then, or nobody. Where no filter can
    be had (other systems, sandboxes), who comes between the last look and the close is reset.
    """
    if sys.platform == "linux":
        instructions = ctypes.create_string_buffer(NO_NEWCOMERS, len(NO_NEWCOMERS))
        program = struct.pack("HP", len(NO_NEWCOMERS) // 8, ctypes.addressof(instructions))
        try:
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        except OSError as error:
            logs.get("server").info("newcomers cannot be kept out: %s", error)
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    now = time.monotonic()
    end, settled = now + ACCEPT_S, now + SETTLE_S
    while now < min(end, settled):
        yield
        now = time.monotonic()
        if waiting.poll(0):
            settled = now + SETTLE_S

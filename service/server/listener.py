"""
The listening socket: made, and closed so that nobody is lost who waits at it.

When it is closed, the kernel resets every connection that it has taken and nobody has accepted yet. So
newcomers are kept out first, then who waits is accepted.
"""

import select
import socket
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

SO_BINDTOIFINDEX = 62
"""Linux's option to listen at one interface only, which Python does not name (``asm-generic/socket.h``)."""

NO_INTERFACE = 2**31 - 1
"""The number of an interface that is none: Linux counts them from 1."""


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

    A newcomer is refused, as by a machine where nobody listens; a connection that has begun is not asked by
    which interface it came. Where that cannot be had (other systems, Linux before 5.7 without rights), who
    comes between the last look and the close is reset.
    """
    if sys.platform == "linux":
        try:
            listener.setsockopt(socket.SOL_SOCKET, SO_BINDTOIFINDEX, NO_INTERFACE)
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

"""Ask the service on this machine whether it is ready: the health check of an image without curl."""

import os
import socket

TIMEOUT_S = 2.5
"""Longer than a ready service ever takes, and less than the check's own limit."""

LOOPBACK = "127.0.0.1"
EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104  a service that listens so is asked by the loopback
"""Addresses of all interfaces."""

REQUEST = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def main() -> int:
    """Give 0 when it is ready and 1 when not, where ``LENET_HOST`` and ``LENET_PORT`` say that it listens."""
    # No HTTP client: loading one takes several times as long as the question, every few seconds.
    host = os.environ.get("LENET_HOST", LOOPBACK)
    port = int(os.environ.get("LENET_PORT", "8000"))
    try:
        address = (LOOPBACK if host in EVERYWHERE else host, port)
        with socket.create_connection(address, timeout=TIMEOUT_S) as connection:
            connection.sendall(REQUEST)
            status = connection.makefile("rb").readline()
    except OSError:
        return 1
    return 0 if status.split()[1:2] == [b"200"] else 1

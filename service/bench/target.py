"""The service under load: where it is, how to connect, what a request to it looks like."""

import asyncio
import os
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from service import __version__
from service.bench.errors import BenchError

CONNECT_DEADLINE_S = 10

Protocol = TypeVar("Protocol", bound=asyncio.Protocol)


@dataclass(frozen=True)
class Target:
    """
    Where requests go.

    Attributes:
        url: As it was named, without a slash at the end.
        authority: Host and port, as the ``Host`` header has them.
        prefix: Path that all others begin with.
        headers: Headers of every request.
        host: Name of the machine, which its certificate must have.
        address: The IP address that is used.
        port: TCP port.
        tls: How TLS is spoken, if it is.
    """

    url: str
    authority: str
    prefix: str
    headers: tuple[tuple[str, str], ...]
    host: str
    address: str
    port: int
    tls: ssl.SSLContext | None

    async def connect(self, factory: Callable[[], Protocol]) -> tuple[asyncio.Transport, Protocol]:
        """
        Open a connection.

        Raises:
            OSError: It was refused, or lost before it was made.
        """
        return await asyncio.get_running_loop().create_connection(
            factory,
            self.address,
            self.port,
            ssl=self.tls,
            server_hostname=self.host if self.tls else None,
        )

    def message(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        """Write a request of HTTP/1.1; the headers of every request replace those of this one."""
        fields = {
            "Host": self.authority,
            "User-Agent": f"lenet5-bench/{__version__}",
            "Accept": "*/*",
            **headers,
            **({"Content-Length": str(len(body))} if method == "POST" else {}),
        }
        replaced = {name.lower() for name, _ in self.headers}
        kept = [(name, value) for name, value in fields.items() if name.lower() not in replaced]
        lines = "".join(f"{name}: {value}\r\n" for name, value in (*kept, *self.headers))
        return f"{method} {self.prefix}{path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def find(url: str, headers: Iterable[tuple[str, str]]) -> Target:
    """
    Find which of a host's addresses answers.

    Raises:
        BenchError: It is no URL of HTTP, or nothing listens there.
    """
    url = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        message = f"{url} is no URL such as http://127.0.0.1:8000"
        raise BenchError(message) from None
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        message = "a URL such as http://127.0.0.1:8000 is wanted, without user, query and fragment"
        raise BenchError(message)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    reason = f"{parts.hostname} has no address"
    loop = asyncio.get_running_loop()
    try:
        addresses = await loop.getaddrinfo(parts.hostname, port, type=1)
    except OSError as error:
        message = f"cannot find {parts.hostname}: {error.strerror}"
        raise BenchError(message) from None
    for address in dict.fromkeys(str(entry[4][0]) for entry in addresses):
        target = Target(
            url=url.rstrip("/"),
            authority=parts.netloc,
            prefix=parts.path.rstrip("/"),
            headers=tuple(headers),
            host=parts.hostname,
            address=address,
            port=port,
            tls=tls,
        )
        try:
            probe, _ = await asyncio.wait_for(target.connect(asyncio.Protocol), CONNECT_DEADLINE_S)
        except (OSError, TimeoutError) as error:
            reason = reason_of(error)
        else:
            probe.abort()
            return target
    message = f"cannot reach {url}: {reason}"
    raise BenchError(message)


def reason_of(error: Exception) -> str:
    """Say in a few words why there is no connection."""
    if isinstance(error, TimeoutError):
        return "no connection in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or 'no reason given'})"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error)

"""Whose request it is: the address that it comes from, or the one for which a trusted proxy sends it."""

import functools
import ipaddress
from ipaddress import IPv4Address, IPv6Address

_PREFIX_BITS = 64
"""Bits of an IPv6 address that tell clients apart: who has one address has all that share these."""


UNKNOWN = "unknown"
"""The name of clients whose address is not known."""


class ClientAddresses:
    """Knows the proxies whose word is taken."""

    def __init__(self, trusted_proxies: str) -> None:
        """Take addresses and networks with commas between, such as ``127.0.0.1,10.0.0.0/8``."""
        self._trusted = [
            ipaddress.ip_network(text.strip()) for text in trusted_proxies.split(",") if text.strip()
        ]
        self._is_trusted = functools.lru_cache(maxsize=4_096)(self._is_among_trusted)

    @staticmethod
    def at(address: str) -> str:
        """Name the client at an address; without one it has the name that all such have."""
        return _name(address)

    def behind(self, address: str, forwarded: bytes) -> str:
        """
        Name the client for which a proxy sends a request, or the proxy if it is not trusted.

        Args:
            address: That the connection comes from.
            forwarded: The value of ``X-Forwarded-For``: addresses with commas between, the nearest last, some
                with a port. Of what stands before the first that is no trusted proxy, or no address, nobody
                knows who wrote it.
        """
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            before = _without_port(hop.strip())
            if not self._is_trusted(address) or _parsed(before) is None:
                break
            address = before
        return _name(address)

    def _is_among_trusted(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._trusted)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


@functools.lru_cache(maxsize=4_096)
def _name(address: str) -> str:
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ipaddress.ip_network((parsed.packed, _PREFIX_BITS), strict=False))
    return UNKNOWN if parsed is None else str(parsed)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Read an address; one of IPv4 that is written as one of IPv6 is of IPv4. What is none gives None."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed

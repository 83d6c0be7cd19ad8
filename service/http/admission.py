"""Who is let in: as many requests, and as many bytes of them, as this process can hold at a time."""

from service.errors import FullError
from service.settings import Settings

EXEMPT = frozenset({"/health/live", "/health/ready", "/metrics", "/v2/health/live", "/v2/health/ready"})
"""Paths that are answered however full it is: those who watch the service must see it."""


class Admission:
    """
    Counts what is in flight.

    Attributes:
        requests: Requests that were let in and are not answered.
        bytes: Bytes of their bodies, as declared.
    """

    def __init__(self, settings: Settings) -> None:
        """Begin empty."""
        self.requests = 0
        self.bytes = 0
        self._most_requests = settings.max_in_flight
        self._most_bytes = settings.max_in_flight_bytes
        self._most_bytes_of_one = settings.max_body_bytes

    def enter(self, declared: bytes | None) -> int:
        """
        Let a request in.

        Args:
            declared: Its Content-Length; without one it may become as large as a body may.

        Returns:
            The bytes that ``leave`` has to be told.

        Raises:
            FullError: There is no room.
        """
        size = self._most_bytes_of_one
        if declared is not None and declared.isdigit():
            # A length over the limit will be refused when the body is asked for.
            size = min(int(declared[:20]), size)
        if self.requests >= self._most_requests or self.bytes + size > self._most_bytes:
            raise FullError(where="admission")
        self.requests += 1
        self.bytes += size
        return size

    def leave(self, size: int) -> None:
        """Note that a request was answered."""
        self.requests -= 1
        self.bytes -= size

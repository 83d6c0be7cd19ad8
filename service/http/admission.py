"""Who is let in: as much as this process can hold at a time, and of one client no more than its share."""

from dataclasses import dataclass

from service.engine.fairness import Share
from service.errors import FullError, ShareError
from service.settings import Settings


@dataclass(slots=True)
class _Tally:
    """What one client takes: requests under way, bytes of bodies, bytes of answers that it has not read."""

    requests: int = 0
    body_bytes: int = 0
    unread_bytes: int = 0
    connections: int = 0


class Admission:
    """
    Counts what is in flight, of all and of each client.

    A client that is alone may take nearly everything, one of several its share, so that nobody is kept out by
    another. A request counts when it is whole: until then only the bytes that have arrived do.

    Attributes:
        requests: Requests that were let in and are not answered.
        bytes: Bytes of bodies that have arrived for requests that are not answered.
    """

    def __init__(self, settings: Settings) -> None:
        """Begin empty."""
        self.requests = 0
        self.bytes = 0
        self._most_requests = settings.max_in_flight
        self._most_bytes = settings.max_in_flight_bytes
        self._most_connections = settings.max_connections
        self._connections: dict[str, int] = {}
        self._number_of_connections = 0
        share = Share(settings.client_share)
        # By whether the client is alone.
        self._most_of_one = (self._part(share, is_alone=False), self._part(share, is_alone=True))
        self._clients: dict[str, _Tally] = {}

    def connect(self, client: str) -> None:
        """
        Let a connection in.

        Raises:
            FullError: There is no room.
            ShareError: There is none for this client.
        """
        number = self._connections.get(client, 0)
        if self._number_of_connections >= self._most_connections:
            raise FullError(where="admission")
        if number >= self._most_of_one[len(self._connections) <= (number > 0)].connections:
            raise ShareError
        self._connections[client] = number + 1
        self._number_of_connections += 1

    def disconnect(self, client: str) -> None:
        """Note that a connection which was let in has ended."""
        self._number_of_connections -= 1
        self._connections[client] -= 1
        if not self._connections[client]:
            del self._connections[client]

    def enter(self, client: str) -> None:
        """
        Let a whole request in.

        Raises:
            FullError: There is no room.
            ShareError: There is none for this client.
        """
        tally = self._tally(client)
        if self.requests >= self._most_requests:
            self._forget(client)
            raise FullError(where="admission")
        if tally.requests >= self._most_of_one[len(self._clients) == 1].requests:
            self._forget(client)
            raise ShareError
        tally.requests += 1
        self.requests += 1

    def leave(self, client: str, *, requests: int, size: int) -> None:
        """Note that a request was answered, or given up: whether it was let in, and the bytes of its body."""
        tally = self._clients[client]
        tally.requests -= requests
        tally.body_bytes -= size
        self.requests -= requests
        self.bytes -= size
        self._forget(client)

    def take(self, client: str, size: int) -> None:
        """
        Let bytes of a body in.

        Raises:
            FullError: There is no room.
            ShareError: There is none for this client.
        """
        tally = self._tally(client)
        if self.bytes + size > self._most_bytes:
            self._forget(client)
            raise FullError(where="admission")
        if tally.body_bytes + size > self._most_of_one[len(self._clients) == 1].body_bytes:
            self._forget(client)
            raise ShareError
        tally.body_bytes += size
        self.bytes += size

    def hold(self, client: str, size: int) -> None:
        """Note bytes of answers that a client has still to read; fewer by a negative number."""
        self._tally(client).unread_bytes += size
        self._forget(client)

    def may_hold(self, client: str, size: int) -> bool:
        """Tell whether an answer of this size may wait until its client reads it."""
        tally = self._clients.get(client)
        unread_bytes = tally.unread_bytes if tally else 0
        return (
            unread_bytes + size <= self._most_of_one[len(self._clients) <= (tally is not None)].unread_bytes
        )

    def _part(self, share: Share, *, is_alone: bool) -> _Tally:
        requests = share.of(self._most_requests, is_alone=is_alone)
        size = share.of(self._most_bytes, is_alone=is_alone)
        return _Tally(requests, size, size, share.of(self._most_connections, is_alone=is_alone))

    def _tally(self, client: str) -> _Tally:
        tally = self._clients.get(client)
        if tally is None:
            tally = self._clients[client] = _Tally()
        return tally

    def _forget(self, client: str) -> None:
        tally = self._clients[client]
        if not (tally.requests or tally.body_bytes or tally.unread_bytes):
            del self._clients[client]

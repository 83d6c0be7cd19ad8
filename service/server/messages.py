"""What a server gives to an application, and takes from it: a request's head, and a whole answer."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

Header: TypeAlias = tuple[bytes, bytes]
"""Name and value."""


class Head(NamedTuple):
    """
    A request up to its body (RFC 9112, section 2.1).

    Attributes:
        method: As it was sent, such as ``POST``.
        path: Of the target, with its percent encoding decoded.
        raw_path: The same as it was sent.
        query: What stands behind the target's question mark.
        headers: Lower-case names and values, in their order.
        fields: The values by name; those of a repeated name joined by commas (RFC 9110, section 5.3).
        length: Bytes of the body, or None when it comes in chunks; 0 without one.
        minor: The minor version of HTTP/1, 0 or 1.
        keep_alive: The client may send another request behind this one.
        expects_continue: The client waits to be asked for the body (RFC 9110, section 10.1.1).
    """

    method: str
    path: str
    raw_path: bytes
    query: bytes
    headers: Sequence[Header]
    fields: Mapping[bytes, bytes]
    length: int | None = 0
    minor: int = 1
    keep_alive: bool = True
    expects_continue: bool = False


class Response:
    """
    A whole answer.

    Attributes:
        status: 200 to 599.
        headers: Lower-case names and values that many answers share, without those that frame an answer on a
            connection (Content-Length, Transfer-Encoding, Connection): the server writes them.
        more: Those of this answer alone.
        body: In one piece, or in several that are sent one behind the other without being copied.
        size: Bytes of the body.
        closes: The connection must not be used again: what may still come on it was not asked for.
    """

    __slots__ = ("body", "closes", "headers", "more", "size", "status")

    def __init__(
        self,
        status: int,
        headers: tuple[Header, ...] = (),
        body: bytes | Sequence[bytes | memoryview] = b"",
        *,
        more: Sequence[Header] = (),
        closes: bool = False,
    ) -> None:
        self.status = status
        self.headers = headers
        self.more = more
        self.body = body
        self.size = len(body) if isinstance(body, bytes) else sum(map(len, body))
        self.closes = closes

    @property
    def pieces(self) -> Sequence[bytes | memoryview]:
        """The pieces of the body."""
        return (self.body,) if isinstance(self.body, bytes) else self.body


class ResponseWriter(Protocol):
    """
    Where the answer to one request goes.

    Attributes:
        address: That the connection comes from, or empty.
        client: Whose connection it is, as the application names the client.
    """

    address: str
    client: str

    def write(self, response: Response) -> None:
        """Send the answer; once for a request."""

    def abort(self) -> None:
        """Give up the connection: nothing sensible can be sent on it."""

    def is_disconnected(self) -> bool:
        """Tell whether the client has left."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin work that the server waits for when it stops."""


class Exchange(Protocol):
    """
    A request under way in an application.

    Attributes:
        awaits_body: It is neither answered nor whole: what arrives of its body is to be passed on.
    """

    awaits_body: bool

    def receive(self, data: bytes) -> None:
        """Take a piece of the body."""

    def complete(self) -> None:
        """Learn that the body is whole."""

    def fail(self, error: Exception) -> None:
        """Learn that the rest of the body will not come, and answer why."""

    def abandon(self) -> None:
        """Learn that the client left before its request was whole."""


class Application(Protocol):
    """What answers requests."""

    def open(self, head: Head, writer: ResponseWriter) -> Exchange:
        """Begin with a request of which the head has arrived; it may be answered at once."""

    def refuse(self, error: Exception, target: bytes, writer: ResponseWriter) -> None:
        """Answer bytes that are no request that can be served; the target as far as it is known."""

    def client(self, address: str) -> str:
        """Name the client at an address; it may be empty."""

    def connect(self, client: str) -> None:
        """
        Let a connection in.

        Raises:
            RequestError: There is no room for it.
        """

    def disconnect(self, client: str) -> None:
        """Note that a connection which was let in has ended."""

    def hold(self, client: str, size: int) -> None:
        """Note bytes of answers that a client has not read yet; fewer of them by a negative number."""

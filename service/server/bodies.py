"""The body of a request as it comes on a connection: of a length that is known, or in chunks."""

import re
from typing import NamedTuple, Protocol

from service.errors import HeadersTooLargeError, MalformedError


class Taken(NamedTuple):
    """
    What was taken from the bytes that have arrived.

    Attributes:
        data: Of the body.
        rest: Bytes that are still to be taken: of the next request when the body has ended.
        ended: The body is whole.
    """

    data: bytes
    rest: bytes
    ended: bool


class BodyReader(Protocol):
    """Tells what belongs to a body."""

    def take(self, received: bytes) -> Taken:
        """
        Take what has arrived.

        Raises:
            MalformedError: It is no body of that kind.
            HeadersTooLargeError: There is too much in it that is no content.
        """


class SizedBody:
    """A body of so many bytes (RFC 9112, section 6.2)."""

    def __init__(self, length: int) -> None:
        """Await these bytes, of which there is at least one."""
        self._left = length

    def take(self, received: bytes) -> Taken:
        """Take what has arrived."""
        left = self._left
        if len(received) < left:
            self._left = left - len(received)
            return Taken(received, b"", ended=False)
        return Taken(received[:left], received[left:], ended=True)


_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})((?:[ \t]*;[\t -~\x80-\xff]*)?)")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*")


MOST_STEPS = 512
"""Lines and pieces that are taken at once: more, in a body of small chunks, would keep others waiting."""


class ChunkedBody:
    """
    A body in chunks (RFC 9112, section 7.1).

    Chunk extensions and trailer fields are checked and then ignored. All that is no content may together be
    as long as the content, and by some bytes longer: so a body of chunks of a byte each costs about as much
    as any other.
    """

    def __init__(self, max_overhead_bytes: int) -> None:
        """Take the bytes by which sizes, extensions and trailers may exceed the content."""
        self._room = max_overhead_bytes
        self._longest_line = max_overhead_bytes
        self._left = 0
        self._in_trailer = False
        self._after_data = False

    def take(self, received: bytes) -> Taken:
        """
        Take what has arrived.

        Raises:
            MalformedError: It is not chunked.
            HeadersTooLargeError: Sizes, extensions and trailers are too long.
        """
        pieces = []
        position = 0
        for _ in range(MOST_STEPS):
            if self._left:
                piece = received[position : position + self._left]
                if not piece:
                    break
                pieces.append(piece)
                self._left -= len(piece)
                self._room += len(piece)
                position += len(piece)
                self._after_data = not self._left
            else:
                line = self._line(received, position)
                if line is None:
                    break
                position += len(line) + 2
                if self._is_last(line):
                    return Taken(b"".join(pieces), received[position:], ended=True)
        return Taken(b"".join(pieces), received[position:], ended=False)

    def _line(self, received: bytes, position: int) -> bytes | None:
        """Give the line that begins at a position without its end, or None when it has not arrived."""
        end = received.find(b"\n", position)
        if end < 0:
            if len(received) - position > self._longest_line:
                raise HeadersTooLargeError
            if self._after_data and received[position : position + 1] not in {b"", b"\r"}:
                raise MalformedError
            return None
        self._room -= end + 1 - position
        if self._room < 0:
            raise HeadersTooLargeError
        if end == position or received[end - 1] != 0x0D:
            raise MalformedError
        return received[position : end - 1]

    def _is_last(self, line: bytes) -> bool:
        """Understand a line; tell whether it ends the body."""
        if self._in_trailer:
            if line and not _TRAILER.fullmatch(line):
                raise MalformedError
            return not line
        if self._after_data:
            if line:
                raise MalformedError
            self._after_data = False
            return False
        size = _SIZE.fullmatch(line)
        if size is None:
            raise MalformedError
        self._left = int(size[1], 16)
        self._in_trailer = not self._left
        return False

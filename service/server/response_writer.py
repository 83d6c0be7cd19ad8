"""Answers as they are sent: status line, header lines and framing (RFC 9112, sections 4 to 6)."""

import functools
import http
import re
import time
from collections.abc import Sequence
from email.utils import formatdate

from service.server.messages import Header, Response

LARGE_BYTES = 65_536
"""Bodies from here on are written by themselves: joining them to the head would copy them."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""Asks for the body that a client holds back (RFC 9110, section 10.1.1)."""

_FIRST_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in http.HTTPStatus
}
_WITHOUT_LENGTH = frozenset({204, 304})
_LINES = re.compile(
    rb"(?:(?!(?i:connection|content-length|transfer-encoding):)"
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~\x80-\xff]*\r\n)*"
)
_PRINTED = bytes((*b"\t", *range(0x20, 0x7F), *range(0x80, 0x100)))


def written(
    response: Response, *, is_head: bool = False, minor: int = 1, keep_alive: bool = True
) -> list[bytes | memoryview]:
    """
    Write an answer.

    Args:
        response: The answer.
        is_head: The request's method is HEAD, whose answer has no body (RFC 9110, section 9.3.2).
        minor: The minor version of the request's HTTP/1.
        keep_alive: Another request may follow.

    Returns:
        What is to be sent, one behind the other: one piece when the answer is small.

    Raises:
        ValueError: The answer's status or a header of it is none, or one that the server writes itself.
    """
    status = response.status
    if not 200 <= status <= 599:
        message = f"{status} is not the status of an answer"
        raise ValueError(message)
    has_length = status not in _WITHOUT_LENGTH
    connection = b""
    if not keep_alive:
        connection = b"connection: close\r\n"
    elif minor == 0:
        connection = b"connection: keep-alive\r\n"
    head = b"%b%b%b%b%b%b\r\n" % (
        _FIRST_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status,
        _date(int(time.time())),
        _shared(response.headers),
        _own(response.more),
        b"content-length: %d\r\n" % response.size if has_length else b"",
        connection,
    )
    body = response.body
    if is_head or not has_length:
        return [head]
    if isinstance(body, bytes) and len(body) < LARGE_BYTES:
        return [head + body]
    return [head, *(piece for piece in response.pieces if piece)]


@functools.lru_cache(maxsize=1)
def _date(now_s: int) -> bytes:
    """Write when an answer was made (RFC 9110, section 6.6.1); the same for a second."""
    return b"date: %b\r\n" % formatdate(now_s, usegmt=True).encode()


@functools.lru_cache(maxsize=256)
def _shared(headers: tuple[Header, ...]) -> bytes:
    """
    Write header lines that many answers share.

    Raises:
        ValueError: One is no line, or two, or says where the answer ends.
    """
    lines = _own(headers)
    if not _LINES.fullmatch(lines):
        message = "a header of an answer is none"
        raise ValueError(message)
    return lines


def _own(headers: Sequence[Header]) -> bytes:
    """
    Write header lines of one answer alone; their names stand in the code.

    Raises:
        ValueError: A value has a line end or another control character in it.
    """
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    if lines.translate(None, _PRINTED) != b"\r\n" * len(headers):
        message = "a header of an answer has a control character in it"
        raise ValueError(message)
    return lines

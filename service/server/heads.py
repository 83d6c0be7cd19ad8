"""The head of a request: bytes up to the empty line, checked and taken apart (RFC 9112, sections 2 to 6)."""

import functools
import re
from urllib.parse import unquote

import httptools

from service.errors import (
    HeadersTooLargeError,
    MalformedError,
    MisdirectedError,
    TargetTooLongError,
    UnimplementedError,
    VersionError,
)
from service.server.messages import Head, Header
from service.settings import Limits

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"})
"""Methods that may be allowed somewhere (RFC 9110, section 9; RFC 5789); any other is not implemented."""

LINE_BYTES = 64
"""Bytes of a request line besides its target: the longest method has 7, the version 8."""

KNOWN_BYTES = 512
"""Heads up to this size are kept: those of clients that are no browsers."""

MOST_KNOWN = 256
"""Heads that are kept."""

SECRETS = frozenset({b"authorization", b"cookie", b"proxy-authorization", b"x-api-key"})
"""Headers that nobody wants to have kept."""

_AROUND_TARGET = len("  HTTP/1.1\r\n")
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!\x22$-~]+) HTTP/(\d)\.(\d)\r\n")
_PARSED_LINE = b"POST / HTTP/1.1\r\n"
_AUTHORITY = re.compile(
    rb"(\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::(\d{0,5}))?"
)
_ABSOLUTE = re.compile(rb"(https?)://([^/?:][^/?]*)(.*)", re.IGNORECASE)
_BEGIN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: [^\r\n]*)?")
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r[^\n]", re.DOTALL)
_HIGHEST_PORT = 65_535
_MOST_DIGITS = 20


class HeadParser:
    """Parses heads; of a client that sends the same one again and again, once."""

    def __init__(self, limits: Limits) -> None:
        """Take the limits on the target, and on the number and size of the headers."""
        self._limits = limits
        self._known: dict[bytes, Head] = {}

    def parse(self, data: bytes) -> Head:
        """
        Parse a head, as ``parse`` does.

        Raises:
            RequestError: See there.
        """
        head = self._known.get(data)
        if head is None:
            head = parse(data, self._limits)
            if len(data) <= KNOWN_BYTES and SECRETS.isdisjoint(head.fields):
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[data] = head
        return head


class _Fields:
    """Collects the header lines that httptools finds."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Header] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.found.append((name.lower(), value.rstrip(b" \t")))


def parse(data: bytes, limits: Limits) -> Head:
    """
    Parse a head.

    Args:
        data: From the request line to the empty line, which is its end.
        limits: On the target, and on the number and size of the headers.

    Raises:
        MalformedError: It is no request of HTTP/1, or its framing can be read in two ways.
        VersionError: It is of another major version.
        UnimplementedError: A method or a transfer coding that is not known here.
        MisdirectedError: It is for a resource of another scheme.
        TargetTooLongError: The target is over its limit.
        HeadersTooLargeError: The headers are over their limits.
    """
    begin = data.find(b"\r\n") + 2
    if begin > limits.max_target_bytes + LINE_BYTES:
        raise TargetTooLongError
    method, path, raw_path, query, minor = _request_line(data[:begin])
    if begin - len(method) - _AROUND_TARGET > limits.max_target_bytes:
        raise TargetTooLongError
    headers = _headers(data[begin:])
    if len(headers) > limits.max_headers or len(data) - begin > limits.max_header_bytes:
        raise HeadersTooLargeError
    fields = dict(headers)
    if len(fields) < len(headers):
        fields = _joined(headers)
    host = fields.get(b"host")
    # There has to be one that can be (RFC 9112, section 3.2).
    if minor if host is None else not _is_authority(host):
        raise MalformedError
    if method not in METHODS:
        message = "the method is not known here"
        raise UnimplementedError(message)
    length: int | None
    if b"transfer-encoding" in fields:
        _check_codings(fields[b"transfer-encoding"], minor)
        length = None
    else:
        # That it is one number, the parser of the lines has seen to.
        digits = fields.get(b"content-length", b"0")
        if len(digits) > _MOST_DIGITS:
            raise MalformedError
        length = int(digits)
    connection = fields.get(b"connection")
    return Head(
        method,
        path,
        raw_path,
        query,
        headers,
        fields,
        length,
        minor,
        bool(minor) if connection is None else _keeps(connection, minor),
        b"expect" in fields and minor > 0 and fields[b"expect"].lower() == b"100-continue",
    )


@functools.lru_cache(maxsize=256)
def _request_line(line: bytes) -> tuple[str, str, bytes, bytes, int]:
    """
    Parse a request line (RFC 9112, section 3); a service is mostly asked for the same few things.

    Returns:
        The method, the path decoded and as it was sent, the query, and the minor version of HTTP/1.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise MalformedError
    name, target, major, minor = match.groups()
    if major != b"1":
        raise VersionError
    method = name.decode("ascii")
    if not target.startswith(b"/") or method == "CONNECT":
        target = _in_origin_form(method, target)
    raw_path, _, query = target.partition(b"?")
    path = raw_path.decode("ascii")
    # A higher minor version is served as the highest that is known (RFC 9110, section 2.5).
    return method, unquote(path) if "%" in path else path, raw_path, query, 0 if minor == b"0" else 1


def may_begin(data: bytes) -> bool:
    """Tell whether a request may begin so; of a whole first line, whether it is a request line."""
    end = data.find(b"\r\n")
    begins = _BEGIN.fullmatch(data.partition(b"\r")[0]) if end < 0 else _LINE.match(data)
    return begins is not None


def has_bare_line_end(data: bytes, start: int) -> bool:
    """Tell whether from here on a line ends by CR or LF alone: no head does (RFC 9112, section 2.2)."""
    return _BARE_LINE_END.search(data, start) is not None


def target_of(data: bytes) -> bytes:
    """Give the target of what begins like a request, as far as it can be seen; else nothing."""
    words = data[: data.find(b"\n") if b"\n" in data else None].split(b" ", 2)
    return words[1] if len(words) > 1 else b""


def _headers(data: bytes) -> list[Header]:
    """
    Take the header lines apart, by httptools.

    It sees one request line for all, so that it judges these lines alone; how a body is framed, it knows too:
    two lengths, or a length beside a transfer coding, it refuses.
    """
    fields = _Fields()
    parser = httptools.HttpRequestParser(fields)
    try:
        parser.feed_data(_PARSED_LINE + data)
    except httptools.HttpParserUpgrade:
        # An offer, which is not taken (RFC 9110, section 7.8).
        pass
    except httptools.HttpParserError:
        raise MalformedError from None
    return fields.found


def _joined(headers: list[Header]) -> dict[bytes, bytes]:
    """Join the values of repeated names; there can be one host only (RFC 9112, section 3.2)."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        if name == b"host" and name in fields:
            raise MalformedError
        fields[name] = b"%b, %b" % (fields[name], value) if name in fields else value
    return fields


@functools.lru_cache(maxsize=64)
def _is_authority(text: bytes) -> bool:
    """Tell whether a text is a host and perhaps a port (RFC 3986, sections 3.2.2 and 3.2.3)."""
    match = _AUTHORITY.fullmatch(text)
    return match is not None and int(match[2] or 0) <= _HIGHEST_PORT


def _in_origin_form(method: str, target: bytes) -> bytes:
    """Give path and query of a target in one of its four forms (RFC 9112, section 3.2)."""
    if method == "CONNECT":
        match = _AUTHORITY.fullmatch(target)
        if match is None or not match[1] or not match[2] or not 0 < int(match[2]) <= _HIGHEST_PORT:
            raise MalformedError
        message = "this is no proxy"
        raise UnimplementedError(message)
    if target == b"*" and method == "OPTIONS":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or not _is_authority(absolute[2]):
        raise MalformedError
    if absolute[1].lower() == b"https":
        # What a client wants protected is not given to it without protection (RFC 9110, section 7.4).
        raise MisdirectedError
    return absolute[3] if absolute[3].startswith(b"/") else b"/" + absolute[3]


def _check_codings(codings: bytes, minor: int) -> None:
    """Refuse a body of which the end cannot be told (RFC 9112, sections 6.1 and 6.3)."""
    tokens = _tokens(codings)
    if not minor or not tokens or tokens[-1] != b"chunked" or b"chunked" in tokens[:-1]:
        raise MalformedError
    if len(tokens) > 1:
        message = "of transfer codings only chunked is known here"
        raise UnimplementedError(message)


def _keeps(connection: bytes, minor: int) -> bool:
    """Tell whether the connection persists (RFC 9112, section 9.3)."""
    tokens = _tokens(connection)
    return b"close" not in tokens and (minor > 0 or b"keep-alive" in tokens)


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip(b" \t").lower() for token in value.split(b",") if token.strip(b" \t")]

"""A head is understood in one way only, the same as by others, or it is refused."""

from typing import Any

import h11
import hypothesis.strategies as st
import pytest
from hypothesis import given

from service.errors import (
    HeadersTooLargeError,
    MalformedError,
    MisdirectedError,
    RequestError,
    TargetTooLongError,
    UnimplementedError,
    VersionError,
)
from service.server import heads
from service.server.messages import Head
from service.settings import Limits

LIMITS = Limits(max_header_bytes=1_000, max_headers=20, max_target_bytes=200)


def parse(line: bytes = b"GET / HTTP/1.1", *fields: bytes, host: bytes | None = b"a") -> Head:
    """Parse a head of these lines."""
    own = [] if host is None else [b"Host: " + host]
    return heads.parse(b"\r\n".join([line, *own, *fields, b"", b""]), LIMITS)


def test_a_head_is_taken_apart() -> None:
    head = parse(
        b"POST /a%20b/%C3%A9?x=%20y&z HTTP/1.1", b"X-One:  two words \t", b"x-one:three", b"X-Empty:"
    )

    assert (head.method, head.path, head.raw_path, head.query) == (
        "POST",
        "/a b/é",
        b"/a%20b/%C3%A9",
        b"x=%20y&z",
    )
    assert list(head.headers) == [
        (b"host", b"a"),
        (b"x-one", b"two words"),
        (b"x-one", b"three"),
        (b"x-empty", b""),
    ]
    assert head.fields == {b"host": b"a", b"x-one": b"two words, three", b"x-empty": b""}
    assert (head.length, head.minor, head.keep_alive, head.expects_continue) == (0, 1, True, False)


@pytest.mark.parametrize(
    ("line", "path", "query"),
    [
        (b"GET /a?b HTTP/1.1", "/a", b"b"),
        (b"GET /a? HTTP/1.1", "/a", b""),
        (b"GET /a?b?c HTTP/1.1", "/a", b"b?c"),
        (b"GET //a HTTP/1.1", "//a", b""),
        (b"GET /a%2Fb%3Fc HTTP/1.1", "/a/b?c", b""),
        (b"GET http://b/a?c HTTP/1.1", "/a", b"c"),
        (b"GET HTTP://b:80/a HTTP/1.1", "/a", b""),
        (b"GET http://b HTTP/1.1", "/", b""),
        (b"GET http://b?c HTTP/1.1", "/", b"c"),
        (b"GET http://b//a HTTP/1.1", "//a", b""),
        (b"OPTIONS * HTTP/1.1", "*", b""),
        (b"OPTIONS http://b HTTP/1.1", "/", b""),
    ],
)
def test_a_target_in_any_of_its_forms_is_path_and_query(line: bytes, path: str, query: bytes) -> None:
    head = parse(line)

    assert (head.path, head.query) == (path, query)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", MalformedError),
        (b"GET", MalformedError),
        (b"GET /", MalformedError),
        (b"GET  / HTTP/1.1", MalformedError),
        (b"GET / HTTP/1.1 ", MalformedError),
        (b" GET / HTTP/1.1", MalformedError),
        (b"GET\t/ HTTP/1.1", MalformedError),
        (b"GET / http/1.1", MalformedError),
        (b"GET / HTTP/1", MalformedError),
        (b"GET / HTTP/1.10", MalformedError),
        (b"GET / HTTP/11.1", MalformedError),
        (b"GET / HTTP/1,1", MalformedError),
        (b"G(T / HTTP/1.1", MalformedError),
        (b"GET /\xe9 HTTP/1.1", MalformedError),
        (b"GET /\x7f HTTP/1.1", MalformedError),
        (b"GET /#a HTTP/1.1", MalformedError),
        (b"GET a HTTP/1.1", MalformedError),
        (b"GET ?a HTTP/1.1", MalformedError),
        (b"GET * HTTP/1.1", MalformedError),
        (b"GET @a/b HTTP/1.1", MalformedError),
        (b"GET ftp://a/ HTTP/1.1", MalformedError),
        (b"GET http:///a HTTP/1.1", MalformedError),
        (b"GET http://:80/a HTTP/1.1", MalformedError),
        (b"GET http://a:99999/ HTTP/1.1", MalformedError),
        (b"GET http://u@a/ HTTP/1.1", MalformedError),
        (b"CONNECT / HTTP/1.1", MalformedError),
        (b"CONNECT a HTTP/1.1", MalformedError),
        (b"CONNECT a:0 HTTP/1.1", MalformedError),
        (b"CONNECT a:443 HTTP/1.1", UnimplementedError),
        (b"PROPFIND / HTTP/1.1", UnimplementedError),
        (b"get / HTTP/1.1", UnimplementedError),
        (b"GET / HTTP/2.0", VersionError),
        (b"GET / HTTP/0.9", VersionError),
        (b"GET https://a/ HTTP/1.1", MisdirectedError),
        (b"GET HTTPS://a/ HTTP/1.1", MisdirectedError),
        (b"GET /" + b"a" * 200 + b" HTTP/1.1", TargetTooLongError),
    ],
)
def test_another_line_is_refused_and_why(line: bytes, error: type[RequestError]) -> None:
    with pytest.raises(error) as refused:
        parse(line)
    assert type(refused.value) is error


@pytest.mark.parametrize(
    "host",
    [
        *(
            b"a",
            b"",
            b"a:80",
            b"a:",
            b"a.example",
            b"127.0.0.1:8000",
            b"[::1]",
            b"[::1]:80",
            b"A-b_c~d!$&'()*+;=",
        ),
        *(b"%C3%A9", b"a:65535"),
    ],
)
def test_a_host_and_port_is_a_host(host: bytes) -> None:
    assert parse(host=host).fields[b"host"] == host


@pytest.mark.parametrize(
    "host",
    [
        *(
            b"a/b",
            b"a?b",
            b"a#b",
            b"u@a",
            b"@",
            b"a b",
            b"a:b",
            b"a:65536",
            b"a:80:80",
            b"[::1",
            b"::1",
            b"\xe9",
        ),
        *(b"%", b"%zz", b"http://a"),
    ],
)
def test_what_is_no_host_is_refused(host: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(host=host)


def test_one_host_there_has_to_be_and_no_second() -> None:
    with pytest.raises(MalformedError):
        parse(host=None)
    for second in (b"Host: a", b"host: b", b"HOST:"):
        with pytest.raises(MalformedError):
            parse(b"GET / HTTP/1.1", second)
    assert parse(b"GET / HTTP/1.0", host=None).minor == 0
    with pytest.raises(MalformedError):
        parse(b"GET / HTTP/1.0", host=b"a/b")


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ((), 0),
        ((b"Content-Length: 0",), 0),
        ((b"Content-Length: 00012",), 12),
        ((b"Content-Length: 8388608",), 8_388_608),
        ((b"Transfer-Encoding: chunked",), None),
        ((b"Transfer-Encoding: CHUNKED",), None),
    ],
)
def test_how_long_a_body_is_is_told(fields: tuple[bytes, ...], length: int | None) -> None:
    assert parse(b"POST / HTTP/1.1", *fields).length == length


@pytest.mark.parametrize(
    "fields",
    [
        (b"Content-Length:",),
        (b"Content-Length: -1",),
        (b"Content-Length: +1",),
        (b"Content-Length: 1.0",),
        (b"Content-Length: 0x1",),
        (b"Content-Length: 1_0",),
        (b"Content-Length: \xb2",),
        (b"Content-Length: 1 0",),
        (b"Content-Length: 1, 1",),
        (b"Content-Length: 99999999999999999999",),
        (b"Content-Length: 1", b"Content-Length: 1"),
        (b"Content-Length: 1", b"Content-Length: 2"),
        (b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 1"),
        (b"Transfer-Encoding:",),
        (b"Transfer-Encoding: identity",),
        (b"Transfer-Encoding: gzip",),
        (b"Transfer-Encoding: chunked, gzip",),
        (b"Transfer-Encoding: chunked, chunked",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
        (b"Transfer-Encoding: chunked;q=1",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding:\x0bchunked",),
    ],
)
def test_a_body_of_which_nobody_knows_where_it_ends_is_refused(fields: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedError):
        parse(b"POST / HTTP/1.1", *fields)


def test_transfer_codings_besides_chunked_are_not_implemented() -> None:
    for codings in (b"gzip, chunked", b"identity, chunked"):
        with pytest.raises(UnimplementedError):
            parse(b"POST / HTTP/1.1", b"Transfer-Encoding: " + codings)
    # An old client's server may have taken no notice of it.
    with pytest.raises(MalformedError):
        parse(b"POST / HTTP/1.0", b"Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    ("version", "connection", "is_kept"),
    [
        (b"1.1", None, True),
        (b"1.1", b"keep-alive", True),
        (b"1.1", b"close", False),
        (b"1.1", b"Close", False),
        (b"1.1", b"upgrade, close", False),
        (b"1.1", b"keep-alive, close", False),
        (b"1.1", b"closed", True),
        (b"1.1", b"Upgrade", True),
        (b"1.0", None, False),
        (b"1.0", b"keep-alive", True),
        (b"1.0", b"Keep-Alive, x", True),
        (b"1.0", b"close, keep-alive", False),
        (b"1.2", None, True),
        (b"1.9", b"close", False),
    ],
)
def test_whether_a_connection_persists_is_told(
    version: bytes, connection: bytes | None, *, is_kept: bool
) -> None:
    fields = [] if connection is None else [b"Connection: " + connection]
    head = parse(b"GET / HTTP/" + version, *fields)

    assert head.keep_alive is is_kept
    assert head.minor == (0 if version == b"1.0" else 1)


@pytest.mark.parametrize(
    ("line", "expectation", "expects"),
    [
        (b"POST / HTTP/1.1", b"100-continue", True),
        (b"POST / HTTP/1.1", b"100-Continue", True),
        (b"POST / HTTP/1.1", b"xyzzy", False),
        (b"POST / HTTP/1.0", b"100-continue", False),
    ],
)
def test_whether_a_client_waits_to_be_asked_is_told(
    line: bytes, expectation: bytes, *, expects: bool
) -> None:
    assert parse(line, b"Expect: " + expectation, b"Content-Length: 1").expects_continue is expects


@pytest.mark.parametrize(
    "field",
    [
        b"X Y: a",
        b"X : a",
        b": a",
        b"X",
        b" X: a",
        b"\tfolded",
        b"X: a\x00b",
        b"X: a\rb",
        b"X: a\nb",
        b"X: a\n b",
        b"X: \x7f",
        b"X: \x1b[31m",
        b"X(: a",
        b"X\xe9: a",
    ],
)
def test_what_is_no_header_is_refused(field: bytes) -> None:
    for fields in ((field,), (b"A: b", field, b"C: d")):
        with pytest.raises(MalformedError):
            parse(b"GET / HTTP/1.1", *fields)


def test_headers_have_limits_on_their_number_and_size() -> None:
    parse(b"GET / HTTP/1.1", *[b"X: a"] * 19)
    with pytest.raises(HeadersTooLargeError):
        parse(b"GET / HTTP/1.1", *[b"X: a"] * 20)
    # Host, and the empty line at the end.
    parse(b"GET / HTTP/1.1", b"X: " + b"a" * (1_000 - 9 - 5 - 2))
    with pytest.raises(HeadersTooLargeError):
        parse(b"GET / HTTP/1.1", b"X: " + b"a" * (1_000 - 9 - 5 - 1))


LINES = st.one_of(
    st.sampled_from(
        [b"GET / HTTP/1.1", b"POST /a?b HTTP/1.1", b"HEAD http://a/b HTTP/1.1", b"GET /%2e HTTP/1.0"]
    ),
    st.binary(max_size=30),
    st.lists(
        st.sampled_from(
            [
                b"GET",
                b"POST",
                b" ",
                b"/",
                b"?",
                b"HTTP/1.1",
                b"\t",
                b"\x00",
                b"#",
                b"\xff",
                b"%",
                b"\r",
                b"\n",
            ]
        ),
        max_size=8,
    ).map(b"".join),
)
NAMES = st.sampled_from([b"Host", b"X-A", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Expect"])
FIELDS = st.one_of(
    st.builds(
        b"%b:%b%b".__mod__,
        st.tuples(
            NAMES,
            st.sampled_from([b"", b" ", b"\t", b"  "]),
            st.sampled_from(
                [
                    b"a",
                    b"5",
                    b"5, 5",
                    b"05",
                    b"chunked",
                    b"close",
                    b"100-continue",
                    b"",
                    b"\xff",
                    b"a b ",
                    b"\x00",
                ]
            ),
        ),
    ),
    st.binary(max_size=20),
)


@given(LINES, st.lists(FIELDS, max_size=5))
def test_any_bytes_are_refused_or_understood_as_a_strict_server_does(
    line: bytes, fields: list[bytes]
) -> None:
    data = b"\r\n".join([line, b"Host: a", *fields, b"", b""])
    data = data[: data.index(b"\r\n\r\n") + 4]
    try:
        head = heads.parse(data, LIMITS)
    except RequestError:
        return
    other = h11.Connection(h11.SERVER)
    other.receive_data(data)
    theirs: Any = other.next_event()

    assert isinstance(theirs, h11.Request)
    assert theirs.method.decode() == head.method
    assert theirs.target.endswith(head.raw_path + (b"?" + head.query if head.query else b""))
    assert [(name, value) for name, value in theirs.headers if name != b"content-length"] == [
        (name, value.lower() if name == b"transfer-encoding" else value)
        for name, value in head.headers
        if name != b"content-length"
    ]
    if head.length == 0:
        assert isinstance(other.next_event(), h11.EndOfMessage)
    else:
        assert other.next_event() is h11.NEED_DATA
    if head.length:
        other.receive_data(b"x" * head.length)
        assert isinstance(other.next_event(), h11.Data)
        assert isinstance(other.next_event(), h11.EndOfMessage)


@given(st.binary(max_size=60))
def test_what_begins_like_a_request_has_a_target(data: bytes) -> None:
    target = heads.target_of(data)

    assert target in data
    assert b" " not in target
    assert b"\n" not in target


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a:" + b"0" * 5_000 + b"\r\n\r\n",
        b"GET http://a:" + b"0" * 5_000 + b"/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:" + b"0" * 5_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"0" * 5_000 + b"5\r\n\r\n",
    ],
)
def test_a_number_of_many_digits_is_no_number(data: bytes) -> None:
    with pytest.raises(MalformedError):
        heads.parse(data, Limits())


def test_a_head_that_came_before_is_understood_as_it_was_then() -> None:
    parser = heads.HeadParser(LIMITS)
    plain = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
    longer = plain.replace(b"3", b"4")

    assert parser.parse(plain) is parser.parse(plain)
    assert parser.parse(longer) == heads.parse(longer, LIMITS)
    assert parser.parse(plain) == heads.parse(plain, LIMITS)


@pytest.mark.parametrize("name", ["Authorization", "cookie", "X-API-Key"])
def test_no_head_is_kept_that_has_a_secret(name: str) -> None:
    parser = heads.HeadParser(LIMITS)
    data = f"GET / HTTP/1.1\r\nHost: a\r\n{name}: secret\r\n\r\n".encode()
    head = parser.parse(data)

    assert parser.parse(data) == head
    assert parser.parse(data) is not head


def test_heads_that_are_all_different_do_not_fill_the_memory() -> None:
    parser = heads.HeadParser(LIMITS)
    first = b"GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"
    head = parser.parse(first)
    for number in range(1, 2 * heads.MOST_KNOWN):
        parser.parse(first.replace(b"0", b"%d" % number))

    assert parser.parse(first) is not head
    assert parser.parse(first) == head


def test_a_head_that_is_refused_is_refused_each_time() -> None:
    parser = heads.HeadParser(LIMITS)
    for _ in range(3):
        with pytest.raises(MalformedError):
            parser.parse(b"GET / HTTP/1.1\r\n\r\n")

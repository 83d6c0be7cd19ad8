"""An answer on the wire: framed as HTTP/1.1 wants it, in one piece when it is small."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import h11
import hypothesis.strategies as st
import pytest
from hypothesis import given

from service.server.messages import Header, Response
from service.server.response_writer import CONTINUE, LARGE_BYTES, written

JSON = ((b"content-type", b"application/json"),)


def read(data: bytes, method: str = "GET") -> tuple[h11.Response, bytes, bool]:
    """Read an answer as a strict client does; tell also whether the connection is kept."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    head = client.next_event()
    assert isinstance(head, h11.Response)
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert client.trailing_data == (b"", False)
    return head, body, client.their_state is h11.DONE


def test_a_small_answer_is_one_piece() -> None:
    (piece,) = written(Response(200, JSON, b"{}"))
    head, body, is_kept = read(bytes(piece))

    assert bytes(piece).startswith(b"HTTP/1.1 200 OK\r\n")
    assert [name for name, _ in head.headers] == [b"date", b"content-type", b"content-length"]
    assert (body, is_kept) == (b"{}", True)


def test_an_answer_tells_when_it_was_made() -> None:
    (piece,) = written(Response(200))
    date = dict(read(bytes(piece))[0].headers)[b"date"].decode()

    assert date.endswith(" GMT")
    assert abs(datetime.now(UTC) - parsedate_to_datetime(date)) < timedelta(seconds=5)


def test_a_large_body_is_not_copied() -> None:
    data = bytes(LARGE_BYTES)
    head, body = written(Response(200, body=data))

    assert bytes(head).endswith(b"\r\n\r\n")
    assert body is data


def test_pieces_of_a_body_are_sent_as_they_are() -> None:
    pieces = [b"ab", memoryview(b"c"), b"", b"de"]
    head, *sent = written(Response(200, body=pieces))

    assert sent == [b"ab", b"c", b"de"]
    assert all(any(one is piece for piece in pieces) for one in sent)
    assert read(bytes(head) + b"abcde")[1] == b"abcde"


def test_the_answer_to_head_has_the_length_and_no_body() -> None:
    (piece,) = written(Response(200, body=b"12345"), is_head=True)
    head, body, is_kept = read(bytes(piece), "HEAD")

    assert dict(head.headers)[b"content-length"] == b"5"
    assert (body, is_kept) == (b"", True)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_content_has_no_length_either(status: int) -> None:
    (piece,) = written(Response(status, ((b"etag", b'"x"'),), b"12345"))
    head, body, is_kept = read(bytes(piece))

    assert b"content-length" not in dict(head.headers)
    assert (body, is_kept) == (b"", True)


@pytest.mark.parametrize(
    ("minor", "keep_alive", "told"),
    [(1, True, None), (1, False, b"close"), (0, True, b"keep-alive"), (0, False, b"close")],
)
def test_what_becomes_of_the_connection_is_told(minor: int, told: bytes | None, *, keep_alive: bool) -> None:
    (piece,) = written(Response(200), minor=minor, keep_alive=keep_alive)
    head, _, is_kept = read(bytes(piece))

    assert dict(head.headers).get(b"connection") == told
    assert is_kept is keep_alive


@pytest.mark.parametrize(
    "value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\r\n\r\nb", b"a\x00b", b"\x1b[31m", b"a\x7f"]
)
@pytest.mark.parametrize("is_own", [True, False])
def test_a_header_cannot_become_two(value: bytes, *, is_own: bool) -> None:
    headers = ((b"x-a", value),)
    response = Response(200, more=headers) if is_own else Response(200, headers)

    with pytest.raises(ValueError, match="header"):
        written(response)


@pytest.mark.parametrize(
    "header",
    [
        (b"x a", b"b"),
        (b"", b"b"),
        (b"x:", b"b"),
        (b"x\r\nb", b"c"),
        (b"content-length", b"5"),
        (b"Content-Length", b"5"),
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"close"),
    ],
)
def test_what_is_no_header_or_says_where_an_answer_ends_is_a_mistake(header: Header) -> None:
    with pytest.raises(ValueError, match="header"):
        written(Response(200, (header,)))


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, 1000, -200])
def test_what_is_no_status_of_an_answer_is_a_mistake(status: int) -> None:
    with pytest.raises(ValueError, match="status"):
        written(Response(status))


NAME = st.from_regex(rb"[a-z!#$%&'*+.^_`|~0-9-]{1,12}", fullmatch=True).filter(
    lambda name: name not in {b"connection", b"content-length", b"transfer-encoding", b"date"}
)
VALUE = st.binary(max_size=20).map(
    lambda value: bytes(byte for byte in value if byte == 9 or 32 <= byte != 127).strip(b" \t")
)
HEADERS = st.lists(st.tuples(NAME, VALUE), max_size=4)


@given(
    status=st.integers(200, 599),
    shared=HEADERS,
    own=HEADERS,
    pieces=st.lists(st.binary(max_size=30), max_size=3),
    is_head=st.booleans(),
    keep_alive=st.booleans(),
)
def test_a_strict_client_reads_what_was_answered(
    status: int,
    shared: list[Header],
    own: list[Header],
    pieces: Sequence[bytes],
    *,
    is_head: bool,
    keep_alive: bool,
) -> None:
    response = Response(status, tuple(shared), pieces, more=own)
    sent = written(response, is_head=is_head, keep_alive=keep_alive)
    head, body, is_kept = read(b"".join(map(bytes, sent)), "HEAD" if is_head else "GET")

    assert head.status_code == status
    assert [header for header in head.headers if header in [*shared, *own]] == [*shared, *own]
    assert body == (b"" if is_head or status in {204, 304} else b"".join(pieces))
    assert is_kept is keep_alive


def test_a_client_that_waits_to_be_asked_understands_that_it_is() -> None:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "a"), ("Expect", "100-continue")]))
    client.receive_data(CONTINUE)
    event = client.next_event()

    assert isinstance(event, h11.InformationalResponse)
    assert event.status_code == 100

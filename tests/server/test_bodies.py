"""A body is taken whole and no further, however its bytes come; what is no content in it is bounded."""

from collections.abc import Iterator
from itertools import pairwise

import h11
import hypothesis.strategies as st
import pytest
from hypothesis import given

from service.errors import HeadersTooLargeError, MalformedError
from service.server.bodies import BodyReader, ChunkedBody, SizedBody

NEXT = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
ROOM = 200


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    """Give the bytes in pieces."""
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    for begin, end in pairwise(edges):
        yield data[begin:end]


def take(body: BodyReader, pieces: Iterator[bytes]) -> tuple[bytes, bytes, bool]:
    """Give a reader the pieces as they come; give the content, what is left, and whether it has ended."""
    content, received = b"", b""
    for piece in pieces:
        received += piece
        while True:
            before = len(received)
            data, received, ended = body.take(received)
            content += data
            if ended:
                return content, received + b"".join(pieces), True
            if len(received) == before:
                break
    return content, received, False


PLACES = st.lists(st.integers(0, 1_000), max_size=8)


@given(st.binary(min_size=1, max_size=100), PLACES)
def test_a_sized_body_ends_after_its_bytes(data: bytes, places: list[int]) -> None:
    assert take(SizedBody(len(data)), cut(data + NEXT, places)) == (data, NEXT, True)
    if len(data) > 1:
        assert take(SizedBody(len(data)), cut(data[:-1], places)) == (data[:-1], b"", False)


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    extension=st.sampled_from([b"", b";x", b" ; x=y", b';x="y z"', b"\t;\xe9"]),
    trailers=st.sampled_from([b"", b"X-A: b\r\n", b"a:\r\nb: c\td\r\n"]),
    places=PLACES,
    is_upper=st.booleans(),
)
def test_a_chunked_body_is_put_together_and_ends_where_it_ends(
    chunks: list[bytes],
    extension: bytes,
    trailers: bytes,
    places: list[int],
    *,
    is_upper: bool,
) -> None:
    size = b"%X%b\r\n%b\r\n" if is_upper else b"000%x%b\r\n%b\r\n"
    sent = b"".join(size % (len(chunk), extension, chunk) for chunk in chunks) + b"0\r\n" + trailers + b"\r\n"

    assert take(ChunkedBody(ROOM), cut(sent + NEXT, places)) == (b"".join(chunks), NEXT, True)
    for end in range(len(sent)):
        assert not take(ChunkedBody(ROOM), iter([sent[:end]]))[2]


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=4), PLACES)
def test_what_another_library_sends_in_chunks_is_understood(chunks: list[bytes], places: list[int]) -> None:
    client = h11.Connection(h11.CLIENT)
    client.send(
        h11.Request(method="POST", target="/", headers=[("Host", "a"), ("Transfer-Encoding", "chunked")])
    )
    sent = b"".join(client.send(h11.Data(data=chunk)) or b"" for chunk in chunks)
    sent += client.send(h11.EndOfMessage()) or b""

    assert take(ChunkedBody(ROOM), cut(sent + NEXT, places)) == (b"".join(chunks), NEXT, True)


@pytest.mark.parametrize(
    "sent",
    [
        b"xyzzy\r\n",
        b"\r\n",
        b"-1\r\n",
        b"+5\r\nabcde\r\n",
        b"0x5\r\nabcde\r\n",
        b" 5\r\nabcde\r\n",
        b"5 \r\nabcde\r\n",
        b"5\nabcde\r\n",
        b"5\r\nabcdefg\r\n",
        b"5\r\nabcde0\r\n\r\n",
        b"5\r\nabcde\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"1_0\r\n",
        b"\xd9\xa1\r\na\r\n",
        b"5;\x00\r\nabcde\r\n",
        b"5;\r\r\nabcde\r\n",
        b"0\r\nX Y: b\r\n\r\n",
        b"0\r\n: b\r\n\r\n",
        b"0\r\nX: b\r\n folded\r\n\r\n",
        b"0\r\nX: \x00\r\n\r\n",
        b"0\r\nX: b\n\r\n",
        b"0\r\n\n",
    ],
)
def test_what_is_not_chunked_is_refused_however_it_comes(sent: bytes) -> None:
    for pieces in ([sent], [bytes([byte]) for byte in sent]):
        with pytest.raises(MalformedError):
            take(ChunkedBody(ROOM), iter(pieces))


@pytest.mark.parametrize(
    "sent",
    [
        b"0\r\n" + b"X: a\r\n" * 100,
        b"0\r\nX: " + b"a" * 500,
        b"1;" + b"x" * 500,
        b"0" * 500,
        b"".join(b"1;%b\r\na\r\n" % (b"x" * 50) for _ in range(100)),
    ],
)
def test_what_is_no_content_is_bounded(sent: bytes) -> None:
    for pieces in ([sent], [bytes([byte]) for byte in sent]):
        with pytest.raises(HeadersTooLargeError):
            take(ChunkedBody(ROOM), iter(pieces))


def test_a_body_of_chunks_of_some_bytes_each_is_taken_whatever_its_length() -> None:
    data = bytes(100_000)
    sent = b"8\r\n%b\r\n" % data[:8] * (len(data) // 8) + b"0\r\n\r\n"

    assert take(ChunkedBody(ROOM), cut(sent, list(range(0, 1_000, 7)))) == (data, b"", True)

"""What was compressed comes out as it was, however it arrives, and never more of it than is wanted."""

import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.codecs.compression import Unpacker
from service.errors import MediaTypeError, SyntaxRefusedError

PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
PLENTY = 2**30


def unpack(coding: str, *pieces: bytes, most: int = PLENTY) -> bytes:
    unpacker = Unpacker(coding)
    unpacked = b"".join(unpacker.take(piece, most) for piece in pieces if piece)
    unpacker.end()
    return unpacked


@given(st.binary(max_size=500), st.sampled_from(list(PACKERS)), st.lists(st.integers(0, 600), max_size=5))
def test_a_body_comes_out_as_it_was_in_whichever_pieces_it_arrives(
    data: bytes, coding: str, cuts: list[int]
) -> None:
    packed = PACKERS[coding](data)
    places = [0, *sorted(cuts), len(packed)]
    pieces = [packed[begin:end] for begin, end in itertools.pairwise(places)]

    assert unpack(coding, *pieces) == data


@pytest.mark.parametrize("coding", PACKERS)
def test_a_body_that_is_cut_off_or_goes_on_is_damaged(coding: str) -> None:
    packed = PACKERS[coding](b"a digit" * 10)
    for end in range(1, len(packed)):
        with pytest.raises(SyntaxRefusedError):
            unpack(coding, packed[:end])
    with pytest.raises(SyntaxRefusedError):
        unpack(coding, packed, b"x")


def test_an_empty_body_is_damaged() -> None:
    with pytest.raises(SyntaxRefusedError):
        unpack("gzip")


def test_a_gzip_file_may_have_members_but_not_any_number() -> None:
    member = gzip.compress(b"seven")

    assert unpack("gzip", member * 8) == b"seven" * 8
    assert unpack("gzip", *([member] * 8)) == b"seven" * 8
    with pytest.raises(SyntaxRefusedError):
        unpack("gzip", member * 9)
    with pytest.raises(SyntaxRefusedError):
        unpack("deflate", zlib.compress(b"seven") * 2)


@pytest.mark.parametrize("coding", PACKERS)
def test_no_more_is_unpacked_than_is_wanted(coding: str) -> None:
    bomb = PACKERS[coding](bytes(2**27))
    tracemalloc.start()
    unpacked = Unpacker(coding).take(bomb, 1_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert unpacked == bytes(1_000)
    assert peak < 2 * len(bomb)


@pytest.mark.parametrize("coding", ["br", "", "gzip, deflate", "gzip;q=1"])
def test_other_codings_are_refused(coding: str) -> None:
    with pytest.raises(MediaTypeError):
        Unpacker(coding)

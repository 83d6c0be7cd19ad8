"""A query string is read as strictly as a body."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from service.errors import InvalidInputError
from service.http import queries


class _Query(queries.Query):
    number: int = 1
    """A number."""
    word: str | None = None
    """A word."""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", _Query()),
        (b"number=5", _Query(number=5)),
        (b"number=-5&word=", _Query(number=-5, word="")),
        (b"word=a%20b+c%26d", _Query(word="a b c&d")),
        (b"word=%C3%A9", _Query(word="é")),
        (b"word=a;b", _Query(word="a;b")),
    ],
)
def test_a_query_is_read_with_its_defaults(query: bytes, expected: _Query) -> None:
    assert queries.read(_Query, query) == expected


@pytest.mark.parametrize(
    "query", [b"number=x", b"number=1e999", b"number=" + b"9" * 5000, b"word=\xff", b"number=1.5"]
)
def test_a_query_of_another_type_is_refused(query: bytes) -> None:
    with pytest.raises(InvalidInputError):
        queries.read(_Query, query)


@given(st.binary(max_size=80))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    try:
        queries.read(_Query, query)
    except InvalidInputError:
        return


def test_the_parameters_of_a_query_are_documented() -> None:
    number, word = queries.documented(_Query)

    assert (number["name"], number["in"], number["description"]) == ("number", "query", "A number.")
    assert word["schema"]["default"] is None

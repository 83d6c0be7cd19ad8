"""JSON is taken and refused as orjson takes and refuses it, however small the pieces that it is parsed in."""

import json
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import orjson
import pytest
from hypothesis import given, settings

from service.codecs import json as strict_json
from service.errors import RequestError, SyntaxRefusedError, TooLargeError

MANY = 10**9
TEXTS = st.text('[]{}"\\,: \n/tfn1a\u00e9\u4e2d\U0001f600', max_size=8)
NUMBERS = st.sampled_from(["0", "-0", "7", "255", "-1", "1.5", "-0.25", "1e3", "1E-2", "0.1e+1", "1e308"]) | (
    st.integers(-(2**65), 2**65).map(str) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
)
SPACE = st.sampled_from(["", "", "", " ", "\n", "\t\r\n ", " " * 40])
PIECES = st.sampled_from([2, 8, 16, 64, 128, 512])


def _text(text: str, *, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only).replace("/", "\\/")


@st.composite
def matrices(draw: st.DrawFn) -> str:
    """Lists of numbers, or of lists of them, of equal length or not quite."""
    shape = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    few = draw(st.lists(NUMBERS, min_size=1, max_size=4))
    space = draw(SPACE)
    odd = draw(st.sampled_from([None, None, None, "[]", "null", "true", '"1"', "{}", "[1]", "2"]))
    count = iter(range(10**6))
    place = draw(st.integers(0, 40))

    def written(axes: list[int]) -> str:
        if odd and next(count) == place:
            return odd
        if not axes:
            return few[next(count) % len(few)]
        return f"[{space}{f'{space},{space}'.join(written(axes[1:]) for _ in range(axes[0]))}{space}]"

    return written(shape)


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    space = draw(SPACE)
    return f"[{space}{f'{space},{space}'.join(draw(st.lists(inner, max_size=6)))}{space}]"


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """Objects, of which some have a name twice."""
    space, ascii_only = draw(SPACE), draw(st.booleans())
    names = st.sampled_from(["a", "b", ""]) | TEXTS
    members = draw(st.lists(st.tuples(names, inner), max_size=5))
    told = [f"{_text(name, ascii_only=ascii_only)}{space}:{space}{value}" for name, value in members]
    return f"{{{space}{f'{space},{space}'.join(told)}{space}}}"


VALUES = st.recursive(
    st.sampled_from(["null", "true", "false", "[]", "{}"])
    | NUMBERS
    | st.builds(_text, TEXTS, ascii_only=st.booleans())
    | matrices(),
    lambda inner: lists(inner) | objects(inner),
    max_leaves=12,
)
DOCUMENTS = st.builds("{}{}{}".format, SPACE, VALUES, SPACE).map(str.encode)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """JSON with bytes put in, taken out, doubled or changed, or its end cut off; sometimes still JSON."""
    body = bytearray(draw(DOCUMENTS))
    wounds = b'[ ] { } [] {} , : " \\ \\" "" 1 0 - . e x nul true \xff \xc3 \xed\xa0\x80 \x00 \xef\xbb\xbf'
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 4)))
        kind = draw(st.sampled_from(["put", "put", "cut", "double", "end"]))
        if kind == "put":
            body[start:end] = draw(st.sampled_from([*wounds.split(b" "), b" ", b"\n"]))
        elif kind == "cut":
            del body[start:end]
        elif kind == "double":
            body[start:start] = body[start:end]
        else:
            del body[start:]
    return bytes(body)


def parsed(body: bytes, piece_bytes: int, **limits: int) -> Any:  # noqa: ANN401
    return strict_json.parse(
        body, **{"max_depth": 64, "max_values": MANY, "piece_bytes": piece_bytes, **limits}
    )


def refusal(read: Callable[[], Any]) -> str | None:
    """Tell why a body is refused, or None."""
    try:
        read()
    except SyntaxRefusedError as error:
        return error.detail
    return None


def of_orjson(body: bytes) -> str | None:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        what = error.msg.split(":")[0]
        return f"the body is no JSON: {what} at line {error.lineno}, column {error.colno}"
    return None


def assert_same(found: Any, expected: Any) -> None:  # noqa: ANN401
    """Assert that a value is what orjson gives, or the array of it."""
    if isinstance(found, np.ndarray):
        assert_array(found, expected)
    elif isinstance(found, dict):
        assert list(found) == list(expected)
        for name, value in found.items():
            assert_same(value, expected[name])
    elif isinstance(found, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    else:
        assert type(found) is type(expected)
        assert found == expected


def assert_array(found: np.ndarray, expected: list[Any]) -> None:
    kinds = set(map(type, leaves(expected)))
    fits = all(-(2**63) <= number < 2**63 for number in leaves(expected))

    assert kinds <= {int, float}
    assert found.dtype == (np.int64 if kinds <= {int} and fits else np.float64)
    assert found.shape == np.array(expected, float).shape
    assert leaves(found.tolist()) == [found.dtype.type(number).item() for number in leaves(expected)]


def leaves(value: Any) -> list[Any]:  # noqa: ANN401
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


def depth(document: Any) -> int:  # noqa: ANN401
    return 1 + max(map(depth, document), default=0) if isinstance(document, list) else 0


@given(DOCUMENTS, PIECES)
@settings(max_examples=300)
def test_json_is_read_alike_in_pieces_of_any_size(body: bytes, piece_bytes: int) -> None:
    expected = orjson.loads(body)

    assert strict_json.parse(body, max_depth=64, max_values=1) == expected
    assert_same(parsed(body, piece_bytes), expected)


@given(broken(), PIECES)
@settings(max_examples=600)
def test_what_is_no_json_is_refused_alike_in_pieces_of_any_size(body: bytes, piece_bytes: int) -> None:
    assert refusal(lambda: parsed(body, piece_bytes)) == of_orjson(body)


@given(st.binary(max_size=60), PIECES)
def test_any_bytes_are_json_or_a_syntax_error(body: bytes, piece_bytes: int) -> None:
    assert refusal(lambda: parsed(body, piece_bytes)) == of_orjson(body)


@given(DOCUMENTS, PIECES)
def test_json_is_taken_to_its_depth_and_no_less(body: bytes, piece_bytes: int) -> None:
    deep = depth(every_value(body))

    assert_same(parsed(body, piece_bytes, max_depth=max(deep, 1)), orjson.loads(body))
    if deep > 1:
        with pytest.raises(SyntaxRefusedError, match="nested"):
            parsed(body, piece_bytes, max_depth=deep - 1)


@given(DOCUMENTS)
def test_values_are_counted_and_bounded(body: bytes) -> None:
    number = values(every_value(body))
    try:
        found = parsed(body, 8, max_values=number)
    except TooLargeError:
        # What is empty counts as if it had something in it.
        found = parsed(body, 8, max_values=2 * number + 2)

    assert_same(found, orjson.loads(body))


def every_value(body: bytes) -> Any:  # noqa: ANN401
    """Read objects as lists, so that a name that stands there twice hides no value."""
    return json.loads(body, object_pairs_hook=lambda pairs: [value for _, value in pairs])


def values(document: Any) -> int:  # noqa: ANN401
    return 1 + sum(map(values, document)) if isinstance(document, list) else 1


LARGE = {
    "flat": (b"[" + b"7," * 40_000 + b"8]", np.int64, (40_001,)),
    "rows of one number": (b"[" + b"[1]," * 30_000 + b"[2]]", np.int64, (30_001, 1)),
    "pictures": (b"[%b]" % b",".join([b"[[0,255],[1.5,3]]"] * 9_000), np.float64, (9_000, 2, 2)),
    "long rows": (b"[%b]" % b",".join([b"[%b]" % b",".join([b"12"] * 50_000)] * 3), np.int64, (3, 50_000)),
    "deep": (b"[" * 30 + b"1," * 90_000 + b"1" + b"]" * 30, np.int64, (*(1,) * 29, 90_001)),
    "empty rows": (b"[" + b"[]," * 30_000 + b"[]]", np.int64, (30_001, 0)),
    "beyond 63 bits": (b"[" + b"7," * 40_000 + b"9223372036854775808]", np.float64, (40_001,)),
}


@pytest.mark.parametrize(("body", "dtype", "shape"), LARGE.values(), ids=LARGE)
def test_a_long_list_of_numbers_is_one_array(body: bytes, dtype: type, shape: tuple[int, ...]) -> None:
    found = strict_json.parse(b'{"x": %b}' % body, max_depth=32, max_values=10)["x"]

    assert (found.dtype, found.shape) == (dtype, shape)
    assert np.array_equal(found, np.array(orjson.loads(body), dtype).reshape(shape))


MANY_VALUES = {
    "null": b"[%b]" % b",".join([b"null"] * 20_000),
    "one null": b"[%b, null]" % b",".join([b"1"] * 40_000),
    "empty objects": b"[%b]" % b",".join([b"{}"] * 30_000),
    "empty texts": b"[%b]" % b",".join([b'""'] * 30_000),
    "lists of different lengths": b"[%b, [1, 2]]" % b",".join([b"[1]"] * 30_000),
    "a number among lists": b"[%b, 1]" % b",".join([b"[1]"] * 30_000),
    "members": b"{%b}" % b",".join(b'"%d":1' % number for number in range(20_000)),
    "one name": b"{%b}" % b",".join([b'"a":1'] * 20_000),
    "short lists": b"[%b, {}]" % b",".join([b"[%b]" % b",".join([b"1"] * 50)] * 1_000),
}


@pytest.mark.parametrize("body", MANY_VALUES.values(), ids=MANY_VALUES)
def test_what_is_no_array_is_bounded(body: bytes) -> None:
    with pytest.raises(TooLargeError, match="10000") as refused:
        strict_json.parse(b'{"xyzzy":\n["\xc3\xa9",{"b":%b}]}' % body, max_depth=32, max_values=10_000)

    assert "line 2, column 11" in refused.value.detail
    assert "xyzzy" not in refused.value.detail
    assert_same(strict_json.parse(body, max_depth=32, max_values=100_000), orjson.loads(body))


MISTAKES = {
    "a comma at the end": b"[" + b"1,\n" * 30_000 + b"]",
    "no comma": b"[" + b"1,\n" * 30_000 + b"1 1]",
    "an empty place": b"[" + b"1,\n" * 30_000 + b",1]",
    "another bracket": b'{"\xc3\xa9": [' + b"1," * 60_000 + b"1}]",
    "no end": b'{"a": [' + b"1," * 60_000 + b"1",
    "a text without an end": b'["' + b"\xc3\xa9" * 60_000,
    "after the end": b"[" + b"1," * 60_000 + b"1]\n]",
    "before the beginning": b"xyzzy[" + b"1," * 60_000 + b"1]",
    "NaN among numbers": b"[" + b"1,\n" * 30_000 + b"NaN" + b",1" * 30_000 + b"]",
    "Latin-1": b"[" + b"1," * 60_000 + b'"\xe9", NaN]',
    "a byte order mark": b"\xef\xbb\xbf[" + b"1," * 60_000 + b"1]",
    "UTF-16": ("[" + "1," * 60_000 + "1]").encode("utf-16"),
    "a lone surrogate": b"[" + b"1," * 60_000 + rb'"\ud800"]',
    "a control character": b"[" + b"1," * 60_000 + b'"\x00"]',
    "a number beyond every type": b"[" + b"1," * 60_000 + b"1e999]",
    "nothing but space": b" " * 100_000,
    "a quote that is escaped outside a text": b"[" + b"1," * 60_000 + rb"\", 1]",
}


@pytest.mark.parametrize("body", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_large_body_is_told_by_line_and_column(body: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        strict_json.parse(body, max_depth=32, max_values=MANY)

    assert refused.value.detail == of_orjson(body)

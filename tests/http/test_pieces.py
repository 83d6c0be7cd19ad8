"""The parts of the HTTP edge by themselves, against independent definitions."""

import io
import json
import uuid
from typing import Any, Literal

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from service.errors import InvalidInputError, RequestError, SyntaxRefusedError
from service.http import arrays, forms, queries, strict_json
from service.http.trace import Stopwatch, Trace

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text('[]{}"\\,: a\u00e9', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\ a', max_size=4), inner, max_size=3)
    ),
    max_leaves=20,
)


def depth(document: Any) -> int:  # noqa: ANN401
    if not isinstance(document, list | dict):
        return 0
    inner = document.values() if isinstance(document, dict) else document
    return 1 + max(map(depth, inner), default=0)


@given(JSON, st.booleans())
def test_json_is_taken_to_its_depth_and_no_less(document: object, ascii_only: bool) -> None:  # noqa: FBT001
    body = json.dumps(document, ensure_ascii=ascii_only).encode()
    deep = depth(document)

    assert strict_json.parse(body, max_depth=max(deep, 1)) == document
    if deep > 1:
        with pytest.raises(SyntaxRefusedError, match="nested"):
            strict_json.parse(body, max_depth=deep - 1)


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_a_syntax_error(body: bytes) -> None:
    try:
        found = strict_json.parse(body, max_depth=32)
    except SyntaxRefusedError:
        return

    assert found == json.loads(body)


@given(
    hnp.arrays(
        st.sampled_from(["u1", "<f4", ">f4"]),
        hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4),
    ),
    st.sampled_from("CF"),
)
def test_an_array_comes_back_as_numpy_saved_it(array: np.ndarray, order: Literal["C", "F"]) -> None:
    file = io.BytesIO()
    np.save(file, np.asarray(array, order=order))
    found = arrays.read(file.getvalue(), dtypes=("uint8", "float32"))

    assert found.dtype.isnative
    assert found.flags.c_contiguous
    assert found.shape == array.shape
    assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")


@given(st.binary(max_size=200))
def test_any_header_of_an_array_is_read_or_refused(text: bytes) -> None:
    body = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    try:
        arrays.read(body, dtypes=("uint8",))
    except RequestError:
        return


def test_a_version_2_header_is_read() -> None:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.arange(6, dtype=np.uint8).reshape(2, 3), version=(2, 0))

    assert arrays.read(file.getvalue(), dtypes=("uint8",)).tolist() == [[0, 1, 2], [3, 4, 5]]


@given(st.lists(st.tuples(st.sampled_from(["image", "file", "x"]), st.binary(max_size=50)), max_size=5))
def test_a_form_comes_back_as_it_was_written(parts: list[tuple[str, bytes]]) -> None:
    boundary = "d41d8cd98f00b204"
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in parts
    )
    found = forms.parse(
        body + f"--{boundary}--\r\n".encode(),
        f"multipart/form-data; boundary={boundary}",
        max_parts=5,
        max_headers=3,
    )

    assert [(part.name, bytes(part.data), part.is_file) for part in found] == [
        (*part, True) for part in parts
    ]


@given(st.binary(max_size=300), st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_bytes_are_a_form_or_refused(body: bytes, parameters: str) -> None:
    for content_type in (f"multipart/form-data; {parameters}", "multipart/form-data; boundary=b"):
        try:
            forms.parse(b"--b\r\n" + body, content_type, max_parts=5, max_headers=3)
        except RequestError:
            continue


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
    assert queries.read(_Query, {"query_string": query}) == expected


@pytest.mark.parametrize(
    "query", [b"number=x", b"number=1e999", b"number=" + b"9" * 5000, b"word=\xff", b"number=1.5"]
)
def test_a_query_of_another_type_is_refused(query: bytes) -> None:
    with pytest.raises(InvalidInputError):
        queries.read(_Query, {"query_string": query})


@given(st.binary(max_size=80))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    try:
        queries.read(_Query, {"query_string": query})
    except InvalidInputError:
        return


def test_the_parameters_of_a_query_are_documented() -> None:
    number, word = queries.documented(_Query)

    assert (number["name"], number["in"], number["description"]) == ("number", "query", "A number.")
    assert word["schema"]["default"] is None


@pytest.mark.parametrize(
    ("given_id", "instance"),
    [
        ("my-request", "urn:request-id:my-request"),
        ("0" * 32, f"urn:request-id:{'0' * 32}"),
        ("6f1c2d7e-6a1f-4a6f-8f3c-0d8d7c1e2b3a", "urn:uuid:6f1c2d7e-6a1f-4a6f-8f3c-0d8d7c1e2b3a"),
    ],
)
def test_an_instance_is_a_uuid_only_in_its_canonical_form(given_id: str, instance: str) -> None:
    trace = Trace.begin({"headers": [(b"x-request-id", given_id.encode())]})

    assert trace.instance == instance


def test_a_trace_is_found_again_in_its_request_only() -> None:
    first: dict[str, Any] = {"headers": []}
    second: dict[str, Any] = {"headers": []}
    trace = Trace.begin(first)

    assert Trace.of(first) is trace
    assert Trace.begin(second).request_id != trace.request_id
    assert str(uuid.UUID(trace.request_id)) == trace.request_id


def test_a_stopwatch_times_stages_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each lap asks twice: when it ended, and when that was noted.
    clock = iter([10.0, 10.0, 10.0, 10.5, 10.5, 12.0, 12.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    trace = Trace("id", {}, started=0)
    watch = Stopwatch(trace)
    watch.lap("zero")
    watch.lap("first")
    watch.lap("second")

    assert trace.timing() == b"zero;dur=0.0, first;dur=500.0, second;dur=1500.0"
    assert trace.facts == {"zero_ms": 0.0, "first_ms": 500.0, "second_ms": 1500.0}

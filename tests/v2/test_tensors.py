"""Tensors come through as they were, by NumPy's, struct's and Triton's client's own account of them."""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tritonclient import utils as triton

from service.errors import Fault, InvalidInputError
from service.v2 import tensors

FORMATS = {
    "BOOL": "?",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}
"""The struct module's format of each datatype's element."""

IN_JSON = [name for name in FORMATS if name != "FP16"]
FULL = arrays.array_shapes(max_dims=4, max_side=4)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@st.composite
def numbers(draw: st.DrawFn, datatypes: list[str], **options: Any) -> tuple[str, np.ndarray]:  # noqa: ANN401
    name = draw(st.sampled_from(datatypes))
    dtype = np.dtype(triton.triton_to_np_dtype(name))
    floats = {"elements": arrays.from_dtype(dtype, **options)} if dtype.kind == "f" else {}
    return name, draw(arrays.arrays(dtype, SHAPES, **floats))


@st.composite
def strings(draw: st.DrawFn, elements: st.SearchStrategy[bytes]) -> np.ndarray:
    shape = draw(SHAPES)
    array = np.empty(int(np.prod(shape, dtype=int)), object)
    array[:] = draw(st.lists(elements, min_size=array.size, max_size=array.size))
    return array.reshape(shape)


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


@given(numbers(list(FORMATS)))
def test_numbers_are_read_from_bytes_as_struct_packs_them(given: tuple[str, np.ndarray]) -> None:
    name, array = given
    packed = struct.pack(f"<{array.size}{FORMATS[name]}", *array.ravel().tolist())

    np.testing.assert_array_equal(tensors.from_bytes(packed, name, array.shape, "#"), array)
    assert tensors.datatype(array) == name == triton.np_to_triton_dtype(array.dtype)


@given(numbers(list(FORMATS)))
def test_numbers_survive_bytes_bit_by_bit(given: tuple[str, np.ndarray]) -> None:
    name, array = given
    data = tensors.to_bytes(array)

    assert data == array.tobytes() == tensors.to_bytes(array.astype(array.dtype.newbyteorder(">")))
    assert_same(tensors.from_bytes(memoryview(data), name, array.shape, "#"), array)


@given(numbers(IN_JSON, allow_nan=False, allow_infinity=False), st.booleans())
def test_numbers_survive_json_flat_and_nested(given: tuple[str, np.ndarray], flat: bool) -> None:  # noqa: FBT001
    name, array = given
    written = orjson.dumps(tensors.to_json(array), option=orjson.OPT_SERIALIZE_NUMPY)
    nested = json.dumps(array.tolist()).encode()
    data = orjson.loads(written if flat or array.ndim == 0 else nested)

    assert_same(tensors.from_json(data, name, array.shape, "#"), array)


@pytest.mark.parametrize("name", ["UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"])
def test_whole_numbers_may_be_written_as_floats(name: str) -> None:
    data = [0.0, 1, 127.0, -0.0]

    found = tensors.from_json(data, name, [4], "#")
    assert found.tolist() == [0, 1, 127, 0]
    assert tensors.datatype(found) == name
    assert tensors.from_json([[0.0, 1.0], [127.0, 0]], name, [2, 2], "#").tolist() == [[0, 1], [127, 0]]


@given(
    st.one_of(
        arrays.arrays(np.int64, FULL, elements=st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 300)),
        arrays.arrays(np.float64, FULL, elements=st.floats(allow_nan=False, allow_infinity=False)),
    ),
    st.sampled_from([*FORMATS, "BYTES"]),
    st.booleans(),
)
def test_an_array_is_taken_as_the_lists_that_it_was_in_json(
    array: np.ndarray,
    name: str,
    flat: bool,  # noqa: FBT001
) -> None:
    given = array.ravel() if flat else array

    found, expected = (
        outcome(lambda data=data: tensors.from_json(data, name, array.shape, "#"))
        for data in (given, given.tolist())
    )
    assert isinstance(found, np.ndarray) == isinstance(expected, np.ndarray)
    if isinstance(found, np.ndarray):
        assert_same(found, expected)
    else:
        assert found == expected


def outcome(read: Callable[[], np.ndarray]) -> np.ndarray | tuple[Fault, ...]:
    """Give what is read, or what is wrong with it."""
    try:
        return read()
    except InvalidInputError as refusal:
        return refusal.faults


@given(strings(st.binary(max_size=8)))
def test_byte_strings_are_those_of_tritons_serializer(array: np.ndarray) -> None:
    serialized = triton.serialize_byte_tensor(array)
    expected = serialized.item() if serialized.size else b""

    assert tensors.to_bytes(array) == expected
    found = tensors.from_bytes(expected, "BYTES", array.shape, "#")
    assert found.shape == array.shape
    assert list(found.flat) == list(array.flat) == list(triton.deserialize_bytes_tensor(expected))
    assert tensors.datatype(array) == "BYTES"


@given(strings(st.text(max_size=8).map(str.encode)))
def test_texts_survive_json(array: np.ndarray) -> None:
    data = orjson.loads(orjson.dumps(tensors.to_json(array)))
    found = tensors.from_json(data, "BYTES", array.shape, "#")

    assert found.shape == array.shape
    assert list(found.flat) == list(array.flat)


@given(data=st.binary(max_size=40), name=st.sampled_from([*FORMATS, "BYTES"]), shape=SHAPES)
def test_any_bytes_are_read_or_refused(data: bytes, name: str, shape: tuple[int, ...]) -> None:
    try:
        found = tensors.from_bytes(data, name, shape, "#")
    except InvalidInputError:
        return
    assert found.shape == shape
    assert tensors.to_bytes(found) == data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=2),
    max_leaves=8,
)


@given(data=JSON, name=st.sampled_from([*FORMATS, "BYTES", "BF16", "uint8"]), shape=SHAPES)
def test_any_json_is_read_or_refused(data: Any, name: str, shape: tuple[int, ...]) -> None:  # noqa: ANN401
    try:
        found = tensors.from_json(data, name, shape, "#")
    except InvalidInputError:
        return
    assert found.shape == shape
    assert name in {*FORMATS, "BYTES"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("UINT8", [256]),
        ("UINT8", [-1]),
        ("UINT8", [True]),
        ("UINT8", [1.5]),
        ("UINT8", [256.0]),
        ("UINT8", [-1.0]),
        ("INT64", [1, 2.5]),
        ("INT64", [2.0**63]),
        ("UINT64", [2.0**64]),
        ("UINT8", ["1"]),
        ("UINT8", [None]),
        ("UINT8", [{}]),
        ("INT8", [-129]),
        ("INT32", [2**31]),
        ("INT64", [2**63]),
        ("UINT64", [-1]),
        ("FP32", [1e39]),
        ("FP32", [True]),
        ("FP16", [1.0]),
        ("BOOL", [1]),
        ("BYTES", [1]),
        ("BF16", [1.0]),
        ("uint8", [1]),
        ("", [1]),
    ],
)
def test_json_that_is_not_of_its_datatype_is_refused(name: str, data: list[Any]) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        tensors.from_json(data, name, (1,), "#/inputs/0")

    assert refusal.value.faults[0].pointer in {"#/inputs/0/data", "#/inputs/0/datatype"}


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        ([1, 2, 3], (4,)),
        ([[1, 2], [3]], (2, 2)),
        ([[1, 2], 3, 4], (2, 2)),
        ([[1, 2, 3, 4]], (2, 2)),
        ([[1], [2], [3], [4]], (2, 2)),
        ([[[1, 2], [3, 4]]], (2, 2)),
        ([], (1,)),
        ([[]], ()),
        (1, (1,)),
        ("1234", (4,)),
        (None, (1,)),
        ([1, 2], (2**62, 2**62)),
        ([1], (2**63,)),
        ([], (0, 2**62)),
        ([1], (-1,)),
        ([1], (-1, -1)),
        ([1], (1,) * 9),
    ],
)
def test_json_that_has_not_its_shape_is_refused(data: Any, shape: tuple[int, ...]) -> None:  # noqa: ANN401
    with pytest.raises(InvalidInputError):
        tensors.from_json(data, "UINT8", shape, "#")


@pytest.mark.parametrize(
    ("name", "data", "shape"),
    [
        ("UINT8", b"12", (3,)),
        ("UINT8", b"1234", (3,)),
        ("UINT8", b"", (2**63,)),
        ("UINT8", b"", (0, 2**40)),
        ("UINT8", b"1", (-1,)),
        ("FP32", b"123", (1,)),
        ("FP64", b"1234", (1,)),
        ("BOOL", b"\x02", (1,)),
        ("BYTES", b"", (1,)),
        ("BYTES", b"\x01\0\0", (1,)),
        ("BYTES", b"\x01\0\0\0", (1,)),
        ("BYTES", b"\xff\xff\xff\xffa", (1,)),
        ("BYTES", b"\x01\0\0\0ab", (1,)),
        ("BYTES", b"\x01\0\0\0a", (0,)),
        ("BYTES", b"\x01\0\0\0a", (2,)),
        ("BYTES", b"\0\0\0\0" * 3, (2**31,)),
        ("BF16", b"12", (1,)),
    ],
)
def test_bytes_that_are_not_the_tensor_are_refused(name: str, data: bytes, shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError):
        tensors.from_bytes(data, name, shape, "#")

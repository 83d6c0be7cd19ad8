"""Arrays whose header lies, whose dtype is not taken or whose shape is no picture's are refused."""

import io
import pickle
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

AssertProblem = Callable[..., dict[str, Any]]
Predict = Callable[..., Any]
Npy = Callable[[np.ndarray], bytes]
ARRAY = "application/x-npy"


def forged(
    shape: str = "(2, 2)",
    *,
    descr: str = "'|u1'",
    order: str = "False",
    data: bytes = bytes(4),
    text: str | None = None,
    version: tuple[int, int] = (1, 0),
) -> bytes:
    """Write a ``.npy`` file with any header."""
    if text is None:
        text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text.encode("latin-1") + data


DAMAGED = {
    "huge": forged(f"({2**40}, {2**40})"),
    "3.6 TiB": forged("(1000000, 1000000, 4)"),
    "overflow to 4": forged(f"({2**62 + 1}, 4)"),
    "400 digits": forged(f"({'9' * 400}, )"),
    "negative": forged("(-2, -2)"),
    "one negative": forged("(-1, 4)"),
    "nothing times huge": forged(f"(0, {2**70})", data=b""),
    "too short": forged(data=bytes(3)),
    "too long": forged(data=bytes(5)),
    "no data": forged(data=b""),
    "bool in shape": forged("(True, 4)"),
    "float in shape": forged("(2.0, 2)"),
    "text in shape": forged("('2', 2)"),
    "shape is a list": forged("[2, 2]"),
    "shape is a number": forged("4"),
    "Python 2": forged("(2L, 2L)"),
    "order is a number": forged(order="1"),
    "empty": forged(text=""),
    "no dict": forged(text="[1]"),
    "a set": forged(text="{'descr', 'fortran_order', 'shape'}"),
    "missing key": forged(text="{'descr': '|u1', 'shape': (2, 2)}"),
    "extra key": forged(text="{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), 'xyzzy': 1}"),
    "open bracket": forged(text="{'descr': ("),
    "open brackets": forged(text="(" * 900),
    "code": forged(text="__import__('os').system('xyzzy')"),
    "indented": forged(text="  {\n 1:\n  2"),
    "NUL": forged(text="\0\0"),
    "Latin-1": forged(text="\xff\xfe"),
    "unhashable": forged(text="{[]: 1}"),
    "long header": forged(text=" " * 60_000),
    "no UTF-8": forged(text="\xff\xfe", version=(3, 0)),
    "header beyond the file": b"\x93NUMPY\x01\x00\xff\xff{}",
    "header length of 4 GiB": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
    "cut in the length": b"\x93NUMPY\x01\x00v",
}

NOT_TAKEN = {
    "object": forged(descr="'|O'"),
    "V of 2 GB": forged(descr="'|V2000000000'"),
    "V0": forged(descr="'|V0'"),
    "text": forged(descr="'<U1'"),
    "bytes": forged(descr="'|S4'", shape="(1,)"),
    "old alias": forged(descr="'a4'"),
    "float128": forged(descr="'<f16'", data=bytes(64)),
    "negative": forged(descr="'|i1'", data=b"\0\0\0\xff"),
    "256": forged(descr="'<u2'", data=bytes(7) + b"\1"),
    "2^63": forged(descr="'<u8'", data=bytes(31) + b"\x80"),
    "complex": forged(descr="'<c8'", data=bytes(32)),
    "time": forged(descr="'<M8[ns]'", data=bytes(32)),
    "structured": forged(descr="[('a', '|u1')]"),
    "subarray": forged(descr="('|u1', (2, 2))", shape="(1,)"),
    "list of types": forged(descr="'u1,u1'"),
    "none": forged(descr="None"),
    "dict": forged(descr="{}"),
    "a megabyte of dimensions": forged(f"({'1,' * 400})", data=b"x"),
    "65 dimensions": forged(f"({'1,' * 65})", data=b"x"),
    "format version 4": forged(version=(4, 0)),
    "format version 1.1": forged(version=(1, 1)),
    "format version 255": forged(version=(255, 255)),
    "no dimension": forged("()", data=b"x"),
    "one dimension": forged("(4,)"),
    "five dimensions": forged("(1, 1, 1, 2, 2)"),
    "four channels": forged("(1, 1, 4)"),
    "no pixel": forged("(0, 28)", data=b""),
    "no picture": forged("(0, 28, 28)", data=b""),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_array_is_a_syntax_error(
    body: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(body, ARRAY), 400, kind="malformed-body")


@pytest.mark.parametrize("body", NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_an_array_of_another_kind_is_refused(
    body: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(body, ARRAY), 422, kind="invalid-input")


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.zeros((28, 28), np.complex64), "complex numbers"),
        (np.zeros((28, 28), "U1"), "texts"),
        (np.zeros((28, 28), "M8[s]"), "dates"),
        (np.zeros((28, 28), [("level", "u1")]), "a dtype that is not taken"),
        (np.full((28, 28), 255.0), "divide by 255"),
        (np.full((28, 28), 65_535, np.uint16), "divide those of 16 bits by 257"),
    ],
)
def test_what_an_array_holds_is_told_and_what_to_send(
    array: np.ndarray, what: str, npy: Npy, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert what in assert_problem(predict(npy(array), ARRAY), 422)["detail"]


def test_a_lying_header_takes_no_memory(predict: Predict) -> None:
    predict(DAMAGED["huge"], ARRAY)
    tracemalloc.start()
    for body in (*DAMAGED.values(), *NOT_TAKEN.values()):
        predict(body, ARRAY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 20 * 2**20


def test_pickles_and_archives_are_no_arrays(predict: Predict, assert_problem: AssertProblem) -> None:
    archive = io.BytesIO()
    np.savez(archive, image=np.zeros((28, 28), np.uint8))
    objects = io.BytesIO()
    np.save(objects, np.array([{"xyzzy": 1}], dtype=object), allow_pickle=True)

    assert_problem(predict(archive.getvalue(), ARRAY), 415)
    assert_problem(predict(pickle.dumps([1]), ARRAY), 415)
    assert_problem(predict(b"\x93NUMP", ARRAY), 415)
    assert_problem(predict(objects.getvalue(), ARRAY), 422)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e-6, 1.001, 255.0, -0.5])
def test_floats_are_from_0_to_1(
    value: float, npy: Npy, predict: Predict, assert_problem: AssertProblem
) -> None:
    for dtype in (np.float16, np.float32, np.float64):
        array = np.zeros((28, 28), dtype)
        array[3, 5] = value

        assert assert_problem(predict(npy(array), ARRAY), 422)["errors"][0]["pointer"] == "#"


@pytest.mark.parametrize("shape", [(28, 28, 2), (28, 28, 4), (3, 27, 28), (3, 27, 28, 1), (1, 1, 28, 28)])
def test_a_shape_is_a_pictures_or_that_of_ready_images(
    shape: tuple[int, ...], npy: Npy, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(npy(np.zeros(shape, np.uint8)), ARRAY), 422)


def test_too_many_ready_images_or_too_large_a_picture_is_refused(
    npy: Npy, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(npy(np.zeros((10_241, 28, 28), np.uint8)), ARRAY), 413)
    assert_problem(predict(npy(np.zeros((8_193, 2), np.uint8)), ARRAY), 413)
    assert_problem(predict(npy(np.zeros((2, 8_193, 3), np.uint8)), ARRAY), 413)


def test_every_cut_and_every_changed_byte_of_a_header_is_answered(npy: Npy, predict: Predict) -> None:
    whole = npy(np.zeros((4, 4), np.uint8))
    random = np.random.default_rng(0)
    bodies = [whole[:length] for length in range(1, len(whole), 7)]
    for position in range(128):
        changed = bytearray(whole)
        changed[position] = random.integers(256)
        bodies.append(bytes(changed))

    assert {predict(body, ARRAY).status_code for body in bodies} <= {200, 400, 415, 422}

"""JSON, arrays and forms, read back against independent definitions."""

import io
from typing import Literal

import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp

from service.codecs import multipart, npy
from service.errors import RequestError


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
    found = npy.read(file.getvalue())

    assert found.dtype.isnative
    assert found.flags.c_contiguous
    assert found.shape == array.shape
    assert np.array_equal(found, array, equal_nan=array.dtype.kind == "f")


@given(st.binary(max_size=200))
def test_any_header_of_an_array_is_read_or_refused(text: bytes) -> None:
    body = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    try:
        npy.read(body)
    except RequestError:
        return


def test_a_version_2_header_is_read() -> None:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.arange(6, dtype=np.uint8).reshape(2, 3), version=(2, 0))

    assert npy.read(file.getvalue()).tolist() == [[0, 1, 2], [3, 4, 5]]


@given(st.lists(st.tuples(st.sampled_from(["image", "file", "x"]), st.binary(max_size=50)), max_size=5))
def test_a_form_comes_back_as_it_was_written(parts: list[tuple[str, bytes]]) -> None:
    boundary = "d41d8cd98f00b204"
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in parts
    )
    found = multipart.parse(
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
            multipart.parse(b"--b\r\n" + body, content_type, max_parts=5, max_headers=3)
        except RequestError:
            continue

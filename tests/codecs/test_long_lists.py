"""Whoever reads JSON takes the arrays that long lists become, and refuses them where none belong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.architecture.vocabulary import Architecture
from service.codecs import json as documents
from service.codecs import pictures as payloads
from service.errors import Fault, InvalidInputError, RequestError
from service.operations import OPERATIONS
from service.settings import Limits
from service.v2 import documents as inference_documents

LONG = np.arange(1_000)
INPUT = {"type": "Input", "shape": [28, 28, 1]}


def outcome(read: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Give what comes out, or what is wrong."""
    try:
        found = read()
    except RequestError as error:
        return type(error), error.detail, error.faults
    return found


def pixels(value: Any) -> Any:  # noqa: ANN401
    limits = payloads.PixelLimits(10**6, 999)
    found = outcome(lambda: payloads._of_json({"pixels": value}, Limits(), limits, (28, 28)))
    return (found.stack.dtype, found.stack.tolist()) if hasattr(found, "stack") else found


@given(
    arrays.arrays(
        np.int64, arrays.array_shapes(max_dims=4, max_side=4, min_side=0), elements=st.integers(0, 255)
    )
    | arrays.arrays(np.int64, (2, 3), elements=st.integers(-1, 256))
    | arrays.arrays(np.int64, (2, 28, 28), elements=st.integers(0, 255), fill=st.just(7))
    | arrays.arrays(np.float64, (2, 3), elements=st.integers(0, 255))
)
def test_pixels_are_taken_as_lists_or_as_an_array(array: np.ndarray) -> None:
    assert pixels(array) == pixels(array.tolist())


@pytest.mark.parametrize("odd", [[LONG, None], [[LONG, "1"]], [LONG, [1]], {"0": LONG}], ids=repr)
def test_pixels_that_are_only_partly_an_array_are_refused(odd: Any) -> None:  # noqa: ANN401
    kind, _, faults = pixels(odd)

    assert kind is InvalidInputError
    assert [fault.pointer for fault in faults] == ["#/pixels"]


def refused(document: Any, kind: Any) -> list[Fault]:  # noqa: ANN401
    with pytest.raises(InvalidInputError) as refusal:
        documents.validated(document, kind)
    return list(refusal.value.faults)


@pytest.mark.parametrize("long", [LONG, LONG[None], LONG.reshape(2, 500), LONG / 2], ids=str)
@pytest.mark.parametrize("name", ["convolve", "pool"])
def test_no_parameter_but_kernel_and_the_like_is_a_long_list(name: str, long: np.ndarray) -> None:
    parameters = OPERATIONS[name].parameters
    for field, about in parameters.model_fields.items():
        if field not in {"kernel", "coefficient", "bias"}:
            known = about.alias or field
            faults = refused(
                {"kernel": [[1]], known: long} if name == "convolve" else {known: long}, parameters
            )

            assert [fault.pointer for fault in faults] == [f"#/{known}"]
            assert "expected" in faults[0].detail
            assert "array" not in faults[0].detail


@pytest.mark.parametrize("field", ["bias", "coefficient", "kernel"])
def test_kernel_and_the_like_may_be_long_lists(field: str) -> None:
    given = {"kernel": [[1]], field: LONG} if field != "coefficient" else {field: LONG}
    kind = OPERATIONS["pool" if field == "coefficient" else "convolve"].parameters

    assert np.array_equal(getattr(documents.validated(given, kind), field), LONG)


@pytest.mark.parametrize("axes", [1, 2])
def test_cells_to_explain_may_be_a_long_list(axes: int) -> None:
    cells = LONG.reshape(-1, axes)
    found = documents.validated({"kernel": [[1]], "explain": cells}, OPERATIONS["convolve"].parameters)

    assert found.explain == tuple(map(tuple, cells.tolist()))
    assert refused({"kernel": [[1]], "explain": cells / 1}, OPERATIONS["convolve"].parameters)
    assert refused({"kernel": [[1]], "explain": cells.reshape(-1, 4)}, OPERATIONS["convolve"].parameters)
    (fault,) = refused(
        {"kernel": [[1]], "explain": np.zeros((100_000, axes), int)}, OPERATIONS["convolve"].parameters
    )
    assert "at most 65536" in fault.detail


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (LONG, "#"),
        ({"layers": LONG}, "#/layers"),
        ({"layers": LONG.reshape(2, -1)}, "#/layers"),
        ({"layers": [{"type": "Input", "shape": LONG}, {"type": "Flatten"}]}, "#/layers/0/shape"),
        ({"layers": [INPUT, {"type": LONG}]}, "#/layers/1"),
        (
            {"layers": [INPUT, {"type": "Conv2D", "filters": 1, "kernel_size": LONG}]},
            "#/layers/1/kernel_size",
        ),
        ({"layers": [INPUT, {"type": "Dense", "units": 1, "name": LONG}]}, "#/layers/1/name"),
        ({"layers": [INPUT, {"type": "Flatten"}], "batch": LONG}, "#/batch"),
    ],
)
def test_an_architecture_has_no_long_lists(document: Any, pointer: str) -> None:  # noqa: ANN401
    assert {fault.pointer for fault in refused(document, Architecture)} == {pointer}


@pytest.mark.parametrize("field", ["name", "shape", "datatype", "parameters"])
def test_of_a_tensor_only_the_data_is_a_long_list(field: str) -> None:
    tensor = {"name": "image", "shape": [1_000], "datatype": "INT64", "data": LONG}

    assert inference_documents.validated({"inputs": [tensor]}, most=1).inputs[0].data is LONG
    with pytest.raises(InvalidInputError) as refusal:
        inference_documents.validated({"inputs": [{**tensor, field: LONG}]}, most=1)
    assert refusal.value.faults == (Fault(f"#/inputs/0/{field}", "expected no list of so many numbers"),)


def test_a_thousand_axes_that_are_none_are_one_fault() -> None:
    (fault,) = refused(
        {"layers": [{"type": "Input", "shape": [None] * 1_000}, {"type": "Flatten"}]}, Architecture
    )

    assert fault == Fault("#/layers/0/shape", "expected at most 3 items")


def test_ten_thousand_faults_are_counted_and_not_told() -> None:
    (fault,) = refused({f"xyzzy{index}": 1 for index in range(9_999)}, OPERATIONS["convolve"].parameters)

    assert fault.pointer == "#"
    assert "10000" in fault.detail

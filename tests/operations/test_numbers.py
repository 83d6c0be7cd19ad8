"""Numbers in bulk: everything that is not one is refused, at its place."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from service.errors import InvalidInputError
from service.operations import numbers


@given(
    array=arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=1, max_dims=4, max_side=4),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_lists_and_arrays_are_taken_alike_to_the_last_bit(array: np.ndarray) -> None:
    assert np.array_equal(array, numbers.array_of(array.tolist(), "#"))
    assert np.array_equal(array, numbers.array_of(array.astype(np.float64), "#"))


@given(array=arrays.arrays(np.int64, arrays.array_shapes(max_dims=4, max_side=4)))
def test_whole_numbers_are_taken_alike_to_the_last_bit(array: np.ndarray) -> None:
    assert np.array_equal(numbers.array_of(array, "#"), numbers.array_of(array.tolist(), "#"))


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ([], "#/x"),
        ([[], []], "#/x"),
        (3, "#/x"),
        (None, "#/x"),
        ("12", "#/x"),
        ({"0": 1}, "#/x"),
        ([1, "2"], "#/x/1"),
        ([[1, 2], [3, True]], "#/x/1/1"),
        ([[1, 2], [None, 3]], "#/x/1/0"),
        ([[1, 2], [3]], "#/x/1"),
        ([[1, 2], 3], "#/x/1"),
        ([1, [2]], "#/x/1"),
        ([[[[[1]]]]], "#/x"),
        ([np.ones(3), None], "#/x/1"),
        ([None, np.ones(3)], "#/x/0"),
        ([[np.ones(3)], [[1, 1, "1"]]], "#/x/1/0"),
        ([1e39], "#/x"),
        (np.array([np.nan]), "#/x"),
        (np.array([1, -np.inf]), "#/x"),
        (np.array(1.0), "#/x"),
        (np.zeros((2, 0)), "#/x"),
        (np.zeros((1,) * 5), "#/x"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_at_its_place(value: Any, pointer: str) -> None:  # noqa: ANN401
    with pytest.raises(InvalidInputError) as refused:
        numbers.array_of(value, "#/x")

    assert [fault.pointer for fault in refused.value.faults] == [pointer]

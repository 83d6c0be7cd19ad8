"""The formula of output sizes against counting."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.operations.windows import Axis

axes = st.builds(
    Axis,
    st.just("width"),
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 5),
    st.integers(0, 9),
    st.integers(0, 9),
    st.booleans(),
)


@given(axis=axes)
@settings(max_examples=2000)
def test_as_many_windows_as_fit_when_they_are_counted(axis: Axis) -> None:
    end = axis.size + axis.after
    count, start = 0, -axis.before
    while start + axis.extent <= end and not (axis.ceil and start >= axis.size):
        count, start = count + 1, start + axis.stride
    # A last window may hang over when the one before left cells over and it starts on the input.
    left_over = start - axis.stride + axis.extent < end
    hangs_over = axis.ceil and left_over and start < axis.size

    assert axis.output == count + bool(hangs_over)


@given(axis=axes)
@settings(max_examples=500)
def test_a_window_is_empty_exactly_when_none_of_its_taps_is_on_the_input(axis: Axis) -> None:
    if max(axis.before, axis.after) >= axis.extent:
        return
    taps = [
        [start * axis.stride - axis.before + tap * axis.dilation for tap in range(axis.kernel)]
        for start in range(axis.output)
    ]

    assert axis.has_empty_window == any(not any(0 <= at < axis.size for at in window) for window in taps)


@pytest.mark.parametrize(
    ("size", "kernel", "padding", "stride", "expected"),
    [
        (5, 3, 0, 1, 3),
        (5, 3, 1, 1, 5),
        (5, 3, 1, 2, 3),
        (28, 5, 2, 1, 28),
        (28, 2, 0, 2, 14),
        (14, 5, 0, 1, 10),
        (512, 5, 2, 1, 512),
        (6, 3, 1, 2, 3),
        (7, 2, 0, 2, 3),
    ],
)
def test_the_lectures_sizes(size: int, kernel: int, padding: int, stride: int, expected: int) -> None:
    axis = Axis("width", size, kernel, stride, before=padding, after=padding)

    assert axis.output == expected


def test_the_formula_is_told_with_its_numbers() -> None:
    told = Axis("height", 6, 3, stride=2, before=1, after=1).told()

    assert told == {
        "axis": "height",
        "size": 3,
        "formula": "floor((6 + 1 + 1 - (1 * (3 - 1) + 1)) / 2) + 1 = floor(2.5) + 1 = 3",
        "unused": 1,
    }


def test_a_window_that_would_start_outside_is_told() -> None:
    told = Axis("height", 2, 1, stride=3, after=2, ceil=True).told()

    assert told["size"] == 1
    assert told["formula"].endswith("ceil(1) + 1 = 2, but only 1 start inside")

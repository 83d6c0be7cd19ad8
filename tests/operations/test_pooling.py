"""Pooling against its definition as loops."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidInputError
from service.operations.execution import Answer

Run = Callable[..., Answer]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Even windows, strides beyond them, sides of their own, windows that hang over, one row."""
    operation = draw(st.sampled_from(["max", "average", "lp"]))
    size = [draw(st.integers(1, 4)) for _ in range(2)]
    dilation = [draw(st.integers(1, 3)) for _ in range(2)]
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    sides = [[draw(st.integers(0, extent - 1)) for _ in range(2)] for extent in extents]
    shape = [extent + draw(st.integers(0, 6)) for extent in extents]
    seed = draw(st.integers(0, 2**32 - 1))
    case: dict[str, Any] = {
        "input": np.random.default_rng(seed)
        .integers(-9, 10, (draw(st.integers(1, 3)), *shape))
        .astype(np.float32),
        "operation": operation,
        "kernel_size": size,
        "stride": [draw(st.integers(1, 5)) for _ in range(2)],
        "padding": sides,
        "dilation": dilation,
        "ceil_mode": draw(st.booleans()),
    }
    if operation == "max":
        case["return_indices"] = True
    if operation == "average":
        case["count_include_pad"] = draw(st.booleans())
        case |= draw(st.sampled_from([{}, {"divisor": 1}, {"divisor": 7}]))
    if operation == "lp":
        case["p"] = draw(st.integers(1, 4))
    return case


def windows(case: dict[str, Any], axis: int) -> list[list[int]]:
    """The places of each window's taps along an axis; 0 is the first cell of the input."""
    n, k, s = case["input"].shape[axis + 1], case["kernel_size"][axis], case["stride"][axis]
    d, (before, after) = case["dilation"][axis], case["padding"][axis]
    found = []
    start = -before
    while start < n if case["ceil_mode"] else start + d * (k - 1) < n + after:
        found.append([start + tap * d for tap in range(k)])
        if start + d * (k - 1) >= n + after - 1:
            break
        start += s
    return found


def defined(case: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The pooled numbers and the places of maxima."""
    x = case["input"].astype(np.float64)
    rows, columns = windows(case, 0), windows(case, 1)
    pooled = np.zeros((len(x), len(rows), len(columns)))
    places = np.zeros((*pooled.shape, 2), int)
    (_, below), (_, beside) = case["padding"]
    for channel, row, column in np.ndindex(*pooled.shape):
        cells = [(i, j) for i in rows[row] for j in columns[column]]
        inside = [(i, j) for i, j in cells if 0 <= i < x.shape[1] and 0 <= j < x.shape[2]]
        values = [x[channel, i, j] for i, j in inside]
        index = channel, row, column
        if case["operation"] == "max":
            pooled[index] = max(values)
            places[index] = inside[values.index(max(values))]
        elif case["operation"] == "average":
            padded = [(i, j) for i, j in cells if i < x.shape[1] + below and j < x.shape[2] + beside]
            count = len(padded if case["count_include_pad"] else inside)
            pooled[index] = sum(values) / case.get("divisor", count)
        else:
            pooled[index] = sum(abs(value) ** case["p"] for value in values) ** (1 / case["p"])
    return pooled, places


@given(case=cases())
def test_any_pooling_is_what_its_definition_says(run: Run, case: dict[str, Any]) -> None:
    expected, places = defined(case)
    numbers = case.pop("input")
    answer = run("pool", numbers, **case)

    assert answer.output.shape == expected.shape
    assert np.allclose(answer.output, expected, rtol=1e-5, atol=1e-5)
    assert "return_indices" not in case or np.array_equal(answer.extras["indices"], places)


def test_a_window_that_dilation_leaves_without_a_cell_is_refused(run: Run) -> None:
    with pytest.raises(InvalidInputError, match="no cell"):
        run("pool", [[1.0]], kernel_size=2, dilation=3, padding=2)


@pytest.mark.parametrize(("operation", "expected"), [("max", [7, 3]), ("average", [3.5, 1.5])])
def test_a_global_window_is_as_large_as_the_input(run: Run, operation: str, expected: list[float]) -> None:
    x = np.stack([np.arange(8).reshape(2, 4), np.arange(8).reshape(2, 4) % 4])
    answer = run("pool", x, operation=operation, **{"global": True})

    assert answer.output.tolist() == [[[value]] for value in expected]


def test_a_global_average_of_a_large_picture_is_precise(run: Run) -> None:
    x = np.random.default_rng(0).integers(0, 256, (1024, 1024)).astype(np.float32)

    assert run("pool", x, operation="average", **{"global": True}).output[0, 0] == pytest.approx(
        x.mean(), rel=1e-5
    )


@pytest.mark.parametrize("output", [(1, 1), (3, 4), (5, 7), (9, 10)])
def test_an_adaptive_average_is_what_keras_calls_so(run: Run, output: tuple[int, int]) -> None:
    from keras import ops

    x = np.random.default_rng(2).integers(-9, 10, (2, 9, 10)).astype(np.float32)
    expected = np.asarray(ops.adaptive_average_pool(x[None], output, data_format="channels_first"))[0]

    assert np.allclose(
        expected, run("pool", x, operation="average", output_size=list(output)).output, atol=1e-6
    )


@given(
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    outputs=st.tuples(st.integers(1, 15), st.integers(1, 15)),
)
def test_adaptive_windows_have_the_first_maximum_of_their_cells(
    run: Run, sizes: tuple[int, int], outputs: tuple[int, int]
) -> None:
    x = np.random.default_rng(sum(sizes)).integers(-3, 4, sizes)
    answer = run("pool", x, output_size=list(outputs), return_indices=True)

    for cell in np.ndindex(*outputs):
        rows, columns = (
            range(at * n // o, math.ceil((at + 1) * n / o))
            for at, n, o in zip(cell, sizes, outputs, strict=True)
        )
        places = [(row, column) for row in rows for column in columns]
        first = max(places, key=lambda place: x[place])
        assert tuple(answer.extras["indices"][cell]) == first
        assert answer.output[cell] == x[first]


@pytest.mark.parametrize(
    ("number", "p", "expected"),
    [(0.1, 64, 0.1022), (1e-3, 16, 0.00109), (1e-30, 2, 2e-30), (255, 16, 278.08), (1e-38, 64, 1.022e-38)],
)
def test_an_lp_norm_is_right_wherever_it_fits_into_float32(
    run: Run, number: float, p: int, expected: float
) -> None:
    # Beside numbers of another size: each window has its own.
    x = np.array([[number, number, 1e30, 1e30], [number, -number, 0, 0]])
    output = run("pool", x, operation="lp", p=p).output[0]

    assert output[0] == pytest.approx(expected, rel=3e-3, abs=0)
    assert output[1] == pytest.approx(1e30 * 2 ** (1 / p), rel=1e-6)


@pytest.mark.parametrize("parameters", [{}, {"padding": 1, "kernel_size": 3}, {"global": True}])
def test_an_average_is_right_wherever_it_fits_into_float32(run: Run, parameters: dict[str, Any]) -> None:
    largest = float(np.finfo(np.float32).max)

    for number in (3e38, -3e38, largest):
        output = run("pool", np.full((6, 6), number), operation="average", **parameters).output
        assert output == pytest.approx(np.full(output.shape, number), rel=1e-6)


def test_what_a_small_divisor_makes_of_a_sum_is_refused_beyond_float32(run: Run) -> None:
    x = np.full((2, 2), 3e38)

    assert run("pool", x, operation="average", divisor=4).output[0, 0] == pytest.approx(3e38)
    with pytest.raises(InvalidInputError, match="beyond float32"):
        run("pool", x, operation="average", divisor=3)


def test_whole_sums_are_exact(run: Run) -> None:
    x = np.random.default_rng(8).integers(0, 256, (40, 40))
    output = run("pool", x, operation="average", divisor=1, kernel_size=[20, 40]).output

    assert output.ravel().tolist() == [x[:20].sum(), x[20:].sum()]


def test_defaults_that_are_spelled_out_are_no_conflict(run: Run) -> None:
    defaults = {
        "kernel_size": 2,
        "stride": None,
        "padding": "valid",
        "dilation": 1,
        "ceil_mode": False,
        "output_size": None,
        "divisor": None,
        "p": 2,
    }

    assert run("pool", [[1, 2], [3, 4]], **defaults, **{"global": True}).output.tolist() == [[4]]


def test_lenets_subsampling_has_a_coefficient_and_a_bias_for_each_map(run: Run) -> None:
    x = np.arange(32).reshape(2, 4, 4)
    answer = run("pool", x, operation="average", coefficient=[2, 3], bias=[1, -1], activation="lenet_tanh")
    means = x.reshape(2, 2, 2, 2, 2).mean(axis=(2, 4))
    linear = means * np.array([2, 3])[:, None, None] + np.array([1, -1])[:, None, None]

    assert np.allclose(1.7159 * np.tanh(2 / 3 * linear), answer.output, atol=1e-6)
    assert answer.facts["parameters"] == 4


@pytest.mark.parametrize(
    "windows",
    [
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        {"kernel_size": 2, "dilation": 2},
        {"output_size": [3, 3]},
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["max", "average", "lp"])
def test_each_explained_cell_is_the_output(run: Run, operation: str, windows: dict[str, Any]) -> None:
    x = np.random.default_rng(5).integers(-9, 10, (2, 5, 4))
    answer = run("pool", x, operation=operation, explain=True, **windows)

    cells = answer.extras["explanation"]["cells"]
    assert len(cells) == answer.output.size
    for cell in cells:
        assert cell["pooled"] == pytest.approx(answer.output[(cell["map"], *cell["position"])], rel=1e-6)


def test_a_signal_has_indices_along_its_one_axis(run: Run) -> None:
    answer = run("pool", [3, 1, 2, 5, 5, 4], kernel_size=3, return_indices=True, explain=[[1]])

    assert answer.output.tolist() == [3, 5]
    assert answer.extras["indices"].tolist() == [[0], [3]]
    assert answer.extras["explanation"]["cells"][0]["winner"] == [3]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"p": 3}, "p"),
        ({"divisor": 2}, "divisor"),
        ({"output_size": 2, "stride": 3}, "stride"),
        ({"output_size": 2, "global": True}, "output_size"),
        ({"output_size": [1, 2, 3]}, "output_size"),
        ({"output_size": 0}, "output_size"),
        ({"operation": "lp", "return_indices": True}, "return_indices"),
        ({"count_include_pad": True}, "count_include_pad"),
        ({"global": True, "kernel_size": 3}, "kernel_size"),
        ({"padding_mode": "reflect"}, "padding_mode"),
        ({"padding": "full"}, "padding"),
        ({"padding": 2}, "padding"),
        ({"coefficient": [1, 2]}, "coefficient"),
        ({"kernel_size": 6}, "kernel_size"),
    ],
)
def test_what_does_not_fit_together_is_refused_at_its_place(
    run: Run, parameters: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        run("pool", np.zeros((5, 5)), **parameters)

    assert [fault.pointer for fault in refused.value.faults] == [f"#/{field}"]

"""Every limit refuses in Python's integers, before the engine is asked."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from service.errors import InvalidInputError, OverBudgetError
from service.operations.execution import Answer
from service.settings import Limits

Run = Callable[..., Answer]
IMAGE = np.ones((5, 5))


@pytest.fixture(autouse=True)
def engine_is_not_asked(cache: Any, request: pytest.FixtureRequest) -> Iterator[None]:  # noqa: ANN401
    before = cache.asked
    yield
    assert "answered" in request.node.name or cache.asked == before


@pytest.mark.parametrize("value", [0, -1, 2**31, 2**63, [1, 0], [2**62, 1], [0]])
@pytest.mark.parametrize("field", ["stride", "dilation"])
@pytest.mark.parametrize("name", ["convolve", "pool"])
def test_strides_and_dilations_out_of_range_are_refused(run: Run, name: str, field: str, value: Any) -> None:  # noqa: ANN401
    kernel = {"kernel": "identity"} if name == "convolve" else {}
    with pytest.raises(InvalidInputError) as refused:
        run(name, IMAGE, **kernel, **{field: value})

    assert refused.value.faults[0].pointer == f"#/{field}"


@pytest.mark.parametrize("value", [-1, 2**62, [-1, 0], [0, 65], [[0, 0], [0, -1]], [[2**63, 0], [0, 0]]])
@pytest.mark.parametrize("name", ["convolve", "pool"])
def test_padding_out_of_range_is_refused(run: Run, name: str, value: Any) -> None:  # noqa: ANN401
    kernel = {"kernel": "identity"} if name == "convolve" else {}
    with pytest.raises(InvalidInputError) as refused:
        run(name, IMAGE, **kernel, padding=value)

    assert refused.value.faults[0].pointer == "#/padding"


@pytest.mark.parametrize("groups", [0, -1, 2, 4, 2**63])
def test_groups_that_do_not_divide_the_channels_are_refused(run: Run, groups: int) -> None:
    for kernel in (np.ones((3, 3)), np.ones((3, 1, 3, 3))):
        with pytest.raises(InvalidInputError):
            run("convolve", np.ones((3, 5, 5)), kernel=kernel, groups=groups)


def test_groups_that_do_not_divide_the_kernels_are_refused(run: Run) -> None:
    with pytest.raises(InvalidInputError, match="divisor of the number of kernels"):
        run("convolve", np.ones((4, 5, 5)), kernel=np.ones((3, 2, 3, 3)), groups=2)


@pytest.mark.parametrize("size", [0, -1, 2**31, [1, 0], [31, 32]])
def test_pooling_windows_out_of_range_are_refused(run: Run, size: Any) -> None:  # noqa: ANN401
    with pytest.raises(InvalidInputError) as refused:
        run("pool", np.ones((40, 40)), kernel_size=size)

    assert refused.value.faults[0].pointer == "#/kernel_size"


@pytest.mark.parametrize(
    "kernel", [np.ones((6, 1)), np.ones((1, 6)), np.ones((32, 31)), np.ones((1, 2, 3, 3)), np.ones((2, 3, 3))]
)
def test_kernels_that_do_not_fit_are_refused(run: Run, kernel: np.ndarray) -> None:
    with pytest.raises(InvalidInputError) as refused:
        run("convolve", IMAGE, kernel=kernel)

    assert refused.value.faults[0].pointer == "#/kernel"


def test_a_thousand_large_kernels_are_refused(run: Run) -> None:
    with pytest.raises(InvalidInputError, match="over the limit of 65536"):
        run("convolve", np.ones((3, 9, 9)), kernel=np.ones((1000, 3, 5, 5), np.float32))


def test_channels_times_flat_kernels_are_refused_before_they_are_repeated(run: Run) -> None:
    with pytest.raises(InvalidInputError, match="over the limit of 65536"):
        run("convolve", np.ones((200_000, 1, 1), np.uint8), kernel=[[1]])


def test_one_multiply_add_over_the_budget_is_refused_and_as_many_as_it_are_answered(run: Run) -> None:
    parameters = {"kernel": np.ones((4, 1, 3, 3)), "padding": "same"}
    macs = 4 * 25 * 9

    assert run("convolve", IMAGE, Limits(max_macs=macs), **parameters).facts["macs"] == macs
    with pytest.raises(OverBudgetError, match="multiply-adds"):
        run("convolve", IMAGE, Limits(max_macs=macs - 1), **parameters)


def test_an_output_blown_up_by_padding_is_refused(run: Run) -> None:
    with pytest.raises(OverBudgetError, match="numbers in the output"):
        run("convolve", [[1]], Limits(max_array_numbers=128 * 128), kernel=[[1]], padding=64)


def test_work_memory_over_the_limit_is_refused(run: Run) -> None:
    with pytest.raises(OverBudgetError, match="work memory"):
        run(
            "convolve", IMAGE, Limits(max_work_bytes=4 * (25 + 9 + 25) - 1), kernel="identity", padding="same"
        )


def test_an_explanation_of_everything_of_much_is_refused(run: Run) -> None:
    with pytest.raises(OverBudgetError) as refused:
        run("convolve", np.ones((150, 150)), kernel="average_5", explain=True)

    assert refused.value.faults[0].pointer == "#/explain"


@pytest.mark.parametrize("cell", [[5, 0], [0, 5], [-1, 0], [2**62, 0], [0]])
def test_a_cell_that_is_not_there_is_not_explained(run: Run, cell: list[int]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        run("convolve", IMAGE, kernel="identity", padding="same", explain=[[0, 0], cell])

    assert refused.value.faults[0].pointer == "#/explain/1"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"kernel": "sobel"}, "kernel"),
        ({"kernel": ["sobel_x", "sobel"]}, "kernel/1"),
        ({"kernel": ["average_3", "average_5"]}, "kernel"),
        ({"kernel": []}, "kernel"),
        ({"kernel": [1, 2]}, "kernel"),
        ({"kernel": "identity", "bias": [1, 2]}, "bias"),
        ({"kernel": "identity", "bias": None}, "bias"),
        ({"kernel": "identity", "explain": [[0, "0"]]}, "explain"),
        ({"kernel": "identity", "padding": [[1, 2], [3, "4"]]}, "padding"),
        ({"kernel": "identity", "padding_mode": "xyzzy"}, "padding_mode"),
        ({"kernel": "identity", "bias": [[1]]}, "bias"),
        ({"kernel": "identity", "padding": "SAME"}, "padding"),
        ({"kernel": "identity", "padding": [1, 2, 3]}, "padding"),
        ({"kernel": "identity", "padding": True}, "padding"),
        ({"kernel": "identity", "padding_mode": "mirror"}, "padding_mode"),
        ({"kernel": "identity", "padding_mode": 1}, "padding_mode"),
        ({"kernel": "identity", "padding_value": 1.0}, "padding_value"),
        ({"kernel": "identity", "padding_value": 1e39, "padding_mode": "constant"}, "padding_value"),
        ({"kernel": "identity", "stride": 1.5}, "stride"),
        ({"kernel": "identity", "explain": "yes"}, "explain"),
    ],
)
def test_parameters_of_no_meaning_are_refused_at_their_place(
    run: Run, parameters: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        run("convolve", IMAGE, **parameters)

    assert [fault.pointer for fault in refused.value.faults] == [f"#/{field}"]

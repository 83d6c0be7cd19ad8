"""Transposed convolution against TensorFlow, ONNX' reference, the definition, and what a transpose is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from service.errors import InvalidInputError
from service.operations.execution import Answer

Run = Callable[..., Answer]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Strides beyond the kernel, dilation, groups, cells cut off and added, single cells."""
    groups = draw(st.integers(1, 3))
    channels, maps = groups * draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel, stride = ([draw(st.integers(1, 4)) for _ in range(2)] for _ in range(2))
    dilation = [draw(st.integers(1, 3)) for _ in range(2)]
    added = [draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)]
    size = [draw(st.integers(1, 5)) for _ in range(2)]
    laid = [
        (n - 1) * s + d * (k - 1) + 1 + more
        for n, s, d, k, more in zip(size, stride, dilation, kernel, added, strict=True)
    ]
    before = [draw(st.integers(0, length - 1)) for length in laid]
    after = [draw(st.integers(0, length - 1 - cells)) for length, cells in zip(laid, before, strict=True)]
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {
        "input": numbers.integers(-9, 10, (channels, *size)),
        "kernel": numbers.integers(-9, 10, (channels, maps, *kernel)),
        "bias": numbers.integers(-9, 10, maps * groups),
        "groups": groups,
        "stride": stride,
        "dilation": dilation,
        "padding": [list(sides) for sides in zip(before, after, strict=True)],
        "output_padding": added,
    }


def laid_down(case: dict[str, Any]) -> np.ndarray:
    """Each number of the input adds the kernel times itself: the definition, in whole numbers."""
    x, kernel = case["input"], case["kernel"]
    channels, maps, height, width = kernel.shape
    (down, right), (tall, wide), (below, beside) = case["stride"], case["dilation"], case["output_padding"]
    rows = (x.shape[1] - 1) * down + tall * (height - 1) + 1 + below
    columns = (x.shape[2] - 1) * right + wide * (width - 1) + 1 + beside
    output = np.zeros((maps * case["groups"], rows, columns), int) + case["bias"][:, None, None]
    for channel, row, column in np.ndindex(*x.shape):
        group = channel // (channels // case["groups"])
        for one, i, j in np.ndindex(maps, height, width):
            place = group * maps + one, row * down + i * tall, column * right + j * wide
            output[place] += x[channel, row, column] * kernel[channel, one, i, j]
    (top, bottom), (left, beyond) = case["padding"]
    return output[:, top : rows - bottom, left : columns - beyond]


def asked(run: Run, case: dict[str, Any], **more: Any) -> Answer:  # noqa: ANN401
    parameters = {"operation": "cross_correlation", **case, **more}
    return run("convolve", parameters.pop("input"), transposed=True, **parameters)


@given(case=cases())
def test_any_transposed_convolution_is_what_its_definition_says(run: Run, case: dict[str, Any]) -> None:
    answer = asked(run, case)

    assert np.array_equal(laid_down(case), answer.output)
    assert answer.facts["macs"] == case["input"][0].size * case["kernel"].size
    assert answer.facts["parameters"] == case["kernel"].size + len(case["bias"])
    assert [int(axis["formula"].rpartition("= ")[2]) for axis in answer.facts["output_size"]] == list(
        answer.output.shape[1:]
    )


@given(case=cases())
def test_it_is_the_transpose_of_the_convolution_with_its_kernel(run: Run, case: dict[str, Any]) -> None:
    # With an output padding of a stride the convolution would have room for one window more.
    assume(all(more < stride for more, stride in zip(case["output_padding"], case["stride"], strict=True)))
    case["bias"] = np.zeros(1, int)
    x, there = case["input"], asked(run, case).output
    y = np.random.default_rng(0).integers(-9, 10, there.shape)
    same = {name: case[name] for name in ("kernel", "stride", "dilation", "groups", "padding")}
    back = run("convolve", y, operation="cross_correlation", **same).output

    assert (back * x).sum() == (y * there).sum()


@given(case=cases())
def test_each_explained_sum_is_that_of_its_products_and_is_the_output(run: Run, case: dict[str, Any]) -> None:
    answer = asked(run, case, explain=True)
    shown = answer.extras["explanation"]

    assert len(shown["cells"]) == answer.output.size
    for cell in shown["cells"]:
        row, column = cell["position"]
        first, last = cell["channels"]
        tall, wide = (
            slice(at, at + step * (taps - 1) + 1, step)
            for at, step, taps in zip((row, column), case["dilation"], case["kernel"].shape[2:], strict=True)
        )
        window = shown["padded_input"][first : last + 1, tall, wide]
        assert np.array_equal(window.squeeze(), np.squeeze(cell["window"]))
        products = window * shown["kernel_as_applied"][cell["map"]]
        assert np.array_equal(products.squeeze(), np.squeeze(cell["products"]))
        assert cell["sum"] == products.sum()
        assert cell["activation"] == cell["sum"] + cell["bias"]
        assert cell["activation"] == answer.output[cell["map"], row, column]


@given(case=cases())
def test_onnx_says_the_same(run: Run, case: dict[str, Any]) -> None:
    # Its reference has neither groups with dilation nor output padding as wide as a stride.
    case |= {"groups": 1, "dilation": [1, 1], "bias": case["bias"][: case["kernel"].shape[1]]}
    case["output_padding"] = [
        min(one, s - 1) for one, s in zip(case["output_padding"], case["stride"], strict=True)
    ]
    case["padding"] = [[0, 0], [0, 0]]
    node = helper.make_node(
        "ConvTranspose",
        ["x", "w", "b"],
        ["y"],
        strides=case["stride"],
        output_padding=case["output_padding"],
    )
    names = {"x": case["input"][None], "w": case["kernel"], "b": case["bias"]}
    graph = helper.make_graph(
        [node],
        "transposed",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    feeds = {name: array.astype(np.float32) for name, array in names.items()}
    (expected,) = ReferenceEvaluator(model).run(None, feeds)

    assert np.array_equal(expected[0], asked(run, case).output)


@pytest.mark.parametrize("size", [1, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5])
def test_same_is_what_keras_calls_same(run: Run, size: int, stride: int, taps: int) -> None:
    from keras import ops

    numbers = np.random.default_rng(stride)
    x = numbers.integers(-9, 10, (1, size, size, 2)).astype(np.float32)
    kernel = numbers.integers(-9, 10, (taps, taps, 3, 2)).astype(np.float32)

    expected = np.asarray(ops.conv_transpose(x, kernel, strides=stride, padding="same"))[0]

    assert np.array_equal(
        expected,
        run(
            "convolve",
            x[0],
            kernel=kernel.transpose(3, 2, 0, 1),
            stride=stride,
            padding="same",
            operation="cross_correlation",
            transposed=True,
            layout="channels_last",
        ).output,
    )


def test_same_lower_cuts_the_odd_cell_off_at_the_start(run: Run) -> None:
    x, kernel = [1, 1], [1, 2, 3, 4, 5]
    whole = asked(run, {"input": x, "kernel": kernel, "stride": 2}).output
    lower = asked(run, {"input": x, "kernel": kernel, "stride": 2, "padding": "same_lower"}).output

    assert whole.tolist() == [1, 2, 3 + 1, 4 + 2, 5 + 3, 4, 5]
    assert lower.tolist() == whole[2:6].tolist()


def test_a_flat_kernel_enlarges_each_channel_by_itself(run: Run) -> None:
    x, kernel = np.arange(12).reshape(3, 2, 2), [[1, 2], [3, 4]]
    answer = run("convolve", x, kernel=kernel, stride=2, transposed=True, operation="cross_correlation")

    assert answer.facts["groups"] == 3
    assert np.array_equal([np.kron(channel, kernel) for channel in x], answer.output)


def test_three_axes_are_a_map_each_of_one_channel(run: Run) -> None:
    kernel = np.arange(8).reshape(2, 2, 2)
    output = run(
        "convolve", [[1, 2]], kernel=kernel, transposed=True, stride=2, operation="cross_correlation"
    ).output

    assert np.array_equal([np.kron([[1, 2]], one) for one in kernel], output)


def test_convolution_turns_the_kernel_first_here_too(run: Run) -> None:
    x = np.random.default_rng(4).integers(-9, 10, (4, 5))
    kernel = np.arange(6).reshape(2, 3)
    turned = run("convolve", x, kernel=kernel, transposed=True).output

    assert np.array_equal(turned, asked(run, {"input": x, "kernel": np.rot90(kernel, 2).copy()}).output)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"output_padding": 1, "transposed": False}, "output_padding"),
        ({"output_padding": 2, "stride": 2}, "output_padding"),
        ({"output_padding": 1, "stride": 2, "padding": "same"}, "output_padding"),
        ({"output_padding": -1}, "output_padding"),
        ({"padding_mode": "reflect"}, "padding_mode"),
        ({"padding": 4}, "padding"),
        ({"kernel": np.ones((2, 1, 3, 3))}, "kernel"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(run: Run, parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        run("convolve", np.ones((3, 3)), **{"kernel": np.ones((3, 3)), "transposed": True, **parameters})

    assert [fault.pointer for fault in refused.value.faults] == [f"#/{field}"]


@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_a_sum_beyond_float32_is_refused(run: Run, activation: str) -> None:
    with pytest.raises(InvalidInputError, match="beyond float32"):
        run("convolve", [3e38, 3e38], kernel=[1, 1], transposed=True, activation=activation)

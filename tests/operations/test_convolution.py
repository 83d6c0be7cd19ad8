"""Convolution against the definition as loops, scipy, OpenCV and Keras."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage, signal

from service.errors import InvalidInputError
from service.operations.execution import Answer

Run = Callable[..., Answer]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Even kernels, strides beyond the kernel, dilation, sides of their own, groups, one row."""
    groups = draw(st.integers(1, 3))
    depth, maps = draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    dilation = [draw(st.integers(1, 3)) for _ in range(2)]
    sides = [[draw(st.integers(0, 3)) for _ in range(2)] for _ in range(2)]
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [
        max(1, extent - sum(side)) + draw(st.integers(0, 6))
        for extent, side in zip(extents, sides, strict=True)
    ]
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {
        "input": numbers.normal(size=(groups * depth, *size)).astype(np.float32),
        "kernel": numbers.normal(size=(maps, depth, *kernel)).astype(np.float32),
        "bias": numbers.normal(size=maps).astype(np.float32),
        "stride": [draw(st.integers(1, 5)) for _ in range(2)],
        "dilation": dilation,
        "padding": sides,
        "groups": groups,
        "operation": draw(st.sampled_from(["convolution", "cross_correlation"])),
    }


def defined(case: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The sums as their definition has them, in float64, and the sums of the magnitudes of their products."""
    kernel = case["kernel"].astype(np.float64)
    if case["operation"] == "convolution":
        kernel = kernel[:, :, ::-1, ::-1]
    padded = np.pad(case["input"].astype(np.float64), [(0, 0), *case["padding"]])
    maps, depth, height, width = kernel.shape
    (down, right), (tall, wide) = case["stride"], case["dilation"]
    rows = (padded.shape[1] - tall * (height - 1) - 1) // down + 1
    columns = (padded.shape[2] - wide * (width - 1) - 1) // right + 1
    sums, magnitudes = np.zeros((2, maps, rows, columns))
    for index in np.ndindex(maps, rows, columns):
        one, row, column = index
        sums[index] = case["bias"][one]
        for channel, i, j in np.ndindex(depth, height, width):
            source = one // (maps // case["groups"]) * depth + channel
            product = (
                padded[source, row * down + i * tall, column * right + j * wide] * kernel[one, channel, i, j]
            )
            sums[index] += product
            magnitudes[index] += abs(product)
    return sums, magnitudes


@given(case=cases())
def test_any_convolution_is_what_its_definition_says(run: Run, case: dict[str, Any]) -> None:
    expected, magnitudes = defined(case)
    numbers = case.pop("input")
    answer = run("convolve", numbers, **case)

    assert answer.output.shape == expected.shape
    assert answer.output.dtype == np.float32
    assert (np.abs(answer.output - expected) <= 1e-5 * (magnitudes + 1)).all()
    assert answer.facts["macs"] == expected.size * case["kernel"][0].size


@given(
    image=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    padding=st.sampled_from(["full", "same_lower", "valid"]),
    seed=st.integers(0, 1000),
)
def test_whole_numbers_are_exactly_what_scipy_says(
    run: Run, image: tuple[int, int], kernel: tuple[int, int], padding: str, seed: int
) -> None:
    numbers = np.random.default_rng(seed)
    size = image if padding != "valid" else tuple(np.add(image, kernel))
    x, h = numbers.integers(0, 256, size), numbers.integers(-9, 10, kernel)
    mode = {"same_lower": "same"}.get(padding, padding)

    expected = signal.convolve2d(x, h, mode)

    assert np.array_equal(expected, run("convolve", x.tolist(), kernel=h.tolist(), padding=padding).output)


@given(length=st.integers(1, 20), taps=st.integers(1, 7), seed=st.integers(0, 1000))
def test_a_signal_is_convolved_as_numpy_does(run: Run, length: int, taps: int, seed: int) -> None:
    numbers = np.random.default_rng(seed)
    x, h = numbers.integers(-99, 100, length), numbers.integers(-9, 10, taps)

    expected = np.convolve(x, h)

    assert np.array_equal(expected, run("convolve", x.tolist(), kernel=h.tolist(), padding="full").output)


@pytest.mark.parametrize(
    ("mode", "opencv", "scipy"),
    [
        ("zeros", cv2.BORDER_CONSTANT, "constant"),
        ("replicate", cv2.BORDER_REPLICATE, "nearest"),
        ("reflect", cv2.BORDER_REFLECT_101, "mirror"),
        ("symmetric", cv2.BORDER_REFLECT, "reflect"),
        ("circular", None, "wrap"),
    ],
)
@given(x=arrays.arrays(np.float32, st.tuples(*[st.integers(5, 9)] * 2), elements=st.integers(0, 99)))
def test_borders_are_those_that_others_have_under_other_names(
    run: Run, mode: str, opencv: int | None, scipy: str, x: np.ndarray
) -> None:
    h = np.arange(-7, 8, dtype=np.float32).reshape(3, 5)
    found = run(
        "convolve", x, kernel=h, padding="same", padding_mode=mode, operation="cross_correlation"
    ).output

    assert np.array_equal(ndimage.correlate(x, h, mode=scipy), found)
    assert opencv is None or np.array_equal(cv2.filter2D(x, cv2.CV_32F, h, borderType=opencv), found)


@pytest.mark.parametrize(
    ("mode", "opencv", "scipy"),
    [
        ("replicate", cv2.BORDER_REPLICATE, "nearest"),
        ("reflect", cv2.BORDER_REFLECT_101, "mirror"),
        ("symmetric", cv2.BORDER_REFLECT, "reflect"),
        ("circular", cv2.BORDER_WRAP, "grid-wrap"),
    ],
)
@given(size=st.integers(1, 5), before=st.integers(0, 20), after=st.integers(0, 20))
def test_a_border_wider_than_the_input_goes_on_repeating_it(
    run: Run, mode: str, opencv: int, scipy: str, size: int, before: int, after: int
) -> None:
    x = np.arange(1, size + 1, dtype=np.float32)
    found = run("convolve", x, kernel=[1], padding=[[before, after]], padding_mode=mode).output

    places = np.arange(-before, size + after)
    assert np.array_equal(ndimage.map_coordinates(x, [places], order=0, mode=scipy), found)
    assert np.array_equal(cv2.copyMakeBorder(x[None], 0, 0, before, after, opencv)[0], found)


@pytest.mark.parametrize("size", [5, 6, 7])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5, 6])
def test_same_is_what_keras_calls_same(run: Run, size: int, stride: int, taps: int) -> None:
    from keras import ops

    x = np.arange(size * size, dtype=np.float32).reshape(1, size, size, 1)
    h = np.arange(taps * taps, dtype=np.float32).reshape(taps, taps, 1, 1)

    expected = np.asarray(ops.conv(x, h, strides=stride, padding="same"))[0, ..., 0]

    found = run(
        "convolve",
        x[0, ..., 0],
        kernel=h[..., 0, 0],
        stride=stride,
        padding="same",
        operation="cross_correlation",
    )
    assert np.array_equal(expected, found.output)


def test_a_flat_kernel_filters_each_channel_by_itself_and_says_so(run: Run) -> None:
    x = np.arange(75).reshape(3, 5, 5)
    answer = run("convolve", x.tolist(), kernel="laplacian_4")

    assert answer.facts["groups"] == 3
    assert np.array_equal([signal.convolve2d(one, LAPLACIAN, "valid") for one in x], answer.output)


def test_a_flat_kernel_sums_over_the_channels_when_groups_is_one(run: Run) -> None:
    x = np.arange(75).reshape(3, 5, 5)
    answer = run("convolve", x.tolist(), kernel="laplacian_4", groups=1)

    assert np.array_equal([signal.convolve2d(x.sum(axis=0), LAPLACIAN, "valid")], answer.output)


def test_a_list_of_presets_gives_a_map_for_each(run: Run) -> None:
    x = np.arange(25).reshape(5, 5).tolist()
    both = run("convolve", x, kernel=["sobel_x", "sobel_y"]).output

    assert np.array_equal([run("convolve", x, kernel=name).output for name in ("sobel_x", "sobel_y")], both)


def test_channels_last_is_the_same_with_other_axes(run: Run) -> None:
    numbers = np.random.default_rng(1)
    x, h = numbers.normal(size=(3, 6, 7)), numbers.normal(size=(4, 3, 2, 2))
    first = run("convolve", x.tolist(), kernel=h.tolist()).output
    last = run("convolve", np.moveaxis(x, 0, 2).tolist(), kernel=h.tolist(), layout="channels_last").output

    assert np.array_equal(first, np.moveaxis(last, 2, 0))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("identity", lambda u: u),
        ("relu", lambda u: np.maximum(u, 0)),
        ("leaky_relu", lambda u: np.where(u < 0, 0.01 * u, u)),
        ("tanh", np.tanh),
        ("lenet_tanh", lambda u: 1.7159 * np.tanh(2 / 3 * u)),
        ("sigmoid", lambda u: 1 / (1 + np.exp(-u))),
        ("softplus", lambda u: np.log1p(np.exp(u))),
    ],
)
def test_activations_are_what_their_formulas_say(run: Run, name: str, function: Callable[..., Any]) -> None:
    u = np.linspace(-4, 4, 33)

    assert np.allclose(
        function(u), run("convolve", u.tolist(), kernel=[1], activation=name).output, atol=1e-6
    )


def test_the_lectures_layer_has_7600_parameters(run: Run) -> None:
    answer = run("convolve", np.zeros((3, 5, 5)), kernel=np.ones((100, 3, 5, 5)))

    assert answer.facts["parameters"] == 7600


def test_each_explained_sum_is_that_of_its_products_and_is_the_output(run: Run) -> None:
    numbers = np.random.default_rng(3)
    x, h = numbers.integers(0, 9, (4, 6, 5)), numbers.integers(-3, 4, (2, 2, 3, 2))
    answer = run(
        "convolve",
        x.tolist(),
        kernel=h.tolist(),
        groups=2,
        bias=[1, -2],
        padding=[[1, 0], [2, 1]],
        stride=[2, 1],
        dilation=[1, 2],
        activation="relu",
        explain=True,
    )
    shown = answer.extras["explanation"]
    kernel = shown["kernel_as_applied"]

    assert len(shown["cells"]) == answer.output.size
    assert np.array_equal(kernel, h[:, :, ::-1, ::-1])
    for cell in shown["cells"]:
        row, column = cell["position"]
        first, last = cell["channels"]
        window = shown["padded_input"][first : last + 1, row * 2 : row * 2 + 3, column : column + 3 : 2]
        assert np.array_equal(window, cell["window"])
        assert np.array_equal(window * kernel[cell["map"]], cell["products"])
        assert cell["sum"] == cell["products"].sum()
        assert cell["activation"] == max(0, cell["sum"] + cell["bias"])
        assert cell["activation"] == answer.output[cell["map"], row, column]


@pytest.mark.parametrize("kernel", [[1e38], [3e38, 3e38], [3e38, -3e38]])
@pytest.mark.parametrize("activation", ["identity", "relu", "tanh", "sigmoid"])
def test_a_sum_beyond_float32_is_refused_even_where_an_activation_would_hide_it(
    run: Run, kernel: list[float], activation: str
) -> None:
    with pytest.raises(InvalidInputError, match="beyond float32"):
        run("convolve", [1e38, 1e38, 1e38], kernel=kernel, activation=activation)


def test_large_numbers_whose_sum_stays_inside_are_answered(run: Run) -> None:
    output = run("convolve", [3e38, 0, 0], kernel=[1, 1, 1], padding="valid").output

    assert np.allclose(output / 3e38, 1)


LAPLACIAN = [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]

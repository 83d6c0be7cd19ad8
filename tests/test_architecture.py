"""The lecture's calculator against figures worked out by hand, by Keras, and from the definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.architecture import formulas
from service.architecture.calculation import LARGEST, calculate
from service.architecture.figures import Figures
from service.architecture.vocabulary import Architecture
from service.errors import InvalidInputError

LENET5 = [
    {"type": "Input", "shape": [28, 28, 1]},
    {"type": "Conv2D", "filters": 6, "kernel_size": 5, "padding": "same"},
    {"type": "AveragePooling2D"},
    {"type": "Conv2D", "filters": 16, "kernel_size": [5, 5]},
    {"type": "AveragePooling2D", "pool_size": [2, 2], "strides": 2},
    {"type": "Conv2D", "filters": 120, "kernel_size": 1},
    {"type": "Flatten"},
    {"type": "Dense", "units": 84},
    {"type": "Dense", "units": 10},
]
COLOUR = {"type": "Input", "shape": [512, 512, 3]}
HUNDRED = {"type": "Conv2D", "filters": 100, "kernel_size": 5, "padding": "same"}


def figures(*layers: dict[str, object], **more: object) -> Figures:
    return calculate(Architecture.model_validate({"layers": layers, **more}))


def test_lenet5_of_1998_has_the_parameters_and_connections_of_its_paper(table_i: np.ndarray) -> None:
    table = [np.flatnonzero(column).tolist() for column in table_i.T]
    found = figures(
        {"type": "Input", "shape": [32, 32, 1]},
        {"type": "Conv2D", "filters": 6, "kernel_size": 5, "activation": "lenet_tanh"},
        {"type": "Subsampling2D"},
        {"type": "Conv2D", "filters": 16, "kernel_size": 5, "connections": table},
        {"type": "Subsampling2D"},
        {"type": "Conv2D", "filters": 120, "kernel_size": 5},
        {"type": "Flatten"},
        {"type": "Dense", "units": 84},
        {"type": "RBF", "units": 10},
    )

    assert found.parameters == 60_000
    assert [layer.parameters for layer in found.layers] == [0, 156, 12, 1516, 32, 48_120, 0, 10_164, 0]
    # The paper counts 340,908 connections: a product each, a bias for each value but the last ten, and all
    # four pixels of a patch where here their mean is multiplied once.
    values = sum(int(np.prod(layer.output_shape)) for layer in found.layers[1:-1] if layer.type != "Flatten")
    patches = 3 * (14 * 14 * 6 + 5 * 5 * 16)
    assert found.multiply_adds + values + patches == 340_908
    assert found.layers[3].receptive_field == (14, 14)
    assert found.layers[5].receptive_field == (32, 32)
    assert found.layers[3].formulas["parameters"] == "5 × 5 × 60 + 16 = 1516"
    assert found.layers[3].formulas["multiply_adds"] == "10 × 10 × (60 × 5 × 5) = 150000"


@given(st.data())
def test_a_table_that_connects_everything_is_none(data: st.DataObject) -> None:
    channels, filters = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    bias = data.draw(st.booleans())
    image = {"type": "Input", "shape": [9, 9, channels]}
    layer = {"type": "Conv2D", "filters": filters, "kernel_size": 3, "use_bias": bias}
    whole = figures(image, layer)
    table = figures(image, layer | {"connections": [list(range(channels))] * filters})

    assert (table.parameters, table.multiply_adds) == (whole.parameters, whole.multiply_adds)


def test_the_lectures_network_has_257546_parameters() -> None:
    found = figures(*LENET5)

    assert found.parameters == 257_546
    assert [layer.parameters for layer in found.layers] == [0, 156, 0, 2416, 0, 2040, 0, 252_084, 850]
    assert found.formulas["parameters"] == "156 + 2416 + 2040 + 252084 + 850 = 257546"


def test_with_the_kernels_of_lenet5_itself_it_has_61706() -> None:
    c5 = {"type": "Conv2D", "filters": 120, "kernel_size": 5}

    assert figures(*LENET5[:5], c5, *LENET5[6:]).parameters == 61_706


def test_layers_without_a_name_get_the_lectures() -> None:
    assert [layer.name for layer in figures(*LENET5).layers] == [
        "input_1",
        "conv2d_1",
        "average_pooling2d_1",
        "conv2d_2",
        "average_pooling2d_2",
        "conv2d_3",
        "flatten_1",
        "dense_1",
        "dense_2",
    ]


def test_the_dense_layers_hold_98_percent_of_the_parameters() -> None:
    dense = figures(*LENET5).shares["Dense"]

    assert dense.share == pytest.approx(0.98209, abs=1e-5)
    assert dense.formula == "252934 / 257546 = 98.21 %"


def test_a_hundred_kernels_have_7600_parameters_and_a_hundred_neurons_78643300() -> None:
    convolution = figures(COLOUR, HUNDRED).layers[-1]
    dense = figures(COLOUR, {"type": "Flatten"}, {"type": "Dense", "units": 100}).layers[-1]

    assert (convolution.parameters, dense.parameters) == (7600, 78_643_300)
    assert convolution.formulas["parameters"] == "(3 × 5 × 5 + 1) × 100 = 7600"
    assert dense.formulas["parameters"] == "(786432 + 1) × 100 = 78643300"


@pytest.mark.parametrize(
    ("batch", "dtype", "size", "words", "slide"),
    [
        (1, "float32", 104_857_600, "838860800 bits = 100 MiB", "300 MB"),
        (100, "float32", 10_485_760_000, "9.77 GiB", "29 GB"),
        (1, "float16", 52_428_800, "50 MiB", None),
        (10, "float32", 1_048_576_000, "1000 MiB", None),
    ],
)
def test_the_layer_of_the_slide_takes_a_third_of_what_it_prints(
    batch: int, dtype: str, size: int, words: str, slide: str | None
) -> None:
    layer = figures(COLOUR, HUNDRED, batch=batch, dtype=dtype).layers[-1]

    assert layer.memory_bytes == size
    assert words in layer.formulas["memory_bytes"]
    assert layer.slide is None if slide is None else slide in str(layer.slide)


def test_strides_and_pooling_lower_the_memory_as_the_lecture_says() -> None:
    whole = figures(COLOUR, HUNDRED).layers[-1].memory_bytes
    strided = figures(COLOUR, {**HUNDRED, "strides": 2}).layers[-1].memory_bytes
    pooled = figures(COLOUR, HUNDRED, {"type": "MaxPooling2D"}).layers[-1].memory_bytes

    assert strided == pooled == whole // 4


def test_receptive_fields_of_the_lectures_network_are_known() -> None:
    fields = [layer.receptive_field for layer in figures(*LENET5).layers]

    assert fields == [(side, side) for side in (1, 5, 6, 14, 16, 16, 16, 32, 32)]


def test_multiply_adds_of_the_lectures_network_are_known() -> None:
    found = figures(*LENET5)

    assert [layer.multiply_adds for layer in found.layers] == [
        0,
        28 * 28 * 6 * 25,
        0,
        10 * 10 * 16 * 150,
        0,
        5 * 5 * 120 * 16,
        0,
        252_000,
        840,
    ]
    assert found.multiply_adds == 658_440


def test_without_bias_there_is_one_parameter_less_a_filter_or_unit() -> None:
    convolution = figures(COLOUR, {**HUNDRED, "use_bias": False}).layers[-1]
    dense = figures(
        {"type": "Input", "shape": [84]}, {"type": "Dense", "units": 10, "use_bias": False}
    ).layers[-1]

    assert (convolution.parameters, convolution.formulas["parameters"]) == (7500, "3 × 5 × 5 × 100 = 7500")
    assert (dense.parameters, dense.formulas["parameters"]) == (840, "84 × 10 = 840")


def test_height_and_width_are_worked_out_apart() -> None:
    layer = figures(
        {"type": "Input", "shape": [20, 30, 1]},
        {"type": "Conv2D", "filters": 1, "kernel_size": [3, 5], "strides": [1, 2]},
    ).layers[-1]

    assert layer.output_shape == (18, 13, 1)
    assert layer.receptive_field == (3, 5)
    assert layer.formulas["output_shape"].startswith("height floor((20 - 3 + 2 × 0) / 1 + 1) = 18; width ")


sizes = st.integers(1, 40)
windows = st.integers(1, 7)


@given(size=sizes, window=windows, stride=st.integers(1, 5), padding=st.integers(0, 3))
def test_an_output_has_as_many_values_as_windows_start_inside_the_padded_input(
    size: int, window: int, stride: int, padding: int
) -> None:
    starts = [start for start in range(0, size + 2 * padding, stride) if start + window <= size + 2 * padding]
    found = formulas.output_size(size, window, stride, (padding, padding)).value

    assert max(found, 0) == len(starts)


@given(size=sizes, window=windows, stride=st.integers(1, 5))
def test_same_padding_leaves_a_value_for_each_stride_begun(size: int, window: int, stride: int) -> None:
    before, after = formulas.padded(size, window, stride, "same")

    assert formulas.output_size(size, window, stride, (before, after)).value == -(-size // stride)
    assert after - before in {0, 1}


@given(size=sizes, window=windows)
def test_full_padding_leaves_as_many_values_as_numpys_full_convolution(size: int, window: int) -> None:
    expected = np.convolve(np.ones(size), np.ones(window), "full").size
    padding = formulas.padded(size, window, 1, "full")

    assert formulas.output_size(size, window, 1, padding).value == expected


@given(windows=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=4))
def test_a_receptive_field_is_what_a_value_depends_on(windows: list[tuple[int, int]]) -> None:
    # Backwards: a value is made of a window of values, each of which is made of one before.
    seen = {0}
    for window, stride in reversed(windows):
        seen = {stride * place + offset for place in seen for offset in range(window)}
    side = max(seen) + 1
    layers = [
        {"type": "Conv2D", "filters": 1, "kernel_size": window, "strides": stride}
        for window, stride in windows
    ]
    last = figures({"type": "Input", "shape": [side, side, 1]}, *layers).layers[-1]

    assert last.receptive_field == (side, side)
    assert last.output_shape == (1, 1, 1)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (104_857_600, "100 MiB"), (10_485_760_000, "9.77 GiB")],
)
def test_bytes_are_told_in_binary_units(size: int, words: str) -> None:
    assert formulas.in_units(size) == words


def test_no_figure_is_larger_than_every_reader_of_json_takes() -> None:
    wide = {"type": "Conv2D", "filters": 65_536, "kernel_size": 1}
    with pytest.raises(InvalidInputError) as refusal:
        figures({"type": "Input", "shape": [65_536, 65_536, 65_536]}, wide)

    assert LARGEST == 2**53 - 1
    assert refusal.value.faults[0].pointer == "#/layers/1"

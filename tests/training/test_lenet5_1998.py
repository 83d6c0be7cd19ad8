"""LeNet-5 is what was published in 1998, to the last parameter, connection and number."""

import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from scipy import signal, special

from training import bitmaps, graphs, layers
from training.family import Answers, scaled
from training.networks.lenet5_1998 import (
    CONNECTIONS,
    FAMILY,
    PARAMETERS,
    accuracy,
    build,
    equation_9,
    lenet_tanh,
)

PAPER = {
    "c1": ((28, 28, 6), 156),
    "s2": ((14, 14, 6), 12),
    "c3": ((10, 10, 16), 1_516),
    "s4": ((5, 5, 16), 32),
    "c5": ((1, 1, 120), 48_120),
    "f6": ((84,), 10_164),
    "rbf": ((10,), 0),
}
"""Maps and trainable parameters of section II.B."""

Shown = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """With weights as they are drawn before the training, biases too, and a temperature."""
    keras.utils.set_random_seed(3)
    network = build()
    random = np.random.default_rng(3)
    for variable in network.trainable_variables:
        if variable.name in {"bias", "coefficient"}:
            variable.assign(random.normal(0.5, 0.3, variable.shape))
    return FAMILY.head(network).calibrated(4.0)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)


@pytest.fixture(scope="module")
def exported(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lenet5-1998") / "layers.onnx"
    onnx.save(graphs.layers_graph(network), path)
    return path


@pytest.fixture(scope="module")
def shown(exported: Path, images: np.ndarray) -> Shown:
    """What ONNX Runtime makes of the images, layer by layer."""
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"image": images[..., None]}), strict=True))


@pytest.fixture(scope="module")
def weights(exported: Path) -> Callable[[str], np.ndarray]:
    held = {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(exported).graph.initializer}
    return lambda name: held[name].astype(np.float64)


def test_layers_and_parameters_are_the_papers(network: keras.Model) -> None:
    found = {row.name: (row.output_shape, row.parameters) for row in layers.table(network)}

    assert {name: found[name] for name in PAPER} == PAPER
    assert list(found) == [
        "padding",
        "normalisation",
        "c1",
        "s2",
        "c3",
        "s4",
        "c5",
        "flatten",
        "f6",
        "rbf",
        "softmin",
    ]
    assert sum(parameters for _, parameters in found.values()) == PARAMETERS == 60_000
    assert sum(int(np.prod(each.shape)) for each in network.trainable_variables) == PARAMETERS


def test_c3_has_the_papers_table(table_i: np.ndarray) -> None:
    assert [tuple(np.flatnonzero(column)) for column in table_i.T] == list(CONNECTIONS)
    assert table_i.sum() == 60


def test_the_card_tells_how_each_layer_computes(network: keras.Model) -> None:
    rows = {row.name: row for row in layers.table(network)}

    assert rows["padding"].margins == ((2, 2), (2, 2))
    assert {rows[name].activation for name in ("c1", "s2", "c3", "s4", "c5", "f6")} == {"lenet_tanh"}
    assert (rows["c3"].type, rows["c3"].connections) == ("Conv2D", CONNECTIONS)
    assert (rows["s2"].type, rows["s2"].kernel_size, rows["s2"].strides) == ("Subsampling2D", (2, 2), (2, 2))
    assert rows["s2"].weights == {"coefficient": ("channels",), "bias": ("channels",)}
    assert rows["rbf"].weights == {"bitmap": ("units", "inputs")}


def test_each_layer_follows_from_the_one_before_by_the_weights_in_the_file(
    shown: Shown, weights: Callable[[str], np.ndarray], images: np.ndarray
) -> None:
    def squashed(x: np.ndarray) -> np.ndarray:
        return 1.7159 * np.tanh(2 / 3 * x)

    def convolved(maps: np.ndarray, name: str) -> np.ndarray:
        kernels = weights(f"{name}.kernel")
        found = [
            [
                sum(signal.correlate2d(image[..., at], kernel[at], "valid") for at in range(len(kernel)))
                for kernel in kernels
            ]
            for image in maps
        ]
        return squashed(np.moveaxis(np.array(found), 1, -1) + weights(f"{name}.bias"))

    def subsampled(maps: np.ndarray, name: str) -> np.ndarray:
        four = maps[:, ::2, ::2] + maps[:, 1::2, ::2] + maps[:, ::2, 1::2] + maps[:, 1::2, 1::2]
        # The paper's coefficient is of the sum.
        return squashed(four * weights(f"{name}.coefficient") / 4 + weights(f"{name}.bias"))

    expected = {
        "padding": np.pad(images / 255, ((0, 0), (2, 2), (2, 2)))[..., None],
        "normalisation": shown["padding"] * 1.275 - 0.1,
        "c1": convolved(shown["normalisation"], "c1"),
        "s2": subsampled(shown["c1"], "s2"),
        "c3": convolved(shown["s2"], "c3"),
        "s4": subsampled(shown["c3"], "s4"),
        "c5": convolved(shown["s4"], "c5"),
        "flatten": shown["c5"].reshape(-1, 120),
        "f6": squashed(shown["flatten"] @ weights("f6.kernel") + weights("f6.bias")),
        "rbf": ((shown["f6"][:, None] - bitmaps.bitmaps()) ** 2).sum(axis=2),
        "softmin": special.softmax(-shown["rbf"] / 4, axis=1),
    }

    assert list(shown) == list(expected)
    for name, output in expected.items():
        np.testing.assert_allclose(shown[name], output, rtol=1e-5, atol=1e-5, err_msg=name)


def test_kernels_are_zero_where_there_is_no_connection_and_nowhere_else(
    weights: Callable[[str], np.ndarray],
) -> None:
    kernels = weights("c3.kernel")
    sees = [[channel in connected for channel in range(6)] for connected in CONNECTIONS]

    assert kernels.shape == (16, 6, 5, 5)
    assert (kernels.any(axis=(2, 3)) == sees).all()
    assert np.count_nonzero(kernels) == 60 * 25


def test_the_file_convolves_with_the_very_kernels_that_it_shows(exported: Path) -> None:
    read = {node.input[1] for node in onnx.load(exported).graph.node if node.op_type == "Conv"}

    assert read == {"c1.kernel", "c3.kernel", "c5.kernel"}


def test_a_network_that_was_written_goes_on_as_it_was(images: np.ndarray, tmp_path: Path) -> None:
    network = build()
    network.compile("adam", loss=FAMILY.loss, metrics=list(FAMILY.metrics))
    network.train_on_batch(scaled(images, network), np.eye(10, dtype=np.float32)[:5])
    with warnings.catch_warnings():
        # Keras 3.15 saves its variables by a protocol that NumPy 2 has deprecated.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        network.save(tmp_path / "1.keras")
        again = keras.saving.load_model(tmp_path / "1.keras")

    seen = scaled(images, network)
    np.testing.assert_array_equal(again(seen).numpy(), network(seen).numpy())
    assert [each.shape for each in again.trainable_variables] == [
        each.shape for each in network.trainable_variables
    ]


def test_the_squashing_function_leaves_one_as_it_is() -> None:
    np.testing.assert_allclose(lenet_tanh(np.array([-1.0, 0.0, 1.0])), [-1, 0, 1], atol=1e-4)


def test_the_bitmaps_are_drawn_and_far_apart() -> None:
    drawn = bitmaps.bitmaps()
    apart = (drawn[:, None] != drawn).sum(axis=2)

    assert drawn.shape == (10, 12 * 7)
    assert set(np.unique(drawn)) == {-1, 1}
    others = apart[~np.eye(10, dtype=bool)]
    assert (others.min(), others.max()) == (19, 58)
    np.testing.assert_array_equal(((drawn[:, None] - drawn) ** 2).sum(axis=2), 4 * apart)


def test_the_loss_is_equation_9() -> None:
    distances = np.random.default_rng(1).uniform(0, 60, (20, 10))
    digits = np.arange(20) % 10
    own = distances[np.arange(20), digits]
    expected = own + np.log(np.exp(-20.0) + np.exp(-distances).sum(axis=1))

    found = equation_9(np.eye(10)[digits], distances)

    np.testing.assert_allclose(found, expected, rtol=1e-6)
    far = np.full((1, 10), 900.0, np.float32)
    np.testing.assert_allclose(equation_9(np.eye(10, dtype=np.float32)[:1], far), [880], rtol=1e-6)


def test_the_nearest_bitmap_is_the_answer(network: keras.Model, images: np.ndarray) -> None:
    found = Answers.of(FAMILY, network, images)
    distances = -4 * found.logits

    np.testing.assert_allclose(found.probabilities, network(scaled(images, network)).numpy(), atol=1e-6)
    np.testing.assert_allclose(found.probabilities, special.softmax(found.logits, axis=1), atol=1e-6)
    assert (found.probabilities.argmax(axis=1) == distances.argmin(axis=1)).all()
    right = accuracy(np.eye(10)[distances.argmin(axis=1)], distances)
    assert np.asarray(right).all()
    assert not np.asarray(accuracy(np.eye(10)[distances.argmax(axis=1)], distances)).any()

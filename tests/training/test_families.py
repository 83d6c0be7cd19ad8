"""A network is one file: whatever its layers are, it is trained, exported and described."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from scipy import special

from training import arguments, networks
from training.errors import ResumeError
from training.fit import fit
from training.lessons import Digits

LAYERS = {
    "conv2d_1": (
        "Conv2D",
        [14, 14, 4],
        {"kernel": ["filters", "channels", "height", "width"], "bias": ["filters"]},
    ),
    "gain_1": ("Gain", [14, 14, 4], {"gain": ["maps"]}),
    "conv2d_2": (
        "Conv2D",
        [14, 14, 4],
        {"kernel": ["filters", "channels", "height", "width"], "bias": ["filters"]},
    ),
    "add_1": ("Add", [14, 14, 4], {}),
    "max_pooling2d_1": ("MaxPooling2D", [7, 7, 4], {}),
    "batch_normalization_1": (
        "BatchNormalization",
        [7, 7, 4],
        {name: ["axis_0"] for name in ("gamma", "beta", "moving_mean", "moving_variance")},
    ),
    "flatten_1": ("Flatten", [196], {}),
    "dense_1": ("Dense", [24], {"kernel": ["inputs", "units"], "bias": ["units"]}),
    "dense_2": ("Dense", [10], {"kernel": ["inputs", "units"], "bias": ["units"]}),
    "softmax_1": ("Softmax", [10], {}),
}


@pytest.fixture(scope="module")
def card(ridges: Path) -> dict:
    return json.loads((ridges / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shown(ridges: Path) -> dict[str, np.ndarray]:
    """What each layer makes of the golden images."""
    session = onnxruntime.InferenceSession(ridges / "layers.onnx", providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    images = np.load(ridges / "golden.npz")["images"]
    return dict(zip(names, session.run(None, {"image": images[..., None]}), strict=True)) | {"image": images}


@pytest.fixture(scope="module")
def weights(ridges: Path) -> dict[str, np.ndarray]:
    graph = onnx.load(ridges / "layers.onnx").graph
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}


def test_every_network_is_a_file_that_the_command_line_offers() -> None:
    files = {path.stem for path in Path(networks.__file__).parent.glob("[a-z]*.py")}

    assert set(networks.names()) == {name.replace("_", "-") for name in files}
    assert arguments.parse([]).network == networks.DEFAULT
    for name in networks.names():
        family = networks.load(name)
        assert family.name == arguments.parse(["--network", name]).name == name
        trial = arguments.parse(["--network", name, "--images", "300"])
        assert trial.trial
        assert arguments.trial_name(trial.name) == f"{name}-trial"
    with pytest.raises(SystemExit):
        arguments.parse(["--network", "xyzzy"])


def test_the_card_describes_every_layer(card: dict) -> None:
    found = {each["name"]: (each["type"], each["output_shape"], each["weights"]) for each in card["layers"]}

    assert found == LAYERS
    assert (card["network"], card["role"]) == ("ridges", "recogniser")
    assert card["input"] == {"name": "image", "datatype": "UINT8", "shape": [None, 32, 32, 1]}
    assert [output["shape"] for output in card["outputs"]] == [[None, 10], [None, 10], [None]]


def test_the_card_tells_geometry_activation_and_what_a_layer_reads(card: dict) -> None:
    names = ("kernel_size", "strides", "padding", "activation", "inputs")
    found = {each["name"]: tuple(each[name] for name in names) for each in card["layers"]}

    assert found["conv2d_1"] == ([5, 5], [2, 2], "valid", "tanh", None)
    assert found["conv2d_2"] == ([3, 3], [1, 1], "same", "relu", None)
    assert found["add_1"] == (None, None, None, None, ["conv2d_2", "gain_1"])
    assert found["max_pooling2d_1"] == ([2, 2], [2, 2], "valid", None, None)
    assert found["dense_1"] == (None, None, None, "sigmoid", None)
    assert found["dense_2"] == (None, None, None, "linear", None)


def test_every_weight_on_the_card_is_in_the_file_with_its_axes(
    card: dict, weights: dict[str, np.ndarray]
) -> None:
    expected = {
        f"{layer['name']}.{name}": len(axes)
        for layer in card["layers"]
        for name, axes in layer["weights"].items()
    }

    assert expected == {name: weights[name].ndim for name in expected}
    assert weights["conv2d_1.kernel"].shape == (4, 1, 5, 5)
    assert weights["dense_1.kernel"].shape == (196, 24)
    assert sum(layer["parameters"] for layer in card["layers"]) == sum(
        weights[name].size for name in expected if "moving" not in name
    )


def test_the_layers_follow_from_one_another_by_those_weights(
    shown: dict[str, np.ndarray], weights: dict[str, np.ndarray]
) -> None:
    image = shown["image"] / 255
    kernel, bias = weights["conv2d_1.kernel"], weights["conv2d_1.bias"]
    rows = range(14)
    convolved = np.empty((10, 14, 14, 4))
    for row in rows:
        for column in rows:
            window = image[:, 2 * row : 2 * row + 5, 2 * column : 2 * column + 5]
            convolved[:, row, column] = np.einsum("bij,oij->bo", window, kernel[:, 0]) + bias
    added = shown["conv2d_2"] + shown["gain_1"]
    pooled = added.reshape(10, 7, 2, 7, 2, 4).max(axis=(2, 4))
    gamma, beta, mean, variance = (
        weights[f"batch_normalization_1.{name}"]
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    hidden = shown["flatten_1"] @ weights["dense_1.kernel"] + weights["dense_1.bias"]
    expected = {
        "conv2d_1": np.tanh(convolved),
        "gain_1": shown["conv2d_1"] * weights["gain_1.gain"],
        "add_1": added,
        "max_pooling2d_1": pooled,
        "batch_normalization_1": gamma * (shown["max_pooling2d_1"] - mean) / np.sqrt(variance + 1e-3) + beta,
        "flatten_1": shown["batch_normalization_1"].reshape(10, -1),
        "dense_1": special.expit(hidden),
        "dense_2": shown["dense_1"] @ weights["dense_2.kernel"] + weights["dense_2.bias"],
        "softmax_1": special.softmax(shown["dense_2"], axis=1),
    }

    for name, output in expected.items():
        np.testing.assert_allclose(shown[name], output, atol=1e-5, err_msg=name)


def test_the_golden_digits_are_in_the_middle_of_what_it_takes(
    ridges: Path, shown: dict[str, np.ndarray]
) -> None:
    golden = np.load(ridges / "golden.npz")
    model = onnxruntime.InferenceSession(ridges / "model.onnx", providers=["CPUExecutionProvider"])
    probabilities, logits, familiarity = model.run(None, {"image": golden["images"][..., None]})

    assert golden["images"].shape == (10, 32, 32)
    assert not golden["images"][:, [0, 1, 30, 31]].any()
    np.testing.assert_allclose(golden["probabilities"], probabilities, atol=1e-5)
    np.testing.assert_allclose(shown["dense_2"], logits, atol=1e-5)
    assert familiarity.shape == (10,)


def test_the_model_asks_for_no_shape_at_run_time(ridges: Path) -> None:
    operators = [node.op_type for node in onnx.load(ridges / "model.onnx").graph.node]

    assert not {"Shape", "Gather", "Identity", "Slice"} & set(operators)


def test_a_run_names_its_network_and_another_does_not_go_on_with_it(
    ridges: Path, drawn_mnist: object
) -> None:
    runs = ridges.parents[2]
    settings = arguments.parse(["--images", "300", "--epochs", "2"])
    images, labels = drawn_mnist.train_images, drawn_mnist.train_labels
    part = (images[:300], labels[:300])

    assert json.loads((runs / "run.json").read_text())["network"] == "ridges"
    with pytest.raises(ResumeError, match="another network"):
        fit(
            settings.recipe,
            Digits(settings.recipe, part, part, seed=1),
            family=networks.load("lenet5"),
            seed=1,
            checkpoints=runs,
            on_epoch=print,
            on_batch=print,
        )

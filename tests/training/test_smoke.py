"""A few hundred images, one epoch, export, and the result answers in ONNX Runtime."""

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from service.settings import PACKAGED_RECOGNISER
from training.arguments import Settings
from training.data import Mnist
from training.errors import ExportError, SuccessionError
from training.pipeline import train
from training.progress import Plain

LAYERS = {
    # The lecture's summary, lines 812-823.
    "conv2d_1": ("Conv2D", (28, 28, 6), 156),
    "average_pooling2d_1": ("AveragePooling2D", (14, 14, 6), 0),
    "conv2d_2": ("Conv2D", (10, 10, 16), 2416),
    "average_pooling2d_2": ("AveragePooling2D", (5, 5, 16), 0),
    "conv2d_3": ("Conv2D", (5, 5, 120), 2040),
    "flatten_1": ("Flatten", (3000,), 0),
    "dense_1": ("Dense", (84,), 252_084),
    "dense_2": ("Dense", (10,), 850),
}


@pytest.fixture(scope="module")
def card(trained_version: Path) -> dict:
    return json.loads((trained_version / "card.json").read_text(encoding="utf-8"))


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def test_the_version_holds_every_file_and_nothing_else(trained_version: Path) -> None:
    found = {path.name for path in trained_version.iterdir()}

    assert found == {"model.onnx", "layers.onnx", "golden.npz", "card.json", "README.md", "report.html"}
    assert trained_version.name == "1"
    assert [trained_version] == list(trained_version.parent.iterdir())


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_the_model_answers_any_batch(trained_version: Path, batch: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (batch, 28, 28, 1), np.uint8)

    model = session(trained_version / "model.onnx")
    probabilities, logits, familiarity = model.run(None, {"image": images})

    assert [output.name for output in model.get_outputs()] == ["probabilities", "logits", "familiarity"]
    assert [(batch, 10), (batch, 10), (batch,)] == [
        each.shape for each in (probabilities, logits, familiarity)
    ]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-6
    )
    assert np.isfinite(familiarity).all()


def test_the_layers_have_the_lectures_names_and_shapes_and_agree_with_the_model(
    trained_version: Path,
) -> None:
    images = np.load(trained_version / "golden.npz")["images"][..., None]

    layers = session(trained_version / "layers.onnx")
    outputs = dict(
        zip(
            [output.name for output in layers.get_outputs()], layers.run(None, {"image": images}), strict=True
        )
    )
    probabilities = session(trained_version / "model.onnx").run(["probabilities"], {"image": images})[0]

    assert {name: (10, *shape) for name, (_, shape, _) in LAYERS.items()} == {
        name: output.shape for name, output in outputs.items()
    }
    np.testing.assert_allclose(outputs["dense_2"], probabilities, atol=1e-6)


def test_every_layer_follows_from_the_one_before_by_the_weights_in_the_file(trained_version: Path) -> None:
    path = trained_version / "layers.onnx"
    weights = {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer}
    images = np.load(trained_version / "golden.npz")["images"][:2, ..., None]
    layers = session(path)
    seen = dict(
        zip(
            [output.name for output in layers.get_outputs()], layers.run(None, {"image": images}), strict=True
        )
    )

    def convolved(x: np.ndarray, name: str) -> np.ndarray:
        kernel, bias = weights[f"{name}.kernel"], weights[f"{name}.bias"]
        rows, columns = x.shape[1] - kernel.shape[2] + 1, x.shape[2] - kernel.shape[3] + 1
        out = np.empty((len(x), rows, columns, len(kernel)))
        for row in range(rows):
            for column in range(columns):
                window = x[:, row : row + kernel.shape[2], column : column + kernel.shape[3]]
                out[:, row, column] = np.einsum("bijc,ocij->bo", window, kernel) + bias
        return np.maximum(out, 0)

    def pooled(x: np.ndarray) -> np.ndarray:
        return (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4

    padded = np.pad(images / 255, ((0, 0), (2, 2), (2, 2), (0, 0)))
    flat = seen["conv2d_3"].reshape(2, -1)
    logits = seen["dense_1"] @ weights["dense_2.kernel"] + weights["dense_2.bias"]
    expected = {
        "conv2d_1": convolved(padded, "conv2d_1"),
        "average_pooling2d_1": pooled(seen["conv2d_1"]),
        "conv2d_2": convolved(seen["average_pooling2d_1"], "conv2d_2"),
        "average_pooling2d_2": pooled(seen["conv2d_2"]),
        "conv2d_3": convolved(seen["average_pooling2d_2"], "conv2d_3"),
        "flatten_1": flat,
        "dense_1": np.maximum(flat @ weights["dense_1.kernel"] + weights["dense_1.bias"], 0),
        "dense_2": np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
    }

    for name, output in expected.items():
        np.testing.assert_allclose(seen[name], output, atol=1e-5, err_msg=name)


def test_the_golden_answers_are_the_models_own(trained_version: Path) -> None:
    golden = np.load(trained_version / "golden.npz")
    answers = session(trained_version / "model.onnx").run(
        ["probabilities"], {"image": golden["images"][..., None]}
    )[0]

    assert golden["images"].shape == (10, 28, 28)
    assert golden["images"].dtype == np.uint8
    assert golden["probabilities"].dtype == np.float32
    np.testing.assert_allclose(golden["probabilities"], answers, atol=1e-5)


def test_the_card_tells_the_hash_and_size_of_every_file_that_is_shipped(
    trained_version: Path, card: dict
) -> None:
    expected = {
        name: {
            "sha256": hashlib.sha256((trained_version / name).read_bytes()).hexdigest(),
            "bytes": (trained_version / name).stat().st_size,
        }
        for name in ("model.onnx", "layers.onnx", "golden.npz")
    }

    assert expected == card["files"]
    assert card["local_files"] == ["report.html"]


def test_the_card_tells_what_it_is_and_how_it_was_made(trained_version: Path, card: dict) -> None:
    assert tuple(card[key] for key in ("name", "version", "recipe", "trial")) == ("lenet5", "1", "best", True)
    assert card["input"] == {"name": "image", "datatype": "UINT8", "shape": [None, 28, 28, 1]}
    assert card["classes"] == list("0123456789")
    assert card["parameters"] == 257_546
    assert {
        each["name"]: (each["type"], tuple(each["output_shape"]), each["parameters"])
        for each in card["layers"]
    } == LAYERS
    assert (card["training"]["epochs"], card["training"]["training_images"]) == (1, 300)
    assert card["training"]["settings"]["augmentation"]["rotation_deg"] == 15.0
    assert card["parity"]["max_abs_difference"] <= 1e-5
    low, high = card["temperature_interval_95"]
    assert low <= card["temperature"] <= high
    assert {len(figures) for figures in card["training"]["history"].values()} == {1}
    assert all(each["drawn"] == 20 for each in card["robustness"].values())
    kernels = onnx.numpy_helper.to_array(
        next(
            each
            for each in onnx.load(trained_version / "layers.onnx").graph.initializer
            if each.name == "conv2d_1.kernel"
        )
    )
    assert list(card["kernels"]["epochs"]) == ["1"]
    np.testing.assert_allclose(card["kernels"]["epochs"]["1"], kernels, atol=6e-5)
    test = card["evaluation"]["test"]
    assert (test["images"], test["errors"]) == (100, sum(test["halves"]))
    assert np.sum(test["confusion_matrix"]) == 100


@pytest.mark.parametrize("file", ["model.onnx", "layers.onnx"])
def test_the_facts_travel_in_the_graphs(trained_version: Path, card: dict, file: str) -> None:
    model = onnx.load(trained_version / file)
    facts = {each.key: each.value for each in model.metadata_props}

    assert (facts["name"], facts["version"]) == ("lenet5", "1")
    assert json.loads(facts["classes"]) == card["classes"]
    assert json.loads(facts["layers"]) == card["layers"]
    assert float(facts["temperature"]) == card["temperature"]
    assert float(facts["test_accuracy"]) == card["evaluation"]["test"]["accuracy"]
    assert json.loads(facts["data_sha256"]) == card["training"]["data_sha256"]
    assert [each.version for each in model.opset_import if not each.domain] >= [17]


def test_the_graphs_hold_no_leftovers_of_the_conversion(trained_version: Path) -> None:
    counts = {}
    for file in ("model.onnx", "layers.onnx"):
        operators = [node.op_type for node in onnx.load(trained_version / file).graph.node]
        assert not {"Shape", "Gather", "Identity", "Slice", "Squeeze", "Unsqueeze"} & set(operators)
        counts[file] = (operators.count("Cast"), operators.count("Transpose"))

    # Five layers are shown channels last, and computed channels first.
    assert counts == {"model.onnx": (1, 0), "layers.onnx": (1, 5)}


def test_a_finished_run_is_published_again_with_the_same_answers(
    trained_version: Path, trial: Settings, drawn_mnist: Mnist, tmp_path: Path
) -> None:
    (tmp_path / "models" / "lenet5" / "4").mkdir(parents=True)
    log = io.StringIO()

    again = train(drawn_mnist, replace(trial, repository=tmp_path / "models"), Plain(log))

    assert again == tmp_path / "models" / "lenet5" / "5"
    assert "epoch 1/1" not in log.getvalue()
    assert (again / "golden.npz").read_bytes() == (trained_version / "golden.npz").read_bytes()


def test_a_network_that_fails_the_golden_digits_is_not_published(
    trained_version: Path, trial: Settings, drawn_mnist: Mnist, tmp_path: Path
) -> None:
    golden = np.load(trained_version / "golden.npz")["probabilities"].argmax(axis=1)
    assert golden.tolist() != list(range(10))

    with pytest.raises(ExportError, match="reads golden digits wrong"):
        train(drawn_mnist, replace(trial, repository=tmp_path / "models", trial=False), Plain(io.StringIO()))

    assert not list(tmp_path.iterdir())


def test_a_trial_that_was_begun_for_a_name_in_use_is_not_published(
    trial: Settings, drawn_mnist: Mnist, tmp_path: Path
) -> None:
    with pytest.raises(
        SuccessionError, match=f"this is a trial, and lenet5 {PACKAGED_RECOGNISER.name} is for use"
    ):
        train(
            drawn_mnist,
            replace(trial, repository=tmp_path / "models", replace=False),
            Plain(io.StringIO()),
        )

    assert not list(tmp_path.iterdir())


def test_the_report_stands_alone(trained_version: Path) -> None:
    page = (trained_version / "report.html").read_text(encoding="utf-8")

    assert "<script" not in page
    assert "http" not in page
    assert "lenet5 1" in page
    assert "a trial, not for use" in page

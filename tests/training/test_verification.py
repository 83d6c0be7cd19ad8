"""What does not answer as it was trained to is refused."""

import shutil
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest

from training import export, verification
from training.data import Mnist
from training.errors import ExportError
from training.familiarity import Familiarity
from training.family import Answers
from training.networks.lenet5 import FAMILY


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(11)
    built = FAMILY.build()
    # As after training: a bias of zeros would be left out of the graph.
    built.set_weights([weight + np.float32(0.01) for weight in built.get_weights()])
    return built


@pytest.fixture(scope="module")
def exported(network: keras.Model, drawn_mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export.write_graphs(
        folder, network, FAMILY.head(network), scored(network, drawn_mnist)[0], {"name": "lenet5"}
    )
    return folder


def scored(network: keras.Model, mnist: Mnist) -> tuple[Familiarity, Answers]:
    known = Answers.of(FAMILY, network, mnist.train_images)
    random, sizes = np.random.default_rng(3), (known.seen.shape[1], 7, 5, 1)
    layers = [
        (random.normal(0, 0.3, size).astype(np.float32), random.normal(0, 0.3, size[1]).astype(np.float32))
        for size in pairwise(sizes)
    ]
    return Familiarity(tuple(layers)), known


def test_a_faithful_export_differs_by_rounding_only(
    network: keras.Model, exported: Path, drawn_mnist: Mnist
) -> None:
    found = verification.parity(network, drawn_mnist.train_images, exported)

    assert found.images == 600
    assert 0 <= found.max_abs_difference <= 1e-5
    assert 0 <= found.max_layer_difference <= 1e-4


def test_the_graph_scores_familiarity_as_numpy_does(
    network: keras.Model, exported: Path, drawn_mnist: Mnist
) -> None:
    score, known = scored(network, drawn_mnist)
    session = verification._session(exported / "model.onnx")

    found = session.run(["familiarity"], {"image": drawn_mnist.train_images[..., None]})[0]

    np.testing.assert_allclose(found, score(known.seen), atol=1e-3)


def test_a_head_sees_features_logits_and_the_image_at_half_its_size(
    network: keras.Model, drawn_mnist: Mnist
) -> None:
    images = drawn_mnist.train_images[:5]
    known = Answers.of(FAMILY, network, images)
    body = keras.Model(network.inputs, network.get_layer("dense_1").output)
    features = body.predict(images[..., None] / 255, verbose=0)
    halved = images.reshape(5, 14, 2, 14, 2).mean(axis=(2, 4))

    np.testing.assert_allclose(known.seen[:, :84], features, atol=1e-5)
    np.testing.assert_array_equal(known.seen[:, 84:94], known.logits)
    np.testing.assert_allclose(known.seen[:, 94:], halved.reshape(5, -1) / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("file", "weight"),
    [("model.onnx", "dense_2.bias"), ("layers.onnx", "dense_2.bias"), ("layers.onnx", "conv2d_1.kernel")],
)
def test_a_weight_that_is_not_the_trained_one_is_refused(
    network: keras.Model, exported: Path, drawn_mnist: Mnist, tmp_path: Path, file: str, weight: str
) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(exported, folder)
    model = onnx.load(folder / file)
    (found,) = [each for each in model.graph.initializer if each.name == weight]
    altered = onnx.numpy_helper.to_array(found).copy()
    altered.flat[0] += 0.01
    found.CopyFrom(onnx.numpy_helper.from_array(altered, weight))
    onnx.save(model, folder / file)

    with pytest.raises(ExportError, match="ONNX Runtime differs from Keras by"):
        verification.parity(network, drawn_mnist.train_images, folder)


def test_golden_digits_that_are_read_right_pass() -> None:
    verification.require_golden(np.eye(10))


def test_golden_digits_that_are_read_wrong_are_named() -> None:
    probabilities = np.eye(10)
    probabilities[[3, 5]] = probabilities[[5, 6]]

    with pytest.raises(ExportError, match=r"\(3 as 5, 5 as 6\)"):
        verification.require_golden(probabilities)


def test_the_golden_file_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    images, probabilities = np.zeros((10, 28, 28), np.uint8), np.eye(10)
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        folder.mkdir()
        export.write_golden(folder, FAMILY.build(), images, probabilities)

    assert (first / "golden.npz").read_bytes() == (second / "golden.npz").read_bytes()

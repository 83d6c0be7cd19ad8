"""Every layer is what its weights and the lecture's definitions make of the layer before."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import signal
from starlette.testclient import TestClient

from service.cards.card import Card
from service.digits.layers import Layers
from service.digits.network import Batching, Network
from service.engine.session import Session
from service.errors import ModelError
from service.repository import opening, version_files
from service.settings import PACKAGED_RECOGNISER, Settings

Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def maps(client: TestClient, digits: np.ndarray, npy: Callable[[np.ndarray], bytes]) -> Arrays:
    """What the service says of a seven, by layer, channels last; ``image`` is the seven itself, 0 to 1."""
    body, headers = npy(digits[7]), {"Content-Type": "application/x-npy"}
    answer = client.post("/feature-maps?preprocess=none", content=body, headers=headers).json()
    layers = {layer["name"]: layer for layer in answer["images"][0]["layers"]}
    found = {
        name: np.transpose(layer["maps"], (1, 2, 0)) if "maps" in layer else np.array(layer["vector"])
        for name, layer in layers.items()
    }
    return {**found, "image": digits[7][..., None] / 255}


@pytest.fixture(scope="module")
def weights(client: TestClient) -> Callable[[str], Any]:
    def weights(layer: str) -> tuple[np.ndarray, np.ndarray]:
        answer = client.get(f"/models/lenet5/layers/{layer}/kernels").json()
        return np.array(answer["kernels"]), np.array(answer["biases"])

    return weights


@pytest.fixture(scope="module")
def card(settings: Settings, batching: Batching) -> Card:
    return (
        opening.open_folder(settings.model_repository, most_versions=10, device="cpu", batching=batching)
        .find("lenet5")
        .card
    )


@pytest.fixture(scope="module")
def answers() -> Session:
    file = PACKAGED_RECOGNISER / version_files.NETWORK
    return Session(file.read_bytes(), device="cpu", threads=1)


def assert_alike(expected: np.ndarray, found: np.ndarray) -> None:
    assert expected.shape == found.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def convolved(image: np.ndarray, kernels: np.ndarray, biases: np.ndarray, padding: str) -> np.ndarray:
    """Sum a cross-correlation over the channels for each filter, add its bias, cut off below zero."""
    maps = [
        sum(signal.correlate2d(image[..., c], kernel[c], mode=padding) for c in range(image.shape[2])) + bias
        for kernel, bias in zip(kernels, biases, strict=True)
    ]
    return np.maximum(np.stack(maps, axis=-1), 0)


@pytest.mark.parametrize(
    ("layer", "before", "padding"),
    [
        ("conv2d_1", "image", "same"),
        ("conv2d_2", "average_pooling2d_1", "valid"),
        ("conv2d_3", "average_pooling2d_2", "valid"),
    ],
)
def test_a_convolution_is_the_rectified_sum_over_the_depth_of_its_kernels(
    maps: Arrays, weights: Callable[[str], Any], layer: str, before: str, padding: str
) -> None:
    expected = convolved(maps[before], *weights(layer), padding)

    assert_alike(expected, maps[layer])


@pytest.mark.parametrize(
    ("layer", "before"), [("average_pooling2d_1", "conv2d_1"), ("average_pooling2d_2", "conv2d_2")]
)
def test_pooling_is_the_mean_of_each_patch_of_two_by_two(maps: Arrays, layer: str, before: str) -> None:
    rows, columns, channels = maps[layer].shape
    expected = np.empty((rows, columns, channels))
    for row in range(rows):
        for column in range(columns):
            patch = maps[before][2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            expected[row, column] = patch.mean(axis=(0, 1))

    assert_alike(expected, maps[layer])


def test_flattening_only_puts_the_maps_in_a_line(maps: Arrays) -> None:
    assert_alike(maps["conv2d_3"].ravel(), maps["flatten_1"])


def test_the_hidden_layer_is_a_rectified_weighted_sum(maps: Arrays, weights: Callable[[str], Any]) -> None:
    kernels, biases = weights("dense_1")
    expected = np.maximum(maps["flatten_1"] @ kernels + biases, 0)

    assert_alike(expected, maps["dense_1"])


def test_the_last_layer_is_a_softmax(maps: Arrays, weights: Callable[[str], Any]) -> None:
    kernels, biases = weights("dense_2")
    powers = np.exp(maps["dense_1"] @ kernels + biases)

    assert_alike(powers / powers.sum(), maps["dense_2"])


def test_the_last_layer_is_what_predict_answers(
    maps: Arrays, predict: Callable[..., Any], digits: np.ndarray
) -> None:
    answer = predict({"pixels": digits[7].tolist()}).json()
    expected = np.array(answer["predictions"][0]["probabilities"])

    assert_alike(expected, maps["dense_2"])


def test_a_file_whose_outputs_are_not_the_layers_on_the_card_is_refused(card: Card, answers: Session) -> None:
    with pytest.raises(ModelError, match="its layers are"):
        Layers(card, answers, b"")


def test_a_network_and_its_layers_take_the_same_input(
    card: Card, answers: Session, batching: Batching
) -> None:
    file = (PACKAGED_RECOGNISER / version_files.LAYERS).read_bytes()
    layers = Layers(card, Session(file, device="cpu", threads=1), file)
    layers.inputs = {"image": ("float32", (None, 32, 32, 1))}
    with pytest.raises(ModelError, match="its layers take another input"):
        Network(card, answers, layers, batching)

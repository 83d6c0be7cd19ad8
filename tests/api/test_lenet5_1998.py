"""LeNet-5 as it was published is served as any other network: each number follows from those before it."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from httpx2 import Client
from PIL import Image
from scipy import special

from service.settings import PACKAGED_1998

MODEL = "lenet5-1998"
LAYERS = {
    "padding": [32, 32, 1],
    "normalisation": [32, 32, 1],
    "c1": [28, 28, 6],
    "s2": [14, 14, 6],
    "c3": [10, 10, 16],
    "s4": [5, 5, 16],
    "c5": [1, 1, 120],
    "flatten": [120],
    "f6": [84],
    "rbf": [10],
    "softmin": [10],
}


@pytest.fixture(scope="module")
def golden() -> np.ndarray:
    """The ten digits that every version comes with."""
    return np.load(PACKAGED_1998 / "golden.npz")["images"]


@pytest.fixture(scope="module")
def card(client: Client) -> dict[str, Any]:
    return client.get(f"/models/{MODEL}").json()


@pytest.fixture(scope="module")
def kernels(client: Client) -> Callable[[str], dict[str, np.ndarray]]:
    """The weights of a layer, as anybody gets them."""

    def get(layer: str) -> dict[str, np.ndarray]:
        answer = client.get(
            f"/models/{MODEL}/layers/{layer}/kernels", headers={"Accept": "application/x-npz"}
        )
        with np.load(io.BytesIO(answer.content)) as arrays:
            return {name: arrays[name].astype(np.float64) for name in arrays}

    return get


@pytest.fixture(scope="module")
def maps(client: Client, golden: np.ndarray) -> dict[str, np.ndarray]:
    """What each layer makes of the golden digits."""
    body = io.BytesIO()
    np.save(body, golden)
    answer = client.post(
        "/feature-maps",
        params={"model": MODEL},
        content=body.getvalue(),
        headers={"Content-Type": "application/x-npy", "Accept": "application/x-npz"},
    )
    assert answer.status_code == 200, answer.text
    with np.load(io.BytesIO(answer.content)) as arrays:
        return {layer: arrays[layer].astype(np.float64) for layer in LAYERS}


def squashed(x: np.ndarray) -> np.ndarray:
    return 1.7159 * np.tanh(2 / 3 * x)


def convolved(maps: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(maps, (5, 5), axis=(1, 2))
    return squashed(np.einsum("brcmhw,fmhw->brcf", windows, weights["kernels"]) + weights["biases"])


def subsampled(maps: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    number, height, width, depth = maps.shape
    mean = maps.reshape(number, height // 2, 2, width // 2, 2, depth).mean(axis=(2, 4))
    return squashed(mean * weights["coefficient"] + weights["biases"])


def test_it_has_60000_parameters_in_the_papers_layers(card: dict[str, Any]) -> None:
    assert {layer["name"]: layer["output_shape"] for layer in card["layers"]} == LAYERS
    assert [layer["parameters"] for layer in card["layers"] if layer["parameters"]] == [
        *(156, 12, 1_516),
        *(32, 48_120, 10_164),
    ]
    assert card["parameters"] == 60_000
    assert not card["trial"]


def test_each_layer_follows_from_the_one_before(
    maps: dict[str, np.ndarray],
    kernels: Callable[[str], dict[str, np.ndarray]],
    golden: np.ndarray,
    card: dict[str, Any],
) -> None:
    scale, f6 = kernels("normalisation"), kernels("f6")
    expected = {
        "padding": np.pad(golden / 255, ((0, 0), (2, 2), (2, 2)))[..., None],
        "normalisation": maps["padding"] * scale["scale"] + scale["offset"],
        "c1": convolved(maps["normalisation"], kernels("c1")),
        "s2": subsampled(maps["c1"], kernels("s2")),
        "c3": convolved(maps["s2"], kernels("c3")),
        "s4": subsampled(maps["c3"], kernels("s4")),
        "c5": convolved(maps["s4"], kernels("c5")),
        "flatten": maps["c5"].reshape(-1, 120),
        "f6": squashed(maps["flatten"] @ f6["kernels"] + f6["biases"]),
        "rbf": ((maps["f6"][:, None] - kernels("rbf")["bitmap"]) ** 2).sum(axis=2),
        "softmin": special.softmax(-maps["rbf"] / card["temperature"], axis=1),
    }

    for layer, values in expected.items():
        np.testing.assert_allclose(maps[layer], values, rtol=2e-5, atol=2e-5, err_msg=layer)


def test_c3_sees_what_its_card_says(
    client: Client, kernels: Callable[[str], dict[str, np.ndarray]], card: dict[str, Any]
) -> None:
    (c3,) = (layer for layer in card["layers"] if layer["name"] == "c3")
    sees = [[channel in connected for channel in range(6)] for connected in c3["connections"]]

    told = {
        layer: client.get(f"/models/{MODEL}/layers/{layer}/kernels").json()["connections"]
        for layer in ("c1", "c3")
    }

    assert np.sum(sees) == 60
    assert told == {"c1": None, "c3": c3["connections"]}
    assert (kernels("c3")["kernels"].any(axis=(2, 3)) == sees).all()


def test_f6_draws_the_digit_that_is_read(
    maps: dict[str, np.ndarray], kernels: Callable[[str], dict[str, np.ndarray]]
) -> None:
    drawn = np.sign(maps["f6"])

    for digit, bitmap in enumerate(kernels("rbf")["bitmap"]):
        assert (drawn[digit] == bitmap).mean() > 0.9


def test_it_reads_the_golden_digits_by_every_way_in(
    client: Client, golden: np.ndarray, maps: dict[str, np.ndarray]
) -> None:
    body = io.BytesIO()
    np.save(body, golden)
    answer = client.post(
        "/predict",
        params={"model": MODEL},
        content=body.getvalue(),
        headers={"Content-Type": "application/x-npy"},
    ).json()
    tensor = {"name": "image", "shape": [10, 28, 28, 1], "datatype": "UINT8", "data": golden.ravel().tolist()}
    inferred = client.post(f"/v2/models/{MODEL}/infer", json={"inputs": [tensor]}).json()
    shown = client.post(
        f"/v2/models/{MODEL}-layers/infer", json={"inputs": [tensor], "outputs": [{"name": "rbf"}]}
    ).json()
    probabilities = np.reshape(inferred["outputs"][0]["data"], (10, 10))

    assert answer["model"]["name"] == MODEL
    assert [each["digit"] for each in answer["predictions"]] == list(range(10))
    np.testing.assert_allclose(
        [each["probabilities"] for each in answer["predictions"]], probabilities, rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(maps["softmin"], probabilities, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.reshape(shown["outputs"][0]["data"], (10, 10)), maps["rbf"], rtol=1e-5)


def test_its_layers_are_drawn_side_by_side(client: Client, golden: np.ndarray) -> None:
    body = io.BytesIO()
    Image.fromarray(golden[3]).save(body, "PNG")
    sheet = client.post(
        "/feature-maps", params={"model": MODEL}, content=body.getvalue(), headers={"Accept": "image/png"}
    )

    assert sheet.headers["content-type"] == "image/png"
    assert np.ptp(np.asarray(Image.open(io.BytesIO(sheet.content)))) > 200


def test_its_two_files_agree() -> None:
    quick, shown = (
        onnxruntime.InferenceSession(PACKAGED_1998 / name, providers=["CPUExecutionProvider"])
        for name in ("model.onnx", "layers.onnx")
    )
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28, 1), np.uint8)
    (probabilities,) = quick.run(["probabilities"], {"image": images})
    (softmin,) = shown.run(["softmin"], {"image": images})

    np.testing.assert_allclose(probabilities, softmin, atol=1e-6)

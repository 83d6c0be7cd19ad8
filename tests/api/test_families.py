"""Networks of other sizes and layers are asked as LeNet-5 is; one for ink is asked for no digit."""

import base64
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx2 import Client
from PIL import Image

from service.app import create_app
from service.application import Application
from service.settings import Settings

NPY = {"Content-Type": "application/x-npy"}
OTHERS = {"ridges", "elsewhere"}


@pytest.fixture(scope="module")
def models(
    ridges: Path,
    write_elsewhere: Callable[[Path], Path],
    write_ink: Callable[[Path], Path],
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(settings.model_repository / "lenet5", folder / "lenet5")
    shutil.copytree(ridges.parent, folder / "ridges")
    write_elsewhere(folder / "elsewhere" / "1")
    write_ink(folder / "sheet" / "1")
    return folder


@pytest.fixture(scope="module")
def others(
    models: Path, settings: Settings, served: Callable[[Application], AbstractContextManager[Client]]
) -> Iterator[Client]:
    with served(create_app(settings.model_copy(update={"model_repository": models}))) as client:
        yield client


@pytest.fixture
def ask(others: Client, npy: Callable[[np.ndarray], bytes]) -> Callable[..., Any]:
    def ask(path: str, array: np.ndarray, **query: str) -> Any:  # noqa: ANN401  any answer
        return others.post(path, content=npy(array), headers=NPY, params=query)

    return ask


def framed(digit: np.ndarray) -> np.ndarray:
    return np.pad(digit, 2)


def test_the_models_are_listed_by_role_with_the_default(others: Client) -> None:
    answer = others.get("/models").json()

    assert answer["default"] == "lenet5"
    assert {model["name"]: model["role"] for model in answer["models"]} == {
        "elsewhere": "recogniser",
        "ink": "ink",
        "lenet5": "recogniser",
        "lenet5-1998": "recogniser",
        "ridges": "recogniser",
        "sheet": "ink",
    }
    assert "accuracy" not in next(model for model in answer["models"] if model["name"] == "sheet")


def test_a_trial_is_told_wherever_a_model_is_described(others: Client) -> None:
    listed = {model["name"]: model["trial"] for model in others.get("/models").json()["models"]}
    described = {name: others.get(f"/models/{name}").json()["trial"] for name in listed}
    parameters = {
        name: others.get(f"/v2/models/{name}").json().get("parameters")
        for name in ("lenet5", "ridges", "ridges-layers", "elsewhere")
    }

    # What the training of a few images wrote; the packaged network; and cards that do not say.
    assert (
        listed
        == described
        == {
            "elsewhere": False,
            "ink": False,
            "lenet5": False,
            "lenet5-1998": False,
            "ridges": True,
            "sheet": False,
        }
    )
    assert parameters == {
        "lenet5": None,
        "ridges": {"trial": True},
        "ridges-layers": {"trial": True},
        "elsewhere": None,
    }


def test_each_is_described_with_every_layer(others: Client) -> None:
    layers = {layer["name"]: layer for layer in others.get("/models/ridges").json()["layers"]}
    ink = others.get("/models/sheet").json()

    assert layers["gain_1"]["type"] == "Gain"
    assert layers["gain_1"]["weights"] == {"gain": ["maps"]}
    assert layers["conv2d_1"]["strides"] == [2, 2]
    assert layers["conv2d_1"]["activation"] == "tanh"
    assert (ink["role"], ink["versions"], ink["provider"]) == ("ink", ["1"], "CPUExecutionProvider")


def test_without_a_name_the_default_answers(ask: Callable[..., Any], digits: np.ndarray) -> None:
    named = ask("/predict", digits[7], model="lenet5").json()

    assert ask("/predict", digits[7]).json() == named
    assert ask("/feature-maps", digits[7]).json()["model"]["name"] == "lenet5"


@pytest.mark.parametrize("number", [1, 3, 70])
@pytest.mark.parametrize("model", ["ridges", "elsewhere"])
def test_a_digit_is_framed_to_the_middle_of_what_a_network_takes(
    ask: Callable[..., Any], digits: np.ndarray, model: str, number: int
) -> None:
    images = digits[np.arange(number) % 10]
    prepared = ask("/predict", images, model=model).json()["predictions"]
    ready = np.stack([framed(image) for image in images])
    by_hand = ask("/predict", ready, model=model, preprocess="none").json()["predictions"]

    assert [one["digit"] for one in prepared] == [one["digit"] for one in by_hand]
    for one, other in zip(prepared, by_hand, strict=True):
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], atol=1e-5)


def test_the_golden_answers_come_over_the_api(ask: Callable[..., Any], ridges: Path) -> None:
    golden = np.load(ridges / "golden.npz")
    found = ask("/predict", golden["images"], model="ridges", preprocess="none").json()["predictions"]

    np.testing.assert_allclose([one["probabilities"] for one in found], golden["probabilities"], atol=1e-4)


def test_a_photo_is_read_by_a_network_of_another_size_and_shown_as_it_saw_it(others: Client) -> None:
    photo = (Path(__file__).parents[2] / "docs" / "seven.jpg").read_bytes()
    answer = others.post(
        "/predict",
        content=photo,
        headers={"Content-Type": "image/jpeg"},
        params={"model": "ridges", "include": "prepared"},
    )
    (found,) = answer.json()["predictions"]
    picture = Image.open(io.BytesIO(base64.b64decode(found["prepared"]["image"].split(",")[1])))

    assert picture.size == (32, 32)
    assert not np.asarray(picture)[:2].any()


def test_without_preparation_only_the_networks_own_size_is_taken(
    ask: Callable[..., Any], digits: np.ndarray
) -> None:
    refused = ask("/predict", digits[1], model="ridges", preprocess="none")
    other = ask("/predict", framed(digits[1]), preprocess="none")

    assert (refused.status_code, other.status_code) == (422, 422)
    assert "32x32" in refused.json()["detail"]
    assert "28x28" in other.json()["detail"]
    assert ask("/predict", np.zeros((2, 30, 30), np.uint8), model="ridges").status_code == 422
    assert ask("/predict", np.zeros((2, 32, 32), np.uint8), model="lenet5").status_code == 422


@pytest.mark.parametrize("model", sorted(OTHERS))
def test_every_layer_is_shown_whatever_its_kind(
    others: Client, ask: Callable[..., Any], digits: np.ndarray, model: str
) -> None:
    layers = {layer["name"]: layer for layer in others.get(f"/models/{model}").json()["layers"]}
    answer = ask("/feature-maps", digits[5], model=model)
    shown = {layer["name"]: layer for layer in answer.json()["images"][0]["layers"]}

    assert shown.keys() == layers.keys()
    for name, layer in shown.items():
        shape = layers[name]["output_shape"]
        values = np.array(layer.get("maps") or layer["vector"])
        assert layer["shape"] == shape
        assert values.size == np.prod(shape)
        if len(shape) == 3:
            assert values.shape == (shape[2], *shape[:2])
        if len(shape) == 2:
            assert values.shape == (1, *shape)


@pytest.mark.parametrize("model", sorted(OTHERS))
def test_they_come_as_arrays_and_as_a_contact_sheet(
    others: Client, npy: Callable[[np.ndarray], bytes], digits: np.ndarray, model: str
) -> None:
    layers = {layer["name"]: layer for layer in others.get(f"/models/{model}").json()["layers"]}
    arrays, sheet = (
        others.post(
            "/feature-maps", content=npy(digits[:2]), headers={**NPY, "Accept": form}, params={"model": model}
        )
        for form in ("application/x-npz", "image/png")
    )
    found = np.load(io.BytesIO(arrays.content))

    assert {name: list(found[name].shape) for name in found} == {
        name: [2, *layer["output_shape"]] for name, layer in layers.items()
    }
    assert Image.open(io.BytesIO(sheet.content)).width == 1120


def test_weights_of_every_kind_are_had_by_name_with_their_axes(others: Client) -> None:
    gain = others.get("/models/ridges/layers/gain_1/kernels").json()
    normal = others.get("/models/ridges/layers/batch_normalization_1/kernels").json()
    dense = others.get("/models/elsewhere/layers/dense_1/kernels").json()
    arrays = others.get(
        "/models/ridges/layers/gain_1/kernels", headers={"Accept": "application/x-npz"}
    ).content

    assert (gain["kernels"], gain["biases"], gain["axes"]) == ([], [], [])
    assert gain["weights"]["gain"]["axes"] == ["maps"]
    assert len(gain["weights"]["gain"]["values"]) == 4
    assert set(normal["weights"]) == {"gamma", "beta", "moving_mean", "moving_variance"}
    assert (dense["axes"], dense["shape"], dense["weights"]) == (["inputs", "units"], [1024, 10], {})
    assert np.load(io.BytesIO(arrays))["gain"].shape == (4,)


@pytest.mark.parametrize("model", ["ridges", "elsewhere"])
def test_the_open_inference_protocol_speaks_to_them(
    others: Client, digits: np.ndarray, models: Path, model: str
) -> None:
    metadata = others.get(f"/v2/models/{model}").json()
    golden = np.load(models / model / "1" / "golden.npz")
    images = golden["images"]
    tensor = {"name": "image", "shape": [len(images), 32, 32, 1], "datatype": "UINT8"}
    answer = others.post(
        f"/v2/models/{model}/infer", json={"inputs": [{**tensor, "data": images.ravel().tolist()}]}
    ).json()
    outputs = {output["name"]: np.reshape(output["data"], output["shape"]) for output in answer["outputs"]}
    alone = others.post(
        f"/v2/models/{model}/infer",
        content=images[0].tobytes(),
        headers={"Inference-Header-Content-Length": "0"},
    )
    layers = others.post(
        f"/v2/models/{model}-layers/infer", json={"inputs": [{**tensor, "data": images.ravel().tolist()}]}
    ).json()
    refused = others.post(
        f"/v2/models/{model}/infer",
        json={
            "inputs": [{**tensor, "shape": [1, 28, 28, 1], "data": digits[0].ravel().tolist()}],
        },
    )

    assert metadata["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 32, 32, 1]}]
    np.testing.assert_allclose(outputs["probabilities"], golden["probabilities"], atol=1e-4)
    assert alone.status_code == 200
    assert [[output["name"], output["shape"][1:]] for output in layers["outputs"]] == [
        [layer["name"], layer["output_shape"]] for layer in others.get(f"/models/{model}").json()["layers"]
    ]
    assert refused.status_code == 400
    assert "[number, 32, 32, 1]" in refused.json()["error"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/predict?model=sheet"),
        ("POST", "/feature-maps?model=sheet"),
        ("GET", "/models/sheet/layers/ink/kernels"),
        ("GET", "/v2/models/sheet"),
        ("POST", "/v2/models/sheet/infer"),
        ("GET", "/v2/models/sheet-layers"),
    ],
)
def test_a_network_for_ink_reads_no_digits(
    others: Client, npy: Callable[[np.ndarray], bytes], digits: np.ndarray, method: str, path: str
) -> None:
    content = npy(digits[0]) if method == "POST" else None
    answer = others.request(method, path, content=content, headers=NPY)

    assert answer.status_code == 404
    assert "sheet" not in {model["name"] for model in others.post("/v2/repository/index").json()}


def test_all_of_them_are_ready(others: Client) -> None:
    models = others.get("/health/ready").json()["models"]

    assert {model["name"] for model in models} == {*OTHERS, "ink", "lenet5", "lenet5-1998", "sheet"}


def test_a_setting_names_the_default(
    models: Path,
    settings: Settings,
    served: Callable[[Application], AbstractContextManager[Client]],
    npy: Callable[[np.ndarray], bytes],
    digits: np.ndarray,
) -> None:
    changed = settings.model_copy(update={"model_repository": models, "model": "ridges"})
    with served(create_app(changed)) as client:
        answer = client.post("/predict", content=npy(digits[4]), headers=NPY).json()
        listed = client.get("/models").json()

    assert answer["model"]["name"] == listed["default"] == "ridges"

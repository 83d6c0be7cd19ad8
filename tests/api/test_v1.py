"""Clients of KServe's V1 protocol and of TensorFlow Serving are answered as those of ``/v2`` are."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client

from service.settings import PACKAGED_RECOGNISER

PATH = "/v1/models/lenet5:predict"
Predict = Callable[..., Any]


@pytest.fixture
def predict(client: Client) -> Predict:
    """Post instances to a model."""

    def predict(instances: Any, path: str = PATH, **headers: str) -> Any:  # noqa: ANN401
        content = json.dumps({"instances": instances}).encode()
        return client.post(path, content=content, headers=headers)

    return predict


@pytest.fixture
def expected(client: Client, digits: np.ndarray) -> list[list[float]]:
    """What ``/v2`` answers for the ten digits."""
    tensor = {"name": "image", "shape": [10, 28, 28, 1], "datatype": "UINT8", "data": digits.tolist()}
    tensor["data"] = digits.ravel().tolist()
    answer = client.post("/v2/models/lenet5/infer", json={"inputs": [tensor]}).json()["outputs"][0]
    assert answer["name"] == "probabilities"
    return np.reshape(answer["data"], (10, 10)).tolist()


FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "levels": lambda digits: digits.tolist(),
    "levels with a channel": lambda digits: digits[..., None].tolist(),
    "levels as floats": lambda digits: digits.astype(float).tolist(),
    "levels from 0 to 1": lambda digits: (digits / 255).tolist(),
    "levels from 0 to 1 with a channel": lambda digits: (digits[..., None] / 255).tolist(),
    "named levels": lambda digits: [{"image": digit.tolist()} for digit in digits],
    "named levels from 0 to 1": lambda digits: [{"image": (digit / 255).tolist()} for digit in digits],
}


@pytest.mark.parametrize("form", FORMS)
def test_images_are_predicted_in_any_form(
    form: str, predict: Predict, digits: np.ndarray, expected: list[list[float]]
) -> None:
    predictions = predict(FORMS[form](digits)).json()["predictions"]

    assert [list(one) for one in predictions] == [["probabilities", "logits"]] * 10
    assert [one["probabilities"] for one in predictions] == expected
    # A few arrive in one piece, all of them in several.
    assert predict(FORMS[form](digits[7:8])).json()["predictions"][0]["probabilities"] == pytest.approx(
        expected[7], abs=1e-6
    )


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: {"b64": text},
        lambda text: {"image": text},
        lambda text: {"image": {"b64": text}},
    ],
)
def test_files_are_prepared_and_predicted(
    wrap: Callable[[str], Any], predict: Predict, digits: np.ndarray, encode: Callable[..., bytes]
) -> None:
    paper = [np.pad(255 - digit.repeat(3, 0).repeat(3, 1), 20, constant_values=255) for digit in digits[:4]]
    instances = [wrap(base64.b64encode(encode(picture)).decode()) for picture in paper]

    predictions = predict(instances).json()["predictions"]
    assert [int(np.argmax(one["probabilities"])) for one in predictions] == [0, 1, 2, 3]


def test_layers_are_the_outputs_of_a_model_of_their_own(predict: Predict, digits: np.ndarray) -> None:
    (layers,) = predict(digits[:1].tolist(), "/v1/models/lenet5-layers:predict").json()["predictions"]

    assert np.shape(layers["conv2d_1"]) == (28, 28, 6)


def test_a_version_may_be_named_and_a_body_compressed(client: Client, digits: np.ndarray) -> None:
    path = f"/v1/models/lenet5/versions/{PACKAGED_RECOGNISER.name}:predict"
    body = gzip.compress(json.dumps({"instances": digits.tolist()}).encode())
    answer = client.post(
        path, content=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
    )

    assert len(answer.json()["predictions"]) == 10
    assert client.post(path.replace("versions/", "versions/9"), content=body).status_code == 404


def test_the_models_tell_that_they_answer(client: Client) -> None:
    assert client.get("/v1/models").json() == {
        "models": ["lenet5", "lenet5-layers", "lenet5-1998", "lenet5-1998-layers"]
    }
    assert client.get("/v1/models/lenet5").json() == {"name": "lenet5", "ready": True}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models/xyzzy", 404),
        ("POST", "/v1/models/xyzzy:predict", 404),
        ("POST", "/v1/models/lenet5:explain", 405),
        ("GET", "/v1/models/lenet5:predict", 405),
        ("GET", "/v1", 404),
    ],
)
def test_what_is_not_there_is_told_in_the_protocols_form(
    method: str, path: str, status: int, client: Client
) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.json().keys() == {"error"}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"instances": 1}',
        '{"instances": []}',
        '{"instances": {}}',
        '{"instances": [1]}',
        '{"instances": [[1]]}',
        '{"instances": ["xyzzy"]}',
        '{"instances": [{"b64": 1}]}',
        '{"instances": [{"image": "", "more": 1}]}',
        json.dumps({"instances": [[[0] * 28] * 28, "AAAA"]}),
        json.dumps({"instances": [[[0] * 28] * 27]}),
        json.dumps({"instances": [[[None] * 28] * 28]}),
        json.dumps({"instances": [[["1"] * 28] * 28]}),
        json.dumps({"instances": [[[256] * 28] * 28]}),
        json.dumps({"instances": [[[1.5] * 28] * 28]}),
        json.dumps({"instances": [[[-1] * 28] * 28]}),
        json.dumps({"instances": [[[1e300] * 28] * 28]}),
    ],
    ids=lambda body: body[:40],
)
def test_what_is_not_valid_is_a_bad_request(body: str, client: Client) -> None:
    answer = client.post(PATH, content=body.encode())

    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}
    assert "xyzzy" not in answer.text


def test_another_content_type_is_refused(predict: Predict) -> None:
    answer = predict([], **{"Content-Type": "text/plain"})

    assert answer.status_code == 415
    assert answer.headers["accept"] == "application/json"

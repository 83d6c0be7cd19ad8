"""What the service says of itself: models, health, and a document whose examples work."""

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
from httpx2 import Client
from starlette.testclient import TestClient

from service.app import create_app
from service.application import Application
from service.http.problems import Problem
from service.readiness import Readiness
from service.routes.models import ModelDescription, ModelList
from service.routes.monitoring import Live, Ready
from service.routes.prediction import PredictionAnswer
from service.settings import PACKAGED_1998, PACKAGED_INK, PACKAGED_RECOGNISER, Limits, Settings

Served = Callable[[Application], AbstractContextManager[Client]]


def test_the_models_are_listed_with_the_limits(client: Client, settings: Settings) -> None:
    answer = client.get("/models").json()
    listed = ModelList.model_validate(answer)

    assert [(model.name, model.version, model.parameters) for model in listed.models] == [
        ("ink", PACKAGED_INK.name, 340_308),
        ("lenet5", PACKAGED_RECOGNISER.name, 257_546),
        ("lenet5-1998", PACKAGED_1998.name, 60_000),
    ]
    assert listed.models[1].accuracy > 0.98
    assert answer["limits"] == {name: getattr(settings, name) for name in Limits.model_fields}


def test_a_model_is_described_by_the_lectures_summary(client: Client) -> None:
    model = ModelDescription.model_validate(client.get("/models/lenet5").json())

    assert model.provider == "CPUExecutionProvider"
    assert model.versions == [PACKAGED_RECOGNISER.name]
    assert model.layers[0].output_shape == (28, 28, 6)
    assert sum(layer.parameters for layer in model.layers) == model.parameters


@pytest.mark.parametrize(("name", "seed"), [("lenet5", 1), ("lenet5-1998", 1)])
def test_a_model_tells_of_every_training_by_its_recipe(name: str, seed: int, client: Client) -> None:
    model = ModelDescription.model_validate(client.get(f"/models/{name}").json())
    own = next(one for one in model.seeds if one.seed == seed)
    validation = [one.validation_errors for one in model.seeds]

    assert model.network == name
    assert [one.seed for one in model.seeds] == [1, 2, 3]
    assert own.seed == model.training.seed
    assert own.test_errors == model.evaluation.test.errors
    assert own.validation_errors == model.evaluation.validation.errors == statistics.median(validation)


def test_a_model_tells_how_it_was_trained_and_how_good_it_is(client: Client) -> None:
    model = ModelDescription.model_validate(client.get("/models/lenet5").json())
    training, evaluation = model.training, model.evaluation

    assert (training.seed, training.epochs, training.settings["name"]) == (1, 193, model.recipe)
    assert set(training.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(figures) == training.epochs for figures in training.history.values())
    assert (evaluation.test.images, evaluation.validation.images) == (10_000, training.validation_images)
    assert evaluation.validation.accuracy == pytest.approx(training.history["val_accuracy"][-1], abs=1e-6)
    low, high = model.temperature_interval_95
    assert low < model.temperature < high
    assert all(each.images <= each.drawn == 100 for each in model.robustness.values())
    assert all(each.errors <= each.images for each in model.robustness.values())
    assert model.kernels.layer == "conv2d_1"


def test_the_last_kernels_of_a_model_are_those_of_its_layer(client: Client) -> None:
    shown = client.get("/models/lenet5").json()["kernels"]
    served = client.get(f"/models/lenet5/layers/{shown['layer']}/kernels").json()["kernels"]

    np.testing.assert_allclose(shown["epochs"]["193"], served, atol=6e-5)


def test_a_live_and_ready_service_says_so(client: Client) -> None:
    live = Live.model_validate(client.get("/health/live").json())
    ready = client.get("/health/ready")

    assert live.live
    assert ready.status_code == 200
    assert ready.json() == {
        "ready": True,
        "models": [
            {"name": "ink", "version": PACKAGED_INK.name},
            {"name": "lenet5", "version": PACKAGED_RECOGNISER.name},
            {"name": "lenet5-1998", "version": PACKAGED_1998.name},
        ],
        "provider": "CPUExecutionProvider",
    }


def test_a_service_is_ready_only_between_its_start_and_its_end(settings: Settings, served: Served) -> None:
    app = create_app(settings)
    probe = TestClient(app)
    before = probe.get("/health/ready")
    with served(app) as running:
        during = running.get("/health/ready")
    after = probe.get("/health/ready")

    assert [answer.status_code for answer in (before, during, after)] == [503, 200, 503]
    assert before.json()["reason"] == "starting"
    assert after.json()["reason"] == "stopping"
    assert all(Ready.model_validate(answer.json()) for answer in (before, during, after))


def test_readiness_begins_closed() -> None:
    assert not Readiness().ready


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def test_every_documented_example_is_answered(client: Client, document: dict[str, Any]) -> None:
    forms = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    examples = forms["application/json"]["examples"]

    assert set(examples) == {"image", "images", "pixels"}
    for example in examples.values():
        answer = client.post("/predict", json=example["value"])

        assert answer.status_code == 200
        assert PredictionAnswer.model_validate(answer.json(), extra="forbid")


def test_the_example_picture_is_a_seven(client: Client, document: dict[str, Any]) -> None:
    examples = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    answer = client.post("/predict?include=prepared", json=examples["image"]["value"]).json()

    assert answer["predictions"][0]["digit"] == 7
    assert PredictionAnswer.model_validate(answer, extra="forbid")


def test_every_form_that_is_documented_is_taken_and_no_other(
    client: Client, document: dict[str, Any]
) -> None:
    forms = set(document["paths"]["/predict"]["post"]["requestBody"]["content"])
    refused = client.post("/predict", content=b"x", headers={"Content-Type": "text/plain"})

    assert set(refused.headers["Accept"].split(", ")) | {"application/octet-stream"} == forms


def test_a_problem_is_what_its_schema_says(client: Client) -> None:
    for answer in (client.get("/xyzzy"), client.post("/predict"), client.post("/predict?x=1")):
        assert Problem.model_validate(answer.json(), extra="forbid").status == answer.status_code


def test_accuracy_is_counted_as_on_the_slides(client: Client) -> None:
    def accuracy(errors: int, images: int) -> float:
        return 1 - errors / images

    found = client.get("/models/lenet5").json()["evaluation"]["test"]

    assert accuracy(119, 10_000) == pytest.approx(0.9881, abs=1e-12)
    assert found["accuracy"] == pytest.approx(accuracy(found["errors"], found["images"]), abs=1e-12)

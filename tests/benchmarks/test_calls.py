"""A server is measured only when its answer is the network's; the requests are what protocols say."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from benchmarks import calls
from benchmarks.calls import Body, Call
from benchmarks.drawn import Drawn, digit


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return digit()


@pytest.fixture
def call() -> Call:
    return Call("a server", "/predict", calls.picture, calls.listed)


def test_the_networks_own_probabilities_are_right(call: Call, drawn: Drawn) -> None:
    answer = json.dumps({"probabilities": drawn.probabilities.tolist()}).encode()

    assert call.is_right(answer, drawn)


@pytest.mark.parametrize(
    "answer",
    [
        {"probabilities": [0.1] * 10},
        {"probabilities": [float("nan")] * 10},
        {"probabilities": [1.0]},
        {"probabilities": "seven"},
        {"probabilities": None},
        {"detail": "no"},
        ["no"],
    ],
)
def test_any_other_answer_is_wrong(answer: Any, call: Call, drawn: Drawn) -> None:  # noqa: ANN401  JSON
    assert not call.is_right(json.dumps(answer).encode(), drawn)


def test_an_answer_that_is_no_json_is_wrong(call: Call, drawn: Drawn) -> None:
    assert not call.is_right(b"\xff<html>", drawn)


def test_the_digit_is_not_another_one(drawn: Drawn) -> None:
    assert int(drawn.probabilities.argmax()) == 7


@pytest.mark.parametrize(
    ("path", "encode", "read"),
    [
        ("/predict", calls.picture, calls.predicted),
        ("/predict", calls.form, calls.predicted),
        ("/v2/models/lenet5/infer", calls.json_tensor, calls.output),
        ("/v2/models/lenet5/infer", calls.tensor, calls.raw_tensor),
    ],
)
def test_each_form_of_a_request_is_answered_rightly_by_this_service(
    path: str, encode: Callable[[Drawn], Body], read: Callable[[bytes], Any], client: TestClient, drawn: Drawn
) -> None:
    body = encode(drawn)
    answer = client.post(path, content=body.content, headers=dict(body.headers))

    assert answer.status_code == 200
    assert Call("this service", path, encode, read).is_right(answer.content, drawn)


def test_an_endpoint_that_computes_nothing_has_nothing_to_be_wrong_about(drawn: Drawn) -> None:
    assert Call("empty", "/", calls.picture, None).is_right(b"", drawn)


def test_small_differences_of_engines_are_right(call: Call, drawn: Drawn) -> None:
    near = drawn.probabilities.astype(np.float64) + 1e-5

    assert call.is_right(json.dumps({"probabilities": near.tolist()}).encode(), drawn)

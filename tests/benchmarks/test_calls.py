"""A server is measured only when its answer is the network's; the requests are what protocols say."""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from starlette.testclient import TestClient

from benchmarks import calls, sent
from benchmarks.calls import Body, Call
from benchmarks.sent import File


@pytest.fixture(scope="module")
def seven() -> File:
    return sent.seven(sent.FRAMED)


@pytest.fixture
def call() -> Call:
    return Call("a server", "/predict", calls.picture, calls.listed)


def test_the_networks_own_probabilities_are_right(call: Call, seven: File) -> None:
    answer = json.dumps({"probabilities": seven.probabilities.tolist()}).encode()

    assert call.is_right(answer, seven)


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
def test_any_other_answer_is_wrong(answer: Any, call: Call, seven: File) -> None:  # noqa: ANN401  JSON
    assert not call.is_right(json.dumps(answer).encode(), seven)


def test_an_answer_that_is_no_json_is_wrong(call: Call, seven: File) -> None:
    assert not call.is_right(b"\xff<html>", seven)


def test_the_likeliest_digit_is_read(call: Call) -> None:
    answer = json.dumps({"probabilities": [0.02, 0.9, *[0.01] * 8]}).encode()

    assert call.digit(answer) == 1


@pytest.mark.parametrize(
    "answer", [{"probabilities": [0.1] * 10}, {"probabilities": [1.0]}, {"detail": "no"}]
)
def test_where_none_is_likeliest_or_nothing_told_there_is_no_digit(answer: Any, call: Call) -> None:  # noqa: ANN401  JSON
    assert call.digit(json.dumps(answer).encode()) is None


def test_any_answer_is_right_to_a_picture_of_unknown_probabilities(call: Call) -> None:
    assert call.is_right(b"{}", sent.seven(sent.CANVAS))


@pytest.mark.parametrize(
    ("path", "encode", "read"),
    [
        ("/predict", calls.picture, calls.predicted),
        ("/predict", calls.form, calls.predicted),
    ],
)
def test_each_form_of_a_request_is_answered_rightly_by_this_service(
    path: str, encode: Callable[[File], Body], read: Callable[[bytes], Any], client: TestClient, seven: File
) -> None:
    body = encode(seven)
    answer = client.post(path, content=body.content, headers=dict(body.headers))

    assert answer.status_code == 200
    assert Call("this service", path, encode, read).is_right(answer.content, seven)


def test_a_file_in_the_protocols_json_is_base64(seven: File) -> None:
    (given,) = json.loads(calls.json_bytes(seven).content)["inputs"]

    assert (given["datatype"], given["shape"]) == ("BYTES", [1, 1])
    assert [base64.b64decode(one) for one in given["data"]] == [seven.content]


def test_a_file_in_the_protocols_binary_form_is_as_tritons_client_sends_it(seven: File) -> None:
    body = calls.binary_bytes(seven)
    image = triton.InferInput("image", [1, 1], "BYTES")
    image.set_data_from_numpy(np.array([[seven.content]], object))
    expected, length = triton.InferenceServerClient.generate_request_body([image])

    head = int(body.headers[calls.HEADER_LENGTH])
    assert json.loads(body.content[:head])["inputs"] == json.loads(expected[:length])["inputs"]
    assert body.content[head:] == expected[length:]


def test_an_endpoint_that_computes_nothing_has_nothing_to_be_wrong_about(seven: File) -> None:
    assert Call("empty", "/", calls.picture, None).is_right(b"", seven)


def test_small_differences_of_engines_are_right(call: Call, seven: File) -> None:
    near = seven.probabilities.astype(np.float64) + 1e-5

    assert call.is_right(json.dumps({"probabilities": near.tolist()}).encode(), seven)

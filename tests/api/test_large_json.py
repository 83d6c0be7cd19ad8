"""JSON of more than 64 KiB, which is parsed in pieces, is answered as other forms and smaller bodies are."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from service.http import responses
from service.settings import Settings

AssertProblem = Callable[..., dict[str, Any]]
Predict = Callable[..., Any]
NPY = "application/x-npy"


def test_many_digits_are_read_as_from_an_array(
    predict: Predict, npy: Callable[[np.ndarray], bytes], digits: np.ndarray
) -> None:
    many = np.tile(digits, (4, 1, 1))
    answer = predict({"pixels": many.tolist()})

    assert answer.status_code == 200
    assert answer.json() == predict(npy(many), NPY).json()


@pytest.mark.parametrize("shape", [(280, 280), (280, 280, 3)])
def test_a_picture_is_read_as_from_an_array(
    shape: tuple[int, ...], predict: Predict, npy: Callable[[np.ndarray], bytes], digits: np.ndarray
) -> None:
    large = np.kron(digits[7], np.ones((10, 10), np.uint8))
    picture = np.broadcast_to(large[..., None], shape) if len(shape) == 3 else large

    assert predict({"pixels": picture.tolist()}).json() == predict(npy(picture), NPY).json()


@pytest.mark.parametrize("odd", [0.5, 1.0, -1, 256, 2**63, 2**64], ids=repr)
def test_a_pixel_is_a_whole_number_from_0_to_255(
    odd: object, predict: Predict, assert_problem: AssertProblem
) -> None:
    rows: list[list[object]] = [[255] * 200 for _ in range(200)]
    rows[150][100] = odd

    assert assert_problem(predict({"pixels": rows}), 422)["errors"][0]["pointer"] == "#/pixels"


@pytest.mark.parametrize("odd", [None, True, "7", [], [7], {}], ids=repr)
def test_what_is_no_pixel_makes_of_many_too_many_values(
    odd: object, predict: Predict, assert_problem: AssertProblem
) -> None:
    rows: list[list[object]] = [[255] * 200 for _ in range(200)]
    rows[150][100] = odd
    problem = assert_problem(predict({"pixels": rows}), 413, kind="too-large")

    assert "line 1, column 12" in problem["detail"]
    assert "lists of equal length" in problem["detail"]


def test_rows_of_different_lengths_make_of_many_too_many_values(
    predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict({"pixels": [[255] * 200] * 200 + [[255] * 199]}), 413, kind="too-large")


def test_a_million_rows_of_one_number_are_no_picture(predict: Predict, assert_problem: AssertProblem) -> None:
    problem = assert_problem(predict(b'{"pixels":[%b]}' % b",".join([b"[1]"] * 1_000_000)), 413)

    assert "pixels" in problem["detail"]


def test_an_image_is_convolved_as_from_an_array(
    client: TestClient, npy: Callable[[np.ndarray], bytes]
) -> None:
    numbers = np.random.default_rng(0)
    image = numbers.normal(size=(3, 100, 100)).round(3)
    kernel = numbers.normal(size=(30, 3, 7, 7)).round(3)
    document = {"input": image.tolist(), "kernel": kernel.tolist(), "bias": [0.5] * 30}
    accept = {"Accept": NPY}
    answer = client.post("/convolve", json=document, headers=accept)
    expected = client.post(
        "/convolve",
        content=npy(image) + npy(kernel) + npy(np.full(30, 0.5)),
        headers={"Content-Type": NPY, **accept},
    )

    assert (answer.status_code, expected.status_code) == (200, 200)
    assert np.array_equal(np.load(io.BytesIO(answer.content)), np.load(io.BytesIO(expected.content)))


def test_a_long_list_is_no_stride(client: TestClient, assert_problem: AssertProblem) -> None:
    document = {"input": [[1]], "kernel": [[1]], "stride": list(range(30_000))}
    problem = assert_problem(client.post("/convolve", json=document), 422)

    assert [fault["pointer"] for fault in problem["errors"]] == ["#/stride"]


def test_the_json_in_a_form_is_bounded_like_a_body(
    client: TestClient, settings: Settings, npy: Callable[[np.ndarray], bytes], assert_problem: AssertProblem
) -> None:
    most = settings.max_json_bytes
    files = {"input": ("input.npy", npy(np.ones((3, 3))), NPY)}
    fields = {size: {"parameters": '{"kernel":[[1]]}'.ljust(size)} for size in (most, most + 1)}

    assert client.post("/convolve", data=fields[most], files=files).status_code == 200
    problem = assert_problem(client.post("/convolve", data=fields[most + 1], files=files), 413)
    assert "parameters" in problem["detail"]


@pytest.mark.parametrize("flat", [True, False])
def test_many_images_are_taken_as_a_tensor(
    flat: bool,  # noqa: FBT001
    client: TestClient,
    digits: np.ndarray,
) -> None:
    many = np.tile(digits, (5, 1, 1))[..., None]
    data = (many.ravel() if flat else many).tolist()
    tensor = {"name": "image", "shape": list(many.shape), "datatype": "UINT8", "data": data}
    asked = {"inputs": [tensor], "outputs": [{"name": "probabilities"}]}
    answer = client.post("/v2/models/lenet5/infer", json=asked)
    refused = client.post("/v2/models/lenet5/infer", json={"inputs": [{**tensor, "shape": [50, 28, 28]}]})

    assert answer.status_code == 200, answer.text
    found = np.reshape(answer.json()["outputs"][0]["data"], (50, 10)).argmax(axis=1)
    assert found.tolist() == list(range(10)) * 5
    assert refused.status_code == 400


def test_a_long_list_is_written_in_pieces_and_whole() -> None:
    told = {
        "a": {"cells": [{"b": index, "c": np.float32(0.1)} for index in range(10_000)], "none": []},
        "d": list(range(5_000)),
        "e": np.arange(6).reshape(2, 3),
    }

    assert responses.long_json(told).body == orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)
    assert json.loads(bytes(responses.long_json(list(range(10_000))).body)) == list(range(10_000))

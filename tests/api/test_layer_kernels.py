"""What a layer has learnt can be had as numbers: to draw, or to convolve with."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnx.numpy_helper
import pytest
from httpx2 import Client

from service.settings import PACKAGED_RECOGNISER

LAYERS = {
    "conv2d_1": ([6, 1, 5, 5], 6, 156),
    "average_pooling2d_1": ([], 0, 0),
    "conv2d_2": ([16, 6, 5, 5], 16, 2416),
    "average_pooling2d_2": ([], 0, 0),
    "conv2d_3": ([120, 16, 1, 1], 120, 2040),
    "flatten_1": ([], 0, 0),
    "dense_1": ([3000, 84], 84, 252_084),
    "dense_2": ([84, 10], 10, 850),
}
"""Shape of the kernels, biases, and the parameters that the lecture prints."""


def path(layer: str, model: str = "lenet5") -> str:
    return f"/models/{model}/layers/{layer}/kernels"


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_has_as_many_weights_as_the_lecture_prints(client: Client, layer: str) -> None:
    answer = client.get(path(layer)).json()
    kernels, biases = np.array(answer["kernels"]), np.array(answer["biases"])
    shape, number, parameters = LAYERS[layer]

    assert answer["name"] == layer
    assert answer["shape"] == shape
    assert len(answer["axes"]) == len(shape)
    assert kernels.shape == (tuple(shape) or (0,))
    assert biases.shape == (number,)
    assert kernels.size + biases.size == answer["parameters"] == parameters


def test_the_weights_are_those_of_the_graph_that_answers_predict(client: Client) -> None:
    graph = onnx.load(PACKAGED_RECOGNISER / "model.onnx").graph
    served = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for layer in ("conv2d_1", "conv2d_2", "conv2d_3", "dense_2"):
        answer = client.get(path(layer)).json()

        assert np.array_equal(np.float32(answer["kernels"]), served[f"{layer}.kernel"])
        assert np.array_equal(np.float32(answer["biases"]), served[f"{layer}.bias"])


def test_arrays_hold_the_same_numbers_as_the_json(client: Client) -> None:
    told = client.get(path("conv2d_2")).json()
    answer = client.get(path("conv2d_2"), headers={"Accept": "application/x-npz"})

    assert answer.headers["content-type"] == "application/x-npz"
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as arrays:
        assert np.array_equal(arrays["kernels"], np.float32(told["kernels"]))
        assert np.array_equal(arrays["biases"], np.float32(told["biases"]))


def test_an_unknown_layer_is_answered_with_the_names_there_are(
    client: Client, assert_problem: Callable[..., Any]
) -> None:
    problem = assert_problem(client.get(path("xyzzy")), 404, kind="unknown-name")

    assert all(name in problem["detail"] for name in LAYERS)


def test_an_unknown_model_version_or_form_is_refused(
    client: Client, assert_problem: Callable[..., Any]
) -> None:
    assert_problem(client.get(path("conv2d_1", "xyzzy")), 404)
    assert_problem(client.get(path("conv2d_1"), params={"version": "999"}), 404)
    assert_problem(client.get(path("conv2d_1"), params={"xyzzy": "1"}), 422)
    assert_problem(client.get(path("conv2d_1"), headers={"Accept": "image/png"}), 406)

"""What a lecturer who looks inside a network is promised: every layer, of every picture, in three forms."""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client
from PIL import Image

SHAPES = {
    "conv2d_1": [28, 28, 6],
    "average_pooling2d_1": [14, 14, 6],
    "conv2d_2": [10, 10, 16],
    "average_pooling2d_2": [5, 5, 16],
    "conv2d_3": [5, 5, 120],
    "flatten_1": [3000],
    "dense_1": [84],
    "dense_2": [10],
}
"""The lecture's summary, lines 806 to 822."""

NPY, NPZ = "application/x-npy", "application/x-npz"

Post = Callable[..., Any]


@pytest.fixture(scope="module")
def post(client: Client) -> Post:
    def post(body: bytes, kind: str = NPY, accept: str = "*/*", **query: str) -> Any:  # noqa: ANN401
        headers = {"Content-Type": kind, "Accept": accept}
        return client.post("/feature-maps", content=body, headers=headers, params=query)

    return post


@pytest.fixture(scope="module")
def seven(digits: np.ndarray, npy: Callable[[np.ndarray], bytes]) -> bytes:
    return npy(digits[7])


def layers_of(response: Any, index: int = 0) -> list[dict[str, Any]]:  # noqa: ANN401
    assert response.status_code == 200, response.text
    return response.json()["images"][index]["layers"]


def numbers(layer: dict[str, Any]) -> np.ndarray:
    """Give a layer's numbers with the axes of its shape."""
    return np.transpose(layer["maps"], (1, 2, 0)) if "maps" in layer else np.array(layer["vector"])


def test_every_layer_of_the_lecture_comes_in_its_order_with_its_shape(post: Post, seven: bytes) -> None:
    found = layers_of(post(seven))

    assert [(layer["name"], layer["shape"]) for layer in found] == list(SHAPES.items())
    assert all(list(numbers(layer).shape) == layer["shape"] for layer in found)


def test_each_layer_tells_its_smallest_and_largest_number(post: Post, seven: bytes) -> None:
    for layer in layers_of(post(seven)):
        values = numbers(layer)

        assert (layer["min"], layer["max"]) == (values.min(), values.max())


@pytest.mark.parametrize("name", SHAPES)
def test_each_layer_can_be_had_alone(post: Post, seven: bytes, name: str) -> None:
    (layer,) = layers_of(post(seven, layers=name))

    assert (layer["name"], layer["shape"]) == (name, SHAPES[name])


def test_chosen_layers_come_in_the_order_of_the_network(post: Post, seven: bytes) -> None:
    found = layers_of(post(seven, layers="dense_2,conv2d_1,dense_2"))

    assert [layer["name"] for layer in found] == ["conv2d_1", "dense_2"]


def test_all_forms_of_a_picture_give_the_same_maps_to_the_last_bit(
    post: Post, client: Client, digits: np.ndarray, encode: Callable[..., bytes], seven: bytes
) -> None:
    file = encode(digits[7])
    text = base64.b64encode(file).decode()
    answers = [
        post(seven),
        post(file, "image/png"),
        client.post("/feature-maps", files={"image": file}),
        client.post("/feature-maps", json={"image": text}),
        client.post("/feature-maps", json={"pixels": digits[7].tolist()}),
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


def test_each_of_several_pictures_has_its_own_maps_in_the_order_sent(
    post: Post, digits: np.ndarray, npy: Callable[[np.ndarray], bytes]
) -> None:
    together = post(npy(digits), layers="dense_2")
    alone = [numbers(layers_of(post(npy(digit), layers="dense_2"))[0]) for digit in digits]

    assert len(together.json()["images"]) == 10
    for index, expected in enumerate(alone):
        (layer,) = layers_of(together, index)
        np.testing.assert_allclose(numbers(layer), expected, atol=1e-6)
        assert int(expected.argmax()) == index


def test_arrays_hold_the_same_numbers_as_the_json(
    post: Post, digits: np.ndarray, npy: Callable[[np.ndarray], bytes]
) -> None:
    body = npy(digits[:3])
    answer = post(body, accept=NPZ)
    told = post(body)

    assert answer.headers["content-type"] == NPZ
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as arrays:
        assert list(arrays) == list(SHAPES)
        for place, name in enumerate(SHAPES):
            assert arrays[name].shape == (3, *SHAPES[name])
            assert arrays[name].dtype == np.float32
            for index in range(3):
                expected = numbers(layers_of(told, index)[place]).astype(np.float32)
                assert np.array_equal(arrays[name][index], expected)


def test_a_contact_sheet_is_a_picture_with_a_page_for_each_image(
    post: Post, digits: np.ndarray, npy: Callable[[np.ndarray], bytes]
) -> None:
    one, three = (
        Image.open(io.BytesIO(post(npy(digits[:count]), accept="image/png").content)) for count in (1, 3)
    )

    assert (one.format, one.mode) == ("PNG", "RGB")
    assert three.size == (one.width, 3 * one.height)


def test_a_blank_picture_has_maps_too(post: Post, npy: Callable[[np.ndarray], bytes]) -> None:
    for accept in ("application/json", NPZ, "image/png"):
        assert post(npy(np.zeros((28, 28), np.uint8)), accept=accept).status_code == 200


def test_an_unknown_layer_is_answered_with_the_names_there_are(
    post: Post, seven: bytes, assert_problem: Callable[..., Any]
) -> None:
    for names in ("xyzzy", "", "conv2d_1,xyzzy", "conv2d_1,"):
        problem = assert_problem(post(seven, layers=names), 404, kind="unknown-name")

        assert all(name in problem["detail"] for name in SHAPES)


def test_an_unknown_model_or_version_is_named(
    post: Post, seven: bytes, assert_problem: Callable[..., Any]
) -> None:
    assert "lenet5" in assert_problem(post(seven, model="xyzzy"), 404)["detail"]
    assert_problem(post(seven, version="999"), 404)


def test_a_form_that_is_not_offered_is_refused_with_those_that_are(
    post: Post, seven: bytes, assert_problem: Callable[..., Any]
) -> None:
    problem = assert_problem(post(seven, accept="text/html"), 406, kind="not-acceptable")

    assert all(form in problem["detail"] for form in ("application/json", NPZ, "image/png"))


def test_more_numbers_than_an_answer_holds_are_refused_before_they_are_computed(
    post: Post, npy: Callable[[np.ndarray], bytes], assert_problem: Callable[..., Any]
) -> None:
    many = npy(np.zeros((64, 28, 28), np.uint8))
    most = npy(np.zeros((10_240, 28, 28), np.uint8))

    assert_problem(post(many), 422, kind="invalid-input")
    assert_problem(post(many, accept="image/png"), 422)
    assert_problem(post(most, accept=NPZ), 422)
    assert post(many, layers="dense_2").status_code == 200
    assert post(many, accept=NPZ).status_code == 200


def test_without_preparation_only_ready_pictures_are_taken(
    post: Post, seven: bytes, npy: Callable[[np.ndarray], bytes], assert_problem: Callable[..., Any]
) -> None:
    assert layers_of(post(seven, preprocess="none")) == layers_of(post(seven))
    assert_problem(post(npy(np.zeros((30, 30), np.uint8)), preprocess="none"), 422)


def test_the_stages_of_the_work_are_timed(post: Post, seven: bytes) -> None:
    timing = post(seven).headers["server-timing"]

    assert [stage.partition(";")[0] for stage in timing.split(", ")] == [
        "decode",
        "queue",
        "inference",
        "write",
    ]

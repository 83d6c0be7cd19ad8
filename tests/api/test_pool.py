"""``POST /pool`` over HTTP."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client

IMAGE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]


def test_the_answer_tells_how_it_came_about(client: Client) -> None:
    answer = client.post("/pool", json={"input": IMAGE, "return_indices": True}).json()

    assert answer["output"] == [[9, 9], [9, 8]]
    assert answer["indices"] == [[[1, 1], [1, 3]], [[2, 1], [3, 2]]]
    assert answer["output_shape"] == [2, 2]
    assert answer["macs"] == 16
    assert answer["parameters"] == 0
    assert answer["operation"] == "max"
    assert [axis["unused"] for axis in answer["output_size"]] == [1, 1]


def test_padding_is_shown_as_nothing_in_an_explanation(client: Client) -> None:
    body = {"input": [[1, 2], [3, 4]], "operation": "average", "padding": 1, "explain": [[0, 0]]}
    answer = client.post("/pool", json=body).json()

    assert answer["explanation"]["cells"] == [
        {
            "map": 0,
            "position": [0, 0],
            "window": [[None, None], [None, 1]],
            "sum": 1,
            "count": 1,
            "pooled": 1,
            "activation": 1,
        }
    ]


def test_a_picture_is_pooled_channel_by_channel(client: Client, encode: Callable[..., bytes]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    answer = client.post(
        "/pool?layout=channels_last",
        content=encode(pixels),
        headers={"Content-Type": "image/png", "Accept": "application/x-npy"},
    )

    expected = pixels.reshape(2, 2, 3, 2, 3).max(axis=(1, 3))

    assert np.array_equal(expected, np.load(io.BytesIO(answer.content)))


def test_coefficients_may_follow_the_input_as_arrays(
    client: Client, npy: Callable[[np.ndarray], bytes]
) -> None:
    x = np.ones((2, 2, 2))
    answer = client.post(
        "/pool?operation=average",
        content=npy(x) + npy(np.array([2.0, 3.0])) + npy(np.array([1.0])),
        headers={"Content-Type": "application/x-npy"},
    )

    assert answer.json()["output"] == [[[3]], [[4]]]


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"kernel_size": 0}, "#/kernel_size"),
        ({"kernel_size": 6}, "#/kernel_size"),
        ({"padding": "full"}, "#/padding"),
        ({"padding": 2}, "#/padding"),
        ({"padding_mode": "zeros"}, "#/padding_mode"),
        ({"p": 0, "operation": "lp"}, "#/p"),
        ({"operation": "median"}, "#/operation"),
    ],
)
def test_what_has_no_meaning_is_refused_at_its_place(
    client: Client,
    assert_problem: Callable[..., dict[str, Any]],
    parameters: dict[str, Any],
    pointer: str,
) -> None:
    problem = assert_problem(client.post("/pool", json={"input": IMAGE, **parameters}), 422)

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


def test_indices_are_not_lost_silently(client: Client, assert_problem: Callable[..., dict[str, Any]]) -> None:
    body = {"input": IMAGE, "return_indices": True}

    assert_problem(client.post("/pool", json=body, headers={"Accept": "image/png"}), 422)


@pytest.mark.parametrize("wanted", [{}, {"output_size": 2}])
def test_maxima_of_a_signal_have_places_too(client: Client, wanted: dict[str, int]) -> None:
    answer = client.post("/pool", json={"input": [1, 3, 2, 5], "return_indices": True, **wanted})

    assert answer.json()["indices"] == [[1], [3]]


@pytest.mark.parametrize("value", ["true", "True"])
def test_a_field_of_a_form_has_the_name_that_the_document_has(client: Client, value: str) -> None:
    files = {"input": (None, "[[1, 2], [3, 6]]")}
    fields = {"operation": "average", "global": value}

    assert client.post("/pool", files=files, data=fields).json()["output"] == [[3]]


@pytest.mark.parametrize("value", ["false", "False"])
def test_a_query_may_have_pythons_words_for_yes_and_no(
    client: Client, value: str, npy: Callable[[np.ndarray], bytes]
) -> None:
    body, headers = (
        npy(np.float32(IMAGE)),
        {"Content-Type": "application/x-npy", "Accept": "application/json"},
    )
    query = {"operation": "average", "padding": 1, "count_include_pad": value}
    expected = client.post("/pool", json={"input": IMAGE, "operation": "average", "padding": 1}).json()

    assert client.post("/pool", content=body, headers=headers, params=query).json() == expected

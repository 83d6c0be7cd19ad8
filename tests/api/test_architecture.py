"""The lecture's calculator over HTTP: its examples, its documentation, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client

LECTURE = Path(__file__).parents[3] / "shared" / "lecture-examples.json"
EXAMPLES = json.loads(LECTURE.read_text())["examples"] if LECTURE.exists() else []
IMAGE = {"type": "Input", "shape": [28, 28, 1]}
FLATTEN = {"type": "Flatten"}


def connected(*connections: object) -> dict[str, Any]:
    """A convolution of two filters with a table."""
    return {"type": "Conv2D", "filters": 2, "kernel_size": 5, "connections": connections}


def examples(operation: str) -> list[Any]:
    return [pytest.param(example, id=example["name"]) for example in EXAMPLES if example["op"] == operation]


@pytest.fixture(scope="module")
def calculate(client: Client) -> Callable[..., Any]:
    def calculate(*layers: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401
        answer = client.post("/architecture", json={"layers": layers, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return calculate


@pytest.mark.parametrize("example", examples("output_size"))
def test_sizes_of_the_lecture(calculate: Callable[..., Any], example: dict[str, Any]) -> None:
    side, window = example["inputs"]["I"], example["inputs"]["W"]
    padding, stride = example["parameters"]["p"], example["parameters"]["s"]
    layer = calculate(
        {"type": "Input", "shape": [side, side, 1]},
        {"type": "Conv2D", "filters": 1, "kernel_size": window, "padding": padding, "strides": stride},
    )["layers"][1]

    assert layer["output_shape"] == [example["expected"], example["expected"], 1]
    assert layer["formulas"]["output_shape"].startswith(
        f"floor(({side} - {window} + 2 × {padding}) / {stride} + 1) = {example['expected']}"
    )


@pytest.mark.parametrize("example", examples("param_count"))
def test_parameters_of_the_lecture(calculate: Callable[..., Any], example: dict[str, Any]) -> None:
    given = example["inputs"]
    layers = (
        (
            {"type": "Input", "shape": [512, 512, given["in_channels"]]},
            {"type": "Conv2D", "filters": given["filters"], "kernel_size": given["kernel"]},
        )
        if "kernel" in given
        else (
            {"type": "Input", "shape": [given["in_features"]]},
            {"type": "Dense", "units": given["units"]},
        )
    )

    assert calculate(*layers)["parameters"] == example["expected"]


@pytest.mark.parametrize("example", examples("model_summary"))
def test_summaries_of_the_lecture(calculate: Callable[..., Any], example: dict[str, Any]) -> None:
    last_kernel = 5 if "Conv120 5x5" in example["parameters"]["architecture"] else 1
    found = calculate(
        {"type": "Input", "shape": example["inputs"]["input_shape"]},
        {"type": "Conv2D", "filters": 6, "kernel_size": 5, "padding": "same", "activation": "relu"},
        {"type": "AveragePooling2D"},
        {"type": "Conv2D", "filters": 16, "kernel_size": 5, "activation": "relu"},
        {"type": "AveragePooling2D"},
        {"type": "Conv2D", "filters": 120, "kernel_size": last_kernel, "activation": "relu"},
        FLATTEN,
        {"type": "Dense", "units": 84, "activation": "relu"},
        {"type": "Dense", "units": 10, "activation": "softmax"},
    )
    rows = [[row["name"], row["output_shape"], row["parameters"]] for row in found["layers"][1:]]

    assert found["parameters"] == example["expected"]["total"]
    assert rows == example["expected"].get("layers", rows)


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one["name"] == "share_fully_connected"])
def test_the_share_of_the_lecture(client: Client, example: dict[str, Any]) -> None:
    document = client.get("/openapi.json").json()["paths"]["/architecture"]["post"]["requestBody"]
    shown = document["content"]["application/json"]["examples"]
    (lenet5,) = (one["value"] for name, one in shown.items() if "257,546" in name)
    share = client.post("/architecture", json=lenet5).json()["shares"]["Dense"]

    assert share["parameters"] == example["inputs"]["dense"]
    assert share["share"] == pytest.approx(example["expected"], abs=example["tolerance"])


@pytest.mark.parametrize("example", examples("memory"))
def test_memory_of_the_lecture(calculate: Callable[..., Any], example: dict[str, Any]) -> None:
    given, expected = example["inputs"], example["expected"]
    layers = (
        {"type": "Input", "shape": [given["height"], given["width"], 3]},
        {"type": "Conv2D", "filters": given["filters"], "kernel_size": 5, "padding": "same"},
    )
    one = calculate(*layers)["layers"][1]
    hundred = calculate(*layers, batch=100)["layers"][1]

    assert one["memory_bytes"] * 8 == expected["bits"]
    assert one["memory_bytes"] / 2**20 == expected["MiB"]
    assert hundred["memory_bytes"] / 2**30 == expected["batch100_GiB"]
    assert str(example["lecture_prints"]["bits"]) in one["slide"]


def test_every_example_in_the_documentation_is_answered(client: Client) -> None:
    document = client.get("/openapi.json").json()["paths"]["/architecture"]["post"]["requestBody"]
    answers = [
        client.post("/architecture", json=example["value"])
        for example in document["content"]["application/json"]["examples"].values()
    ]

    assert len(answers) >= 4
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    ("layers", "pointer"),
    [
        ([], "#/layers"),
        ([IMAGE], "#/layers"),
        ([FLATTEN, IMAGE], "#/layers/0/type"),
        ([IMAGE, IMAGE], "#/layers/1/type"),
        ([IMAGE, {}], "#/layers/1"),
        ([IMAGE, 7], "#/layers/1"),
        ([IMAGE, {"type": "xyzzy"}], "#/layers/1"),
        ([IMAGE, {"type": "Flatten", "xyzzy": 1}], "#/layers/1"),
        ([IMAGE, {"type": "Flatten", "name": "xyzzy xyzzy"}], "#/layers/1/name"),
        ([IMAGE, {"type": "Flatten", "name": "a"}, {"type": "Flatten", "name": "a"}], "#/layers/2/name"),
        ([IMAGE, {"type": "Dense", "units": 10}], "#/layers/1/type"),
        ([IMAGE, FLATTEN, {"type": "Dense"}], "#/layers/2"),
        ([IMAGE, FLATTEN, {"type": "Dense", "units": "10"}], "#/layers/2/units"),
        ([IMAGE, FLATTEN, {"type": "Dense", "units": 10.0}], "#/layers/2/units"),
        ([IMAGE, FLATTEN, {"type": "Dense", "units": True}], "#/layers/2/units"),
        ([IMAGE, FLATTEN, {"type": "Dense", "units": 0}], "#/layers/2/units"),
        ([IMAGE, FLATTEN, {"type": "Dense", "units": 65_537}], "#/layers/2/units"),
        ([IMAGE, FLATTEN, {"type": "MaxPooling2D"}], "#/layers/2/type"),
        ([IMAGE, {"type": "Conv2D", "filters": 1, "kernel_size": 29}], "#/layers/1/kernel_size"),
        ([IMAGE, {"type": "Conv2D", "filters": 1, "kernel_size": [3]}], "#/layers/1/kernel_size"),
        ([IMAGE, {"type": "Conv2D", "filters": 1, "kernel_size": [3, 0]}], "#/layers/1/kernel_size/1"),
        ([IMAGE, {"type": "Conv2D", "filters": 1, "kernel_size": True}], "#/layers/1/kernel_size"),
        (
            [IMAGE, {"type": "Conv2D", "filters": 1, "kernel_size": 3, "padding": "xyzzy"}],
            "#/layers/1/padding",
        ),
        ([IMAGE, {"type": "Conv2D", "filters": 1, "kernel_size": 3, "padding": -1}], "#/layers/1/padding"),
        ([IMAGE, {"type": "MaxPooling2D", "padding": 2}], "#/layers/1/padding"),
        ([IMAGE, {"type": "MaxPooling2D", "padding": "full"}], "#/layers/1/padding"),
        ([IMAGE, {"type": "RBF", "units": 10}], "#/layers/1/type"),
        ([IMAGE, FLATTEN, {"type": "RBF", "units": 0}], "#/layers/2/units"),
        ([IMAGE, FLATTEN, {"type": "Subsampling2D"}], "#/layers/2/type"),
        ([IMAGE, {"type": "Subsampling2D", "activation": "xyzzy"}], "#/layers/1/activation"),
        ([IMAGE, connected([0])], "#/layers/1/connections"),
        ([IMAGE, connected([0], [0], [0])], "#/layers/1/connections"),
        ([IMAGE, connected([0], [1])], "#/layers/1/connections/1"),
        ([IMAGE, connected([0, 0], [0])], "#/layers/1/connections/0"),
        ([IMAGE, connected([0], [])], "#/layers/1/connections/1"),
        ([IMAGE, connected([0], [-1])], "#/layers/1/connections/1/0"),
        ([IMAGE, connected([0], "0")], "#/layers/1/connections/1"),
        ([{"type": "Input", "shape": [28, 28]}, FLATTEN], "#/layers/0/shape"),
        ([{"type": "Input", "shape": []}, FLATTEN], "#/layers/0/shape"),
        ([{"type": "Input", "shape": [2**31, 2**31, 2**31]}, FLATTEN], "#/layers/0"),
        ([{"type": "Input", "shape": [2**40]}, FLATTEN], "#/layers/0/shape/0"),
        ([IMAGE, *[FLATTEN] * 200], "#/layers"),
        ([{"type": "xyzzy"}] * 200, "#/layers/0"),
        ([{"type": "xyzzy"}] * 201, "#/layers"),
    ],
)
def test_what_is_no_network_is_refused_where_it_is_wrong(
    client: Client, assert_problem: Callable[..., Any], layers: list[Any], pointer: str
) -> None:
    problem = assert_problem(client.post("/architecture", json={"layers": layers}), 422, kind="invalid-input")

    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("body", [{"layers": 7}, {"layers": "xyzzy"}, {}, [], 7, False])
def test_another_document_is_refused(
    client: Client,
    assert_problem: Callable[..., Any],
    body: Any,  # noqa: ANN401
) -> None:
    assert_problem(client.post("/architecture", json=body), 422)


@pytest.mark.parametrize("more", [{"batch": 0}, {"batch": "1"}, {"dtype": "float64"}, {"xyzzy": 1}])
def test_only_known_members_with_sensible_values_are_taken(
    client: Client, assert_problem: Callable[..., Any], more: dict[str, Any]
) -> None:
    assert_problem(client.post("/architecture", json={"layers": [IMAGE, FLATTEN], **more}), 422)


def test_only_json_is_taken(client: Client, assert_problem: Callable[..., Any]) -> None:
    image = client.post("/architecture", content=b"x", headers={"Content-Type": "image/png"})
    damaged = client.post("/architecture", content=b"{", headers={"Content-Type": "application/json"})

    assert_problem(image, 415)
    assert image.headers["accept"] == "application/json"
    assert_problem(damaged, 400)


def test_two_hundred_layers_are_answered(calculate: Callable[..., Any]) -> None:
    same = {"type": "Conv2D", "filters": 8, "kernel_size": 3, "padding": "same"}

    assert calculate(IMAGE, *[same] * 199)["layers"][-1]["receptive_field"] == [399, 399]

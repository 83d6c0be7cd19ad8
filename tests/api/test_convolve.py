"""``POST /convolve``: four forms in, three out, one answer."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client
from PIL import Image

NPY = "application/x-npy"
LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]
EXPECTED = [[14, -12, 25], [17, -14, -7], [-14, 24, -3]]


@pytest.fixture(scope="module")
def convolve(client: Client) -> Callable[..., Any]:
    """Post a body and its query; JSON unless told otherwise."""

    def convolve(body: Any, kind: str = "application/json", accept: str = "*/*", **query: Any) -> Any:  # noqa: ANN401
        content = json.dumps(body) if kind == "application/json" else body
        headers = {"Content-Type": kind, "Accept": accept}
        values = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()
        }
        return client.post("/convolve", content=content, headers=headers, params=values)

    return convolve


def loaded(answer: Any) -> np.ndarray:  # noqa: ANN401
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == NPY
    return np.load(io.BytesIO(answer.content))


def test_the_answer_tells_how_it_came_about(convolve: Callable[..., Any]) -> None:
    answer = convolve({"input": LECTURE, "kernel": "laplacian_4", "padding": [1, 0], "stride": [2, 1]}).json()

    assert answer == {
        "output": [[9, 18, -14, -1, 26][1:4], [17, -14, -7], [23, -16, -10]],
        "output_shape": [3, 3],
        "macs": 81,
        "padding": [[1, 1], [0, 0]],
        "output_size": [
            {
                "axis": "height",
                "size": 3,
                "formula": "floor((5 + 1 + 1 - (1 * (3 - 1) + 1)) / 2) + 1 = floor(2) + 1 = 3",
                "unused": 0,
            },
            {
                "axis": "width",
                "size": 3,
                "formula": "floor((5 + 0 + 0 - (1 * (3 - 1) + 1)) / 1) + 1 = floor(2) + 1 = 3",
                "unused": 0,
            },
        ],
        "groups": 1,
        "parameters": 10,
        "operation": "convolution",
        "dtype": "float32",
    }


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "uint8", "uint32", "uint64", "int64", ">i2"]
)
def test_an_array_is_answered_by_an_array(
    convolve: Callable[..., Any], npy: Callable[[np.ndarray], bytes], dtype: str
) -> None:
    output = loaded(convolve(npy(np.array(LECTURE, dtype)), NPY, NPY, kernel="laplacian_4"))

    assert output.dtype == np.float32
    assert output.tolist() == EXPECTED


def test_kernel_and_bias_may_follow_the_input_as_arrays(
    convolve: Callable[..., Any], npy: Callable[[np.ndarray], bytes]
) -> None:
    numbers = np.random.default_rng(0)
    x, h, b = (numbers.normal(size=size).astype(np.float32) for size in ((3, 6, 6), (2, 3, 2, 2), 2))
    document = {"input": x.tolist(), "kernel": h.tolist(), "bias": b.tolist(), "stride": 2}
    expected = convolve(document, accept=NPY).content

    assert convolve(npy(x) + npy(h) + npy(b), NPY, NPY, stride=2).content == expected
    assert convolve(npy(x) + npy(h), NPY, NPY, stride=2, bias=b.tolist()).content == expected


def test_a_form_may_have_arrays_and_parameters(
    client: Client, convolve: Callable[..., Any], npy: Callable[[np.ndarray], bytes]
) -> None:
    x, h = np.arange(75.0).reshape(3, 5, 5), np.arange(54.0).reshape(2, 3, 3, 3)
    files = {
        "input": ("x.npy", npy(x)),
        "kernel": ("h.npy", npy(h)),
        "parameters": (None, json.dumps({"padding": "same"})),
    }
    answer = client.post("/convolve", files=files, headers={"Accept": NPY})

    assert answer.content == convolve(npy(x) + npy(h), NPY, NPY, padding="same").content


@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 3)])
def test_a_picture_is_its_pixels_however_it_comes(
    client: Client,
    convolve: Callable[..., Any],
    encode: Callable[..., bytes],
    npy: Callable[[np.ndarray], bytes],
    shape: tuple[int, ...],
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    parameters = {"kernel": "sobel_x", "layout": "channels_last", "padding": "same"}
    files = {"image": ("x.png", encode(pixels)), "parameters": (None, json.dumps(parameters))}

    expected = convolve(npy(pixels), NPY, NPY, **parameters)

    assert loaded(expected).shape == shape
    assert convolve(encode(pixels), "image/png", NPY, **parameters).content == expected.content
    assert client.post("/convolve", files=files, headers={"Accept": NPY}).content == expected.content


@pytest.mark.parametrize("kernel", ["sobel_x", "[[1, 0], [0, -1]]", '["sobel_x", "sobel_y"]'])
def test_the_fields_of_a_form_are_the_parameters_of_its_picture(
    client: Client, convolve: Callable[..., Any], encode: Callable[..., bytes], kernel: str
) -> None:
    file = encode(np.random.default_rng(0).integers(0, 256, (8, 9, 3)).astype(np.uint8))
    fields = {"kernel": kernel, "stride": "2", "padding": "[1, 1]", "bias": "", "scale": "minmax"}
    expected = convolve(
        file, "image/png", "image/png", **{name: value for name, value in fields.items() if value}
    )
    answer = client.post(
        "/convolve", files={"image": ("x.png", file)}, data=fields, headers={"Accept": "image/png"}
    )

    assert expected.headers["content-type"] == "image/png"
    assert answer.content == expected.content


@pytest.mark.parametrize("name", ["image", "images[]", "file", "input"])
def test_a_form_may_have_its_input_in_any_field_for_it(
    client: Client,
    convolve: Callable[..., Any],
    encode: Callable[..., bytes],
    npy: Callable[[np.ndarray], bytes],
    name: str,
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 7)).astype(np.uint8)
    expected = convolve({"input": pixels.tolist(), "kernel": "sobel_x"}).content

    for data in (encode(pixels), npy(pixels)):
        answer = client.post("/convolve", files={name: ("x", data)}, data={"kernel": "sobel_x"})

        assert answer.content == expected


def test_a_form_may_have_its_numbers_as_text(client: Client, convolve: Callable[..., Any]) -> None:
    files = {"input": (None, json.dumps(LECTURE)), "kernel": (None, "laplacian_4")}
    answer = client.post("/convolve", files=files)

    assert answer.content == convolve({"input": LECTURE, "kernel": "laplacian_4"}).content


@pytest.mark.parametrize("name", ["input", "kernel"])
def test_a_file_of_json_is_taken_as_numbers(name: str, client: Client) -> None:
    numbers = {"input": "[[1, 2], [3, 4]]", "kernel": "[[1, 0], [0, 1]]"}
    files = {each: (None, text) for each, text in numbers.items()}
    files[name] = ("numbers.json", numbers[name], "application/json")

    assert client.post("/convolve", files=files).json()["output"] == [[5]]


def test_a_parameter_may_be_given_twice_with_one_value(
    convolve: Callable[..., Any], npy: Callable[[np.ndarray], bytes]
) -> None:
    kernel = [[0, 1], [1, 0]]
    document = {"input": LECTURE, "kernel": kernel, "operation": "convolution", "stride": 1, "explain": False}
    expected = convolve(document)
    query = {name: value for name, value in document.items() if name != "input"}

    assert expected.status_code == 200
    assert convolve(document, **query).content == expected.content
    assert convolve(npy(np.array(LECTURE)) + npy(np.array(kernel)), NPY, **query).content == expected.content
    assert convolve(document, stride="true").status_code == 422


WHOLE = [4_294_967_296, 16_777_218, -123_456_790_528, 2**100, 3 * 2**80]


def test_a_whole_number_is_answered_to_its_last_digit(convolve: Callable[..., Any]) -> None:
    answer = convolve({"input": [*WHOLE, 0.1, -7.25, 0], "kernel": [1], "explain": [[0]]}).json()
    (cell,) = answer["explanation"]["cells"]

    assert answer["output"] == [*WHOLE, 0.1, -7.25, 0]
    assert answer["explanation"]["padded_input"] == [*WHOLE, 0.1, -7.25, 0]
    assert (cell["window"], cell["sum"], cell["activation"]) == ([WHOLE[0]], WHOLE[0], WHOLE[0])


def test_a_blurred_colour_picture_is_one_again(
    convolve: Callable[..., Any], encode: Callable[..., bytes]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 9, 3)).astype(np.uint8)
    answer = convolve(
        encode(pixels), "image/png", "image/png", kernel="identity", padding="same", scale="clip"
    )

    assert answer.headers["content-type"] == "image/png"
    assert np.array_equal(pixels, np.array(Image.open(io.BytesIO(answer.content))))


def test_signs_are_drawn_around_a_neutral_zero(convolve: Callable[..., Any]) -> None:
    answer = convolve({"input": [[-3, 0, 3]], "kernel": [[1]]}, accept="image/png")
    (blue, neutral, red), *_ = np.array(Image.open(io.BytesIO(answer.content))).tolist()

    assert len(set(neutral)) == 1
    assert blue[2] > blue[0]
    assert red[0] > red[2]


def test_cells_that_are_asked_for_are_explained(convolve: Callable[..., Any]) -> None:
    answer = convolve({"input": LECTURE, "kernel": "laplacian_4", "bias": -10, "explain": [[0, 2]]}).json()

    assert answer["explanation"]["cells"] == [
        {
            "map": 0,
            "position": [0, 2],
            "channels": [0, 0],
            "window": [[0, 4, 8], [2, 9, 2], [2, 3, 6]],
            "products": [[0, -4, 0], [-2, 36, -2], [0, -3, 0]],
            "sum": 25,
            "bias": -10,
            "activation": 15,
        }
    ]
    assert answer["explanation"]["padded_input"] == LECTURE


def test_a_signal_is_explained_along_its_one_axis(convolve: Callable[..., Any]) -> None:
    answer = convolve({"input": [1, 2, 3], "kernel": [1, 10], "explain": [[1]]}).json()

    assert answer["padding"] == [[0, 0]]
    assert [axis["axis"] for axis in answer["output_size"]] == ["length"]
    assert answer["explanation"]["kernel_as_applied"] == [10, 1]
    assert answer["explanation"]["cells"][0]["products"] == [20, 3]


def test_repeated_requests_are_answered_the_same_to_the_last_bit(convolve: Callable[..., Any]) -> None:
    answers = {convolve({"input": LECTURE, "kernel": "gaussian_3"}).content for _ in range(5)}

    assert len(answers) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], "#/input"),
        ({"kernel": "identity"}, "#/input"),
        ({"input": None, "kernel": "identity"}, "#/input"),
        ({"input": [[1, 2], [3]], "kernel": "identity"}, "#/input/1"),
        ({"input": [[1, "xyzzy"]], "kernel": "identity"}, "#/input/0/1"),
        ({"input": [[1, True]], "kernel": "identity"}, "#/input/0/1"),
        ({"input": [[[[1]]]], "kernel": "identity"}, "#/input"),
        ({"input": LECTURE, "kernel": [[1, "xyzzy"]]}, "#/kernel/0/1"),
        ({"input": LECTURE, "kernel": "xyzzy"}, "#/kernel"),
        ({"input": LECTURE}, "#"),
        ({"input": LECTURE, "kernel": "identity", "activation": "xyzzy"}, "#/activation"),
        ({"input": LECTURE, "kernel": "identity", "groups": "1"}, "#/groups"),
        ({"input": [[1, 2]], "kernel": "identity"}, "#/kernel"),
        ({"input": [1e38] * 3, "kernel": [1e38]}, "#"),
    ],
)
def test_what_has_no_meaning_is_refused_at_its_place(
    convolve: Callable[..., Any],
    assert_problem: Callable[..., dict[str, Any]],
    body: object,
    pointer: str,
) -> None:
    problem = assert_problem(convolve(body), 422, kind="invalid-input")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


def test_what_costs_too_much_is_refused_as_such(
    convolve: Callable[..., Any],
    assert_problem: Callable[..., dict[str, Any]],
    npy: Callable[[np.ndarray], bytes],
) -> None:
    x, h = np.zeros((3, 512, 512), np.uint8), np.zeros((40, 3, 5, 5), np.float32)

    problem = assert_problem(convolve(npy(x) + npy(h), NPY, NPY), 422, kind="compute-budget")

    assert "multiply-adds" in problem["detail"]


def test_the_largest_of_the_performance_goals_is_allowed(
    convolve: Callable[..., Any], npy: Callable[[np.ndarray], bytes]
) -> None:
    x, h = np.ones((3, 512, 512), np.float32), np.ones((16, 3, 5, 5), np.float32)
    output = loaded(convolve(npy(x) + npy(h), NPY, NPY))

    assert output.shape == (16, 508, 508)
    assert (output == 75).all()


def test_a_large_output_is_refused_as_json_but_not_as_an_array(
    convolve: Callable[..., Any],
    assert_problem: Callable[..., dict[str, Any]],
    npy: Callable[[np.ndarray], bytes],
) -> None:
    body = npy(np.zeros((600, 600), np.uint8))

    problem = assert_problem(convolve(body, NPY, kernel="sobel_x"), 422, kind="compute-budget")

    assert "Accept: image/png or application/x-npy" in problem["detail"]
    assert loaded(convolve(body, NPY, NPY, kernel="sobel_x")).shape == (598, 598)


@pytest.mark.parametrize(
    "query", [{"kernel": "identity", "xyzzy": 1}, {"kernel": "identity", "scale": "xyzzy"}]
)
def test_unknown_query_parameters_are_refused(
    convolve: Callable[..., Any],
    assert_problem: Callable[..., dict[str, Any]],
    npy: Callable[[np.ndarray], bytes],
    query: dict[str, Any],
) -> None:
    assert_problem(convolve(npy(np.ones((5, 5))), NPY, **query), 422)


def test_nothing_may_be_given_twice_with_different_values(
    client: Client,
    convolve: Callable[..., Any],
    assert_problem: Callable[..., dict[str, Any]],
    npy: Callable[[np.ndarray], bytes],
) -> None:
    array = npy(np.ones((5, 5)))
    parts = [("input", ("x", array)), ("image", ("x", array))]

    assert_problem(convolve(array + array, NPY, kernel="identity"), 422)
    assert_problem(convolve({"input": LECTURE, "kernel": "identity"}, kernel="sobel_x"), 422)
    assert_problem(client.post("/convolve", files=parts), 422)


@pytest.mark.parametrize(
    ("name", "content"),
    [("parameters", "[]"), ("parameters", '{"input": [1]}'), ("xyzzy", "{}"), ("xyzzy", "x")],
)
def test_parts_that_are_not_known_are_refused_at_their_place(
    client: Client,
    assert_problem: Callable[..., dict[str, Any]],
    npy: Callable[[np.ndarray], bytes],
    name: str,
    content: str,
) -> None:
    files = {"input": ("x.npy", npy(np.ones((5, 5)))), name: (None, content)}

    problem = assert_problem(client.post("/convolve", files=files), 422)

    assert problem["errors"][0]["pointer"] == "#/1"


def test_an_explanation_is_not_lost_silently(
    convolve: Callable[..., Any], assert_problem: Callable[..., dict[str, Any]]
) -> None:
    body = {"input": LECTURE, "kernel": "identity", "explain": True}

    problem = assert_problem(convolve(body, accept=NPY), 422)

    assert problem["errors"][0]["pointer"] == "#/explain"


def test_forms_that_are_not_offered_are_refused(
    convolve: Callable[..., Any], assert_problem: Callable[..., dict[str, Any]]
) -> None:
    assert_problem(convolve({"input": LECTURE, "kernel": "identity"}, accept="text/html"), 406)
    assert_problem(convolve(b"1 2 3", "text/plain"), 415)


def test_the_examples_of_the_document_run(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    for name in ("convolve", "pool"):
        content = paths[f"/{name}"]["post"]["requestBody"]["content"]
        for example in content["application/json"]["examples"].values():
            assert client.post(f"/{name}", json=example["value"]).status_code == 200

"""Forms that are damaged, cut off, crowded or without pictures are refused with a problem."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client

AssertProblem = Callable[..., dict[str, Any]]
Predict = Callable[..., Any]
FORM = "multipart/form-data; boundary=b"


def part(data: bytes, *, name: str | None = "image", file: str | None = "a.png", more: str = "") -> bytes:
    disposition = "form-data"
    disposition += "" if name is None else f'; name="{name}"'
    disposition += "" if file is None else f'; filename="{file}"'
    head = f"--b\r\nContent-Disposition: {disposition}\r\n{more}\r\n"
    return head.encode() + data + b"\r\n"


@pytest.fixture(scope="module")
def png(digits: np.ndarray, encode: Callable[..., bytes]) -> bytes:
    return encode(digits[3])


END = b"--b--\r\n"


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data;",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=other",
        "multipart/form-data; boundary*=b",
        "multipart/form-data; charset=utf-8",
        f"multipart/form-data; boundary={'b' * 300}",
        f"multipart/form-data; boundary={'b' * 4000}",
        "multipart/form-data; boundary=\xe9",
        "multipart/form-data; boundary=\x80\xff",
        'multipart/form-data; boundary="b',
        f"multipart/form-data; {';' * 5000}",
        f"multipart/form-data; {'a=b; ' * 1000}",
        'multipart/form-data; a="' + '\\"' * 2000,
    ],
)
def test_a_form_is_read_by_its_boundary_only(
    content_type: str, png: bytes, client: Client, assert_problem: AssertProblem
) -> None:
    headers = {"Content-Type": content_type.encode("latin-1")}

    assert_problem(client.post("/predict", content=part(png) + END, headers=headers), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"xyzzy",
        b"\r\n",
        b"--b",
        b"--b\r\n",
        b"--b\r\n\r\n",
        b"--b\r\nxyzzy\r\n\r\n",
        b"--b\r\nContent-Disposition\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\n: x\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nA b: x\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=image; filename=a\rb\r\n\r\nx\r\n--b--\r\n",
        b"--c\r\n\r\n--c--\r\n",
        bytes(1000),
        bytes(range(256)) * 100,
    ],
    ids=repr,
)
def test_a_damaged_form_is_refused(body: bytes, predict: Predict, assert_problem: AssertProblem) -> None:
    assert_problem(predict(body, FORM), 400, kind="malformed-body")


def test_a_form_cut_off_anywhere_is_refused(
    png: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    whole = part(png) + END

    for length in range(1, len(whole) - len(b"--\r\n"), 13):
        assert_problem(predict(whole[:length], FORM), 400)


def test_a_form_without_parts_is_refused(predict: Predict, assert_problem: AssertProblem) -> None:
    response = predict(END, FORM)

    assert_problem(response, 400 if response.status_code == 400 else 422)


@pytest.mark.parametrize(
    "wrong",
    [
        part(b"x", name=None),
        part(b"x", name="xyzzy"),
        part(b"x", name=""),
        part(b"x", name="Image"),
        part(b"x", name="image[xyzzy]"),
        part(b"x", name="images[]x"),
        part(b"xyzzy", file=None),
        part(b"\x89xyzzy", file=None),
        part(b"\x89PNG\r\n\x1a\n", name="xyzzy", file=None),
        b"--b\r\nContent-Disposition: form-data; name*=UTF-8''image; filename=a\r\n\r\nx\r\n",
        b"--b\r\nContent-Disposition: form-data; name=xyzzy; filename*=UTF-8''a\r\n\r\nx\r\n",
        b"--b\r\nContent-Disposition: form-data; name=\xff\xfe; filename=a\r\n\r\nx\r\n",
    ],
    ids=repr,
)
def test_every_file_is_a_picture_in_a_field_for_pictures(
    wrong: bytes, png: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    alone = assert_problem(predict(wrong + END, FORM), 422)
    second = assert_problem(predict(part(png) + wrong + END, FORM), 422)

    assert alone["errors"][0]["pointer"] == "#/0"
    assert second["errors"][0]["pointer"] == "#/1"


@pytest.mark.parametrize(
    "parts",
    [
        part(b"x", name="xyzzy", file=None),
        part(b"", file=""),
        part(b"", file="") + part(b"x", name="token", file=None),
        b"--b\r\n\r\nx\r\n",
        b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n",
    ],
    ids=repr,
)
def test_a_form_of_nothing_but_texts_and_empty_inputs_has_no_picture(
    parts: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    problem = assert_problem(predict(parts + END, FORM), 422, kind="invalid-input")

    assert "is a picture: send files in fields named image" in problem["detail"]


@pytest.mark.parametrize("data", [b"", b"xyzzy", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_a_file_of_a_form_that_is_no_picture_is_told_by_its_place(
    data: bytes, png: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    response = predict(part(png) + part(data) + END, FORM)
    problem = assert_problem(response, 415 if response.status_code == 415 else 422)

    assert problem["errors"][0]["pointer"] == "#/1"


def test_sixty_four_pictures_are_taken_and_one_more_is_refused(
    png: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    most = predict(part(png) * 64 + END, FORM)

    assert len(most.json()["predictions"]) == 64
    assert_problem(predict(part(png) * 65 + END, FORM), 413)
    assert_problem(predict(part(b"") * 81 + END, FORM), 413)
    assert_problem(predict(part(b"", name="xyzzy") * 20_000 + END, FORM), 413)


@pytest.mark.parametrize(
    "more",
    ["".join(f"X-{i}: y\r\n" for i in range(1_000)), f"X: {'y' * 100_000}\r\n", f"{'X' * 100_000}: y\r\n"],
    ids=["many", "long", "long name"],
)
def test_the_headers_of_a_part_are_bounded(
    more: str, png: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(part(png, more=more) + END, FORM), 400)


def test_what_stands_before_and_after_a_form_is_ignored_or_refused(
    png: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    for filler in (b"\r\n", b"xyzzy" * 200_000, b"-" * 1_000_000, b"\r\n" * 500_000, b"--b" * 300_000):
        for body in (filler + b"\r\n" + part(png) + END, part(png) + END + filler):
            response = predict(body, FORM)
            if response.status_code != 200:
                assert_problem(response, 422 if response.status_code == 422 else 400)


@pytest.mark.parametrize(
    "name",
    [
        "a\x0bb",
        "a\x00b",
        "\x1b[31mxyzzy",
        "<img onerror=xyzzy>",
        "..%2f..%2fetc",
        "a.exe",
        "%0d%0aSet-Cookie: a=b",
    ],
)
def test_a_file_name_gets_nowhere(
    name: str, png: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    response = predict(part(png, file=name) + END, FORM)

    if response.status_code == 200:
        assert response.json()["predictions"][0]["digit"] == 3
    else:
        assert_problem(response, 400)
    assert "Set-Cookie" not in response.headers
    assert name not in response.text


def test_a_part_may_have_headers_of_its_own_and_a_content_type_of_any_kind(
    png: bytes, predict: Predict
) -> None:
    for more in (
        "Content-Type: text/html\r\n",
        "Content-Type: image/jpeg; x=y\r\nContent-Length: 5\r\n",
        "content-transfer-encoding: binary\r\nX-Y: z\r\n",
    ):
        answer = predict(part(png, more=more) + END, FORM)

        assert answer.json()["predictions"][0]["digit"] == 3


def test_a_picture_that_holds_the_boundary_is_not_split(
    digits: np.ndarray, encode: Callable[..., bytes], predict: Predict
) -> None:
    file = encode(digits[3]) + b"--b--b\r\n-\r\n--" * 100

    assert predict(part(file) + END, FORM).json()["predictions"][0]["digit"] == 3

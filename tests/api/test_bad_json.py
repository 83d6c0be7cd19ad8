"""JSON that is damaged, deep, ambiguous or means nothing is refused with a problem."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

AssertProblem = Callable[..., dict[str, Any]]
Predict = Callable[..., Any]

NOT_JSON = {
    "truncated": b'{"pixels": [[1, 2',
    "trailing": b'{"pixels": [[1]]} xyzzy',
    "two documents": b'{"pixels": [[1]]}{"pixels": [[1]]}',
    "byte order mark": b'\xef\xbb\xbf{"pixels": [[1]]}',
    "UTF-16": '{"pixels": [[1]]}'.encode("utf-16"),
    "Latin-1": '{"image": "é"}'.encode("latin-1"),
    "surrogate in UTF-8": b'{"image": "\xed\xa0\x80"}',
    "lone surrogate": rb'{"image": "\ud800"}',
    "NaN": b'{"pixels": [[NaN]]}',
    "Infinity": b'{"pixels": [[Infinity]]}',
    "single quotes": b"{'image': 'xyzzy'}",
    "comment": b'{"pixels": [[1]]} // xyzzy',
    "trailing comma": b'{"pixels": [[1,]]}',
    "leading zero": b'{"pixels": [[01]]}',
    "plus": b'{"pixels": [[+1]]}',
    "hexadecimal": b'{"pixels": [[0x1]]}',
    "Arabic digit": '{"pixels": [[٣]]}'.encode(),
    "raw control character": b'{"image": "a\x00b"}',
    "nothing but space": b"   ",
    "form": b"image=xyzzy",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json_is_a_syntax_error(
    body: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(body), 400, kind="malformed-body")


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "9" * 400, "1e-999", "5" * 5000, "1" + "0" * 4000 + ".5"]
)
def test_a_number_beyond_every_type_is_refused(
    number: str, predict: Predict, assert_problem: AssertProblem
) -> None:
    response = predict(f'{{"pixels": [[{number}]]}}'.encode())

    assert_problem(response, 422 if response.status_code == 422 else 400)


@pytest.mark.parametrize("depth", [33, 100, 1_000, 250_000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_deep_nesting_is_refused(
    depth: int, brackets: str, predict: Predict, assert_problem: AssertProblem
) -> None:
    opening = brackets[0] if brackets == "[]" else '{"a":'
    body = f"{opening * depth}1{brackets[1] * depth}".encode()

    assert "nested" in assert_problem(predict(body), 400)["detail"]


def test_brackets_in_texts_hide_no_nesting(predict: Predict, assert_problem: AssertProblem) -> None:
    body = f'{{"{"]" * 200}": {"[" * 100}1{"]" * 100}}}'.encode()

    assert "nested" in assert_problem(predict(body), 400)["detail"]


def test_brackets_in_texts_are_no_nesting(predict: Predict, assert_problem: AssertProblem) -> None:
    assert_problem(predict({"image": "[" * 100}), 422)


@pytest.mark.parametrize(
    "value",
    ["5" * 300, 2**31, 2**63, 2**64, -1, 256, 1.0, 0.5, True, False, None, "7", "٣", "", {}, [], [None]],
    ids=repr,
)
@pytest.mark.parametrize("place", ["alone", "among whole numbers"])
def test_a_pixel_is_a_whole_number_from_0_to_255(
    value: object, place: str, predict: Predict, assert_problem: AssertProblem
) -> None:
    row = [value] if place == "alone" else [0, value, 255]
    response = predict({"pixels": [row, [0] * len(row)]})

    if response.status_code == 400:  # a number that no type of JSON's reader holds
        assert_problem(response, 400)
    else:
        assert assert_problem(response, 422)["errors"][0]["pointer"] == "#/pixels"


@pytest.mark.parametrize(
    "value",
    [
        [],
        [[]],
        [[], []],
        [[[]]],
        [[1, 2], [3]],
        [[1, 2], 3],
        [[[1]], [[2, 3]]],
        [1, 2, 3],
        7,
        1.5,
        "xyzzy",
        None,
        True,
        {"0": [1]},
        [[[1, 2]]],
        [[[1, 2, 3, 4]]],
        [[[[1]]]],
        [[[[[1]]]]],
        [[[0] * 27] * 28],
        [[[0] * 28] * 27] * 2,
    ],
    ids=repr,
)
def test_pixels_of_no_picture_are_refused(
    value: object, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert assert_problem(predict({"pixels": value}), 422)["errors"][0]["pointer"].startswith("#/pixels")


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        True,
        7,
        "xyzzy",
        {"xyzzy": 1},
        {"image": "aaaa", "xyzzy": 1},
        {"pixels": [[1]], "image": "aaaa"},
        {"Image": "aaaa"},
        {"file": "aaaa"},
        {"": ""},
        {"instances": [[1]]},
    ],
    ids=repr,
)
def test_an_object_with_exactly_one_known_member_is_expected(
    document: object, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(document), 422, kind="invalid-input")


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
NO_BASE64 = {
    "a bad letter": "aaa!",
    "a length that none has": "aaaaa",
    "padding within": "aa==aaaa",
    "a blank for a +": "aaa aaaa",
    "letters beyond ASCII": "äöü=",
    "full-width letters": "\uff41" * 4,
    "NUL": "\0aaa",
    "nothing": "",
    "a number": 7,
    "null": None,
    "a list": ["aaaa"],
    "a URL": "https://example.com/xyzzy.png",
    "a file URL": "file:///etc/passwd",
    "a path": "/etc/xyzzy.png",
    "a data URL without base64": f"data:image/png,{PNG}",
    "a data URL without a comma": "data:image/png;base64",
    "an empty data URL": "data:image/png;base64,",
    "a data URL in a data URL": f"data:image/png;base64,data:image/png;base64,{PNG}",
    "an upper-case scheme without base64": f"DATA:image/png,{PNG}",
    "a megabyte of nothing": "!" * 1_000_000,
}


@pytest.mark.parametrize("text", NO_BASE64.values(), ids=NO_BASE64)
def test_what_is_no_base64_is_refused_at_its_place(
    text: object, predict: Predict, assert_problem: AssertProblem
) -> None:
    alone = assert_problem(predict({"image": text}), 422)
    second = assert_problem(predict({"images": ["iVBORw0KGgo=", text]}), 422)

    assert alone["errors"][0]["pointer"] == "#/image"
    assert second["errors"][0]["pointer"] == "#/images/1"


@pytest.mark.parametrize("value", [[], None, "aaaa", {}, 7], ids=repr)
def test_images_are_a_list_of_at_least_one(
    value: object, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict({"images": value}), 422)


def test_base64_of_no_picture_is_told_by_its_place(predict: Predict, assert_problem: AssertProblem) -> None:
    problem = assert_problem(predict({"images": [base64.b64encode(b"xyzzy" * 9).decode()]}), 415)

    assert problem["errors"][0]["pointer"] == "#/images/0"


def test_of_a_repeated_key_the_last_one_holds(predict: Predict) -> None:
    assert predict(b'{"image": "xyzzy", "image": null, "pixels": [[1]]}').status_code == 422
    assert predict(b'{"pixels": null, "pixels": [[1]]}').status_code == 200


@pytest.mark.parametrize(
    "document",
    [
        {"images": ["!"] * 100_000},
        {"images": [None] * 60},
        {"pixels": [["xyzzy"] * 1_000] * 100},
        {"pixels": [[]] * 100_000},
        {"x" * 1_000_000: 1},
        {f"xyzzy{i}": 1 for i in range(100_000)},
    ],
    ids=["images", "nulls", "pixels", "rows", "name", "names"],
)
def test_a_hundred_thousand_faults_make_a_short_answer(
    document: object, predict: Predict, assert_problem: AssertProblem
) -> None:
    response = predict(document)

    assert_problem(response, 413 if response.status_code == 413 else 422)


@pytest.mark.parametrize("text", [r"\u0000", r"\u202e", r"\ud83d\ude00", r"\u001b[31m", r"\uffff"])
def test_odd_characters_are_refused_like_any_other_text(
    text: str, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(f'{{"image": "{text}"}}'.encode()), 422)
    assert_problem(predict(f'{{"{text}": "xyzzy"}}'.encode()), 422)


def test_sixty_five_pictures_are_too_many(predict: Predict, assert_problem: AssertProblem) -> None:
    assert_problem(predict({"images": ["iVBORw0KGgo="] * 65}), 413)


def test_charsets_in_the_content_type_change_nothing(predict: Predict) -> None:
    body = json.dumps({"pixels": [[1]]}).encode()

    for parameter in ("charset=utf-8", "charset=UTF-7", "charset=\xff", "charset", "=", ";;;", 'a="b'):
        assert predict(body, f"application/json; {parameter}".encode("latin-1")).status_code == 200

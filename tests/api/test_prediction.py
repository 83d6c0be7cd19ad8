"""What an app that posts pictures is promised: the digit, in whichever form the picture comes."""

import base64
import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client
from PIL import Image, ImageFilter

from service.settings import PACKAGED_RECOGNISER

Encode = Callable[..., bytes]
Predict = Callable[..., Any]


def shades(digit: np.ndarray) -> np.ndarray:
    """Give the same digit as float32 from 0 to 1."""
    return digit.astype(np.float32) / np.float32(255)


def in_version(digit: np.ndarray, version: tuple[int, int]) -> bytes:
    """Write an array in a version of NumPy's format."""
    file = io.BytesIO()
    np.lib.format.write_array(file, digit, version=version)
    return file.getvalue()


def photograph(digit: np.ndarray, encode: Encode) -> bytes:
    """Write a digit in ink on a shaded sheet, off-centre, and photograph it."""
    ink = Image.fromarray(digit).resize((250, 250), Image.Resampling.BICUBIC)
    ink = ink.filter(ImageFilter.GaussianBlur(2))
    sheet = np.zeros((800, 600), np.float64)
    sheet[380:630, 290:540] = np.asarray(ink, np.float64) / 255
    down, across = np.mgrid[:800, :600]
    light = 225 - 70 * across / 600 - 30 * down / 800
    noise = np.random.default_rng(1).normal(0, 2, sheet.shape)
    grey = light * (1 - 0.8 * sheet) + noise
    colour = np.stack([grey, grey * 0.98, grey * 0.9], axis=-1).clip(0, 255).astype(np.uint8)
    return encode(colour, "JPEG", quality=85)


def one(response: Any) -> dict[str, Any]:  # noqa: ANN401
    assert response.status_code == 200, response.text
    (prediction,) = response.json()["predictions"]
    return prediction


def test_each_drawn_digit_is_recognised(digits: np.ndarray, encode: Encode, predict: Predict) -> None:
    found = [one(predict(encode(digit), "image/png"))["digit"] for digit in digits]

    assert found == list(range(10))


def test_all_forms_of_a_picture_give_the_same_answer_to_the_last_bit(
    digits: np.ndarray,
    encode: Encode,
    npy: Callable[[np.ndarray], bytes],
    client: Client,
    predict: Predict,
) -> None:
    digit = digits[7]
    file = encode(digit)
    text = base64.b64encode(file).decode()
    array = "application/x-npy"
    answers = {
        "png": predict(file, "image/png"),
        "unnamed": predict(file, "application/octet-stream"),
        "bmp": predict(encode(digit, "BMP"), "image/bmp"),
        "lossless webp": predict(encode(digit, "WEBP", lossless=True), "image/webp"),
        "gif": predict(encode(digit, "GIF"), "image/gif"),
        "form": client.post("/predict", files={"image": ("seven.png", file, "image/png")}),
        "alias": client.post("/predict", files={"file": ("seven.png", file, "image/png")}),
        "image": predict({"image": text}),
        "data URL": predict({"image": f"data:image/png;base64,{text}"}),
        "images": predict({"images": [text]}),
        "pixels": predict({"pixels": digit.tolist()}),
        "stack of pixels": predict({"pixels": [digit.tolist()]}),
        "array": predict(npy(digit), array),
        "stack": predict(npy(digit[None]), array),
        "Fortran order": predict(npy(np.asfortranarray(digit)), array),
        "floats": predict(npy(shades(digit)), array),
        "big-endian floats": predict(npy(shades(digit).astype(">f4")), array),
        "floats in Fortran order": predict(npy(np.asfortranarray(shades(digit))), array),
        **{
            f"array of {dtype}": predict(
                npy((digit / 255 if dtype[1] == "f" else digit).astype(dtype)), array
            )
            for dtype in ("<f2", ">f2", "<f8", "<u2", "<u4", ">u4", "<u8", "<i2", "<i4", ">i8")
        },
        **{
            f"format version {version}": predict(in_version(digit, version), array)
            for version in ((1, 0), (2, 0), (3, 0))
        },
        "array of no type": client.post("/predict", content=npy(digit)),
        "array of any type": predict(npy(digit), "application/octet-stream"),
        "text in a form": client.post("/predict", files={"image": (None, text)}),
        "data URL in a form": client.post(
            "/predict", files={"image": (None, f"data:image/png;base64,{text}")}
        ),
        "bytes without a file name": client.post("/predict", files={"image": (None, file)}),
        "JSON of no type": client.post("/predict", content=json.dumps({"image": text}).encode()),
    }

    assert {name: answer.content for name, answer in answers.items()} == dict.fromkeys(
        answers, answers["png"].content
    )


def test_pictures_of_one_request_are_answered_in_order(
    digits: np.ndarray,
    encode: Encode,
    npy: Callable[[np.ndarray], bytes],
    client: Client,
    predict: Predict,
) -> None:
    order = [3, 1, 4, 1, 5, 9, 2, 6]
    files = [encode(digits[digit]) for digit in order]
    answers = [
        client.post(
            "/predict", files=[("image", (f"{index}.png", file)) for index, file in enumerate(files)]
        ),
        predict({"images": [base64.b64encode(file).decode() for file in files]}),
        predict(npy(digits[order]), "application/x-npy"),
    ]
    found = [[prediction["digit"] for prediction in answer.json()["predictions"]] for answer in answers]

    assert found == [order] * 3


def test_an_array_of_more_images_than_a_batch_is_answered_whole(
    digits: np.ndarray, npy: Callable[[np.ndarray], bytes], predict: Predict
) -> None:
    order = np.arange(150) % 10
    answer = predict(npy(digits[order]), "application/x-npy")

    assert [prediction["digit"] for prediction in answer.json()["predictions"]] == order.tolist()


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_on_a_photographed_shaded_sheet_is_recognised(
    digit: int, digits: np.ndarray, encode: Encode, predict: Predict
) -> None:
    answer = one(predict(photograph(digits[digit], encode), "image/jpeg"))

    assert answer["digit"] == digit


def test_ink_on_paper_and_light_on_black_are_the_same_digit(
    digits: np.ndarray, encode: Encode, predict: Predict
) -> None:
    light = one(predict(encode(digits[4]), "image/png"))
    dark = one(predict(encode(255 - digits[4]), "image/png"))

    assert light["digit"] == dark["digit"] == 4


@pytest.mark.parametrize(
    ("level", "size", "preprocess"),
    [
        *((level, size, "auto") for level in (0, 128, 255) for size in ((28, 28), (300, 200))),
        # Without preparation black alone is blank, and only 28x28 is taken.
        (0, (28, 28), "none"),
    ],
)
def test_a_blank_picture_has_no_digit(
    level: int, size: tuple[int, int], preprocess: str, encode: Encode, predict: Predict
) -> None:
    answer = one(predict(encode(np.full(size, level, np.uint8)), "image/png", preprocess=preprocess))

    assert answer["digit"] is None
    assert answer["reason"] == "blank"
    assert answer["is_digit"] is False
    assert answer["confidence"] == 0
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-6)


def test_the_confidence_is_the_greatest_of_ten_probabilities_that_sum_to_one(
    digits: np.ndarray, npy: Callable[[np.ndarray], bytes], predict: Predict
) -> None:
    for prediction in predict(npy(digits), "application/x-npy").json()["predictions"]:
        probabilities = prediction["probabilities"]

        assert len(probabilities) == 10
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)
        assert prediction["confidence"] == max(probabilities) == probabilities[prediction["digit"]]
        assert prediction["is_digit"] is True
        assert "reason" not in prediction
        assert "prepared" not in prediction


def test_noise_is_reported_as_no_digit(npy: Callable[[np.ndarray], bytes], predict: Predict) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
    answer = predict(npy(noise), "application/x-npy", preprocess="none").json()

    assert np.mean([prediction["is_digit"] for prediction in answer["predictions"]]) < 0.5


def test_the_prepared_image_is_the_one_that_the_network_saw(
    digits: np.ndarray, encode: Encode, npy: Callable[[np.ndarray], bytes], predict: Predict
) -> None:
    photo = photograph(digits[5], encode)
    with_prepared = one(predict(photo, "image/jpeg", include="prepared"))
    prepared = with_prepared.pop("prepared")
    head, _, data = prepared["image"].partition(",")
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    again = one(predict(npy(seen), "application/x-npy", preprocess="none"))

    assert head == "data:image/png;base64"
    assert seen.shape == (28, 28)
    assert {"inverted", "box", "scale", "shift", "warnings"} <= set(prepared["steps"])
    assert prepared["steps"]["inverted"] is True
    assert again["probabilities"] == pytest.approx(with_prepared["probabilities"], abs=1e-6)


def test_a_blank_picture_has_a_prepared_image_too(encode: Encode, predict: Predict) -> None:
    answer = one(predict(encode(np.full((50, 60), 255, np.uint8)), "image/png", include="prepared"))

    assert answer["prepared"]["image"].startswith("data:image/png;base64,")


def test_colour_is_taken_without_preparation_as_well(
    digits: np.ndarray, encode: Encode, predict: Predict
) -> None:
    colour = np.repeat(digits[6][..., None], 3, axis=-1)
    grey = predict(encode(digits[6]), "image/png", preprocess="none")

    assert predict(encode(colour), "image/png", preprocess="none").content == grey.content


def test_a_request_may_name_the_model_and_its_version(
    digits: np.ndarray, encode: Encode, predict: Predict
) -> None:
    file = encode(digits[2])
    version = PACKAGED_RECOGNISER.name
    answer = predict(file, "image/png", model="lenet5", version=version).json()

    assert answer["model"] == {"name": "lenet5", "version": version}
    assert answer == predict(file, "image/png").json()


@pytest.mark.parametrize(
    "content_type",
    [
        *(
            "IMAGE/PNG",
            "image/png; charset=utf-8",
            " image/png ;",
            "application/octet-stream;x",
            "image/jpeg",
        ),
        *("image/jpg", "image/pjpeg", "image/x-png", "image/*", "image/heic", "image/svg+xml", "*/*", ""),
        *(
            "binary/octet-stream",
            "application/x-www-form-urlencoded",
            "text/plain",
            "application/json",
            "xyzzy",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_the_bytes_decide_the_format_whatever_type_is_declared(
    content_type: str, kind: str, digits: np.ndarray, encode: Encode, client: Client
) -> None:
    file = encode(digits[8], kind)
    answers = {
        "alone": client.post("/predict", content=file, headers={"Content-Type": content_type}),
        "in a form": client.post("/predict", files={"image": ("a", file, content_type)}),
    }

    assert {name: one(answer)["digit"] for name, answer in answers.items()} == dict.fromkeys(answers, 8)


def test_a_picture_needs_no_content_type(digits: np.ndarray, encode: Encode, client: Client) -> None:
    assert one(client.post("/predict", content=encode(digits[8])))["digit"] == 8


def test_truth_values_are_ink_and_ground(
    digits: np.ndarray, npy: Callable[[np.ndarray], bytes], predict: Predict
) -> None:
    ink = digits[8] > 127
    levels = np.where(ink, 255, 0).astype(np.uint8)

    assert predict(npy(ink), "application/x-npy").content == predict(npy(levels), "application/x-npy").content


@pytest.mark.parametrize(
    "name",
    ["image", "images", "file", "files", "image[]", "images[]", "file[]", "files[]", "image[0]", "files[12]"],
)
def test_the_field_of_a_form_may_have_any_of_the_usual_names(
    name: str, digits: np.ndarray, encode: Encode, client: Client
) -> None:
    answer = client.post("/predict", files=[(name, ("a.png", encode(digits[digit]))) for digit in (4, 2)])

    assert [prediction["digit"] for prediction in answer.json()["predictions"]] == [4, 2]


def form_of(*parts: tuple[str, bytes]) -> bytes:
    """Write a form of parts by what stands behind ``form-data``, and their content."""
    heads = (f"--b\r\nContent-Disposition: form-data{named}\r\n\r\n".encode() for named, _ in parts)
    return (
        b"".join(head + data + b"\r\n" for head, (_, data) in zip(heads, parts, strict=True)) + b"--b--\r\n"
    )


OTHERS = {
    "a text": ('; name="token"', b"x"),
    "an empty text": ('; name="image"', b""),
    "an empty file input": ('; name="other"; filename=""', b""),
    "an empty file input of its name": ('; name="image"; filename=""', b""),
    "an empty file of another name": ('; name="other"; filename="a.png"', b""),
    "a part without a name": ("", b"x"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_is_no_picture_in_a_form_is_skipped(
    other: tuple[str, bytes], digits: np.ndarray, encode: Encode, predict: Predict
) -> None:
    picture = ('; name="image"; filename="a.png"', encode(digits[6]))

    for parts in ((other, picture), (picture, other), (other, other, picture)):
        assert one(predict(form_of(*parts), "multipart/form-data; boundary=b"))["digit"] == 6


@pytest.mark.parametrize(
    "named",
    [
        "; name=\"image\"; filename*=UTF-8''drei%20%E2%82%AC.png",
        "; filename*=utf-8''a.png; name=image",
        '; name="image"; filename="a.png"; filename*=UTF-8\'\'%e2%82%ac.png',
        '; name="image"',
        '; name=image; filename=""',
    ],
)
def test_how_a_form_names_the_file_does_not_matter(
    named: str, digits: np.ndarray, encode: Encode, predict: Predict
) -> None:
    body = form_of((named, encode(digits[6])))

    assert one(predict(body, "multipart/form-data; boundary=b"))["digit"] == 6


def test_a_query_parameter_may_be_given_twice_with_one_value(
    digits: np.ndarray, encode: Encode, client: Client
) -> None:
    query = "model=lenet5&preprocess=auto&model=lenet5&preprocess=auto"

    assert one(client.post(f"/predict?{query}", content=encode(digits[6])))["digit"] == 6


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\u202eb.png", "\U0001f600.png", "x" * 1000, 'q"uo\\te.png', "", "a;b=c.png"],
)
def test_the_file_name_does_not_matter(name: str, digits: np.ndarray, encode: Encode, client: Client) -> None:
    disposition = f'form-data; name="image"; filename="{name.replace(chr(34), "%22")}"'.encode()
    body = b"--b\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + encode(digits[0]) + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    assert one(client.post("/predict", content=body, headers=headers))["digit"] == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_read(
    kind: str, digits: np.ndarray, encode: Encode, predict: Predict
) -> None:
    first, *others = [Image.fromarray(digits[digit]).convert("RGB") for digit in (3, 8, 1)]
    options = {"lossless": True} if kind == "WEBP" else {}
    file = encode(first, kind, save_all=True, append_images=others, duration=100, **options)

    assert one(predict(file, f"image/{kind.lower()}"))["digit"] == 3


@pytest.mark.parametrize("given", ["abc-DEF_1.2", "0" * 64, "6f1c2d7e-6a1f-4a6f-8f3c-0d8d7c1e2b3a"])
def test_a_safe_request_id_is_kept(given: str, client: Client) -> None:
    response = client.post("/predict", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] == given
    assert response.json()["instance"].endswith(f":{given}")


@pytest.mark.parametrize("given", ["", "a b", "a" * 65, "<script>", "a\tb", "é", "a,b", "../x"])
def test_an_unsafe_request_id_is_replaced(given: str, client: Client) -> None:
    response = client.get("/health/live", headers={"X-Request-ID": given.encode("latin-1")})

    assert str(uuid.UUID(response.headers["X-Request-ID"])) == response.headers["X-Request-ID"]


def test_an_answer_tells_the_time_of_each_stage(digits: np.ndarray, encode: Encode, predict: Predict) -> None:
    for picture in (digits[1], np.kron(digits[1], np.ones((10, 10), np.uint8))):
        timing = predict(encode(picture), "image/png").headers["Server-Timing"]
        stages = dict(stage.split(";dur=") for stage in timing.split(", "))

        assert set(stages) == {"queue", "decode", "inference"}
        assert all(0 <= float(ms) < 10_000 for ms in stages.values())


@pytest.mark.parametrize("path", ["/health/live", "/models", "/nothing", "/predict", "/openapi.json"])
def test_every_answer_carries_headers_of_caution(path: str, client: Client) -> None:
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers

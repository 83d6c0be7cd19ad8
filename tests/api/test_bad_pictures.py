"""Files that are no pictures, too large, or made to cost more than they should are refused in time."""

import base64
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client
from PIL import Image

AssertProblem = Callable[..., dict[str, Any]]
Encode = Callable[..., bytes]
Predict = Callable[..., Any]
FILE = "application/octet-stream"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int,
    height: int,
    *,
    bits: int = 8,
    colour_type: int = 0,
    before: bytes = b"",
    rows: bytes | None = None,
) -> bytes:
    """Write a PNG by hand, grey unless told otherwise, so that its header may say anything."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    packed = zlib.compress(rows if rows is not None else b"")
    body = chunk(b"IHDR", header) + before + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def claims(width: int, height: int) -> dict[str, bytes]:
    """Give a file of each format whose header claims a size and which holds no pixels."""
    return {
        "png": png(width, height),
        "png of one bit": png(width, height, bits=1),
        "gif": b"GIF89a" + struct.pack("<HH", width, height) + bytes(50),
        "bmp": b"BM" + bytes(12) + struct.pack("<IiiHH", 40, width, height, 1, 24) + bytes(50),
        "bmp, top row first": b"BM"
        + bytes(12)
        + struct.pack("<IiiHH", 40, width, -height, 1, 24)
        + bytes(50),
        "bmp, core": b"BM" + bytes(12) + struct.pack("<IHHHH", 12, width, height, 1, 24) + bytes(50),
        "jpeg": b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + bytes(50),
        "jpeg, progressive": b"\xff\xd8\xff\xc2\0\x11\x08"
        + struct.pack(">HH", height, width)
        + b"\x03"
        + bytes(50),
        "webp": b"RIFF\0\0\0\0WEBPVP8 "
        + bytes(10)
        + struct.pack("<HH", width & 0x3FFF, height & 0x3FFF)
        + bytes(50),
        "webp, lossless": b"RIFF\0\0\0\0WEBPVP8L"
        + bytes(5)
        + struct.pack("<I", width - 1 | height - 1 << 14)
        + bytes(50),
        "webp, extended": b"RIFF\0\0\0\0WEBPVP8X"
        + bytes(8)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
        + bytes(50),
    }


@pytest.mark.parametrize("size", [(8_193, 1), (1, 8_193), (4_100, 4_100), (16_383, 16_383)])
def test_a_header_that_claims_too_many_pixels_is_refused_unread(
    size: tuple[int, int], predict: Predict, assert_problem: AssertProblem
) -> None:
    for name, file in claims(*size).items():
        problem = assert_problem(predict(file, FILE), 413, kind="too-large")

        assert f"{size[0]}x{size[1]}" in problem["detail"], name


def test_a_deep_picture_counts_by_its_bytes(predict: Predict, assert_problem: AssertProblem) -> None:
    for colour_type, side in ((2, 3_347), (4, 2_899), (6, 2_899)):
        at_most, more = (
            png(side - 1, side - 1, bits=16, colour_type=colour_type),
            png(side, side, bits=16, colour_type=colour_type),
        )

        assert_problem(predict(at_most, FILE), 422)
        for body in (more, {"image": base64.b64encode(more).decode()}):
            kind = FILE if body is more else None
            problem = assert_problem(predict(body, kind), 413, kind="too-large")
            assert "16 bits a channel" in problem["detail"]


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (2**32 - 1, 1), (20_000, 20_000)])
def test_the_largest_sizes_that_a_png_can_claim_are_refused(
    size: tuple[int, int], predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(png(*size, bits=1), FILE), 413)


def test_a_header_within_the_limits_but_without_pixels_is_damaged(
    predict: Predict, assert_problem: AssertProblem
) -> None:
    for file in claims(4_000, 4_000).values():
        assert_problem(predict(file, FILE), 422)


def test_a_frame_that_is_hidden_from_one_of_two_readers_is_refused(
    encode: Encode, predict: Predict, assert_problem: AssertProblem
) -> None:
    whole = encode(Image.new("L", (28, 28)), "JPEG")
    at = whole.index(b"\xff\xc0\0")
    frame = whole[at : at + 13]
    large = frame[:5] + struct.pack(">HH", 30_000, 30_000) + frame[9:]
    hidden = large + b"\xff\xfe" + struct.pack(">H", 2 + len(frame))
    for gap in (b"\xff\0", b"\xff\x01", b"\xff\xd5", b"\0\0", b"\xff\xfe\0\2\0\0"):
        file = whole[:at] + gap + struct.pack(">H", 2 + len(hidden)) + hidden + whole[at:]

        assert_problem(predict(file, "image/jpeg"), 422)


def test_a_picture_at_the_limit_is_answered(encode: Encode, predict: Predict) -> None:
    file = encode(Image.new("1", (8_192, 2_050), 1))

    assert predict(file, FILE).json()["predictions"][0]["reason"] == "blank"


def test_the_pictures_of_a_request_have_a_limit_together(
    encode: Encode, predict: Predict, assert_problem: AssertProblem
) -> None:
    large = base64.b64encode(encode(Image.new("1", (8_192, 2_050), 1))).decode()
    files = base64.b64encode(png(4_000, 4_100)).decode()

    assert_problem(predict({"images": [large] * 2}), 413, kind="too-large")
    assert_problem(predict({"images": [files] * 64}), 413, kind="too-large")


@pytest.mark.parametrize(
    "data",
    [
        b"xyzzy",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>xyzzy</script></svg>",
        b"<html><body>xyzzy</body></html>",
        b"%PDF-1.7 xyzzy",
        b"%!PS-Adobe-3.0 EPSF-3.0 xyzzy",
        b"PK\x03\x04 xyzzy",
        b"II*\0" + bytes(60),
        b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60),
        b"\0\0\0\x20ftypavif" + bytes(60),
        b"8BPS\0\x01" + bytes(60),
        b"\0\0\x01\0\x01\0" + bytes(60),
        b"RIFF\0\0\0\0WAVE" + bytes(60),
        bytes(1_000_000),
        b"\xff" * 1_000_000,
    ],
    ids=lambda data: repr(data[:12]),
)
@pytest.mark.parametrize("declared", [FILE, "image/png"])
def test_what_is_no_picture_of_the_five_formats_is_refused(
    declared: str, data: bytes, predict: Predict, assert_problem: AssertProblem
) -> None:
    problem = assert_problem(predict(data, declared), 415, kind="unsupported-media-type")

    assert "image/webp" in problem["detail"]


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "PPM", "TGA", "JPEG2000", "AVIF"])
def test_a_sound_picture_of_another_format_is_refused(
    kind: str, digits: np.ndarray, encode: Encode, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(encode(Image.fromarray(digits[0]).convert("RGB"), kind), FILE), 415)


HEIC = b"\0\0\0\x20ftypmif1\0\0\0\0mif1heicMiHBtmap" + bytes(60)
AVIF = b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B" + bytes(60)
DECLARED = [
    FILE,
    "image/jpeg",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/heic-sequence",
    "image/x-any; q=1",
]


@pytest.mark.parametrize(("name", "data"), [("HEIC", HEIC), ("AVIF", AVIF), ("PDF", b"%PDF-1.7 xyzzy")])
@pytest.mark.parametrize("path", ["/predict", "/feature-maps", "/convolve", "/pool"])
def test_a_format_that_people_send_is_refused_by_its_name(
    path: str, name: str, data: bytes, client: Client, assert_problem: AssertProblem
) -> None:
    for declared in DECLARED:
        answer = client.post(path, content=data, headers={"Content-Type": declared})
        detail = assert_problem(answer, 415, kind="unsupported-media-type")["detail"]

        assert detail.startswith(f"{name} is not read here: send JPEG or PNG")
        assert ("iPhone" in detail) == (name == "HEIC")
    answer = client.post(path, files={"image": ("IMG_1.HEIC", data, "image/heic")})
    assert name in assert_problem(answer, 415)["detail"]


def test_a_format_that_people_send_is_named_in_every_form(
    predict: Predict, client: Client, assert_problem: AssertProblem
) -> None:
    text = base64.b64encode(HEIC).decode()
    for body in ({"image": text}, {"images": [text]}, {"image": f"data:image/heic;base64,{text}"}):
        assert "HEIC is not read here" in assert_problem(predict(body), 415)["detail"]
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [text]}
    answer = client.post("/v2/models/lenet5/infer", json={"inputs": [tensor]})

    assert answer.status_code == 400
    assert "HEIC is not read here" in answer.json()["error"]


def test_a_declared_type_that_the_body_is_not_is_refused_as_any_other(
    predict: Predict, assert_problem: AssertProblem
) -> None:
    for declared in ("image/heic", "image/avif"):
        assert "send pictures as" in assert_problem(predict(b"xyzzy", declared), 415)["detail"]


ROWS = bytes(29 * 28)
ZEROS = zlib.compress(bytes(2**24))
COSTLY = {
    "text of 500 MB": png(28, 28, rows=ROWS, before=chunk(b"zTXt", b"a\0\0" + ZEROS * 30)),
    "profile of 500 MB": png(28, 28, rows=ROWS, before=chunk(b"iCCP", b"a\0\0" + ZEROS * 30)),
    "many texts": png(28, 28, rows=ROWS, before=chunk(b"zTXt", b"a\0\0" + ZEROS) * 200),
    "international text": png(28, 28, rows=ROWS, before=chunk(b"iTXt", b"a\0\1\0\0\0" + ZEROS)),
    "a hundred thousand chunks": png(28, 28, rows=ROWS, before=chunk(b"teXt", b"") * 100_000),
    "more rows than said": png(28, 28, rows=bytes(2**24)),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_file_made_to_be_costly_is_answered_in_a_second(
    name: str, predict: Predict, assert_problem: AssertProblem
) -> None:
    begin = time.process_time()
    response = predict(COSTLY[name], FILE)
    spent_s = time.process_time() - begin

    if response.status_code != 200:
        assert_problem(response, 422)
    assert spent_s < 1


def test_a_jpeg_of_thousands_of_scans_is_answered_in_a_second(encode: Encode, predict: Predict) -> None:
    whole = encode(Image.new("L", (64, 64), 200), "JPEG", progressive=True)
    start = whole.index(b"\xff\xda")
    begin = time.process_time()
    response = predict(whole[:start] + whole[start:-2] * 20_000 + whole[-2:], FILE)
    spent_s = time.process_time() - begin

    assert response.status_code in {200, 413, 422}
    assert spent_s < 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_a_picture_cut_off_is_answered_by_200_or_a_problem(
    kind: str, digits: np.ndarray, encode: Encode, predict: Predict, assert_problem: AssertProblem
) -> None:
    file = encode(digits[3], kind)
    for length in range(1, len(file), 64):
        response = predict(file[:length], FILE)
        if response.status_code != 200:
            assert_problem(response, 415 if response.status_code == 415 else 422)


@pytest.mark.parametrize("size", [(27, 28), (28, 29), (56, 56), (1, 1)])
def test_without_preparation_only_28x28_is_taken(
    size: tuple[int, int], encode: Encode, predict: Predict, assert_problem: AssertProblem
) -> None:
    file = encode(np.zeros(size, np.uint8))

    assert "28x28" in assert_problem(predict(file, FILE, preprocess="none"), 422)["detail"]


@pytest.mark.parametrize("size", [(1, 1), (1, 28), (2, 2), (28, 1), (3, 8_000), (8_000, 3)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_a_picture_of_any_shape_is_answered(
    kind: str, size: tuple[int, int], encode: Encode, predict: Predict
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, size, np.uint8)

    assert predict(encode(noise, kind), FILE).status_code == 200

"""What is asked in each API, byte for byte, and what is read in its answers."""

import json
import struct

import pytest

from service.bench.apis import APIS, Reading
from service.bench.pictures import Picture

PREDICT, V2 = APIS["predict"], APIS["v2"]
DIGIT = Picture(b"\x89PNG...", "image/png", bytes(range(196)) * 4)
PHOTO = Picture(b"\xff\xd8\xff...", "image/jpeg")
PROBABILITIES = [0.01] * 7 + [0.75] + [0.09] * 2


def split(headers: dict[str, str], body: bytes) -> tuple[dict[str, object], bytes]:
    length = int(headers["Inference-Header-Content-Length"])
    return json.loads(body[:length]), body[length:]


def test_predict_gets_the_file_as_it_is() -> None:
    assert PREDICT.request(PHOTO) == ({"Content-Type": "image/jpeg"}, PHOTO.file)


def test_predict_names_a_model_that_is_not_the_default() -> None:
    assert [PREDICT.path(model) for model in (None, "other")] == ["/predict", "/predict?model=other"]


def test_v2_gets_pixels_as_a_binary_tensor_after_the_json() -> None:
    headers, body = V2.request(DIGIT)
    document, data = split(headers, body)

    assert V2.path("lenet5") == "/v2/models/lenet5/infer"
    assert headers["Content-Type"] == "application/octet-stream"
    assert document == {
        "inputs": [
            {
                "name": "image",
                "datatype": "UINT8",
                "shape": [1, 28, 28, 1],
                "parameters": {"binary_data_size": 784},
            }
        ],
        "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}],
    }
    assert data == DIGIT.pixels


def test_v2_gets_a_file_as_an_element_of_bytes_with_its_length_before_it() -> None:
    document, data = split(*V2.request(PHOTO))

    assert document["inputs"] == [
        {"name": "image", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 10}}
    ]
    assert data == b"\x06\0\0\0" + PHOTO.file


def v2_answer(**output: object) -> dict[str, object]:
    return {
        "model_name": "lenet5",
        "model_version": "3",
        "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [1, 10], **output}],
    }


@pytest.mark.parametrize("data", [PROBABILITIES, [PROBABILITIES]])
def test_v2_reads_probabilities_in_json_flat_or_nested(data: list[object]) -> None:
    body = json.dumps(v2_answer(data=data)).encode()

    assert V2.reading({}, body) == Reading(7, 0.75, "lenet5", "3")


def test_v2_reads_binary_probabilities() -> None:
    head = json.dumps(v2_answer(parameters={"binary_data_size": 40})).encode()
    headers = {"inference-header-content-length": str(len(head))}

    assert V2.reading(headers, head + struct.pack("<10f", *PROBABILITIES)) == Reading(7, 0.75, "lenet5", "3")


def test_predict_reads_the_first_prediction_and_knows_a_blank_one() -> None:
    document = {
        "model": {"name": "lenet5", "version": "2"},
        "predictions": [{"digit": None, "confidence": 0}, {"digit": 3, "confidence": 1}],
    }

    assert PREDICT.reading({}, json.dumps(document).encode()) == Reading(None, 0.0, "lenet5", "2")


@pytest.mark.parametrize("api", [PREDICT, V2])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'"ok"', b'{"outputs": [], "predictions": []}'])
def test_what_is_no_prediction_is_not_taken_for_one(api: type[PREDICT], body: bytes) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        api.reading({}, body)

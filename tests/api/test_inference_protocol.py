"""The Open Inference Protocol, and what a careless or hostile client of it gets."""

import base64
import gzip
import json
import shutil
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import APIRouter
from httpx2 import Client
from starlette.testclient import TestClient

from service.app import create_app
from service.application import Application
from service.http import problems
from service.http.endpoints import Endpoint
from service.repository import trials
from service.server.messages import Response
from service.settings import PACKAGED_1998, PACKAGED_RECOGNISER, Settings
from service.v2 import rest
from service.v2.rest import InferenceAnswer

Served = Callable[[Application], AbstractContextManager[Client]]
Infer = Callable[..., Any]
AssertError = Callable[..., str]
MARKER = "xyzzy"
"""A word of the input: no error may repeat it."""
LENGTH = "Inference-Header-Content-Length"
PATH = "/v2/models/lenet5/infer"


@pytest.fixture
def infer(client: Client) -> Infer:
    """Post a document, with bytes behind it, or a body as it is."""

    def infer(document: Any, behind: bytes | None = None, path: str = PATH, **headers: str) -> Any:  # noqa: ANN401
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        if behind is not None:
            headers = {LENGTH: str(len(body)), "Content-Type": "application/octet-stream", **headers}
            body += behind
        return client.post(path, content=body, headers={"Content-Type": "application/json", **headers})

    return infer


@pytest.fixture
def assert_error(client: Client) -> AssertError:
    """Assert what holds of every error under ``/v2``; give its text."""

    def assert_error(response: Any, status: int, words: str = "") -> str:  # noqa: ANN401
        text = response.content.decode()

        assert response.status_code == status, text
        assert response.headers["content-type"] == "application/json"
        assert response.json().keys() == {"error"}
        assert words in response.json()["error"]
        assert len(text) <= 4096
        assert response.headers["x-request-id"]
        assert response.headers["cache-control"] == "no-store"
        for leak in (MARKER, "Traceback", ".py", "site-packages", "Exception", "service.", " at 0x"):
            assert leak not in text
        assert client.get("/v2/health/live").json() == {"live": True}
        return str(response.json()["error"])

    return assert_error


def image(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give a sound input, or one that is not."""
    given = {"name": "image", "shape": [1, 28, 28, 1], "datatype": "UINT8", "data": [0] * 784}
    return {name: value for name, value in {**given, **changes}.items() if value is not ...}


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"inputs": [image()], **changes}


def in_binary(size: Any = 784, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return image(data=..., parameters={"binary_data_size": size}, **changes)


def test_flat_and_nested_data_are_the_same(infer: Infer, digits: np.ndarray) -> None:
    images = digits[..., None]
    answers = [
        infer({"id": "one", "inputs": [image(shape=list(images.shape), data=data)]}).json()
        for data in (images.ravel().tolist(), images.tolist())
    ]

    assert answers[0] == answers[1]
    assert np.reshape(answers[0]["outputs"][0]["data"], (10, 10)).argmax(axis=1).tolist() == list(range(10))


def probabilities(answer: Any) -> np.ndarray:  # noqa: ANN401
    assert answer.status_code == 200, answer.content
    (found,) = (one for one in answer.json()["outputs"] if one["name"] == "probabilities")
    return np.reshape(found["data"], found["shape"])


@pytest.mark.parametrize("number", [1, 10])
def test_whole_numbers_may_be_written_as_floats(number: int, infer: Infer, digits: np.ndarray) -> None:
    shape = [number, 28, 28, 1]
    whole = digits[:number].ravel().tolist()
    expected = probabilities(infer(document(inputs=[image(shape=shape, data=whole)])))
    for data in (
        list(map(float, whole)),
        [float(one) if index % 2 else one for index, one in enumerate(whole)],
        np.reshape(list(map(float, whole)), shape).tolist(),
    ):
        found = probabilities(infer(document(inputs=[image(shape=shape, data=data)])))

        np.testing.assert_array_equal(found, expected)


def test_floats_from_0_to_1_are_what_whole_levels_are(infer: Infer, digits: np.ndarray) -> None:
    shape = [10, 28, 28, 1]
    levels = (digits / 255).astype("<f4")
    expected = probabilities(infer(document(inputs=[image(shape=shape, data=digits.ravel().tolist())])))
    in_json = image(shape=shape, datatype="FP32", data=levels.ravel().tolist())
    behind = in_binary(4 * 7840, shape=shape, datatype="FP32")

    np.testing.assert_array_equal(probabilities(infer(document(inputs=[in_json]))), expected)
    np.testing.assert_array_equal(probabilities(infer({"inputs": [behind]}, levels.tobytes())), expected)


def test_levels_of_another_datatype_are_refused_with_what_to_send(
    infer: Infer, assert_error: AssertError
) -> None:
    assert_error(infer(document(inputs=[image(datatype="FP64")])), 400, "FP32 (from 0 to 1)")
    assert_error(infer(document(inputs=[image(data=[0.5] * 784)])), 400, "send others as FP32")
    given = document(inputs=[image(datatype="FP32", data=[128.0] * 784)])
    assert_error(infer(given), 400, "divide by 255, or send uint8; #/inputs/0/data")


BASE64: dict[str, Callable[[bytes], str]] = {
    "in one line": lambda data: base64.b64encode(data).decode(),
    "in lines of 76": lambda data: base64.encodebytes(data).decode(),
    "in lines that end as mail's do": lambda data: base64.encodebytes(data).decode().replace("\n", "\r\n"),
    "of the URL-safe alphabet": lambda data: base64.urlsafe_b64encode(data).decode(),
    "without padding": lambda data: base64.urlsafe_b64encode(data).decode().rstrip("="),
    "as a data URL": lambda data: "data:image/png;base64," + base64.b64encode(data).decode(),
}


@pytest.mark.parametrize("form", BASE64)
@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_pictures_are_taken_in_any_base64_and_in_a_column(
    form: str, shape: list[int], infer: Infer, digits: np.ndarray, encode: Callable[..., bytes]
) -> None:
    files = [encode(digit) for digit in digits[[7, 3]]]
    texts = [BASE64[form](file) for file in files]
    data = texts if len(shape) == 1 else [[text] for text in texts]
    expected = probabilities(
        infer(
            document(
                inputs=[image(datatype="BYTES", shape=[2], data=list(map(BASE64["in one line"], files)))]
            )
        )
    )

    assert expected.argmax(axis=1).tolist() == [7, 3]
    for given in (texts, data):
        found = probabilities(infer(document(inputs=[image(datatype="BYTES", shape=shape, data=given)])))
        np.testing.assert_array_equal(found, expected)
    elements = b"".join(len(text).to_bytes(4, "little") + text.encode() for text in texts)
    behind = in_binary(len(elements), datatype="BYTES", shape=shape)
    np.testing.assert_array_equal(probabilities(infer({"inputs": [behind]}, elements)), expected)


def test_a_format_that_is_not_read_is_named_although_it_is_a_text(
    infer: Infer, assert_error: AssertError
) -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    behind = in_binary(4 + len(drawing), shape=[1], datatype="BYTES")

    assert_error(infer({"inputs": [behind]}, len(drawing).to_bytes(4, "little") + drawing), 400, "SVG")


def test_an_answer_has_the_form_that_is_documented(infer: Infer, client: Client) -> None:
    operations = client.get("/openapi.json").json()["paths"]
    for path in ("/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"):
        content = operations[path]["post"]["requestBody"]["content"]
        examples = [example["value"] for example in content["application/json"]["examples"].values()]

        assert set(content) == {"application/json", "application/octet-stream"}
        assert examples == [*rest.EXAMPLES.values(), rest.LAYER_EXAMPLE]
    for example in rest.EXAMPLES.values():
        answer = infer(example).json()

        assert InferenceAnswer.model_validate(answer, extra="forbid").model_name == "lenet5"
        assert list(answer) == ["model_name", "model_version", "id", "outputs"]
    layer = infer(
        rest.LAYER_EXAMPLE, path=f"/v2/models/lenet5-layers/versions/{PACKAGED_RECOGNISER.name}/infer"
    )
    length = int(layer.headers[LENGTH])

    assert layer.headers["content-type"] == "application/octet-stream"
    assert json.loads(layer.content[:length])["outputs"] == [
        {
            "name": "average_pooling2d_2",
            "datatype": "FP32",
            "shape": [1, 5, 5, 16],
            "parameters": {"binary_data_size": 1600},
        }
    ]
    assert len(layer.content) == length + 1600


def test_every_endpoint_is_documented_without_a_422(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    found = {path: operation for path, operation in paths.items() if path.startswith("/v2")}

    assert len(found) == 17
    assert not any("422" in one["responses"] for path in found.values() for one in path.values())


def test_a_request_without_an_id_gets_that_of_its_log_line(infer: Infer) -> None:
    answer = infer(document(), **{"X-Request-ID": "mine"})

    assert answer.json()["id"] == answer.headers["x-request-id"] == "mine"
    for none in (None, ""):
        assert infer(document(id=none), **{"X-Request-ID": "mine"}).json()["id"] == "mine"
    assert infer(document(id="own"), **{"X-Request-ID": "mine"}).json()["id"] == "own"


def test_members_and_parameters_that_are_not_known_are_let_pass(infer: Infer) -> None:
    given = document(
        model_name="lenet5",
        parameters={"priority": 1, "own": [{}], "binary_data_output": None},
        inputs=[image(parameters={"content_type": "np"}, more=1)],
        outputs=[{"name": "logits", "parameters": {"own": True}, "more": 1}],
    )

    assert [output["name"] for output in infer(given).json()["outputs"]] == ["logits"]
    assert len(infer(document(parameters=None, outputs=None)).json()["outputs"]) == 2
    assert len(infer(document(outputs=[])).json()["outputs"]) == 2


def test_an_output_says_itself_whether_it_is_binary(infer: Infer) -> None:
    given = document(
        parameters={"binary_data_output": True},
        outputs=[{"name": "logits", "parameters": {"binary_data": False}}, {"name": "probabilities"}],
    )
    answer = infer(given)
    length = int(answer.headers[LENGTH])
    told = json.loads(answer.content[:length])["outputs"]

    assert "data" in told[0]
    assert told[1]["parameters"] == {"binary_data_size": 40}
    assert np.frombuffer(answer.content[length:], "<f4").sum() == pytest.approx(1)


def test_a_request_may_come_without_a_content_type_as_tritons_client_sends_it(client: Client) -> None:
    request = client.build_request("POST", PATH, content=json.dumps(document()).encode())
    request.headers.pop("content-type", None)

    assert client.send(request).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png", MARKER])
def test_another_content_type_is_refused(kind: str, infer: Infer, assert_error: AssertError) -> None:
    answer = infer(document(), **{"Content-Type": kind})

    assert_error(answer, 415)
    assert answer.headers["accept"] == "application/json, application/octet-stream"


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "x-gzip": gzip.compress,
    "GZip": gzip.compress,
}


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_compressed_body_is_answered_as_the_plain_one(
    encoding: str, infer: Infer, digits: np.ndarray
) -> None:
    given = {"id": "one", "inputs": [in_binary(7840, shape=[10, 28, 28, 1])]}
    head = json.dumps(given).encode()
    # The header counts the JSON as it was before.
    headers = {LENGTH: str(len(head)), "Content-Encoding": encoding}

    packed = infer(PACKERS[encoding](head + digits.tobytes()), **headers)
    assert packed.json() == infer(given, digits.tobytes()).json()
    assert len(packed.json()["outputs"]) == 2


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, identity", "", MARKER])
def test_another_content_coding_is_refused(encoding: str, infer: Infer, assert_error: AssertError) -> None:
    answer = infer(b"xyzzy", **{"Content-Encoding": encoding})

    assert_error(answer, 415, "Content-Encoding gzip or deflate")
    assert answer.headers["accept"] == "application/json, application/octet-stream"
    assert answer.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_damaged_compressed_body_is_refused(encoding: str, infer: Infer, assert_error: AssertError) -> None:
    whole = PACKERS[encoding](json.dumps(document()).encode())
    for body in (
        b"xyzzy",
        whole[:-1],
        whole[:5],
        whole + b"x",
        whole[:-1] + b"x",
        json.dumps(document()).encode(),
    ):
        assert_error(infer(body, **{"Content-Encoding": encoding}), 400, "Content-Encoding")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize(("kind", "most"), [("application/json", 4 * 2**20), ("", 8 * 2**20)])
def test_a_body_that_unpacks_to_more_than_a_limit_is_refused(
    encoding: str, kind: str, most: int, infer: Infer, assert_error: AssertError, app: Application
) -> None:
    body = json.dumps(document()).encode()
    headers = {"Content-Type": kind, "Content-Encoding": encoding, LENGTH: str(len(body))}
    pack = PACKERS[encoding]

    assert_error(infer(pack(body.ljust(most)), **headers), 400, "belong to no input")
    # A hundred bytes on the wire, or all that are allowed there.
    for size in (most + 1, 8_000 * most // 2**20):
        assert_error(infer(pack(bytes(size)), **headers), 413 if size > most else 400)
    assert app.admission.bytes == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"xyzzy",
        b"\xff\xfe",
        b'{"inputs": NaN}',
        b'{"inputs": [1e999]}',
        b'{"id": "\\ud800"}',
        b"[" * 120 + b"]" * 120,
        b"[" * 250_000,
        b'{"inputs": ' * 33 + b"1" + b"}" * 33,
    ],
    ids=lambda body: body[:12],
)
def test_what_is_no_json_is_refused(body: bytes, infer: Infer, assert_error: AssertError) -> None:
    assert_error(infer(body), 400)


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        1,
        MARKER,
        {},
        {"inputs": []},
        {"inputs": {}},
        {"inputs": None},
        {"inputs": [MARKER]},
        {"inputs": [{}]},
        document(id=1),
        document(id=[MARKER]),
        document(parameters=[]),
        document(parameters={"binary_data_output": MARKER}),
        document(parameters={"binary_data_output": 1}),
        document(outputs={}),
        document(outputs=[MARKER]),
        document(outputs=[{}]),
        document(outputs=[{"name": MARKER}]),
        document(outputs=[{"name": "familiarity"}]),
        document(outputs=[{"name": "conv2d_1"}]),
        document(outputs=[{"name": "logits"}, {"name": "logits"}]),
        document(outputs=[{"name": "logits", "parameters": {"binary_data": "true"}}]),
        document(outputs=[{"name": "logits", "parameters": {"classification": -1}}]),
        document(outputs=[{"name": "logits", "parameters": {"classification": True}}]),
        document(outputs=[{"name": "logits", "parameters": {"classification": 1.5}}]),
        document(outputs=[{"name": "logits", "parameters": {"shared_memory_region": MARKER}}]),
        document(inputs=[image(), image()]),
        document(inputs=[image(name=MARKER)]),
        document(inputs=[image(name=1)]),
        document(inputs=[image(name=...)]),
        document(inputs=[image(shape=...)]),
        document(inputs=[image(datatype=...)]),
        document(inputs=[image(data=...)]),
        document(inputs=[image(data=None)]),
        document(inputs=[image(datatype="FP32", data=[1.01] * 784)]),
        document(inputs=[image(datatype="FP32", data=[-0.01] * 784)]),
        document(inputs=[image(datatype="FP32", data=[255] * 784)]),
        document(inputs=[image(datatype="FP32", data=[None] * 784)]),
        document(inputs=[image(datatype="FP32", shape=[784])]),
        document(inputs=[image(datatype="FP64")]),
        document(inputs=[image(datatype="INT64")]),
        document(inputs=[image(datatype="uint8")]),
        document(inputs=[image(datatype=MARKER)]),
        document(inputs=[image(parameters={"shared_memory_region": MARKER})]),
        document(inputs=[image(parameters={"binary_data_size": 784})]),
        document(inputs=[in_binary()]),
        document(inputs=[in_binary(-1)]),
        document(inputs=[in_binary("784")]),
        document(inputs=[in_binary(2**64 - 1)]),
        document(inputs=[image(shape=[])]),
        document(inputs=[image(shape=[784])]),
        document(inputs=[image(shape=[28, 28])]),
        document(inputs=[image(shape=[1, 28, 28])]),
        document(inputs=[image(shape=[0, 28, 28, 1], data=[])]),
        document(inputs=[image(shape=[-1, 28, 28, 1])]),
        document(inputs=[image(shape=[-1, -28, 28, 1])]),
        document(inputs=[image(shape=[1, 28, 28, 1, 1])]),
        document(inputs=[image(shape=[1.0, 28, 28, 1])]),
        document(inputs=[image(shape=[True, 28, 28, 1])]),
        document(inputs=[image(shape=["1", 28, 28, 1])]),
        document(inputs=[image(shape=[2**4, 2**60 + 2])]),
        document(inputs=[image(shape=[2**70, 28, 28, 1])]),
        document(inputs=[image(shape=["x"] * 5_000)]),
        document(inputs=[image(shape=[1] * 100)]),
        document(inputs=[image(shape=28)]),
        document(inputs=[image(data=[0] * 783)]),
        document(inputs=[image(data=[0] * 785)]),
        document(inputs=[image(data=[0.5] * 784)]),
        document(inputs=[image(data=[0, 0.5] * 392)]),
        document(inputs=[image(data=[256.0] * 784)]),
        document(inputs=[image(data=[-1.0] * 784)]),
        document(inputs=[image(data=[1e300] * 784)]),
        document(inputs=[image(data=[256] * 784)]),
        document(inputs=[image(data=[-1] * 784)]),
        document(inputs=[image(data=[True] * 784)]),
        document(inputs=[image(data=[None] * 784)]),
        document(inputs=[image(data=[MARKER] * 784)]),
        document(inputs=[image(data=MARKER)]),
        document(inputs=[image(data={})]),
        document(inputs=[image(datatype="BYTES", shape=[1], data=[MARKER])]),
        document(inputs=[image(datatype="BYTES", shape=[1], data=[""])]),
        document(inputs=[image(datatype="BYTES", shape=[1], data=[1])]),
        document(inputs=[image(datatype="BYTES", shape=[2], data=["AAAA"])]),
        document(inputs=[image(datatype="BYTES", shape=[0], data=[])]),
        document(inputs=[image(datatype="BYTES", shape=[1, 1], data=["AAAA"])]),
        document(inputs=[image(datatype="BYTES", shape=[1, 1, 1], data=["AAAA"])]),
        document(inputs=[image(datatype="BYTES", shape=[1, 2], data=["AAAA", "AAAA"])]),
        document(inputs=[image(datatype="BYTES", shape=[0, 1], data=[])]),
        document(inputs=[image(datatype="BYTES", shape=[], data=["AAAA"])]),
        document(inputs=[image(datatype="BYTES", shape=[64], data=["AAAA"] * 64)]),
    ],
    ids=lambda given: json.dumps(given)[:80],
)
def test_what_is_not_valid_is_a_bad_request(given: Any, infer: Infer, assert_error: AssertError) -> None:  # noqa: ANN401
    assert_error(infer(given), 400)


def test_where_it_is_wrong_is_told(infer: Infer, assert_error: AssertError) -> None:
    text = assert_error(infer(document(inputs=[image(shape=[1, "x", 28, -1])], outputs=[{}])), 400)

    for place in ("#/inputs/0/shape/1: ", "#/inputs/0/shape/3: ", "#/outputs/0: the member name is missing"):
        assert place in text


def test_many_faults_are_not_all_told(infer: Infer, assert_error: AssertError) -> None:
    text = assert_error(infer({"inputs": [{}] * 60}), 400)

    assert text.count("#/inputs/") == problems.MOST_FAULTS


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": [image(shape=[10_241, 28, 28, 1], data=[])]},
        {"inputs": [image(shape=[2**63, 28, 28, 1], data=[])]},
        {"inputs": [image(datatype="BYTES", shape=[65], data=[])]},
        {"inputs": [image()] * 65},
        {"inputs": [{}] * 1_000_000},
        {"outputs": [{}] * 1_000_000},
        {"outputs": [{"name": f"{MARKER}{index}"} for index in range(65)]},
    ],
)
def test_more_than_a_limit_is_refused(
    changes: dict[str, Any], infer: Infer, assert_error: AssertError
) -> None:
    assert_error(infer(document(**changes)), 413)


def test_an_answer_of_too_many_numbers_is_refused_before_it_is_computed(
    infer: Infer, assert_error: AssertError
) -> None:
    path = "/v2/models/lenet5-layers/infer"
    for binary, number in ((False, 20), (True, 350)):
        given = {
            "inputs": [in_binary(784 * number, shape=[number, 28, 28, 1])],
            "parameters": {"binary_data_output": binary},
        }

        assert_error(infer(given, bytes(784 * number), path), 400, "numbers")


@pytest.mark.parametrize(
    "length",
    [
        "-1",
        "+1",
        "1.0",
        "0x10",
        "",
        " ",
        "٣",
        "1_0",
        MARKER,
        "99999999",
        "4194305",
        "00000000000000000000000004194305",
        "9" * 400,
        "1, 2",
    ],
)
def test_a_wrong_header_length_is_refused_and_the_server_lives(
    length: str, infer: Infer, assert_error: AssertError, client: Client
) -> None:
    headers = {LENGTH: length.encode()} if not length.isascii() else {LENGTH: length}
    too_large = length.isdecimal() and length.isascii() and int(length) > 4_194_304

    assert_error(infer(document(), **headers), 413 if too_large else 400, LENGTH if not too_large else "JSON")
    assert client.post(PATH, json=document()).status_code == 200


def test_a_header_length_beyond_the_body_is_refused(infer: Infer, assert_error: AssertError) -> None:
    body = json.dumps(document()).encode()

    assert infer(body, **{LENGTH: str(len(body))}).status_code == 200
    assert_error(infer(body, **{LENGTH: str(len(body) + 1)}), 400, LENGTH)
    assert_error(infer(body, **{LENGTH: str(len(body) - 1)}), 400, "JSON")


def test_two_header_lengths_are_refused(client: Client, assert_error: AssertError) -> None:
    body = json.dumps(document()).encode()
    headers = [(LENGTH, str(len(body))), (LENGTH, "0"), ("Content-Type", "application/json")]

    assert_error(client.post(PATH, content=body, headers=headers), 400, LENGTH)


@pytest.mark.parametrize(
    ("given", "behind"),
    [
        (in_binary(), b""),
        (in_binary(), bytes(783)),
        (in_binary(), bytes(785)),
        (in_binary(783), bytes(783)),
        (in_binary(0), b""),
        (in_binary(0), bytes(784)),
        (image(), bytes(1)),
        (in_binary(1568), bytes(1568)),
        (in_binary(shape=[1], datatype="BYTES", size=4), bytes(4)),
        (in_binary(shape=[1], datatype="BYTES", size=3), bytes(3)),
        (in_binary(shape=[1], datatype="BYTES", size=8), b"\xff\xff\xff\xffabcd"),
        (in_binary(shape=[1], datatype="BYTES", size=5), b"\x01\0\0\0a"),
        (in_binary(shape=[2], datatype="BYTES", size=5), b"\x01\0\0\0a"),
        (in_binary(datatype="FP32", size=784), bytes(784)),
        (in_binary(datatype="FP32", size=3136), b"\0\0\xc0\x7f" * 784),
        (in_binary(datatype="FP32", size=3136), b"\0\0\x80\x7f" * 784),
    ],
)
def test_bytes_that_are_not_the_input_are_refused(
    given: dict[str, Any], behind: bytes, infer: Infer, assert_error: AssertError
) -> None:
    assert_error(infer({"inputs": [given]}, behind), 400)


@pytest.mark.parametrize("size", [1, 783, 785, 2 * 784])
def test_a_body_of_one_image_has_its_bytes(size: int, infer: Infer, assert_error: AssertError) -> None:
    assert infer(bytes(784), **{LENGTH: "0"}).status_code == 200
    assert_error(infer(bytes(size), **{LENGTH: "0"}), 400, "784 bytes")


def test_a_damaged_picture_is_named(
    infer: Infer, assert_error: AssertError, encode: Callable[..., bytes]
) -> None:
    sound = encode(np.zeros((50, 50), np.uint8))
    elements = [sound, sound[:60]]
    behind = b"".join(len(one).to_bytes(4, "little") + one for one in elements)
    given = in_binary(len(behind), shape=[2], datatype="BYTES")

    assert_error(infer({"inputs": [given]}, behind), 400, "#/inputs/0/data/1")


def test_a_picture_of_too_many_pixels_is_refused(
    infer: Infer, assert_error: AssertError, encode: Callable[..., bytes]
) -> None:
    large = encode(np.zeros((8192, 8192), np.uint8))
    behind = len(large).to_bytes(4, "little") + large
    given = in_binary(len(behind), shape=[1], datatype="BYTES")

    assert_error(infer({"inputs": [given]}, behind), 413)


def test_bodies_over_a_limit_are_refused(infer: Infer, assert_error: AssertError) -> None:
    assert_error(infer(b" " * (4 * 2**20 + 1)), 413)
    answer = infer(b" " * (8 * 2**20 + 1), **{LENGTH: "0"})
    assert_error(answer, 413)
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/xyzzy", 404),
        ("GET", "/v2/models", 404),
        ("GET", "/v2/models/", 404),
        ("GET", "/v2/models/xyzzy", 404),
        ("GET", "/v2/models/lenet5/", 404),
        ("GET", "/v2/models/xyzzy/config", 404),
        ("GET", "/v2/models/lenet5/versions/xyzzy/config", 404),
        ("POST", "/v2/models/lenet5/config", 405),
        ("GET", "/v2/models/xyzzy/stats", 404),
        ("GET", "/v2/models/lenet5/versions/xyzzy/stats", 404),
        ("POST", "/v2/models/stats", 405),
        ("GET", "/v2/models/xyzzy/ready", 404),
        ("GET", "/v2/models/lenet5/versions/xyzzy", 404),
        ("GET", "/v2/models/lenet5/versions/2/ready", 404),
        ("GET", "/v2/models/lenet5/versions/", 404),
        ("GET", "/v2/models/..%2f..%2fetc", 404),
        ("GET", "/v2//models/lenet5", 404),
        ("POST", "/v2/models/xyzzy/infer", 404),
        ("POST", "/v2/models/lenet5/versions/xyzzy/infer", 404),
        ("GET", PATH, 405),
        ("PUT", PATH, 405),
        ("DELETE", "/v2/models/lenet5", 405),
        ("POST", "/v2", 405),
        ("POST", "/v2/health/ready", 405),
        ("GET", "/v2/repository/index", 405),
        ("TRACE", "/v2/", 405),
        ("POST", "/v2/repository/models/lenet5/load", 404),
        ("POST", "/v2/repository/models/lenet5/unload", 404),
    ],
)
def test_what_is_not_there_is_told_in_the_protocols_form(
    method: str, path: str, status: int, client: Client, assert_error: AssertError
) -> None:
    answer = client.request(method, path)

    assert_error(answer, status)
    assert ("allow" in answer.headers) is (status == 405)


def test_only_paths_of_the_protocol_have_its_form(client: Client) -> None:
    for path in ("/v2x", "/v20/models", "/v", "//v2", "/V2", "/predict/v2"):
        answer = client.get(f"http://testserver{path}")

        assert answer.headers["content-type"] == "application/problem+json"


def test_the_largest_batch_is_one_that_is_answered(settings: Settings, served: Served) -> None:
    with served(create_app(settings.model_copy(update={"max_array_numbers": 250_000}))) as client:
        for model in ("lenet5", "lenet5-layers"):
            most = client.get(f"/v2/models/{model}/config").json()["max_batch_size"]
            statuses = []
            for number in (most, most + 1):
                given = json.dumps(
                    {
                        "inputs": [in_binary(784 * number, shape=[number, 28, 28, 1])],
                        "parameters": {"binary_data_output": True},
                    }
                ).encode()
                answer = client.post(
                    f"/v2/models/{model}/infer",
                    content=given + bytes(784 * number),
                    headers={LENGTH: str(len(given))},
                )
                statuses.append(answer.status_code)

            assert statuses[0] == 200
            assert statuses[1] in {400, 413}


def test_a_head_request_has_the_headers_of_get(client: Client) -> None:
    for path in ("/v2", "/v2/", "/v2/health/live", "/v2/models/lenet5"):
        head, get = client.head(path), client.get(path)

        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]


def test_loading_is_off_unless_it_is_switched_on(client: Client, assert_error: AssertError) -> None:
    for verb in ("load", "unload"):
        answer = client.post(f"/v2/repository/models/lenet5/{verb}", json={})

        assert_error(answer, 404, "LENET_REPOSITORY_API=on")
    assert "model_repository" not in client.get("/v2").json()["extensions"]
    assert client.get("/v2/models/lenet5/ready").json() == {"name": "lenet5", "ready": True}


def test_a_version_that_cannot_be_loaded_leaves_the_model_as_it_was(
    settings: Settings, served: Served, tmp_path: Path, assert_error: AssertError
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(settings.model_repository, folder)
    changeable = settings.model_copy(update={"model_repository": folder, "repository_api": "on"})
    with served(create_app(changeable)) as client:
        (folder / "lenet5" / PACKAGED_RECOGNISER.name / "golden.npz").write_bytes(b"xyzzy")
        refused = client.post("/v2/repository/models/lenet5/load", content=b"")

        text = assert_error(refused, 400, "nothing has changed")
        assert str(tmp_path) not in text
        assert client.post(PATH, json=document()).status_code == 200


def test_a_version_is_pinned_by_loading_it(
    settings: Settings,
    served: Served,
    tmp_path: Path,
    assert_error: AssertError,
    copy_packaged: Callable[..., Path],
) -> None:
    for version in ("1", "2"):
        copy_packaged(tmp_path / "lenet5" / version)
    changeable = settings.model_copy(update={"model_repository": tmp_path, "repository_api": "on"})
    with served(create_app(changeable)) as client:

        def load(version: object) -> Any:  # noqa: ANN401
            parameters = {"parameters": {"version": version}}
            return client.post("/v2/repository/models/lenet5/load", json=parameters)

        def pinned() -> list[Any]:
            told = [client.get(path).json() for path in ("/models/lenet5", "/v2/models/lenet5-layers")]
            return [told[0]["version"], told[0]["pinned"], told[1]["versions"], told[1].get("parameters")]

        assert pinned() == ["2", None, ["1", "2"], None]
        assert load("1").json() == {}
        assert pinned() == ["1", "1", ["1", "2"], {"pinned": "1"}]
        assert client.post(PATH, json=document()).json()["model_version"] == "1"
        assert client.post("/v2/repository/models/lenet5/load", json={}).json() == {}

        assert_error(load("3"), 404, "there are: 1, 2")
        assert_error(load(1), 400, "#/parameters/version")
        (tmp_path / "lenet5" / "3").mkdir()
        assert_error(load("3"), 400, "card.json: cannot be read")
        assert pinned()[:2] == ["1", "1"]

        assert load("latest").json() == {}
        assert pinned() == ["2", None, ["1", "2"], None]


def test_a_pin_that_cannot_be_written_is_refused(
    settings: Settings, served: Served, assert_error: AssertError
) -> None:
    with served(create_app(settings.model_copy(update={"repository_api": "on"}))) as client:
        refused = client.post(
            "/v2/repository/models/lenet5/load", json={"parameters": {"version": PACKAGED_RECOGNISER.name}}
        )

        assert_error(refused, 400, "LENET_MODEL_REPOSITORY names a folder in which")


@pytest.mark.parametrize(
    "parameters", [{"config": MARKER}, {"file:1/model.onnx": MARKER}, {"own": 1, "file:": MARKER}]
)
def test_a_model_is_never_taken_from_a_request(
    parameters: dict[str, Any], settings: Settings, served: Served, tmp_path: Path, assert_error: AssertError
) -> None:
    changeable = settings.model_copy(update={"repository_api": "on", "model_repository": tmp_path})
    with served(create_app(changeable)) as client:
        answer = client.post("/v2/repository/models/lenet5/load", json={"parameters": parameters})

        assert_error(answer, 400, "the repository's folder alone")
        assert client.post("/v2/repository/models/lenet5/load", json={"parameters": {"own": 1}}).json() == {}
        assert "model_repository" in client.get("/v2").json()["extensions"]


def test_only_classes_are_classified(infer: Infer, assert_error: AssertError) -> None:
    for layer, status in (("dense_1", 400), ("dense_2", 200)):
        given = document(outputs=[{"name": layer, "parameters": {"classification": 1}}])
        answer = infer(given, path="/v2/models/lenet5-layers/infer")

        assert answer.status_code == status
        if status == 400:
            assert_error(answer, 400, "#/outputs/0/parameters/classification")
        else:
            assert answer.json()["outputs"][0]["shape"] == [1, 1]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"ready": true}', b'{"ready": false, "own": 1}'])
def test_the_index_lists_what_may_be_asked(body: bytes, client: Client) -> None:
    answer = client.post("/v2/repository/index", content=body)

    assert [(one["name"], one["version"], one["state"]) for one in answer.json()] == [
        ("lenet5", PACKAGED_RECOGNISER.name, "READY"),
        ("lenet5-layers", PACKAGED_RECOGNISER.name, "READY"),
        ("lenet5-1998", PACKAGED_1998.name, "READY"),
        ("lenet5-1998-layers", PACKAGED_1998.name, "READY"),
    ]


def test_the_index_tells_which_version_is_tried(
    settings: Settings,
    served: Served,
    write_elsewhere: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_elsewhere(tmp_path / "elsewhere" / "1")
    monkeypatch.setattr(trials, "TOGETHER_S", 0)
    app = create_app(settings.model_copy(update={"model_repository": tmp_path}))
    waiting = {"name": "elsewhere", "version": "1", "state": "LOADING", "reason": ""}
    with served(app) as client:
        listed = [
            client.post("/v2/repository/index", json={"ready": ready}).json() for ready in (False, True)
        ]
        while client.get("/models/elsewhere").status_code != 200:
            pass

        assert waiting in listed[0]
        assert waiting not in listed[1]
        assert {**waiting, "state": "READY"} in client.post("/v2/repository/index").json()


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"ready": "xyzzy"}', b'{"ready": 1}'])
def test_a_question_for_the_index_that_is_not_valid_is_refused(
    body: bytes, client: Client, assert_error: AssertError
) -> None:
    assert_error(client.post("/v2/repository/index", content=body), 400)


def test_before_the_service_is_ready_it_says_why(settings: Settings) -> None:
    # Without its lifespan the application does not begin.
    client = TestClient(create_app(settings))

    for path, about in (("/v2/health/ready", {}), ("/v2/models/lenet5/ready", {"name": "lenet5"})):
        answer = client.get(path)

        assert answer.status_code == 503
        assert answer.json() == {**about, "ready": False, "error": "starting"}
    assert client.get("/v2/health/live").json() == {"live": True}


def test_a_mistake_of_the_service_is_told_in_the_protocols_form(
    assemble: Callable[..., Application], served: Served, assert_error: AssertError
) -> None:
    router = APIRouter()

    @router.get("/v2/broken")
    async def broken() -> None:
        raise RuntimeError(MARKER)

    def broken_too(_: object) -> Response:
        raise RuntimeError(MARKER)

    with served(assemble([Endpoint("/v2/broken", broken_too)], [router])) as client:
        assert_error(client.get("/v2/broken"), 500)
        assert_error(client.post("/v2/broken", content=b"x"), 500)


def test_the_log_line_tells_model_and_images(
    infer: Infer, log_entries: Callable[[], list[dict[str, Any]]]
) -> None:
    infer(document(), path="/v2/models/lenet5-layers/infer")
    # On a socket the answer is there before its line.
    while not log_entries():
        pass
    (facts,) = log_entries()

    assert facts["route"] == "/v2/models/{name}/infer"
    assert (facts["model"], facts["version"], facts["images"]) == (
        "lenet5-layers",
        PACKAGED_RECOGNISER.name,
        1,
    )
    assert facts["inference_ms"] > 0

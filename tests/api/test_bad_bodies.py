"""Bodies that are missing, mislabelled, compressed or too large are refused with a problem."""

import asyncio
import json
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpx2 import Client

from service.application import Application
from service.settings import Settings

AssertProblem = Callable[..., dict[str, Any]]
Predict = Callable[..., Any]
Post = Callable[..., Any]

BY_HAND = pytest.mark.parametrize("way", ["in process"], indirect=True)
"""For what a server of another make may do; what ours does is tried in ``tests/http``."""


@pytest.fixture(scope="module")
def post(app: Application, client: Client, way: str) -> Post:
    """Post to ``/predict`` chunk by chunk: in process by hand, as a server would."""

    def post(chunks: Iterator[bytes], *headers: tuple[bytes, bytes]) -> Any:  # noqa: ANN401
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            chunk = next(chunks, None)
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/predict",
            "raw_path": b"/predict",
            "query_string": b"",
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        asyncio.run(app(scope, receive, send))
        return types.SimpleNamespace(
            status_code=sent[0]["status"],
            headers={name.decode(): value.decode() for name, value in sent[0]["headers"]},
            content=b"".join(message["body"] for message in sent[1:]),
        )

    def post_over_a_socket(chunks: Iterator[bytes], *headers: tuple[bytes, bytes]) -> Any:  # noqa: ANN401
        return client.post("/predict", content=chunks, headers=list(headers))

    return post if way == "in process" else post_over_a_socket


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "image/png", "application/octet-stream", "application/x-npy", "multipart/form-data"],
)
def test_an_empty_body_is_no_request(
    content_type: str, predict: Predict, assert_problem: AssertProblem
) -> None:
    assert_problem(predict(b"", content_type), 400, kind="malformed-body")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/html",
        "application/x-www-form-urlencoded",
        "image/tiff",
        "image/svg+xml",
        "application/jsonx",
        "application/problem+json",
        "application/x-npz",
        "multipart/mixed; boundary=b",
        "xyzzy",
        "; charset=utf-8",
        "*/*",
        "image/*",
        "image/png, image/jpeg",
        "\xe9",
    ],
)
def test_an_unknown_content_type_is_told_those_that_are_known(
    content_type: str, client: Client, assert_problem: AssertProblem
) -> None:
    response = client.post(
        "/predict", content=b'{"pixels": [[1]]}', headers={"Content-Type": content_type.encode("latin-1")}
    )

    assert_problem(response, 415, kind="unsupported-media-type")
    assert "application/json" in response.headers["Accept"]
    assert "image/png" in response.headers["Accept"]


@pytest.mark.parametrize(
    ("body", "way_out"),
    [
        (b'{"pixels": [[1]]}', "send it as application/json"),
        (b" \r\n[[1]]", "send it as application/json"),
        (b"--xyzzy\r\nContent-Disposition: form-data", "multipart/form-data with its boundary"),
        (b"DATA:image/png;base64,xyzzy", "data URL"),
        (b"PK\x03\x04xyzzy", "archive"),
        (b"%PDF-1.7 xyzzy", "PDF is not read here"),
        (b"xyzzy", "send pictures as"),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/feature-maps", "/convolve", "/pool"])
def test_a_body_of_no_known_type_is_told_what_it_looks_like(
    path: str, body: bytes, way_out: str, client: Client, assert_problem: AssertProblem
) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": "text/plain"})

    assert way_out in assert_problem(answer, 415)["detail"]


def test_json_without_a_content_type_is_bounded_as_any_other(
    settings: Settings, client: Client, assert_problem: AssertProblem
) -> None:
    assert_problem(client.post("/predict", content=b"{" + b" " * settings.max_json_bytes), 413)


def test_a_million_urlencoded_fields_are_not_even_split(
    predict: Predict, assert_problem: AssertProblem
) -> None:
    problem = assert_problem(predict(b"a;" * 1_000_000, "application/x-www-form-urlencoded"), 415)

    assert "is declared as application/x-www-form-urlencoded: send" in problem["detail"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, identity", "xyzzy", ""])
def test_a_compressed_body_is_refused(encoding: str, client: Client, assert_problem: AssertProblem) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    response = client.post("/predict", content=b"\x1f\x8b\x08", headers=headers)

    assert_problem(response, 415)
    assert response.headers["Accept-Encoding"] == "identity"


def test_a_body_may_say_that_it_is_not_compressed(client: Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "Identity"}

    assert client.post("/predict", content=b'{"pixels": [[1]]}', headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "limit"),
    [
        ("application/json", "max_json_bytes"),
        ("image/png", "max_body_bytes"),
        ("application/x-npy", "max_body_bytes"),
        ("multipart/form-data; boundary=b", "max_body_bytes"),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_may_be_as_long_as_the_limit_and_no_longer(
    content_type: str,
    limit: str,
    declared: bool,  # noqa: FBT001
    settings: Settings,
    post: Post,
    assert_problem: AssertProblem,
) -> None:
    most = getattr(settings, limit)
    answers = {}
    for size in (most - 1, most, most + 1):
        headers = [(b"content-type", content_type.encode())]
        if declared:
            headers.append((b"content-length", str(size).encode()))
        answers[size] = post(iter([b"-" * (size - 100), b"-" * 100]), *headers)
    last = answers.pop(most + 1)

    assert_problem(last, 413, kind="too-large")
    assert last.headers["connection"] == "close"
    assert {answer.status_code for answer in answers.values()} <= {400, 415}


@BY_HAND
@pytest.mark.parametrize("length", [b"8388609", b"9" * 5000, b"1" + b"0" * 30])
def test_a_body_that_is_declared_too_long_is_refused_before_a_byte_is_read(
    length: bytes, post: Post, assert_problem: AssertProblem
) -> None:
    def never() -> Iterator[bytes]:
        pytest.fail("the body was asked for")
        yield b""

    assert_problem(post(never(), (b"content-type", b"image/png"), (b"content-length", length)), 413)


@BY_HAND
@pytest.mark.parametrize("length", [b"", b"-1", b"abc", "²".encode("latin-1"), b"1e3", b"+5"])
def test_a_content_length_that_is_no_number_limits_nothing(length: bytes, post: Post) -> None:
    body = json.dumps({"pixels": [[1]]}).encode()
    answer = post(iter([body]), (b"content-type", b"application/json"), (b"content-length", length))

    assert answer.status_code == 200


@BY_HAND
def test_an_endless_body_is_refused_at_the_limit(
    settings: Settings, post: Post, assert_problem: AssertProblem
) -> None:
    served = 0

    def endless() -> Iterator[bytes]:
        nonlocal served
        while True:
            served += 65_536
            yield bytes(65_536)

    answer = post(endless(), (b"content-type", b"image/png"), (b"content-length", b"10"))

    assert_problem(answer, 413)
    assert served <= settings.max_body_bytes + 2 * 65_536


def test_a_body_of_many_tiny_chunks_is_put_together(post: Post) -> None:
    body = json.dumps({"pixels": [[1] * 28] * 28}).encode()
    answer = post(iter([body[i : i + 1] for i in range(len(body))]), (b"content-type", b"application/json"))

    assert answer.status_code == 200


@BY_HAND
def test_a_client_that_leaves_during_the_upload_is_noted_without_a_traceback(
    app: Application, log_entries: Callable[[], list[dict[str, Any]]]
) -> None:
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"image/png")],
    }
    asyncio.run(app(scope, receive, send))
    (entry,) = log_entries()

    assert not sent
    assert entry["status"] == 499
    assert "exception" not in entry

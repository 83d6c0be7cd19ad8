"""Queries, paths, methods and hosts that a careless or hostile client sends."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Client

from service.application import Application

AssertProblem = Callable[..., dict[str, Any]]
BODY = {"pixels": [[1]]}


@pytest.mark.parametrize(
    "query",
    [
        "preprocess=xyzzy",
        "preprocess=",
        "preprocess=Auto",
        "preprocess=auto%00",
        "preprocess",
        "include=xyzzy",
        "include=prepared,prepared",
        "preprocess=auto&preprocess=none",
        "model=lenet5&model=lenet5&model=lenet5-layers",
        "top_k=-1",
        "top_k=1000000000",
        "xyzzy=1",
        "Model=lenet5",
        "model%20=lenet5",
        "=",
        "=xyzzy",
        "&",
        "model=lenet5&",
        "model=%FF%FE",
        "model=%ED%A0%80",
        "include=%F0%9F%98%80",
        "&".join(f"xyzzy{i}=1" for i in range(20)),
        "&".join(f"xyzzy{i}=1" for i in range(700)),
        "a;b;c",
        "x" * 5000 + "=xyzzy",
        "preprocess=" + "xyzzy" * 1500,
    ],
)
def test_a_query_that_is_not_offered_is_refused(
    query: str, client: Client, assert_problem: AssertProblem
) -> None:
    assert_problem(client.post(f"/predict?{query}", json=BODY), 422, kind="invalid-input")


@pytest.mark.parametrize(
    "query",
    [
        "model=xyzzy",
        "model=",
        "model=..%2F..%2Fetc",
        "model=lenet5%00",
        "model=LENET5",
        "model=" + "xyzzy" * 1500,
        "version=0",
        "version=999999999999999999999999",
        "version=-1",
        "version=1.0",
        "version=01",
        "version=",
        "version=%D9%A1",
        "version=latest",
        "version=../1",
        "version=%201",
    ],
)
def test_a_model_that_is_not_served_is_not_found(
    query: str, client: Client, assert_problem: AssertProblem
) -> None:
    problem = assert_problem(client.post(f"/predict?{query}", json=BODY), 404, kind="unknown-name")

    assert "there are:" in problem["detail"]


def test_a_question_mark_alone_is_no_query(client: Client) -> None:
    assert client.post("/predict?", json=BODY).status_code == 200


def test_a_refused_query_says_what_there_is(client: Client, assert_problem: AssertProblem) -> None:
    problem = assert_problem(client.post("/predict?xyzzy=1&preprocess=xyzzy", json=BODY), 422)

    assert "model, version, preprocess, include" in problem["detail"]
    assert {fault["pointer"] for fault in problem["errors"]} == {"#/query", "#/query/preprocess"}


@pytest.mark.parametrize(
    "path",
    [
        "/xyzzy",
        "/predict/",
        "/Predict",
        "/predict/xyzzy",
        "//predict",
        "/models/lenet5/",
        "/models//",
        "/models/xyzzy",
        "/models/lenet5%2F1",
        "/models/..%2f..%2fetc%2fpasswd",
        "/models/%00",
        "/models/%FF",
        "/models/%ED%A0%80",
        "/models/%F0%9F%98%80",
        "/models/" + "xyzzy" * 1000,
        "/redoc",
        "/.env",
        "/service/settings.py",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/health",
        "/health/",
        "/@host/predict",
        "/predict;a=b",
        "/predict%3Fa=b",
        "/predict%20",
        "/predict%0d%0aSet-Cookie:a=b",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_not_there_is_not_found(
    method: str, path: str, client: Client, assert_problem: AssertProblem
) -> None:
    response = client.request(method, f"http://testserver{path}", json=BODY if method == "POST" else None)
    problem = assert_problem(response, 404 if response.status_code != 405 else 405)

    assert problem["status"] == 404 or (method == "POST" and path.startswith("/models/"))
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_only_post_predicts(method: str, client: Client, assert_problem: AssertProblem) -> None:
    response = client.request(method, "/predict")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    if method == "HEAD":
        assert not response.content
    else:
        assert_problem(response, 405, kind="method-not-allowed")


@pytest.mark.parametrize("method", ["PROPFIND", "post", "XYZZY", "X" * 100])
def test_a_method_that_is_not_known_predicts_nothing(
    method: str, way: str, client: Client, assert_problem: AssertProblem
) -> None:
    # The service's own server refuses it; another server passes it on.
    status, kind = {"socket": (501, "not-implemented"), "in process": (405, "method-not-allowed")}[way]
    request = client.build_request("POST", "/predict", json=BODY)
    request.method = method

    assert_problem(client.send(request), status, kind=kind)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    "path", ["/models", "/models/lenet5", "/health/live", "/health/ready", "/openapi.json"]
)
def test_what_is_read_is_read_by_get_or_head(
    method: str, path: str, client: Client, assert_problem: AssertProblem
) -> None:
    response = client.request(method, path)

    assert_problem(response, 405)
    assert {method.strip() for method in response.headers["Allow"].split(",")} == {"GET", "HEAD"}


@pytest.mark.parametrize("path", ["/models", "/models/lenet5", "/health/live", "/health/ready", "/xyzzy"])
def test_head_is_get_without_the_body(path: str, client: Client) -> None:
    got, head = client.get(path), client.head(path)
    # Between the two the second may turn.
    ours = {"x-request-id", "date"}

    assert head.status_code == got.status_code
    assert not head.content
    assert {name: value for name, value in head.headers.items() if name not in ours} == {
        name: value for name, value in got.headers.items() if name not in ours
    }


@pytest.mark.parametrize("host", ["xyzzy", "xyzzy:9999", "", "[::1]:80", "127.0.0.1", "models", "a%2Fb"])
def test_the_host_header_routes_nothing(host: str, client: Client, assert_problem: AssertProblem) -> None:
    headers = {"Host": host}

    assert client.get("/health/live", headers=headers).status_code == 200
    assert_problem(client.get("/models/xyzzy", headers=headers), 404)
    assert client.post("/predict", json=BODY, headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["a/?x=", "xyzzy:99999", "@", "[::1", "a b", "/models", "\xe9"])
def test_what_is_no_host_routes_nothing_either(
    host: str, way: str, client: Client, assert_problem: AssertProblem
) -> None:
    headers = {"Host": host.encode("latin-1")}
    answers = [
        client.get("/health/live", headers=headers),
        client.get("/models/xyzzy", headers=headers),
        client.post("/predict", json=BODY, headers=headers),
    ]

    # The service's own server refuses it; another server passes it on.
    expected = {"socket": [400, 400, 400], "in process": [200, 404, 200]}[way]
    assert [answer.status_code for answer in answers] == expected
    for answer in answers:
        if answer.status_code != 200:
            assert_problem(answer, answer.status_code)


@pytest.mark.parametrize("way", ["in process"], indirect=True)
@pytest.mark.parametrize(
    "path", ["http://other/health/live", "//health/live", "/health/live/..", "@host/health/live", "*", ""]
)
def test_the_path_is_taken_as_the_server_parsed_it(path: str, app: Application) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "root_path": "",
        "headers": [],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))

    assert sent[0]["status"] == 404


def test_cross_origin_requests_are_not_allowed(client: Client, assert_problem: AssertProblem) -> None:
    headers = {"Origin": "https://xyzzy.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/predict", headers=headers)
    answer = client.post("/predict", json=BODY, headers=headers)

    assert_problem(preflight, 405)
    assert not any(name.startswith("access-control") for name in (*preflight.headers, *answer.headers))

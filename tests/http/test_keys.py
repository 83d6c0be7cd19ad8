"""API keys: when the operator wants them, nobody gets an answer without one, whichever way a request goes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.app import create_app
from service.application import Application
from service.errors import SettingsError
from service.http.api_keys import Keys
from service.settings import Settings

Connect = Callable[[], Any]
AssertProblem = Callable[..., dict[str, Any]]

KEY = "correct-horse-battery"
OTHER = "another-key-of-somebody"


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text(f"{KEY}\n{OTHER}\n")
    return file


@pytest.fixture(scope="module")
def app(limits: Settings, keys_file: Path, loop: str) -> Application:
    """A service that wants keys."""
    del loop
    return create_app(limits.model_copy(update={"api_keys_file": str(keys_file)}))


@pytest.fixture
def requests(digits: np.ndarray, encode: Callable[..., bytes]) -> dict[str, bytes]:
    picture = encode(digits[7])
    pixels = b'{"pixels": [[1]]}'
    return {
        "picture": _post("/predict", "image/png", picture),
        "pixels": _post("/predict", "application/json", pixels),
        "found by FastAPI": b"GET /models HTTP/1.1\r\nHost: a\r\n\r\n",
        "protocol": b"GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "nothing there": b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n",
    }


def _post(path: str, kind: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _with(key: str, request: bytes) -> bytes:
    return request.replace(b"\r\n\r\n", f"\r\nX-API-Key: {key}\r\n\r\n".encode(), 1)


NAMES = ("picture", "pixels", "found by FastAPI", "protocol", "nothing there")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", [None, "", "wrong", KEY.upper(), KEY[:-1], KEY + "x"])
def test_without_a_key_there_is_no_answer(
    key: str | None, name: str, requests: dict[str, bytes], connect: Connect, assert_problem: AssertProblem
) -> None:
    request = requests[name] if key is None else _with(key, requests[name])
    answer = connect().send(request).answer()

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "ApiKey"
    assert key is None or len(key) < 6 or key.encode() not in answer.content
    if name != "protocol":
        assert_problem(answer, 401, kind="unauthorized")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", [KEY, OTHER])
def test_with_any_of_the_keys_everything_is_as_without_them(
    key: str, name: str, requests: dict[str, bytes], connect: Connect
) -> None:
    expected = 404 if name == "nothing there" else 200

    assert connect().send(_with(key, requests[name])).answer().status_code == expected


@pytest.mark.parametrize(
    "path",
    [
        *("/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready", "/metrics"),
        *("/", "/docs", "/openapi.json", "/web/lab.js", "/problems/unauthorized"),
    ],
)
def test_probes_metrics_and_pages_need_no_key(path: str, connect: Connect) -> None:
    assert connect().send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).answer().status_code == 200


def test_a_refused_request_leaves_nothing_behind(
    app: Application, requests: dict[str, bytes], connect: Connect
) -> None:
    for name in NAMES:
        connect().send(requests[name]).answer()

    assert (app.admission.requests, app.admission.bytes) == (0, 0)


def test_keys_are_read_from_a_file_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# of the class\n\n  {KEY}  \n{OTHER}\n")
    keys = Keys.of_file(file)

    names = {keys.check({b"x-api-key": key.encode()}) for key in (KEY, OTHER)}

    assert len(names) == 2
    assert not any(key in name for key in (KEY, OTHER) for name in names)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"", "a key a line"),
        (b"# nobody\n", "a key a line"),
        (b"short\n", "at least 16"),
        (KEY.encode() + b"\nshort\n", "at least 16"),
        (b"\xff\xfe" * 20, "no UTF-8"),
    ],
)
def test_a_file_without_good_keys_stops_the_start(content: bytes | None, told: str, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError, match=told) as refused:
        create_app(Settings(device="cpu", threads=1, api_keys_file=str(file)))
    assert "LENET_API_KEYS_FILE" in str(refused.value)
    assert "short" not in str(refused.value)


def test_who_generates_a_client_is_told_where_a_key_is_needed(app: Application) -> None:
    document = app.openapi()

    ((name, scheme),) = document["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")
    assert document["paths"]["/predict"]["post"]["security"] == [{name: []}]
    assert document["paths"]["/models"]["get"]["security"] == [{name: []}]
    assert "security" not in document["paths"]["/health/ready"]["get"]
    assert "security" not in document["paths"]["/metrics"]["get"]


def test_without_keys_none_is_documented(settings: Settings) -> None:
    assert "securitySchemes" not in create_app(settings).openapi()["components"]

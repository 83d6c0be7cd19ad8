"""The short way of small requests: taken for what it is made for, and not to be told from the long one."""

import base64
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.front import Application
from service.http.express import WHOLE_BYTES
from service.http.middleware import Accounting

Encode = Callable[..., bytes]
Connect = Callable[[], Any]
AssertProblem = Callable[..., dict[str, Any]]
LogEntries = Callable[[], list[dict[str, Any]]]

LONG = "/predict?preprocess=auto"
"""Asks for what is the default, and so goes the long way."""

LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for the server's thread: a client has its answer before its account is closed."""
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


def post(body: bytes, *more: bytes, path: str = "/predict", kind: str = "image/png") -> bytes:
    lines = [
        f"POST {path} HTTP/1.1".encode(),
        b"Host: a",
        f"Content-Type: {kind}".encode(),
        b"Content-Length: %d" % len(body),
        *more,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.fixture
def seven(digits: np.ndarray, encode: Encode) -> bytes:
    return encode(digits[7])


@pytest.fixture
def long_way_is_shut(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no request but those of the short way through."""

    async def shut(*_: Any) -> None:  # noqa: ANN401
        message = "this went the long way"
        raise AssertionError(message)

    with monkeypatch.context() as patch:
        patch.setattr(Accounting, "__call__", shut)
        yield


@pytest.fixture
def pictures(
    digits: np.ndarray, encode: Encode, npy: Callable[[np.ndarray], bytes]
) -> dict[str, tuple[str, bytes]]:
    seven = digits[7]
    colour = np.stack([seven, 255 - seven, seven // 2], axis=-1)
    blank = np.zeros((28, 28), np.uint8)
    return {
        "grey": ("image/png", encode(seven)),
        "off centre": ("image/png", encode(np.roll(seven, 5, axis=1))),
        "dark on light": ("image/png", encode(255 - seven)),
        "colour": ("image/png", encode(colour)),
        "alpha": ("image/png", encode(np.dstack([colour, seven]))),
        "palette": ("image/gif", encode(Image.fromarray(seven), "GIF")),
        "jpeg": ("image/jpeg", encode(seven, "JPEG")),
        "webp": ("image/webp", encode(colour, "WEBP", lossless=True)),
        "bmp": ("image/bmp", encode(colour[:12, :12], "BMP")),
        "unnamed format": ("application/octet-stream", encode(seven)),
        "another format than said": ("image/jpeg", encode(seven)),
        "blank": ("image/png", encode(blank)),
        "one pixel": ("image/png", encode(blank[:1, :1])),
        "with a text": ("image/png", b"".join(_with_chunk(encode(seven), b"tEXt", b"Comment\x00hello"))),
        "larger": ("image/png", encode(np.kron(seven, np.ones((4, 4), np.uint8)))),
        "damaged": ("image/png", encode(seven)[:-20]),
        "flipped bit": ("image/png", _flipped(encode(seven), 60)),
        "no picture": ("image/png", b"xyzzy"),
        "too wide": ("image/png", encode(np.zeros((1, 20_000), np.uint8))),
        "nothing": ("image/png", b""),
        "text": ("text/plain", b"7"),
        "form": _form(encode(seven)),
        "damaged form": _form(encode(seven)[:-20]),
        "form of two": _form(encode(seven), encode(blank)),
        "base64": (
            "application/json",
            json.dumps({"image": base64.b64encode(encode(seven)).decode()}).encode(),
        ),
        "bad base64": ("application/json", b'{"image": "xyzzy"}'),
        "no JSON": ("application/json", b"{"),
        "array": ("application/x-npy", npy(seven)),
        "pixels": ("application/json", json.dumps({"pixels": seven.tolist()}).encode()),
    }


def _form(*files: bytes) -> tuple[str, bytes]:
    part = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n%b\r\n'
    return "multipart/form-data; boundary=x", b"".join(part % file for file in files) + b"--x--\r\n"


def _with_chunk(file: bytes, kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes]:
    # Ancillary chunks are left out before anybody looks at their checksums.
    return file[:33], len(data).to_bytes(4, "big") + kind + data + bytes(4), file[33:]


def _flipped(data: bytes, index: int) -> bytes:
    return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]


PICTURES = (
    *("grey", "off centre", "dark on light", "colour", "alpha", "palette", "jpeg", "webp", "bmp"),
    *("unnamed format", "another format than said", "blank", "one pixel", "with a text", "larger"),
    *("form", "base64", "damaged form", "form of two", "bad base64", "no JSON", "array"),
    *("damaged", "flipped bit", "no picture", "too wide", "nothing", "text", "pixels"),
)


@pytest.mark.parametrize("name", PICTURES)
def test_both_ways_give_the_same_answer_and_the_same_log_line(
    name: str, pictures: dict[str, tuple[str, bytes]], connect: Connect, log_entries: LogEntries
) -> None:
    kind, body = pictures[name]
    wire = connect()
    answers = []
    for path in ("/predict", LONG):
        answer = wire.send(post(body, b"X-Request-ID: one", path=path, kind=kind)).answer()
        answers.append(answer)
        if answer.headers.get("connection") == "close":
            wire = connect()

    short, long = answers
    assert short.status_code == long.status_code
    assert json.loads(short.content) == json.loads(long.content)
    assert {**short.headers, "server-timing": "", "date": ""} == {
        **long.headers,
        "server-timing": "",
        "date": "",
    }
    assert _stages(short) == _stages(long)
    entries = _awaited(log_entries, 2)
    assert [_timeless(entry) for entry in entries] == [_timeless(entries[1])] * 2
    assert list(entries[0]) == list(entries[1])


def _stages(answer: Any) -> list[str]:  # noqa: ANN401
    stages = answer.headers.get("server-timing", "").split(", ")
    return [stage.partition(";")[0] for stage in stages]


def _timeless(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "time" and not name.endswith("_ms")}


def test_both_ways_count_alike(app: Application, connect: Connect, seven: bytes) -> None:
    def counted() -> dict[str, float]:
        text = connect().send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").answer().content.decode()
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines if "_count" in name or "images_total" in name}

    def grown(path: str) -> dict[str, float]:
        before = counted()
        assert connect().send(post(seven, path=path)).answer().status_code == 200
        eventually(lambda: app.admission.requests == 0)
        return {
            name: value - before.get(name, 0)
            for name, value in counted().items()
            if value != before.get(name, 0) and "lag" not in name and "/metrics" not in name
        }

    assert grown("/predict") == grown(LONG)
    eventually(lambda: (app.admission.requests, app.admission.bytes) == (0, 0))


@pytest.mark.usefixtures("long_way_is_shut")
@pytest.mark.parametrize("name", sorted({*PICTURES[:17], "array", "pixels"} - {"larger"}))
def test_a_small_picture_goes_the_short_way(
    name: str, pictures: dict[str, tuple[str, bytes]], connect: Connect
) -> None:
    kind, body = pictures[name]

    assert connect().send(post(body, kind=kind)).answer().status_code == 200


@pytest.mark.usefixtures("long_way_is_shut")
def test_it_goes_so_also_when_it_comes_in_pieces(connect: Connect, seven: bytes) -> None:
    wire = connect()
    for byte in post(seven):
        wire.send(bytes([byte]))

    assert wire.answer().status_code == 200


@pytest.mark.usefixtures("long_way_is_shut")
def test_requests_sent_at_once_go_so_one_after_the_other(
    connect: Connect, digits: np.ndarray, encode: Encode
) -> None:
    wire = connect().send(b"".join(post(encode(digit)) for digit in digits[:1]))
    for digit in range(1, 10):
        assert json.loads(wire.answer().content)["predictions"][0]["digit"] == digit - 1
        wire.send(post(encode(digits[digit])))

    assert json.loads(wire.answer().content)["predictions"][0]["digit"] == 9


def test_answers_keep_the_order_of_requests_that_were_sent_at_once(
    connect: Connect, digits: np.ndarray, encode: Encode
) -> None:
    sent = b"".join(
        post(encode(digit), path="/predict" if index % 3 else LONG) + LIVE
        for index, digit in enumerate(digits)
    )
    wire = connect().send(sent)

    for digit in range(10):
        assert json.loads(wire.answer().content)["predictions"][0]["digit"] == digit
        assert wire.answer().content == b'{"live":true}'


@pytest.mark.parametrize(
    "request_of",
    [
        lambda body: post(body, b"Connection: close"),
        lambda body: post(body).replace(b"HTTP/1.1", b"HTTP/1.0"),
        lambda body: post(body, b"Content-Encoding: identity"),
        lambda body: post(body, path="/predict?"),
        lambda body: post(body, path="http://a/predict"),
        lambda body: (
            b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n"
            b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        ),
        lambda body: post(body + bytes(WHOLE_BYTES)),
        lambda body: post(body, b"Origin: http://a"),
    ],
    ids=["close", "HTTP/1.0", "encoding", "query", "absolute", "chunked", "large", "another site"],
)
def test_what_is_not_plain_goes_the_long_way_and_is_answered(
    request_of: Callable[[bytes], bytes], connect: Connect, seven: bytes
) -> None:
    answer = connect().send(request_of(seven)).answer()

    assert answer.status_code == 200
    assert json.loads(answer.content)["predictions"][0]["digit"] == 7


def test_another_method_is_refused_as_ever(
    connect: Connect, seven: bytes, assert_problem: AssertProblem
) -> None:
    answer = connect().send(post(seven).replace(b"POST", b"PUT", 1)).answer()

    assert_problem(answer, 405)


def test_who_waits_to_be_asked_for_the_body_is_asked(connect: Connect, seven: bytes) -> None:
    head, _, body = post(seven, b"Expect: 100-continue").partition(b"\r\n\r\n")
    wire = connect().send(head + b"\r\n\r\n")

    assert wire.line() == b"HTTP/1.1 100 Continue\r\n"
    assert wire.line() == b"\r\n"
    assert wire.send(body).answer().status_code == 200


def test_a_body_that_does_not_come_is_given_up(
    connect: Connect, seven: bytes, assert_problem: AssertProblem
) -> None:
    wire = connect().send(post(seven)[:-1])

    assert_problem(wire.answer(), 408)
    assert wire.is_closed()


def test_a_client_that_leaves_before_its_body_is_noted(
    connect: Connect, seven: bytes, log_entries: LogEntries
) -> None:
    connect().send(post(seven)[:-1]).close()

    (entry,) = _awaited(log_entries, 1)
    assert (entry["status"], entry["refused"]) == (499, "client_gone")


def _awaited(log_entries: LogEntries, number: int) -> list[dict[str, Any]]:
    """Give the log lines of so many requests, once they are written."""

    def entries() -> list[dict[str, Any]]:
        return [entry for entry in log_entries() if entry["event"] == "request"]

    eventually(lambda: len(entries()) >= number)
    return entries()


class Held:
    """An engine that runs when it is let."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.may_run = threading.Event()
        self.rows: list[int] = []

    def __call__(self, run: Callable[[Any], Any], images: Any) -> Any:  # noqa: ANN401
        self.rows.append(len(images))
        self.started.set()
        assert self.may_run.wait(10)
        return run(images)


@pytest.fixture
def held(app: Application, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Hold the engine of the network that answers."""
    held = Held()
    batcher = app.served.find("lenet5").batcher
    with monkeypatch.context() as patch:
        patch.setattr(batcher, "_run", functools.partial(held, batcher._run))
        patch.setattr(batcher, "in_place_s", 0)
        yield held
        held.may_run.set()


def test_a_client_that_leaves_the_queue_is_not_computed_for(
    app: Application, held: Held, connect: Connect, seven: bytes, log_entries: LogEntries
) -> None:
    first = connect().send(post(seven))
    assert held.started.wait(10)
    connect().send(post(seven)).close()
    third = connect().send(post(seven))
    queue = app.served.find("lenet5").batcher._queue
    eventually(lambda: len(queue) == 2 and queue[0].gone())
    held.may_run.set()

    assert first.answer().status_code == 200
    assert third.answer().status_code == 200
    assert held.rows == [1, 1]
    assert sorted(entry["status"] for entry in _awaited(log_entries, 3)) == [200, 200, 499]


def test_a_full_service_refuses_on_the_short_way_too(
    app: Application,
    connect: Connect,
    seven: bytes,
    assert_problem: AssertProblem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.admission, "_most_requests", 0)
    answer = connect().send(post(seven)).answer()

    assert answer.headers["retry-after"].isdigit()
    assert_problem(answer, 503)
    eventually(lambda: app.admission.requests == 0)


def test_a_full_queue_refuses_on_the_short_way_too(
    app: Application, held: Held, connect: Connect, seven: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    batcher = app.served.find("lenet5").batcher
    first = connect().send(post(seven))
    assert held.started.wait(10)
    monkeypatch.setattr(batcher, "waiting", batcher._bounds.rows)
    refused = connect().send(post(seven)).answer()
    monkeypatch.setattr(batcher, "waiting", 0)
    held.may_run.set()

    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert first.answer().status_code == 200
    eventually(lambda: app.admission.requests == 0)


def test_a_failing_engine_is_a_problem_and_the_next_request_is_answered(
    app: Application, connect: Connect, seven: bytes, log_entries: LogEntries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> Any:  # noqa: ANN401
        message = "no such luck"
        raise ValueError(message)

    with monkeypatch.context() as patch:
        patch.setattr(app.served.find("lenet5").batcher, "_run", fail)
        failed = connect().send(post(seven)).answer()

    assert failed.status_code == 500
    assert json.loads(failed.content)["type"] == "/problems/internal-error"
    assert b"luck" not in failed.content
    assert connect().send(post(seven)).answer().status_code == 200
    (error,) = [entry for entry in log_entries() if entry["event"] == "unexpected error"]
    assert "no such luck" in error["exception"]
    eventually(lambda: app.admission.requests == 0)


def test_a_mistake_on_the_short_way_is_answered_by_the_long_one(
    app: Application, connect: Connect, seven: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: Any) -> Any:  # noqa: ANN401
        raise ZeroDivisionError

    route, _ = app.express._endpoints[b"/predict"]
    monkeypatch.setitem(app.express._endpoints, b"/predict", (route, mistaken))

    assert connect().send(post(seven)).answer().status_code == 200
    eventually(lambda: app.admission.requests == 0)

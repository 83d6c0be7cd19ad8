"""However an answer is computed, there is exactly one for each request, in its turn, and one log line."""

import base64
import functools
import gc
import json
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.app import create_app
from service.application import Application
from service.engine.worker_pool import WorkerPool
from service.http.endpoints import Endpoint
from service.server.messages import Head, Response
from service.server.response_writer import LARGE_BYTES
from service.settings import Settings

Encode = Callable[..., bytes]
Connect = Callable[..., Any]
AssertProblem = Callable[..., dict[str, Any]]
LogEntries = Callable[[], list[dict[str, Any]]]
Noted = Callable[..., list[dict[str, Any]]]

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


@pytest.fixture(scope="module")
def threaded_port(
    limits: Settings, loop: str, listen: Callable[..., AbstractContextManager[int]]
) -> Iterator[int]:
    """The port of a service that leaves every picture to its threads."""
    threaded = limits.model_copy(update={"inline_pixels": 0, "inline_macs": 0})
    with listen(create_app(threaded), threaded, loop=loop) as port:
        yield port


@pytest.fixture
def seven(digits: np.ndarray, encode: Encode) -> bytes:
    return encode(digits[7])


@pytest.fixture
def large(digits: np.ndarray, encode: Encode) -> bytes:
    """A picture that is decoded on a thread."""
    return encode(np.kron(digits[7], np.ones((11, 11), np.uint8)))


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
        "bmp": ("image/bmp", encode(colour[::2, ::2], "BMP")),
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
SMALL = sorted({*PICTURES[:17], "array", "pixels"} - {"larger"})


@pytest.mark.parametrize("name", PICTURES)
def test_in_place_and_on_threads_the_answer_and_the_log_line_are_the_same(
    name: str,
    pictures: dict[str, tuple[str, bytes]],
    connect: Connect,
    port: int,
    threaded_port: int,
    noted: Noted,
) -> None:
    kind, body = pictures[name]
    request = post(body, b"X-Request-ID: one", kind=kind)
    in_place, threaded = [connect(where).send(request).answer() for where in (port, threaded_port)]
    entries = noted(2)

    assert in_place.status_code == threaded.status_code
    assert json.loads(in_place.content) == json.loads(threaded.content)
    assert {**in_place.headers, "server-timing": "", "date": ""} == {
        **threaded.headers,
        "server-timing": "",
        "date": "",
    }
    assert _stages(in_place) == _stages(threaded)
    assert [_timeless(entry) for entry in entries] == [_timeless(entries[1])] * 2
    assert list(entries[0]) == list(entries[1])


def _stages(answer: Any) -> list[str]:  # noqa: ANN401
    stages = answer.headers.get("server-timing", "").split(", ")
    return [stage.partition(";")[0] for stage in stages]


def _timeless(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "time" and not name.endswith("_ms")}


def test_in_place_and_on_threads_the_same_is_counted(
    connect: Connect, port: int, threaded_port: int, seven: bytes
) -> None:
    def counted(where: int) -> dict[str, float]:
        text = connect(where).send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").answer().content.decode()
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines if "_count" in name or "images_total" in name}

    def grown(where: int) -> dict[str, float]:
        before = counted(where)
        assert connect(where).send(post(seven)).answer().status_code == 200
        return {
            name: value - before.get(name, 0)
            for name, value in counted(where).items()
            if value != before.get(name, 0) and "lag" not in name and "/metrics" not in name
        }

    found = grown(port)

    assert found["lenet_images_total"] == 1
    assert found == grown(threaded_port)


@pytest.fixture
def pools_are_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be done on a thread."""

    async def shut(*_: Any, **__: Any) -> None:  # noqa: ANN401
        message = "this went to a thread"
        raise AssertionError(message)

    monkeypatch.setattr(WorkerPool, "run", shut)


@pytest.mark.usefixtures("pools_are_shut")
@pytest.mark.parametrize("name", SMALL)
def test_a_small_picture_needs_no_thread(
    name: str, pictures: dict[str, tuple[str, bytes]], connect: Connect
) -> None:
    kind, body = pictures[name]

    assert connect().send(post(body, kind=kind)).answer().status_code == 200


@pytest.mark.usefixtures("pools_are_shut")
def test_a_mistake_on_the_way_to_a_thread_is_a_problem_and_the_next_request_is_answered(
    app: Application, connect: Connect, seven: bytes, large: bytes, assert_problem: AssertProblem
) -> None:
    wire = connect().send(post(large) + post(seven))

    assert_problem(wire.answer(), 500, kind="internal-error")
    assert wire.answer().status_code == 200
    eventually(lambda: (app.admission.requests, app.admission.bytes) == (0, 0))


def test_a_small_picture_may_come_byte_by_byte(connect: Connect, seven: bytes) -> None:
    wire = connect()
    for byte in post(seven):
        wire.send(bytes([byte]))

    assert wire.answer().status_code == 200


def test_one_connection_may_ask_again_as_soon_as_it_is_answered(
    connect: Connect, digits: np.ndarray, encode: Encode
) -> None:
    wire = connect()
    for digit in range(10):
        answer = wire.send(post(encode(digits[digit]))).answer()

        assert json.loads(answer.content)["predictions"][0]["digit"] == digit


def test_answers_keep_the_order_of_requests_that_were_sent_at_once(
    connect: Connect, digits: np.ndarray, encode: Encode
) -> None:
    # Every third goes to a thread; the others could overtake it.
    sizes = [np.ones((1, 1) if index % 3 else (4, 4), np.uint8) for index in range(10)]
    sent = b"".join(
        post(encode(np.kron(digit, size))) + LIVE for digit, size in zip(digits, sizes, strict=True)
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
        lambda body: post(body, path="/predict?preprocess=auto"),
        lambda body: post(body, path="http://a/predict"),
        lambda body: (
            b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n"
            b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        ),
        lambda body: post(body + bytes(LARGE_BYTES)),
        lambda body: post(body, b"Origin: http://a"),
    ],
    ids=[
        "close",
        "HTTP/1.0",
        "encoding",
        "no query",
        "query",
        "absolute",
        "chunked",
        "large",
        "another site",
    ],
)
def test_a_request_of_any_shape_is_answered(
    request_of: Callable[[bytes], bytes], connect: Connect, seven: bytes
) -> None:
    answer = connect().send(request_of(seven)).answer()

    assert answer.status_code == 200
    assert json.loads(answer.content)["predictions"][0]["digit"] == 7


def test_who_waits_to_be_asked_for_the_body_is_asked(connect: Connect, seven: bytes) -> None:
    head, _, body = post(seven, b"Expect: 100-continue").partition(b"\r\n\r\n")
    wire = connect().send(head + b"\r\n\r\n")

    assert wire.line() == b"HTTP/1.1 100 Continue\r\n"
    assert wire.line() == b"\r\n"
    assert wire.send(body).answer().status_code == 200


def test_who_has_sent_the_body_already_is_not_asked_for_it(connect: Connect, seven: bytes) -> None:
    assert connect().send(post(seven, b"Expect: 100-continue")).answer().status_code == 200


def test_a_body_that_does_not_come_is_given_up_and_noted(
    app: Application, connect: Connect, seven: bytes, noted: Noted
) -> None:
    wire = connect().send(post(seven)[:-1])
    answer = wire.answer()
    (entry,) = noted(1, answer)

    assert answer.status_code == 408
    assert wire.is_closed()
    assert (entry["route"], entry["status"], entry["refused"]) == ("/predict", 408, "slow_body")
    assert (app.admission.requests, app.admission.bytes) == (0, 0)


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
    app: Application, held: Held, connect: Connect, seven: bytes, noted: Noted
) -> None:
    batcher = app.served.find("lenet5").batcher
    first = connect().send(post(seven))
    assert held.started.wait(10)
    leaving = connect().send(post(seven))
    eventually(lambda: batcher.waiting == 1)
    leaving.reset()
    third = connect().send(post(seven))
    eventually(lambda: batcher.waiting == 2)
    # A probe behind its goodbye: the server has noticed that it left.
    assert connect().send(LIVE).answer().status_code == 200
    held.may_run.set()

    assert first.answer().status_code == 200
    assert third.answer().status_code == 200
    assert held.rows == [1, 1]
    entries = [entry for entry in noted(4) if entry["route"] == "/predict"]
    assert sorted(entry["status"] for entry in entries) == [200, 200, 499]
    assert (app.admission.requests, app.admission.bytes) == (0, 0)


def test_a_client_that_sends_no_more_is_computed_for(held: Held, connect: Connect, seven: bytes) -> None:
    wire = connect().send(post(seven)).finish()
    assert held.started.wait(10)
    held.may_run.set()

    assert wire.answer().status_code == 200
    assert wire.is_closed()


def test_a_full_queue_refuses_and_leaves_nothing_behind(
    limits: Settings,
    loop: str,
    listen: Callable[..., AbstractContextManager[int]],
    connect: Connect,
    seven: bytes,
    assert_problem: AssertProblem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = limits.model_copy(update={"max_queue_images": 1})
    app = create_app(few)
    batcher = app.served.find("lenet5").batcher
    held = Held()
    monkeypatch.setattr(batcher, "_run", functools.partial(held, batcher._run))
    with listen(app, few, loop=loop) as port:
        first = connect(port).send(post(seven))
        assert held.started.wait(10)
        second = connect(port).send(post(seven))
        eventually(lambda: batcher.waiting == 1)
        refused = connect(port).send(post(seven)).answer()
        held.may_run.set()

        assert_problem(refused, 503, kind="overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        assert [wire.answer().status_code for wire in (first, second)] == [200, 200]
        eventually(lambda: (app.admission.requests, app.admission.bytes) == (0, 0))


def test_a_failing_engine_is_a_problem_and_the_next_request_is_answered(
    app: Application,
    connect: Connect,
    seven: bytes,
    log_entries: LogEntries,
    assert_problem: AssertProblem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Any) -> Any:  # noqa: ANN401
        message = "no such luck"
        raise ValueError(message)

    wire = connect()
    with monkeypatch.context() as patch:
        patch.setattr(app.served.find("lenet5").batcher, "_run", fail)
        failed = wire.send(post(seven)).answer()

    assert_problem(failed, 500, kind="internal-error")
    assert b"luck" not in failed.content
    assert wire.send(post(seven)).answer().status_code == 200
    (error,) = [entry for entry in log_entries() if entry["event"] == "unexpected error"]
    assert "no such luck" in error["exception"]
    assert error["request_id"] == failed.headers["x-request-id"]
    eventually(lambda: app.admission.requests == 0)


class Writer:
    """Takes answers."""

    def __init__(self, client: str = "192.0.2.1") -> None:
        self.address = self.client = client
        self.has_left = False
        self.answers: list[Response] = []

    def write(self, response: Response) -> None:
        self.answers.append(response)

    def abort(self) -> None:
        raise AssertionError

    def is_disconnected(self) -> bool:
        return self.has_left

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        raise AssertionError(work)


def head(path: str = "/", method: str = "GET", **fields: str) -> Head:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
    return Head(method, path, path.encode(), b"", list(named.items()), named)


def test_an_answered_request_leaves_nothing_to_the_garbage_collector(
    assemble: Callable[..., Application],
) -> None:
    app = assemble([Endpoint("/plain", lambda call: Response(200, body=call.body))])
    writer = Writer()
    alive = weakref.ref(writer)
    gc.disable()
    try:
        exchange = app.dispatcher.open(head("/plain", "POST")._replace(length=2), writer)
        exchange.receive(b"{}")
        exchange.complete()
        (answer,) = writer.answers
        del exchange, writer
        assert alive() is None
    finally:
        gc.enable()
    assert answer.body == b"{}"


def test_a_client_that_has_left_is_not_written_to(
    assemble: Callable[..., Application], log_entries: LogEntries
) -> None:
    app = assemble([Endpoint("/plain", lambda _: Response(200), needs_body=False)])
    writer = Writer()
    writer.has_left = True
    app.dispatcher.open(head("/plain", "POST"), writer).complete()
    (entry,) = log_entries()

    assert not writer.answers
    assert entry["status"] == 499


def test_a_client_that_does_not_read_its_answers_gets_no_more_large_ones(
    assemble: Callable[..., Application], log_entries: LogEntries
) -> None:
    large = bytes(LARGE_BYTES + 1)
    app = assemble(
        [
            Endpoint("/large", lambda _: Response(200, body=large), needs_body=False),
            Endpoint("/small", lambda _: Response(200, body=b"{}"), needs_body=False),
        ],
        max_in_flight_bytes=4 * len(large),
    )

    def ask(path: str, client: str) -> int:
        writer = Writer(client)
        app.dispatcher.open(head(path, "POST"), writer).complete()
        (answer,) = writer.answers
        return answer.status

    app.dispatcher.hold("192.0.2.1", 3 * len(large))

    assert ask("/large", "192.0.2.1") == 429
    assert log_entries()[-1]["refused"] == "share"
    assert ask("/small", "192.0.2.1") == 200
    assert ask("/large", "192.0.2.2") == 200
    app.dispatcher.hold("192.0.2.1", -3 * len(large))
    assert ask("/large", "192.0.2.1") == 200


def test_shares_are_those_of_whom_a_trusted_proxy_names(assemble: Callable[..., Application]) -> None:
    app = assemble([], trusted_proxies="10.0.0.0/8")
    proxy = Writer("10.0.0.1")

    def client_of(writer: Writer, **fields: str) -> str:
        return app.dispatcher.open(head("/docs", **fields), writer).context.client

    assert client_of(proxy, x_forwarded_for="203.0.113.9, 198.51.100.1") == "198.51.100.1"
    assert client_of(proxy) == "10.0.0.1"
    assert client_of(Writer(), x_forwarded_for="198.51.100.1") == "192.0.2.1"

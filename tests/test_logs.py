"""One line a request: JSON for machines, plain for people, and nothing of what a client sent."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.testclient import TestClient

from service import logs
from service.application import Application
from service.http.endpoints import Call, Endpoint
from service.server.messages import Response

Configure = Callable[..., io.StringIO]


class Output(io.StringIO):
    """A standard output that is read when all is written."""

    def getvalue(self) -> str:
        logs.flush()
        return super().getvalue()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., io.StringIO]]:
    """Configure the logs with a standard output of their own; the loggers are put back as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def configure(log_format: str, log_level: str, *, terminal: bool = False) -> io.StringIO:
        root.handlers = []
        output = Output()
        monkeypatch.setattr(output, "isatty", lambda: terminal)
        monkeypatch.setattr(sys, "stdout", output)
        logs.configure(log_format, log_level)
        return output

    yield configure
    root.handlers = handlers
    root.setLevel(level)


def test_each_request_has_one_line_with_id_route_status_and_duration(
    client: TestClient, configure: Configure
) -> None:
    stream = configure("json", "info")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    pixels = [[7, 7, 7, 201, 202, 203]] * 28
    client.post("/predict", json={"pixels": pixels}, headers={"X-Request-ID": "mine"})
    client.get("/models/xyzzy%0a%1b[31m?xyzzy=1")
    client.get("/xyzzy")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    first, second, third = [line for line in lines if line["event"] == "request"]

    assert (first["request_id"], first["method"], first["route"], first["status"]) == (
        "mine",
        "POST",
        "/predict",
        200,
    )
    assert first["images"] == 1
    assert {"duration_ms", "queue_ms", "decode_ms", "inference_ms", "time", "level"} <= set(first)
    assert (second["route"], second["status"]) == ("/models/{name}", 404)
    assert (third["route"], third["status"]) == ("unmatched", 404)
    assert "xyzzy" not in stream.getvalue()
    assert "201" not in stream.getvalue().replace(first["time"], "")


def test_control_characters_do_not_break_a_line(configure: Configure) -> None:
    stream = configure("json", "info")
    logging.getLogger("a").warning(
        "one\ntwo\r\x1b[31m\x00", extra={logs.FACTS: {"n": np.float32(0.5), "p": object()}}
    )
    (line,) = stream.getvalue().splitlines()

    assert json.loads(line)["event"] == "one\ntwo\r\x1b[31m\x00"
    assert json.loads(line)["n"] == 0.5
    assert "\x1b" not in line


def test_on_a_terminal_lines_are_for_people(configure: Configure) -> None:
    stream = configure("auto", "info", terminal=True)
    logs.get("part").info("request", extra={logs.FACTS: {"status": 200}})

    assert "request" in stream.getvalue()
    assert "status=200" in stream.getvalue()
    assert "{" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_belongs_to_its_entry(log_format: str, configure: Configure) -> None:
    stream = configure(log_format, "info")
    try:
        message = "xyzzy"
        raise ValueError(message)  # noqa: TRY301  to have a traceback
    except ValueError:
        logs.get("part").exception("unexpected error")

    assert "ValueError: xyzzy" in stream.getvalue()
    assert log_format == "console" or len(stream.getvalue().splitlines()) == 1


def test_a_level_leaves_out_what_is_below(configure: Configure) -> None:
    stream = configure("json", "warning")
    logs.get("part").info("request")

    assert not stream.getvalue()


@pytest.fixture
def broken(assemble: Callable[..., Application]) -> TestClient:
    """A service with mistakes in it: two before the answer, one in the middle of it."""
    router = APIRouter()

    @router.get("/streamed")
    async def streamed() -> StreamingResponse:
        return StreamingResponse(iter([b"xy", b"", b"zzy"]))

    @router.get("/before")
    async def before() -> None:
        message = "xyzzy"
        raise RuntimeError(message)

    @router.get("/middle")
    async def middle() -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            yield b"xy"
            message = "xyzzy"
            raise RuntimeError(message)

        return StreamingResponse(pieces())

    def plain(_: Call) -> Response:
        message = "xyzzy"
        raise RuntimeError(message)

    return TestClient(assemble([Endpoint("/before", plain, needs_body=False)], [router]))


@pytest.mark.parametrize(("method", "path"), [("GET", "/before"), ("POST", "/before"), ("GET", "/middle")])
def test_a_mistake_of_the_service_is_a_problem_that_tells_nothing(
    method: str, path: str, broken: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = broken.request(method, path)
    (record,) = (record for record in caplog.records if record.exc_info)

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "xyzzy" not in answer.text
    assert "xyzzy" in str(record.exc_info)
    assert record.facts["request_id"] == answer.headers["X-Request-ID"]


def test_an_answer_that_is_streamed_arrives_whole(broken: TestClient) -> None:
    assert broken.get("/streamed").content == b"xyzzy"


@pytest.mark.parametrize("has_body", [False, True])
def test_a_request_that_its_server_ends_is_noted_and_leaves_room(
    assemble: Callable[..., Application],
    log_entries: Callable[[], list[dict[str, Any]]],
    *,
    has_body: bool,
) -> None:
    sent: list[Any] = []
    coming: list[Any] = [{"type": "http.request", "body": b"ab", "more_body": not has_body}]

    async def slow(_: Call) -> Response:
        await asyncio.Event().wait()
        return Response(200)

    async def receive() -> Any:  # noqa: ANN401
        if not coming:
            await asyncio.Event().wait()
        return coming.pop()

    async def send(message: Any) -> None:  # noqa: ANN401
        sent.append(message)

    app = assemble([Endpoint("/slow", slow)])

    async def end() -> None:
        scope = {"type": "http", "method": "POST", "path": "/slow", "query_string": b"", "headers": []}
        task = asyncio.create_task(app(scope, receive, send))
        for _ in range(3):
            await asyncio.sleep(0)
        assert (app.admission.requests, app.admission.bytes) == (int(has_body), 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(end())

    (entry,) = log_entries()
    assert (entry["route"], entry["status"]) == ("/slow", 499)
    assert (app.admission.requests, app.admission.bytes) == (0, 0)
    assert not sent

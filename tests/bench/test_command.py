"""``lenet5 bench`` as a user types it, against a server of the tests' own."""

import itertools
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bench = Callable[..., Any]
Stub = Callable[..., str]
Answer = Callable[..., bytes]
PROBABILITIES = [0.0] * 7 + [0.9] + [0.05] * 2


@pytest.fixture
def service(stub: Stub, answer: Answer) -> str:
    """The address of something that answers as the service does."""

    def said(request: Any, _: object) -> bytes:  # noqa: ANN401  the stub's own
        if request.method == "GET":
            return answer(b'{"ready": true, "provider": "CPUExecutionProvider"}')
        assert (request.path, request.body[:8]) == ("/predict", b"\x89PNG\r\n\x1a\n")
        return answer(b"", "411 xyzzy") if not request.body else _timed(answer)

    return stub(said)


FIGURES = {
    *("url", "api", "mode", "connections", "duration_s", "requests", "errors", "rate_per_s", "latency_ms"),
    *("statuses", "failures", "server_timing_ms", "client_cpu", "interrupted"),
    *("model", "version", "provider"),
}


def _timed(answer: Answer) -> bytes:
    return answer(PREDICTION, "200 OK", "Server-Timing: queue;dur=0.1, decode;dur=0.25, inference;dur=0.5")


PREDICTION = json.dumps(
    {"model": {"name": "lenet5", "version": "9"}, "predictions": [{"digit": 7, "confidence": 0.9}]}
).encode()


def test_the_closed_loop_gives_its_figures_as_json(service: str, bench: Bench) -> None:
    run = bench(service, "--json", "--connections", "3")
    figures = run.figures
    latency = figures["latency_ms"]

    assert (run.status, run.errors) == (0, "")
    assert set(figures) == FIGURES
    assert figures["url"] == f"{service}/predict"
    assert [figures[name] for name in ("api", "mode", "connections", "errors")] == ["predict", "closed", 3, 0]
    assert [figures[name] for name in ("model", "version", "provider")] == [
        "lenet5",
        "9",
        "CPUExecutionProvider",
    ]
    assert figures["requests"] == figures["statuses"]["200"] > 0
    assert figures["duration_s"] == 0.3
    # Each connection may have one answer under way when the time is over.
    assert figures["requests"] - 3 <= round(figures["rate_per_s"] * 0.3) <= figures["requests"]
    assert list(latency) == ["min", "mean", "p50", "p90", "p99", "p999", "max"]
    assert sorted(latency[name] for name in latency if name != "mean") == [
        latency[name] for name in latency if name != "mean"
    ]
    assert figures["server_timing_ms"] == pytest.approx(
        {"queue": 0.1, "decode": 0.25, "inference": 0.5}, rel=0.003
    )


def test_the_open_loop_tells_what_was_offered(service: str, bench: Bench) -> None:
    figures = bench(service, "--json", "--rate", "100", "--duration", "0.5").figures

    assert (figures["mode"], figures["requests"], figures["offered_per_s"]) == ("open", 50, 100)
    assert set(figures["wait_ms"]) == set(figures["latency_ms"])


def test_random_arrivals_have_about_the_rate(service: str, bench: Bench) -> None:
    figures = bench(service, "--json", "--rate", "400", "--arrivals", "poisson").figures

    assert 60 < figures["requests"] < 180
    assert figures["requests"] != 120


def test_people_get_a_page_that_fits_eighty_columns(
    service: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run = bench(service, "--rate", "200")
    lines = run.output.splitlines()

    assert run.status == 0
    assert max(map(len, lines)) <= 80
    assert lines[0] == f"{service}/predict (127.0.0.1)"
    assert "lenet5 version 9 on CPUExecutionProvider" in run.output
    assert "10 pictures" in run.output
    assert "the first is read as a 7, 90.0 % sure" in run.output
    assert "60 answered 200 · 0 errors" in run.output
    for word in ("p50", "p99.9", "latency, ms", "not yet sent", "queue", "decode", "inference", "█"):
        assert word in run.output


def test_errors_are_told_by_kind_and_make_the_exit_status_1(stub: Stub, answer: Answer, bench: Bench) -> None:
    numbers = itertools.count()

    def said(request: Any, _: object) -> bytes | None:  # noqa: ANN401  the stub's own
        if request.method == "GET" or next(numbers) == 0:
            return answer()
        return answer(b"", "503 Service Unavailable") if next(numbers) % 3 else None

    run = bench(stub(said))

    assert run.status == 1
    assert "answered 503" in run.output
    assert "status 503" in run.output
    assert "closed before an answer" in run.output


def test_v2_is_spoken_in_binary(stub: Stub, bench: Bench) -> None:
    got = []

    def said(request: Any, _: object) -> bytes:  # noqa: ANN401  the stub's own
        got.append(request)
        head = json.dumps(
            {
                "model_name": "lenet5",
                "model_version": "4",
                "outputs": [
                    {
                        "name": "probabilities",
                        "datatype": "FP32",
                        "shape": [1, 10],
                        "parameters": {"binary_data_size": 40},
                    }
                ],
            }
        ).encode()
        body = head + struct.pack("<10f", *PROBABILITIES)
        if request.method == "GET":
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        return (
            f"HTTP/1.1 200 OK\r\nInference-Header-Content-Length: {len(head)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    run = bench(stub(said), "--api", "v2", "--json")
    posted = [request for request in got if request.method == "POST"]

    assert (run.status, run.figures["version"], run.figures["provider"]) == (0, "4", None)
    assert run.figures["url"].endswith("/v2/models/lenet5/infer")
    assert {request.path for request in posted} == {"/v2/models/lenet5/infer"}
    assert len({request.body for request in posted}) == 10
    assert all("Inference-Header-Content-Length: " in request.head for request in posted)


def test_pictures_of_ones_own_are_sent_in_turn_with_ones_own_headers(
    stub: Stub, answer: Answer, bench: Bench, tmp_path: Path
) -> None:
    got = []
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())

    def said(request: Any, _: object) -> bytes:  # noqa: ANN401  the stub's own
        got.append(request)
        return answer()

    address = stub(said)
    headers = [word for header in ("X-API-Key: xyzzy", "accept: text/x") for word in ("--header", header)]
    run = bench(address, "--image", str(tmp_path), "--connections", "1", *headers)
    posted = [request.body for request in got if request.method == "POST"][1:]

    assert run.status == 0
    assert posted[:4] == [b"a.png", b"b.png"] * 2
    assert all("X-API-Key: xyzzy\r\n" in request.head for request in got)
    # What is said of every request holds, and is not said twice.
    assert all("accept: text/x\r\n" in request.head and "Accept" not in request.head for request in got)

"""What keeps a measurement from beginning is one line and exit status 2."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Bench = Callable[..., Any]
Stub = Callable[..., str]
Answer = Callable[..., bytes]


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield free.getsockname()[1]


def test_a_service_that_cannot_be_reached_is_one_line_and_exit_status_2(free_port: int, bench: Bench) -> None:
    address = f"http://127.0.0.1:{free_port}"
    run = bench(address)

    assert (run.status, run.output) == (2, "")
    assert run.errors == f"lenet5 bench: cannot reach {address}: connection refused\n"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        ("404 Not Found", {"detail": "no such \x1b[2J model"}, "answered 404: no such ?[2J model"),
        ("400 Bad Request", {"error": "bad input"}, "answered 400: bad input"),
        ("500 Internal Server Error", "xyzzy", "answered 500: without a reason"),
        ("503 Service Unavailable", {"reason": "draining"}, "is not ready: draining"),
        ("200 OK", "<html>", "answered with no prediction"),
        ("200 OK", {"predictions": []}, "answered with no prediction"),
    ],
)
def test_what_is_no_prediction_stops_before_the_load(
    status: str, body: object, said: str, stub: Stub, answer: Answer, bench: Bench
) -> None:
    run = bench(stub(lambda *_: answer(json.dumps(body).encode(), status)))

    assert (run.status, run.output) == (2, "")
    assert run.errors.count("\n") == 1
    assert said in run.errors


def test_a_service_that_hangs_up_on_the_first_request_is_told(stub: Stub, bench: Bench) -> None:
    run = bench(stub(lambda *_: None))

    assert run.status == 2
    assert "closed before an answer" in run.errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "URL"),
        (["ftp://x"], "no URL such as"),
        (["http://user:xyzzy@127.0.0.1:1"], "without user"),
        (["http://127.0.0.1:99999"], "no URL such as"),
        (["http://"], "is wanted"),
        (["http://x.invalid"], "cannot find x.invalid"),
        (["http://x", "--connections", "1001"], "not between 1 and 1,000"),
        (["http://x", "--duration", "3601"], "not between 0.1 and 3,600"),
        (["http://x", "--duration", "nan"], "not between"),
        (["http://x", "--rate", "0"], "not between 0.01 and 100,000"),
        (["http://x", "--model", "../x"], "no name of a model"),
        (["http://x", "--header", "X: a\r\nY: b"], "a header is NAME:VALUE"),
        (["http://x", "--image", "absent.png"], "absent.png: No such file"),
        (["http://x", "--api", "v3"], "invalid choice"),
    ],
)
def test_bad_usage_is_told_and_exit_status_2(arguments: list[str], said: str, bench: Bench) -> None:
    run = bench(*arguments)

    assert (run.status, run.output) == (2, "")
    assert said in run.errors

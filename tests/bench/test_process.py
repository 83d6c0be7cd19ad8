"""The command as a process: signals, streams, what it loads, and how it explains itself."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.bench import course

Bench = Callable[..., Any]
Stub = Callable[..., str]
Answer = Callable[..., bytes]
ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_early_and_prints_what_was_measured(
    number: signal.Signals, stub: Stub, answer: Answer
) -> None:
    running = threading.Event()
    numbers = itertools.count()

    def said(*_: object) -> bytes:
        if next(numbers) > 50:
            running.set()
        return answer()

    with start("bench", stub(said), "--warmup", "0", "--duration", "600", "--json") as process:
        assert running.wait(20)
        process.send_signal(number)
        output, errors = process.communicate(timeout=course.DRAIN_S + 15)
    figures = json.loads(output)

    assert (process.returncode, errors) == (0, "")
    assert figures["interrupted"] is True
    assert figures["requests"] > 40
    assert 0 < figures["duration_s"] < 60


def test_ctrl_c_in_the_warm_up_says_that_nothing_was_measured(stub: Stub, answer: Answer) -> None:
    running = threading.Event()
    numbers = itertools.count()

    def said(*_: object) -> bytes:
        if next(numbers) > 50:
            running.set()
        return answer()

    with start("bench", stub(said), "--warmup", "600") as process:
        assert running.wait(20)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=course.DRAIN_S + 15)

    assert (process.returncode, errors) == (1, "")
    assert "Nothing was measured" in output


def test_ctrl_c_before_the_first_answer_is_one_line(stub: Stub) -> None:
    asked, released = threading.Event(), threading.Event()

    def said(*_: object) -> None:
        asked.set()
        released.wait(20)

    with start("bench", stub(said)) as process:
        assert asked.wait(20)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    released.set()

    assert (process.returncode, output) == (2, "")
    assert errors == "lenet5 bench: stopped before anything was measured\n"


def test_a_stream_that_knows_no_unicode_gets_ascii(stub: Stub, answer: Answer) -> None:
    with start("bench", stub(lambda *_: answer()), "--duration", "0.2", PYTHONIOENCODING="ascii") as process:
        output, errors = process.communicate(timeout=30)

    assert (process.returncode, errors) == (0, "")
    assert output.isascii()
    assert "##" in output


@pytest.mark.parametrize(
    ("module", "left_out"),
    [
        ("bench.run", "fastapi onnxruntime cv2 pydantic service.settings service.errors"),
        ("app", "service.bench"),
        ("__main__", "fastapi onnxruntime uvicorn asyncio service.app service.bench"),
    ],
)
def test_each_command_loads_only_what_it_needs(module: str, left_out: str) -> None:
    code = f"import sys, service.{module}; print(*[n for n in {left_out.split()} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout.strip() == ""


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), (["xyzzy"], 2), (["--port", "1"], 2)])
def test_an_unknown_command_is_answered_with_the_usage(arguments: list[str], status: int) -> None:
    with start(*arguments) as process:
        output, errors = process.communicate(timeout=20)

    assert process.returncode == status
    assert (errors if status else output).startswith("usage: lenet5 ")
    assert "lenet5 bench URL" in output + errors

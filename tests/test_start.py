"""``python -m service`` starts, answers and stops cleanly, or says in one line why it cannot."""

import concurrent.futures
import contextlib
import ctypes
import gc
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import PACKAGED_RECOGNISER, Settings

Start = Callable[..., subprocess.Popen[str]]
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the service in an empty folder, with these settings."""
    processes: list[subprocess.Popen[str]] = []

    def start(**settings: str) -> subprocess.Popen[str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.upper().startswith("LENET_")
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "service"],
            cwd=tmp_path,
            env={**inherited, "PYTHONPATH": str(ROOT), "LENET_PORT": "0", "LENET_THREADS": "1", **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def port_of(process: subprocess.Popen[str]) -> int:
    """Wait until it listens."""
    assert process.stdout
    return next(
        int(word.rpartition(":")[2])
        for line in process.stdout
        for word in json.loads(line)["event"].split()
        if word.startswith("http://127.0.0.1:")
    )


def test_the_service_starts_answers_and_stops_on_sigterm(start: Start) -> None:
    process = start()
    port = port_of(process)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10) as answer:
        ready = json.load(answer)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=20)

    assert ready["ready"] is True
    assert process.returncode in {0, -signal.SIGTERM}
    assert not errors
    assert all(json.loads(line) for line in output.splitlines())
    assert '"route":"/health/ready"' in output


def test_cycles_are_looked_for_once_it_is_ready_but_not_in_what_is_here_to_stay(
    settings: Settings, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(gc.enable)
    gc.disable()

    with TestClient(create_app(settings)):
        assert gc.isenabled()
        assert gc.get_freeze_count() > 10_000


def test_who_looks_after_several_looks_for_cycles(tmp_path: Path) -> None:
    program = (
        "import gc, uvicorn.supervisors as supervisors\n"
        "supervisors.Multiprocess.run = lambda _: print(gc.isenabled())\n"
        "from service.__main__ import main\n"
        "main()"
    )

    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LENET_PORT": "0", "LENET_WORKERS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "True" in found.stdout.splitlines()


@pytest.fixture
def connect() -> Iterator[Callable[[int], http.client.HTTPConnection]]:
    """Open connections that are closed after the test."""
    with contextlib.ExitStack() as opened:

        def connect(port: int) -> http.client.HTTPConnection:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            opened.callback(connection.close)
            connection.connect()
            return connection

        yield connect


def ask(connection: http.client.HTTPConnection) -> tuple[int, str | None]:
    """Give the status, and what becomes of the connection."""
    connection.request("GET", "/models")
    with connection.getresponse() as answer:
        answer.read()
        return answer.status, answer.headers["Connection"]


def test_a_request_that_comes_as_the_service_stops_is_answered(
    start: Start, connect: Callable[[int], http.client.HTTPConnection]
) -> None:
    process = start()
    port = port_of(process)
    kept, fresh = connect(port), connect(port)
    before = ask(kept)
    process.send_signal(signal.SIGTERM)
    assert any("Shutting down" in line for line in process.stdout)
    answers = [ask(kept), ask(fresh)]
    with pytest.raises(ConnectionRefusedError):
        connect(port)
    process.communicate(timeout=20)

    assert before == (200, None)
    assert answers == [(200, "close")] * 2
    assert process.returncode in {0, -signal.SIGTERM}


def test_who_waits_to_be_accepted_as_it_stops_is_answered(start: Start) -> None:
    process = start()
    port = port_of(process)
    # Stopped, it accepts nobody: the kernel does, and has them wait.
    process.send_signal(signal.SIGSTOP)
    clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(400)]
    for client in clients:
        client.sendall(b"GET /models HTTP/1.1\r\nHost: a\r\n\r\n")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    answers = [client.recv(12) for client in clients]
    for client in clients:
        client.close()

    assert set(answers) == {b"HTTP/1.1 200"}


@pytest.mark.parametrize(
    ("workers", "stop"),
    [
        ("1", lambda process: process.terminate()),
        ("2", lambda process: process.terminate()),
        ("2", lambda process: os.killpg(process.pid, signal.SIGINT)),
    ],
    ids=["one", "several", "Ctrl-C"],
)
def test_who_comes_all_the_time_is_answered_until_nobody_is_there(
    start: Start, workers: str, stop: Callable[[subprocess.Popen[str]], None]
) -> None:
    process = start(LENET_WORKERS=workers)
    port = port_of(process)
    begun = threading.Barrier(9, timeout=30)

    def ask_until_refused() -> int:
        for number in itertools.count():
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=20)
            except ConnectionRefusedError:
                return number
            with connection:
                connection.sendall(b"GET /models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                assert connection.recv(12) == b"HTTP/1.1 200"
            if number == 10:
                begun.wait()
        raise AssertionError

    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        answered = [clients.submit(ask_until_refused) for _ in range(8)]
        begun.wait()
        stop(process)
        _, errors = process.communicate(timeout=20)

    assert not errors
    assert all(client.result() >= 10 for client in answered)


def test_idle_connections_do_not_hold_up_the_stop(
    start: Start, connect: Callable[[int], http.client.HTTPConnection]
) -> None:
    process = start()
    kept = connect(port_of(process))
    ask(kept)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    process.communicate(timeout=20)

    assert time.monotonic() - began < 10  # an idle connection is kept for 15 s otherwise
    assert kept.sock.recv(1) == b""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after_s", [0.2, 0.35, 0.5, 0.65, 0.8])
def test_who_stops_it_while_it_starts_is_obeyed_at_once(start: Start, after_s: float, stop: int) -> None:
    process = start()
    time.sleep(after_s)
    process.send_signal(stop)
    _, errors = process.communicate(timeout=5)

    # Before its first line has run, the signal ends it as it ends any program.
    assert process.returncode in {0, -stop}
    assert not errors or process.returncode


def test_a_reader_who_does_not_read_its_lines_does_not_hold_up_the_stop(
    start: Start, connect: Callable[[int], http.client.HTTPConnection]
) -> None:
    process = start()
    connection = connect(port_of(process))
    for _ in range(1_500):
        assert ask(connection)[0] == 200
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) in {0, -signal.SIGTERM}


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0", "::"])  # noqa: S104  a test's
def test_the_health_check_asks_where_the_service_listens(start: Start, host: str) -> None:
    process = start(LENET_HOST=host)
    assert process.stdout
    port = next(line.rpartition(":")[2].split('"')[0] for line in process.stdout if "running on" in line)
    for _ in range(50):
        asked = subprocess.run(
            [sys.executable, "-m", "service", "health"],
            env={**os.environ, "LENET_HOST": host, "LENET_PORT": port},
            cwd=ROOT,
            check=False,
        )
        if asked.returncode == 0:
            break
        time.sleep(0.1)

    assert asked.returncode == 0


def test_an_address_that_is_taken_ends_the_start(start: Start) -> None:
    port = str(port_of(start()))
    process = start(LENET_PORT=port)
    _, errors = process.communicate(timeout=20)

    assert process.returncode == 3
    assert "cannot start" in errors


def has_nvidia_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def assert_refused(process: subprocess.Popen[str], *words: str) -> None:
    output, errors = process.communicate(timeout=20)

    assert process.returncode == 3
    assert not output
    assert len(errors.splitlines()) == 1
    assert all(word in errors for word in ("cannot start", *words))


@pytest.mark.parametrize(
    ("name", "value"), [("LENET_PORT", "xyzzy"), ("LENET_XYZZY", "1"), ("LENET_MAX_BODY_BYTES", "0")]
)
def test_a_bad_setting_stops_the_start(name: str, value: str, start: Start) -> None:
    assert_refused(start(**{name: value}), name)


@pytest.mark.skipif(has_nvidia_driver(), reason="here CUDA can be had")
def test_cuda_without_a_gpu_stops_the_start(start: Start) -> None:
    assert_refused(start(LENET_DEVICE="cuda"), "LENET_DEVICE")


def test_a_missing_repository_stops_the_start(start: Start) -> None:
    assert_refused(start(LENET_MODEL_REPOSITORY="missing"), "LENET_MODEL_REPOSITORY", "missing")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A repository of which the only version has a pipe for a network."""
    shutil.copytree(PACKAGED_RECOGNISER, tmp_path / "models" / "lenet5" / "5")
    (tmp_path / "models" / "lenet5" / "5" / "card.json").unlink()
    os.mkfifo(tmp_path / "models" / "lenet5" / "5" / "card.json")
    return tmp_path / "models"


def test_a_version_that_cannot_be_served_stops_no_start_and_is_told_everywhere(
    models: Path, start: Start
) -> None:
    process = start(LENET_MODEL_REPOSITORY=str(models))
    address = f"http://127.0.0.1:{port_of(process)}"
    refused = {"name": "lenet5", "version": "5", "reason": "card.json: it is no regular file"}

    with urllib.request.urlopen(f"{address}/health/ready", timeout=10) as answer:
        assert {"name": "lenet5", "version": PACKAGED_RECOGNISER.name} in json.load(answer)["models"]
    with urllib.request.urlopen(f"{address}/models", timeout=10) as answer:
        assert json.load(answer)["refused"] == [refused]
    with urllib.request.urlopen(f"{address}/v2/repository/index", data=b"", timeout=10) as answer:
        assert {**refused, "state": "UNAVAILABLE"} in json.load(answer)
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        assert 'lenet_model_refused{name="lenet5",version="5"} 1' in answer.read().decode()
    assert process.stdout
    line = next(one for one in map(json.loads, process.stdout) if one["event"] == "version refused")
    assert (line["level"], line["model"], line["version"]) == ("error", "lenet5", "5")
    assert line["reason"] == refused["reason"]

"""``python -m service`` starts, answers and stops cleanly, or says in one line why it cannot."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.settings import Settings

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
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_the_service_starts_answers_and_stops_on_sigterm(start: Start) -> None:
    process = start()
    address = next(
        word
        for line in process.stdout
        for word in json.loads(line)["event"].split()
        if word.startswith("http://127.0.0.1:")
    )
    with urllib.request.urlopen(f"{address}/health/ready", timeout=10) as answer:
        ready = json.load(answer)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=20)

    assert ready["ready"] is True
    assert process.returncode in {0, -signal.SIGTERM}
    assert not errors
    assert all(json.loads(line) for line in output.splitlines())
    assert '"route":"/health/ready"' in output


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


def test_a_missing_model_stops_the_start(start: Start, tmp_path: Path) -> None:
    assert_refused(start(LENET_MODEL_REPOSITORY=str(tmp_path)), "LENET_MODEL_REPOSITORY")


def test_a_damaged_model_stops_the_start(start: Start, tmp_path: Path, settings: Settings) -> None:
    shutil.copytree(settings.model_repository, tmp_path / "models")
    (tmp_path / "models" / "lenet5" / "1" / "model.onnx").write_bytes(b"xyzzy")

    assert_refused(start(LENET_MODEL_REPOSITORY=str(tmp_path / "models")), "altered")

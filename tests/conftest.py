"""What tests may ask for: a running service, drawn digits, independent encoders, what a problem is."""

import contextlib
import io
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from service import logs
from service.app import create_app
from service.digits.network import Batching
from service.engine.batcher import Batcher, Bounds
from service.settings import Settings

hypothesis.settings.register_profile(
    "suite", deadline=None, derandomize=True, database=None, max_examples=50, print_blob=False
)
hypothesis.settings.load_profile("suite")

MARKER = "xyzzy"
"""A word that tests put into their input: no error may repeat it."""


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(device="cpu", threads=1)


@pytest.fixture(scope="session")
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def log_entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Give what the service has logged since the test began."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    output = io.StringIO()
    monkeypatch.setattr("sys.stdout", output)
    logs.configure("json", "info")

    def log_entries() -> list[dict[str, Any]]:
        logs.flush()
        entries = map(json.loads, output.getvalue().splitlines())
        return [entry for entry in entries if entry["logger"].startswith(logs.ROOT)]

    yield log_entries
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def batching() -> Batching:
    """Put a queue before an engine that is wide enough for any test."""
    bounds = Bounds(batch=64, requests=1000, rows=10_000, wait_s=60, deadline_s=60)
    return lambda run: Batcher(run, bounds, observe=lambda _, __: None)


@pytest.fixture(scope="session")
def digits(settings: Settings) -> np.ndarray:
    """The digits 0 to 9 as (10, 28, 28) uint8, drawn by the project."""
    with np.load(settings.model_repository / "lenet5" / "1" / "golden.npz") as golden:
        order = golden["probabilities"].argmax(axis=1).argsort()
        return golden["images"][order]


@pytest.fixture(scope="session")
def mnist_path() -> Path:
    """MNIST's file, wherever this machine keeps it."""
    places = [
        *([Path(os.environ["MNIST_PATH"])] if os.environ.get("MNIST_PATH") else []),
        Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist.npz",
        Path.home() / ".keras" / "datasets" / "mnist.npz",
    ]
    for place in places:
        if place.is_file():
            return place
    pytest.skip("MNIST is not on this machine; name its file by MNIST_PATH")


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Encode pixels, or a Pillow image, as a picture file."""

    def encode(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        file = io.BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return encode


@pytest.fixture(scope="session")
def npy() -> Callable[[np.ndarray], bytes]:
    """Encode an array as NumPy does."""

    def npy(array: np.ndarray) -> bytes:
        file = io.BytesIO()
        np.save(file, array)
        return file.getvalue()

    return npy


@pytest.fixture(scope="session")
def predict(client: TestClient) -> Callable[..., Any]:
    """Post a body to ``/predict``; JSON unless told otherwise."""

    def predict(body: Any, kind: str | None = None, **query: str) -> Any:  # noqa: ANN401
        if kind is None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Content-Type": kind or "application/json"}
        return client.post("/predict", content=body, headers=headers, params=query)

    return predict


@pytest.fixture(scope="session")
def assert_problem(client: TestClient) -> Callable[..., dict[str, Any]]:
    """Assert what holds of every error, whatever it is about."""

    def assert_problem(response: Any, status: int, *, kind: str | None = None) -> dict[str, Any]:  # noqa: ANN401
        text = response.content.decode()
        problem = json.loads(text)

        assert response.status_code == status, text
        assert response.headers["content-type"] == "application/problem+json"
        assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "instance"}
        assert problem["type"].startswith("/problems/")
        assert kind is None or problem["type"] == f"/problems/{kind}"
        assert problem["status"] == status
        assert problem["title"]
        assert problem["detail"]
        assert problem["instance"].rpartition(":")[2] == response.headers["x-request-id"]
        assert problem["instance"].startswith("urn:")
        assert len(text) <= 4096
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        for leak in (MARKER, "Traceback", ".py", "site-packages", "Error", "Exception", "service.", " at 0x"):
            assert leak not in text
        faults = problem.get("errors", [])
        assert len(faults) <= 20
        for fault in faults:
            assert set(fault) == {"pointer", "detail"}
            assert fault["pointer"].startswith("#")
        assert client.get("/health/live").status_code == 200
        return problem

    return assert_problem


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., str]]:
    """Start a service as a user does, with settings of its own; give its address."""
    running = contextlib.ExitStack()

    def serve(**settings: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = running.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "service"],
                env={**os.environ, "LENET_PORT": str(port), **settings},
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert process.stdout
        # The server says when it listens: no need to ask again and again.
        for line in process.stdout:
            if "running on" in line:
                break
        # What it says later is read away: a full pipe would stop it.
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        running.callback(reader.join)
        running.callback(process.terminate)
        address = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{address}/health/ready", timeout=10) as answer:
            assert answer.status == 200
        return address

    with running:
        yield serve

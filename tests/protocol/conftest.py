"""A service with two versions of the packaged model, and the networks themselves to compare with."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from service.settings import PACKAGED_RECOGNISER

Run = Callable[[str, np.ndarray], dict[str, np.ndarray]]


@pytest.fixture(scope="session")
def repository(copy_packaged: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for version in ("1", "2"):
        copy_packaged(folder / "lenet5" / version)
    return folder


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Give a port at which nothing listens."""

    def free_port() -> int:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
            return port

    return free_port


@pytest.fixture(scope="session")
def grpc_address(free_port: Callable[[], int]) -> str:
    """Where the service of ``address`` speaks gRPC."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def address(serve: Callable[..., str], repository: Path, grpc_address: str) -> str:
    """The address of a service of two versions, whose models may be loaded and unloaded."""
    return serve(
        LENET_GRPC_PORT=grpc_address.rpartition(":")[2],
        LENET_MODEL_REPOSITORY=str(repository),
        LENET_REPOSITORY_API="on",
        LENET_DEVICE="cpu",
        LENET_THREADS="1",
    )


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a file of the packaged model by ONNX Runtime itself; give every output by its name."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = {
        name: ort.InferenceSession(PACKAGED_RECOGNISER / name, options, providers=["CPUExecutionProvider"])
        for name in ("model.onnx", "layers.onnx")
    }

    def run(name: str, images: np.ndarray) -> dict[str, np.ndarray]:
        names = [output.name for output in sessions[name].get_outputs()]
        return dict(zip(names, sessions[name].run(names, {"image": images}), strict=True))

    return run


@pytest.fixture
def serve_process() -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start a service that a test ends itself, and whose lines it reads; give its process and address."""
    started: list[subprocess.Popen[str]] = []

    def serve_process(**settings: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "service"],
            env={**os.environ, "LENET_PORT": "0", "LENET_DEVICE": "cpu", **settings},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        address = ""
        assert process.stdout
        for line in process.stdout:
            if found := re.search(r"running on (http://[\d.:]+)", line):
                address = found[1]
            if "startup complete" in line:
                break
        return process, address

    yield serve_process
    for process in started:
        with process:
            process.kill()


@pytest.fixture
def images(digits: np.ndarray) -> np.ndarray:
    return digits[..., None]


@pytest.fixture
def pictures(digits: np.ndarray, encode: Callable[..., bytes]) -> list[bytes]:
    """Picture files of every kind, none of them ready for the network."""
    enlarged = [
        np.pad(255 - digit.repeat(3, 0).repeat(3, 1), 20, constant_values=255) for digit in digits[:4]
    ]
    kinds = ("PNG", "JPEG", "BMP", "WEBP")
    return [encode(picture, kind) for picture, kind in zip(enlarged, kinds, strict=True)]

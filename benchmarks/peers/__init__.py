"""
The servers that this service is measured against: each a folder with a small app and its pinned requirements.

All of them serve the shipped network, which the environment variable ``MODEL`` names; ``{port}`` in a command
or a variable stands for the port.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from benchmarks.calls import (
    Call,
    binary_bytes,
    form,
    json_bytes,
    listed,
    output,
    picture,
    predicted,
    raw_tensor,
)

FOLDER = Path(__file__).parent
UVICORN = ("-m", "uvicorn", "app:app", "--port", "{port}", "--no-access-log")
APP = ("app.py", "{port}")
RAY = {"RAY_USAGE_STATS_ENABLED": "0"}


@dataclass(frozen=True)
class Server:
    """
    A server and how it is asked.

    Attributes:
        folder: Where it runs, and where its pinned requirements are.
        calls: Its endpoints; the first tells when it is ready.
        command: Arguments of the interpreter.
        runtime: The interpreter: this project's own, or one with an environment of the peer's own.
        environment: Variables that it is started with.
        package: What it is made with, among its pinned requirements.
        processors: How many processors it may use; None for all.
    """

    folder: Path
    calls: tuple[Call, ...]
    command: tuple[str, ...]
    runtime: Literal["own", "python", "python3.12", "node"]
    environment: Mapping[str, str] = field(default_factory=dict)
    package: str = ""
    processors: int | None = None

    @property
    def version(self) -> str:
        """Name and pinned version of its package."""
        if self.runtime == "node":
            pins = json.loads((self.folder / "package.json").read_text())["dependencies"]
            return f"{self.package} {pins[self.package]}"
        lines = (self.folder / "requirements.txt").read_text().splitlines()
        return next(line.replace("==", " ") for line in lines if line.startswith(f"{self.package}=="))


OURS = Server(
    folder=FOLDER.parents[1],
    calls=(Call("this service", "/predict", picture, predicted),),
    command=("-m", "service"),
    runtime="own",
    environment={"LENET_PORT": "{port}", "LENET_LOG_LEVEL": "info", "LENET_LOG_FORMAT": "json"},
)

PEERS = {
    "bare_asgi": Server(
        FOLDER / "bare_asgi",
        (Call("bare ASGI app on uvicorn, does nothing", "/predict", picture, None),),
        (*UVICORN, "--lifespan", "off"),
        "own",
    ),
    "empty_fastapi": Server(
        FOLDER / "empty_fastapi",
        (Call("FastAPI, empty endpoint", "/predict", picture, None),),
        UVICORN,
        "own",
    ),
    "tutorial_fastapi": Server(
        FOLDER / "tutorial_fastapi",
        (
            Call("FastAPI as tutorials do it, raw body", "/raw", picture, listed),
            Call("FastAPI as tutorials do it, multipart", "/upload", form, listed),
            Call("FastAPI as tutorials do it, sync multipart", "/sync", form, listed),
        ),
        UVICORN,
        "python",
        package="fastapi",
    ),
    "litserve": Server(
        FOLDER / "litserve",
        (Call("LitServe", "/predict", picture, listed),),
        APP,
        "python",
        package="litserve",
    ),
    "bentoml": Server(
        FOLDER / "bentoml",
        (Call("BentoML", "/predict", picture, listed),),
        ("-m", "bentoml", "serve", "app:Digits", "--host", "127.0.0.1", "--port", "{port}"),
        "python",
        {"BENTOML_DO_NOT_TRACK": "True"},
        package="bentoml",
    ),
    "mlserver": Server(
        FOLDER / "mlserver",
        (Call("MLServer", "/v2/models/digits/infer", json_bytes, output),),
        APP,
        "python",
        package="mlserver",
    ),
    "ray_serve": Server(
        FOLDER / "ray_serve",
        (Call("Ray Serve, default proxy", "/predict", picture, listed),),
        APP,
        "python",
        RAY,
        package="ray",
    ),
    "ray_serve_haproxy": Server(
        FOLDER / "ray_serve",
        (Call("Ray Serve, HAProxy and options for throughput", "/predict", picture, listed),),
        APP,
        "python",
        {
            **RAY,
            "RAY_SERVE_ENABLE_HA_PROXY": "1",
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_HAPROXY_METRICS_PORT": "{second_port}",
            "RAY_SERVE_HAPROXY_STATS_PORT": "{third_port}",
        },
        package="ray",
    ),
    "pytriton": Server(
        FOLDER / "pytriton",
        (Call("Triton core with Python backend", "/v2/models/digits/infer", binary_bytes, raw_tensor),),
        APP,
        "python3.12",
        package="nvidia-pytriton",
    ),
    "fastify": Server(
        FOLDER / "fastify",
        (Call("Fastify on Node.js", "/predict", picture, listed),),
        ("app.js", "{port}"),
        "node",
        package="fastify",
    ),
}

"""What tests may ask for: a running service, drawn digits, independent encoders, what a problem is."""

import asyncio
import contextlib
import dataclasses
import hashlib
import io
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
import warnings
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import hypothesis
import numpy as np
import pytest
import uvicorn
import uvloop
from fastapi import APIRouter
from httpx2 import Client
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from starlette.testclient import TestClient

from service import logs
from service.app import create_app
from service.application import Application
from service.digits.network import Batching
from service.engine.batcher import Batcher, QueueLimits
from service.http.admission import Admission
from service.http.endpoints import Endpoint
from service.repository.opening import open_folder
from service.repository.repository import Repository
from service.routes import pages
from service.server import connection
from service.server.connection import APPLICATION
from service.settings import PACKAGED_MODELS, PACKAGED_RECOGNISER, Settings
from training import arguments
from training.augmentation import Augmentation
from training.data import Mnist
from training.golden import golden_images
from training.progress import Plain

Listen = Callable[..., AbstractContextManager[int]]

hypothesis.settings.register_profile(
    "suite", deadline=None, derandomize=True, database=None, max_examples=50, print_blob=False
)
hypothesis.settings.load_profile("suite")

ON_LOOP = {
    "uvloop": ["-m", "service"],
    # uvicorn takes uvloop wherever it can be imported.
    "asyncio": [
        "-c",
        "import sys; sys.modules['uvloop'] = None; from service.__main__ import main; sys.exit(main())",
    ],
}
"""How to start a service on each event loop."""

MARKER = "xyzzy"
"""A word that tests put into their input: no error may repeat it."""


@pytest.fixture(scope="session")
def settings() -> Settings:
    # Golden images that are asked now and then would be counted among those that a test sends.
    return Settings(device="cpu", threads=1, canary_s=3_600)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Application:
    return create_app(settings)


@pytest.fixture(scope="session")
def client(app: Application) -> Iterator[Client]:
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def assemble(settings: Settings) -> Callable[..., Application]:
    """Make an application of a test's own endpoints; they are found, let in, answered and noted as ever."""

    def assemble(
        endpoints: Iterable[Endpoint] = (), routers: Iterable[APIRouter] = (), **changes: object
    ) -> Application:
        @asynccontextmanager
        async def lifespan(_: object) -> AsyncIterator[dict[str, Any]]:
            yield {APPLICATION: app.dispatcher}

        app = Application(openapi_url=None, lifespan=lifespan)
        changed = settings.model_copy(update=changes)
        app.admission = Admission(changed)
        app.install(
            changed,
            observe=lambda *_: None,
            endpoints=endpoints,
            routers=[*routers, pages.routes(app.openapi)],
        )
        return app

    return assemble


@pytest.fixture(scope="session")
def listen() -> Listen:
    """Serve an application from a thread, with the connections that ``python -m service`` has."""
    loops = {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}

    @contextlib.contextmanager
    def listen(
        app: Application, settings: Settings, *, loop: Literal["asyncio", "uvloop"] = "uvloop"
    ) -> Iterator[int]:
        """Give the port while it is served."""
        config = uvicorn.Config(
            app,
            http=connection.factory(settings),  # type: ignore[arg-type]  # any factory will do
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:

            def serve() -> None:
                with asyncio.Runner(loop_factory=loops[loop]) as runner:
                    runner.run(server.serve(sockets=[listener]))

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                yield listener.getsockname()[1]
            finally:
                server.should_exit = True
                thread.join()

    return listen


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
    bounds = QueueLimits(batch=64, requests=1000, rows=10_000, wait_s=60, deadline_s=60)
    return lambda run: Batcher(run, bounds, observe=lambda _, __: None)


@pytest.fixture(scope="session")
def packaged(batching: Batching) -> Repository:
    """The models of the package, each with a queue."""
    return open_folder(PACKAGED_MODELS, device="cpu", batching=batching, most_versions=1)


@pytest.fixture(scope="session")
def copy_packaged() -> Callable[..., Path]:
    """Copy the recogniser of the package into the folder of a version, which its card then names."""

    def copy(version: Path, /, **members: Any) -> Path:  # noqa: ANN401
        shutil.copytree(PACKAGED_RECOGNISER, version)
        card = json.loads((version / "card.json").read_text())
        named = {"name": version.parent.name, "version": version.name, **members}
        (version / "card.json").write_text(json.dumps({**card, **named}))
        return version

    return copy


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """The digits 0 to 9 as (10, 28, 28) uint8, drawn by the project."""
    with np.load(PACKAGED_RECOGNISER / "golden.npz") as golden:
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
def drawn_mnist() -> Mnist:
    """The golden digits, distorted into 600 images to learn from and 100 to test on."""
    random = np.random.default_rng(0)
    distort = Augmentation(rotation_deg=10, shear=0.1, shift_px=1.5, pen_share=0, paper_share=0)
    labels = np.tile(np.arange(10, dtype=np.uint8), 70)
    images = distort(golden_images()[labels], random)
    return Mnist(images[:600], labels[:600], images[600:], labels[600:])


@pytest.fixture(scope="session")
def table_i() -> np.ndarray:
    """Which maps of S2, the rows, each map of C3 sees, the columns: table I of LeCun et al. 1998."""
    printed = """
        X . . . X X X . . X X X X . X X
        X X . . . X X X . . X X X X . X
        X X X . . . X X X . . X . X X X
        . X X X . . X X X X . . X . X X
        . . X X X . . X X X X . X X . X
        . . . X X X . . X X X X . X X X
    """
    return np.array([line.split() for line in printed.strip().splitlines()]) == "X"


@pytest.fixture(scope="session")
def ridges(drawn_mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of version 1 of a network made for the tests, trained as any other: 32x32, other layers."""
    from training import networks
    from training.pipeline import train
    from training.startup import load_tensorflow

    folder = tmp_path_factory.mktemp("ridges")
    settings = arguments.parse(
        ["--images", "300", "--epochs", "2", "--repository", str(folder / "models"), "--runs", str(folder)]
    )
    settings = dataclasses.replace(settings, network="ridges", name="ridges")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        # Keras 3.15 saves its variables by a protocol that NumPy 2 has deprecated.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        patch.setattr(networks, "__path__", [*networks.__path__, str(Path(__file__).parent / "networks")])
        load_tensorflow()
        return train(drawn_mnist, settings, Plain(io.StringIO()))


@pytest.fixture(scope="session")
def write_elsewhere() -> Callable[..., Path]:
    """Write a version as another program may, by the documented contract alone: 32x32, layers of its own."""

    def write(version: Path, *, last: str = "dense_1") -> Path:
        random = np.random.default_rng(5)
        kernel = random.normal(0, 0.1, (1024, 10)).astype(np.float32)
        bias = random.normal(0, 0.1, 10).astype(np.float32)
        constants = {
            f"{last}.kernel": kernel,
            f"{last}.bias": bias,
            "edges_1.strength": np.float32([2]),
            "white": np.float32([1 / 255]),
            "square": np.int64([-1, 32, 32]),
            "line": np.int64([-1, 1024]),
            "last": np.int64([-1]),
        }
        nodes = [
            helper.make_node("Cast", ["image"], ["cast"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["cast", "white"], ["grey"]),
            helper.make_node("Reshape", ["grey", "square"], ["plain"]),
            helper.make_node("Mul", ["plain", "edges_1.strength"], ["edges_1"]),
            helper.make_node("Reshape", ["edges_1", "line"], ["flatten_1"]),
            helper.make_node("MatMul", ["flatten_1", f"{last}.kernel"], ["product"]),
            helper.make_node("Add", ["product", f"{last}.bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], [last], axis=-1),
            helper.make_node("Identity", [last], ["probabilities"]),
            helper.make_node("ReduceMax", ["logits", "last"], ["familiarity"], keepdims=0),
        ]
        image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 32, 32, 1])

        def file(outputs: dict[str, tuple[int, ...]]) -> bytes:
            infos = [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])
                for name, shape in outputs.items()
            ]
            tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
            graph = helper.make_graph(nodes, "elsewhere", [image], infos, tensors)
            opset = [helper.make_opsetid("", 18)]
            return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()

        images = random.integers(0, 256, (4, 32, 32), np.uint8)
        logits = (images.reshape(4, 1024) / 255 * 2) @ kernel.astype(float) + bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        golden = io.BytesIO()
        np.savez(golden, images=images, probabilities=powers / powers.sum(axis=1, keepdims=True))
        files = {
            "model.onnx": file({"probabilities": (10,), "logits": (10,), "familiarity": ()}),
            "layers.onnx": file({"edges_1": (32, 32), "flatten_1": (1024,), last: (10,)}),
            "golden.npz": golden.getvalue(),
        }
        test = {"images": 4, "errors": 0, "accuracy": 1, "accuracy_interval_95": [0.5, 1]}
        dense = {"kernel": ["inputs", "units"], "bias": ["units"]}
        card = {
            "name": version.parent.name,
            "version": version.name,
            "recipe": "by hand",
            "created": "2026-11-27",
            "classes": list("0123456789"),
            "layers": [
                {
                    "name": "edges_1",
                    "type": "Edges",
                    "output_shape": [32, 32],
                    "parameters": 1,
                    "weights": {"strength": ["everything"]},
                },
                {"name": "flatten_1", "type": "Flatten", "output_shape": [1024], "parameters": 0},
                {
                    "name": last,
                    "type": "Dense",
                    "output_shape": [10],
                    "parameters": 10_250,
                    "activation": "softmax",
                    "weights": dense,
                },
            ],
            "parameters": 10_251,
            "temperature": 1,
            "familiarity": {"threshold": -100},
            "evaluation": {"test": {**test, "nll": 0.1, "brier": 0.1, "ece": 0.1}},
        }
        return _written(version, card, files)

    return write


def _written(version: Path, card: dict[str, Any], files: dict[str, bytes]) -> Path:
    """Write a version's files, and its card with size and hash of each."""
    listed = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()
    }
    version.mkdir(parents=True)
    for name, data in files.items():
        (version / name).write_bytes(data)
    (version / "card.json").write_text(json.dumps({**card, "files": listed}))
    return version


@pytest.fixture(scope="session")
def write_ink() -> Callable[[Path], Path]:
    """Write a version with the role ``ink``: images of any size, every other row and column; any count."""

    def write(version: Path) -> Path:
        constants = {"white": np.float32([1]), "last": np.int64([3])}
        steps = {"starts": [0, 0], "ends": [2**31, 2**31], "axes": [1, 2], "steps": [2, 2]}
        constants |= {name: np.int64(values) for name, values in steps.items()}
        constants |= {"sides": np.int64([1, 2]), "behind": np.int64([1])}
        nodes = [
            helper.make_node("Squeeze", ["image", "last"], ["grey"]),
            helper.make_node("Sub", ["white", "grey"], ["dark"]),
            helper.make_node("Slice", ["dark", *steps], ["ink"]),
            helper.make_node("ReduceMean", ["grey", "sides"], ["level"], keepdims=0),
            helper.make_node("Unsqueeze", ["level", "behind"], ["levels"]),
            helper.make_node("Concat", ["levels"] * 3, ["alike"], axis=1),
            helper.make_node("Softmax", ["alike"], ["count"], axis=1),
        ]
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", "height", "width", 1])
        ink = helper.make_tensor_value_info("ink", TensorProto.FLOAT, ["batch", "rows", "columns"])
        count = helper.make_tensor_value_info("count", TensorProto.FLOAT, ["batch", 3])
        tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
        graph = helper.make_graph(nodes, "ink", [image], [ink, count], tensors)
        opset = [helper.make_opsetid("", 18)]
        images = np.random.default_rng(3).random((2, 40, 50), np.float32)
        golden = io.BytesIO()
        likely = np.full((2, 3), 1 / 3, np.float32)
        np.savez(golden, images=images, ink=1 - images[:, ::2, ::2], count=likely)
        files = {
            "model.onnx": helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString(),
            "golden.npz": golden.getvalue(),
        }
        card = {
            "name": version.parent.name,
            "version": version.name,
            "role": "ink",
            "recipe": "by hand",
            "created": "2026-11-27",
            "parameters": 0,
        }
        return _written(version, card, files)

    return write


@pytest.fixture(scope="session")
def stored() -> Callable[[Image.Image, int], Image.Image]:
    """Turn an upright picture as a camera stores it that tells this orientation (EXIF 2.32, tag 274)."""
    how = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return lambda image, orientation: image if orientation == 1 else image.transpose(how[orientation])


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


# Not once a session: which client it is depends on where a test stands.
@pytest.fixture
def predict(client: Client) -> Callable[..., Any]:
    """Post a body to ``/predict``; JSON unless told otherwise."""

    def predict(body: Any, kind: str | None = None, **query: str) -> Any:  # noqa: ANN401
        if kind is None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Content-Type": kind or "application/json"}
        return client.post("/predict", content=body, headers=headers, params=query)

    return predict


@pytest.fixture
def assert_problem(client: Client) -> Callable[..., dict[str, Any]]:
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
def start_on() -> Callable[[str], list[str]]:
    """Give the command that starts a service on an event loop."""
    return lambda loop: [sys.executable, *ON_LOOP[loop]]


@pytest.fixture(scope="session")
def serve(start_on: Callable[[str], list[str]]) -> Iterator[Callable[..., str]]:
    """Start a service as a user does, with settings of its own; give its address."""
    running = contextlib.ExitStack()

    def serve(loop: str = "uvloop", **settings: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = running.enter_context(
            subprocess.Popen(
                start_on(loop),
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

"""A service on a real socket whose engine the test makes, and many clients at once."""

import contextlib
import functools
import http.client
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from service.app import create_app
from service.application import Application
from service.settings import PACKAGED_RECOGNISER, Settings

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="session")
def known(mnist_path: Path) -> dict[str, np.ndarray]:
    """2,000 training images and what the packaged network says of each alone, by the names of its tensors."""
    with np.load(mnist_path) as data:
        images = data["x_train"][:2_000, ..., None]
    model = PACKAGED_RECOGNISER / "model.onnx"
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    told = ["logits", "probabilities"]
    alone = [session.run(told, {"image": image[None]}) for image in images]
    return {"image": images, **dict(zip(told, map(np.concatenate, zip(*alone, strict=True)), strict=True))}


@pytest.fixture
def serve_with(
    settings: Settings, listen: Callable[..., AbstractContextManager[int]]
) -> Iterator[Callable[..., tuple[Application, int]]]:
    """Serve with settings and perhaps an engine of the test's own in the place of every network."""
    running = contextlib.ExitStack()

    def serve_with(run: Callable[..., Any] | None = None, **changes: object) -> tuple[Application, int]:
        changed = settings.model_copy(update=changes)
        app = create_app(changed)
        if run:
            for network in app.served.recognisers():
                network.batcher._run = functools.partial(run, network.batcher._run)
        return app, running.enter_context(listen(app, changed))

    with running:
        yield serve_with


class Client:
    """A connection that posts and gets."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=30, source_address=(address, 0)
        )

    def __call__(
        self, path: str, body: bytes | None = None, kind: str = "image/png", **headers: str
    ) -> Answer:
        method = "GET" if body is None else "POST"
        self._connection.request(method, path, body, {"Content-Type": kind, **headers})
        return self.answer()

    def answer(self) -> Answer:
        answer = self._connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def ask(self, path: str, body: bytes, kind: str = "image/png") -> None:
        """Post without waiting for the answer."""
        self._connection.request("POST", path, body, {"Content-Type": kind})

    def reset(self) -> None:
        """Leave for good, so that the server learns of it at once."""
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def clients() -> Callable[..., list[Any]]:
    """Let many clients work at once, each over a connection of its own; give what each brings back."""

    def clients(port: int, number: int, work: Callable[[Client, int], Any]) -> list[Any]:
        def one(index: int) -> Any:  # noqa: ANN401
            client = Client(port)
            try:
                return work(client, index)
            finally:
                client.close()

        with ThreadPoolExecutor(number) as pool:
            return list(pool.map(one, range(number)))

    return clients


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Open a connection, perhaps from another address, which is closed at the end."""
    opened: list[Client] = []

    def connect(port: int, address: str = "127.0.0.1") -> Client:
        opened.append(Client(port, address))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()

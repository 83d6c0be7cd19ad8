"""Convolution for other apps: against bare ONNX Runtime without HTTP, and against SciPy behind HTTP."""

import http.client
import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

from benchmarks.servers import running, service

CLIENTS = 4
CALLS = 40
LARGEST_ANSWER = 2**25
KERNELS = (16, 3, 5, 5)
COLOUR = (3, 512, 512)
GREY = (1024, 1024)


@dataclass(frozen=True)
class Operations:
    """
    Medians over interleaved runs of the seconds that one of many calls takes.

    Attributes:
        bare_s: ONNX Runtime in this process on all processors, 3x512x512 with 16 kernels of 5x5.
        colour_s: The same by the service, npy in and out, over ``CLIENTS`` connections.
        scipy_s: ``scipy.signal.convolve2d`` of 1024x1024 with Sobel behind a bare ASGI app, as many clients.
        grey_s: The same by the service.
    """

    bare_s: float
    colour_s: float
    scipy_s: float
    grey_s: float


def measure(runs: int) -> Operations:
    """Measure one of each in turn, after one of each that does not count."""
    numbers = np.random.default_rng(0)
    colour, kernels = (numbers.random(shape, np.float32) for shape in (COLOUR, KERNELS))
    grey = _npy(numbers.random(GREY, np.float32))
    session = _bare_session()
    with service() as (_, ours), running(["benchmarks.scipy_server"], "/") as (_, scipy):
        rivals = (
            [lambda: session.run(["output"], {"input": colour[None], "kernels": kernels})],
            _clients(ours, "/convolve?operation=cross_correlation", _npy(colour) + _npy(kernels)),
            _clients(scipy, "/", grey),
            _clients(ours, "/convolve?kernel=sobel_x", grey),
        )
        seconds = [[_seconds(clients) for clients in rivals] for _ in range(runs + 1)][1:]
    return Operations(*(median(figures) for figures in zip(*seconds, strict=True)))


def _bare_session() -> ort.InferenceSession:
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input", "kernels"], ["output"])],
        "convolution",
        [
            helper.make_tensor_value_info("input", TensorProto.FLOAT, (1, *COLOUR)),
            helper.make_tensor_value_info("kernels", TensorProto.FLOAT, KERNELS),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _clients(address: str, target: str, body: bytes) -> list[Callable[[], object]]:
    return [_client(address, target, body) for _ in range(CLIENTS)]


def _client(address: str, target: str, body: bytes) -> Callable[[], object]:
    """Give a call that posts a body over a connection of its own, and reads the answer into one buffer."""
    buffer = memoryview(bytearray(LARGEST_ANSWER))
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    headers = {"Content-Type": "application/x-npy", "Accept": "application/x-npy"}

    def call() -> None:
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            message = f"{target} was answered {answer.status}"
            raise RuntimeError(message)
        while answer.readinto(buffer):
            pass

    return call


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _seconds(clients: list[Callable[[], object]]) -> float:
    """Share ``CALLS`` calls among clients that run at a time; give the seconds that one takes."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(_repeat, client, CALLS // len(clients)) for client in clients]:
            done.result()
    return (time.perf_counter() - started) / CALLS


def _repeat(call: Callable[[], object], times: int) -> None:
    for _ in range(times):
        call()

"""Convolution for other apps: against bare ONNX Runtime without HTTP, and against SciPy behind HTTP."""

import http.client
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

from benchmarks.servers import running, service

KERNELS = (16, 3, 5, 5)
COLOUR = (3, 512, 512)
GREY = (1024, 1024)


@dataclass(frozen=True)
class Operations:
    """
    Medians of seconds over interleaved runs.

    Attributes:
        bare_s: ONNX Runtime in this process, 3x512x512 with 16 kernels of 5x5.
        colour_s: The same by the service, npy in and out.
        scipy_s: ``scipy.signal.convolve2d`` of 1024x1024 with Sobel behind a bare ASGI app.
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
        calls = (
            lambda: session.run(["output"], {"input": colour[None], "kernels": kernels}),
            _post(ours, "/convolve?operation=cross_correlation", _npy(colour) + _npy(kernels)),
            _post(scipy, "/", grey),
            _post(ours, "/convolve?kernel=sobel_x", grey),
        )
        seconds = [[_timed(call) for call in calls] for _ in range(runs + 1)][1:]
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


def _post(address: str, target: str, body: bytes) -> Callable[[], None]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    headers = {"Content-Type": "application/x-npy", "Accept": "application/x-npy"}

    def call() -> None:
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK or not answer.read():
            message = f"{target} was answered {answer.status}"
            raise RuntimeError(message)

    return call


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started

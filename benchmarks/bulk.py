"""Ten thousand ready images in one request, against a bare ONNX Runtime loop over the same images."""

import http.client
import io
import json
import time
from dataclasses import dataclass
from statistics import median

import numpy as np
import onnxruntime as ort

from benchmarks.servers import service
from service.settings import PACKAGED_RECOGNISER

IMAGES = 10_000
BATCH = 64


@dataclass(frozen=True)
class Bulk:
    """Medians of images per second over interleaved runs."""

    bare_per_s: float
    service_per_s: float


def measure(runs: int) -> Bulk:
    """Measure one of each in turn, after one of each that does not count."""
    with np.load(PACKAGED_RECOGNISER / "golden.npz") as golden:
        images = np.resize(golden["images"], (IMAGES, 28, 28))
    stream = io.BytesIO()
    np.save(stream, images)
    session = ort.InferenceSession(
        (PACKAGED_RECOGNISER / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"]
    )
    with service() as (_, address):
        pairs = [(_bare(session, images), _posted(address, stream.getvalue())) for _ in range(runs + 1)][1:]
    return Bulk(*(IMAGES / median(seconds) for seconds in zip(*pairs, strict=True)))


def _bare(session: ort.InferenceSession, images: np.ndarray) -> float:
    started = time.perf_counter()
    for start in range(0, IMAGES, BATCH):
        session.run(["probabilities"], {"image": images[start : start + BATCH, ..., None]})
    return time.perf_counter() - started


def _posted(address: str, body: bytes) -> float:
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    started = time.perf_counter()
    connection.request("POST", "/predict", body, {"Content-Type": "application/x-npy"})
    answer = connection.getresponse().read()
    elapsed = time.perf_counter() - started
    connection.close()
    if len(json.loads(answer)["predictions"]) != IMAGES:
        message = "the service did not answer every image"
        raise RuntimeError(message)
    return elapsed

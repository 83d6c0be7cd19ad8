"""
Ray Serve with one replica that has one processor, and batching without a wait.

The runner measures it twice: with the default proxy, and with the options for throughput that its
documentation names (HAProxy in front, which listens on every interface; fewer threads and buffered logs
behind it). Usage reports, dashboard and access log are off.
"""

import io
import os
import signal
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import ray
from PIL import Image
from ray import serve
from ray.serve.config import HTTPOptions
from ray.serve.schema import LoggingConfig
from starlette.requests import Request


def prepare(file: bytes) -> npt.NDArray[np.uint8]:
    """Decode a picture, resize it to 28x28, and make it light on dark."""
    image = np.array(Image.open(io.BytesIO(file)).convert("L").resize((28, 28)))
    return 255 - image if image.mean() > 127 else image


@serve.deployment(
    num_replicas=1,
    max_ongoing_requests=100,
    ray_actor_options={"num_cpus": 1},
    logging_config=LoggingConfig(enable_access_log=False),
)
class Digits:
    """Pictures in, probabilities out."""

    def __init__(self, model: str) -> None:
        """Load the network with one thread: more only wait for each other with so small a network."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @serve.batch(max_batch_size=16, batch_wait_timeout_s=0)
    async def predict(self, images: list[Any]) -> list[Any]:
        """Give probabilities for each picture of a batch."""
        return list(self.session.run(["probabilities"], {"image": np.stack(images)[..., None]})[0])

    async def __call__(self, request: Request) -> dict[str, Any]:
        """Answer one picture."""
        probabilities = await self.predict(prepare(await request.body()))
        return {"digit": int(probabilities.argmax()), "probabilities": probabilities.tolist()}


if __name__ == "__main__":
    quiet = LoggingConfig(enable_access_log=False)
    ray.init(include_dashboard=False, logging_config=None)
    serve.start(http_options=HTTPOptions(host="127.0.0.1", port=int(sys.argv[1])), logging_config=quiet)
    serve.run(Digits.bind(os.environ["MODEL"]), route_prefix="/predict")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    serve.shutdown()
    ray.shutdown()

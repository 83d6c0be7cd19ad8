"""
LitServe with dynamic batching and its fast queue (ZeroMQ), made for many requests a second.

One worker and one API server, as installed, and no wait for a fuller batch: both tried, this is the quickest.
The body is taken as it is, which is quicker than a form or JSON with base64.
"""

import io
import os
import sys
from typing import Annotated, Any

import litserve
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from fastapi import Body
from PIL import Image


def prepare(file: bytes) -> npt.NDArray[np.uint8]:
    """Decode a picture, resize it to 28x28, and make it light on dark."""
    image = np.array(Image.open(io.BytesIO(file)).convert("L").resize((28, 28)))
    return 255 - image if image.mean() > 127 else image


class Digits(litserve.LitAPI):
    """Prepare in the worker, predict a batch at once."""

    def setup(self, device: str) -> None:
        """Load the network with one thread: more only wait for each other with so small a network."""
        del device
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])

    def decode_request(self, request: Annotated[bytes, Body(media_type="image/png")]) -> Any:
        """Prepare the picture."""
        return prepare(request)

    def batch(self, inputs: list[Any]) -> Any:
        """Stack the pictures."""
        return np.stack(inputs)[..., None]

    def predict(self, x: Any) -> Any:
        """Give probabilities, one row a picture."""
        return self.session.run(["probabilities"], {"image": x})[0]

    def unbatch(self, output: Any) -> Any:
        """Give the rows."""
        return list(output)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """List the probabilities."""
        return {"digit": int(output.argmax()), "probabilities": output.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(
        Digits(max_batch_size=16, batch_timeout=0), accelerator="cpu", devices=1, fast_queue=True
    )
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )

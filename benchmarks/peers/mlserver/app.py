"""
MLServer with a runtime of its own for ONNX, in the server's process.

``parallel_workers`` is 0, for inference that takes less than handing a request to another process; adaptive
batching is on. Its REST edge takes no binary data, so files travel as base64 in the protocol's JSON.
"""

import asyncio
import io
import os
import sys

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import Base64Codec, NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from PIL import Image


def prepare(file: bytes) -> npt.NDArray[np.uint8]:
    """Decode a picture, resize it to 28x28, and make it light on dark."""
    image = np.array(Image.open(io.BytesIO(file)).convert("L").resize((28, 28)))
    return 255 - image if image.mean() > 127 else image


class Digits(MLModel):
    """A batch of pictures in, a batch of probabilities out."""

    async def load(self) -> bool:
        """Load the network with one thread: more only wait for each other with so small a network."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer a request, which may be several merged."""
        images = np.stack([*map(prepare, Base64Codec.decode_input(payload.inputs[0]))])
        probabilities = self.session.run(["probabilities"], {"image": images[..., None]})[0]
        return InferenceResponse(
            model_name=self.name, outputs=[NumpyCodec.encode_output("probabilities", probabilities)]
        )


async def serve(port: int) -> None:
    """Serve REST on this port; gRPC and metrics take free ones."""
    settings = Settings(
        host="127.0.0.1",
        http_port=port,
        grpc_port=0,
        metrics_port=0,
        parallel_workers=0,
        debug=False,
    )
    model = ModelSettings(name="digits", implementation=Digits, max_batch_size=16, max_batch_time=0.001)
    await MLServer(settings).start([model])


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

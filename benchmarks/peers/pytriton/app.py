"""
Triton's core with its Python backend through PyTriton: files over HTTP, dynamic batching, one instance.

Batches are what is queued, without a delay (Triton's default); the protocol's binary form is the quickest
that its HTTP edge takes. gRPC and metrics are off.
"""

import io
import os
import sys

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from PIL import Image
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

options = ort.SessionOptions()
options.intra_op_num_threads = 1  # more only wait for each other with so small a network
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])


def prepare(file: bytes) -> npt.NDArray[np.uint8]:
    """Decode a picture, resize it to 28x28, and make it light on dark."""
    image = np.array(Image.open(io.BytesIO(file)).convert("L").resize((28, 28)))
    return 255 - image if image.mean() > 127 else image


@batch
def predict(image: npt.NDArray[np.bytes_]) -> dict[str, npt.NDArray[np.float32]]:
    """Give the probabilities of a batch of files."""
    images = np.stack([prepare(file) for file in image[:, 0]])
    return {"probabilities": session.run(["probabilities"], {"image": images[..., None]})[0]}


if __name__ == "__main__":
    config = TritonConfig(
        http_address="127.0.0.1", http_port=int(sys.argv[1]), allow_grpc=False, allow_metrics=False
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name="digits",
            infer_func=predict,
            inputs=[Tensor(name="image", dtype=bytes, shape=(1,))],
            outputs=[Tensor(name="probabilities", dtype=np.float32, shape=(10,))],
            config=ModelConfig(max_batch_size=16, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        )
        triton.serve()

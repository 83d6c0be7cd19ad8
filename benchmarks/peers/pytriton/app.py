"""
Triton's core with its Python backend through PyTriton: tensors over HTTP, dynamic batching, one instance.

Batches are what is queued, without a delay (Triton's default); the protocol's binary tensors are the quickest
that its HTTP edge takes. gRPC and metrics are off.
"""

import os
import sys

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

options = ort.SessionOptions()
options.intra_op_num_threads = 1  # more only wait for each other with so small a network
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])


@batch
def predict(image: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
    """Give the probabilities of a batch."""
    return {"probabilities": session.run(["probabilities"], {"image": image})[0]}


if __name__ == "__main__":
    config = TritonConfig(
        http_address="127.0.0.1", http_port=int(sys.argv[1]), allow_grpc=False, allow_metrics=False
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name="digits",
            infer_func=predict,
            inputs=[Tensor(name="image", dtype=np.uint8, shape=(28, 28, 1))],
            outputs=[Tensor(name="probabilities", dtype=np.float32, shape=(10,))],
            config=ModelConfig(max_batch_size=16, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        )
        triton.serve()

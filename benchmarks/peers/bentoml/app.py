"""
BentoML with one worker, the picture as the whole body (its type for images is Pillow's), and an async method.

Adaptive batching was tried and left out: it takes lists in forms, costs as much processor time, and answers
503 when the window that it learns is missed. Telemetry and the access log are off.
"""

import os
from typing import Any

import bentoml
import numpy as np
import onnxruntime as ort
from PIL import Image


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Digits:
    """Pictures in, probabilities out."""

    def __init__(self) -> None:
        """Load the network with one thread: more only wait for each other with so small a network."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])

    @bentoml.api
    async def predict(self, image: Image.Image, /) -> dict[str, Any]:
        """Answer one picture."""
        pixels = np.array(image.convert("L").resize((28, 28)))
        if pixels.mean() > 127:
            pixels = 255 - pixels
        probabilities = self.session.run(["probabilities"], {"image": pixels[None, ..., None]})[0][0]
        return {"digit": int(probabilities.argmax()), "probabilities": probabilities.tolist()}

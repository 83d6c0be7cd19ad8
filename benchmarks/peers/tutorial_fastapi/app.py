"""
FastAPI as tutorials do it: Pillow, NumPy, one ONNX Runtime session, and the answer as a dict.

The session has one thread (more only wait for each other with so small a network), uvicorn comes with uvloop
and httptools, and its access log is off; three endpoints show the three usual ways to take a file.
"""

import io
import os
from typing import Annotated

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from fastapi import FastAPI, File, Request, UploadFile
from PIL import Image

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
app = FastAPI()


def prepare(file: bytes) -> npt.NDArray[np.uint8]:
    """Decode a picture, resize it to 28x28, and make it light on dark."""
    image = np.array(Image.open(io.BytesIO(file)).convert("L").resize((28, 28)))
    return 255 - image if image.mean() > 127 else image


def answer(picture: bytes) -> dict[str, object]:
    """Prepare, predict, and list the probabilities."""
    image = prepare(picture)
    probabilities = session.run(["probabilities"], {"image": image[None, ..., None]})[0][0]
    return {"digit": int(probabilities.argmax()), "probabilities": probabilities.tolist()}


@app.post("/raw")
async def raw(request: Request) -> dict[str, object]:
    """Take the file as the body."""
    return answer(await request.body())


@app.post("/upload")
async def upload(file: UploadFile) -> dict[str, object]:
    """Take the file in a form."""
    return answer(await file.read())


@app.post("/sync")
def sync(file: Annotated[bytes, File()]) -> dict[str, object]:
    """Take the file in a form, and work on a thread of Starlette's pool."""
    return answer(file)

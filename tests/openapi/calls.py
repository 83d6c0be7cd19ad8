"""Call the service by the client that openapi-python-client generated as ``lenet5``."""

import base64
import io
import json
import sys
from pathlib import Path
from typing import TypeVar

from lenet5 import Client
from lenet5.api.digits import predict
from lenet5.api.lecture import convolve, feature_maps, pool
from lenet5.models import (
    ConvolveFilesBody,
    ConvolveJsonBody,
    ConvolveJsonBodyKernelType0,
    ConvolveJsonBodyOperation,
    OperationAnswer,
    PoolJsonBody,
    PredictFilesBody,
    PredictionAnswer,
    PredictJsonBodyType0,
    PredictJsonBodyType1,
    PredictJsonBodyType2,
    Problem,
)
from lenet5.types import File, Unset

Answer = TypeVar("Answer")

client = Client(base_url=sys.argv[1])
png = Path("seven.png").read_bytes()
given = json.loads(Path("given.json").read_text())
encoded = base64.b64encode(png).decode()


def file(content: bytes, name: str = "seven.png") -> File:
    return File(io.BytesIO(content), name, "application/octet-stream")


def answered(answer: Answer | Problem | None) -> Answer:
    if answer is None or isinstance(answer, Problem):
        sys.exit(f"refused: {answer}")
    return answer


def refused(answer: object) -> Problem:
    if not isinstance(answer, Problem):
        sys.exit(f"not refused: {answer}")
    return answer


def first(answer: PredictionAnswer) -> dict[str, object]:
    return {"digit": answer.predictions[0].digit, "confidence": answer.predictions[0].confidence}


def convolved(body: ConvolveJsonBody | ConvolveFilesBody) -> OperationAnswer:
    return answered(convolve.sync(client=client, body=body))


forms: dict[
    str, PredictJsonBodyType0 | PredictJsonBodyType1 | PredictJsonBodyType2 | PredictFilesBody | File
] = {
    "image": PredictJsonBodyType0(image=encoded),
    "images": PredictJsonBodyType1(images=[encoded, encoded]),
    "pixels": PredictJsonBodyType2(pixels=given["pixels"]),
    "form": PredictFilesBody(image=[file(png)]),
    "file": file(png),
}
lecture = given["lecture"]
kernel = ConvolveJsonBodyKernelType0.LAPLACIAN_4
parts = ConvolveFilesBody(parameters=json.dumps({"kernel": "laplacian_4"}))
buffer = io.BytesIO()
# A grey picture of the lecture's numbers, as PGM would have it, is no format that is taken: an array is.
header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({len(lecture)}, {len(lecture[0])}), }}"
head = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header.encode() + b"\n"
parts.input_ = file(head + bytes(number for row in lecture for number in row), "lecture.npy")

maps = answered(feature_maps.sync(client=client, body=file(png)))
invalid = refused(
    convolve.sync(client=client, body=ConvolveJsonBody(input_=lecture, kernel=kernel, stride=0))
)
too_long = refused(predict.sync(client=client, body=file(png), model="x" * 9_000))
assert not isinstance(invalid.errors, Unset)
assert invalid.errors is not None
json.dump(
    {
        "predict": {
            name: first(answered(predict.sync(client=client, body=body))) for name, body in forms.items()
        },
        "feature_maps": {layer.name: layer.shape for layer in maps.images[0].layers},
        "convolve": {
            "numbers": convolved(ConvolveJsonBody(input_=lecture, kernel=kernel)).output,
            "form": convolved(parts).output,
        },
        "transposed": convolved(
            ConvolveJsonBody(
                input_=[[1.0, 2.0]],
                kernel=[[1.0, 2.0], [3.0, 4.0]],
                transposed=True,
                stride=2,
                operation=ConvolveJsonBodyOperation.CROSS_CORRELATION,
            )
        ).output,
        "pool": answered(pool.sync(client=client, body=PoolJsonBody(input_=lecture))).output,
        "unknown": {
            "status": (unknown := refused(predict.sync(client=client, body=file(png), model="none"))).status,
            "title": unknown.title,
        },
        "invalid": {"status": invalid.status, "pointer": invalid.errors[0].pointer},
        "too_long": {"status": too_long.status, "type": too_long.type_},
    },
    sys.stdout,
)

"""Answers of the Open Inference Protocol over HTTP: a JSON document, and the bytes of tensors behind it."""

from typing import Any

import orjson

from service.http.responses import of_type
from service.media_types import JSON, OCTETS
from service.server.messages import Response
from service.v2 import tensors
from service.v2.inference import Answer
from service.v2.requests import LENGTH_HEADER

BINARY = OCTETS


def write(answer: Answer) -> Response:
    """Write what was computed, in the form in which each output is wanted."""
    told = []
    behind = []
    for one, tensor in zip(answer.asked, answer.tensors, strict=True):
        output: dict[str, Any] = {
            "name": one.output.name,
            "datatype": tensors.datatype(tensor),
            "shape": tensor.shape,
        }
        if one.form.binary:
            behind.append(tensors.to_bytes(tensor))
            output["parameters"] = {"binary_data_size": len(behind[-1])}
        else:
            output["data"] = tensors.to_json(tensor)
        told.append(output)
    head = orjson.dumps(
        {
            "model_name": answer.model.name,
            "model_version": answer.model.version,
            "id": answer.id,
            "outputs": told,
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
    if not behind:
        return of_type(JSON, head)
    length = (LENGTH_HEADER.lower().encode(), b"%d" % len(head))
    return Response(200, ((b"content-type", BINARY.encode()),), [head, *behind], more=[length])

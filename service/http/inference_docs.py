"""Requests and errors of the Open Inference Protocol, as the OpenAPI document shows them."""

from typing import Any

from service.http import image_tensors, tensors
from service.http.inference_documents import RequestDocument
from service.http.inference_requests import LENGTH_HEADER
from service.http.payload_docs import SEVEN_PNG
from service.http.problems import ProtocolError

_REASONS = {
    503: "As much is waiting here as may wait; Retry-After tells when to come again",
    504: "The request waited too long",
    400: "The request cannot be taken; `error` says why and where",
    404: "No such model, version or output",
    413: "Over a limit on bytes, images or pixels",
    415: "Another content type, or a compressed body",
}
_PICTURES = {"name": image_tensors.NAME, "shape": [1], "datatype": tensors.BYTES, "data": [SEVEN_PNG]}
_READY = {
    "name": image_tensors.NAME,
    "shape": [1, *image_tensors.IMAGE_SHAPE],
    "datatype": image_tensors.DATATYPE,
    "data": [0] * 784,
}
EXAMPLES: dict[str, Any] = {
    "A picture file, in base64": {"inputs": [_PICTURES]},
    "A ready image, for the three most probable digits": {
        "id": "one",
        "inputs": [_READY],
        "outputs": [{"name": "probabilities", "parameters": {"classification": 3}}],
    },
}
LAYER_EXAMPLE: dict[str, Any] = {
    "inputs": [_PICTURES],
    "outputs": [{"name": "average_pooling2d_2", "parameters": {"binary_data": True}}],
}
"""For a model whose outputs are layers."""

HEADERS: list[dict[str, Any]] = [
    {
        "in": "header",
        "name": LENGTH_HEADER,
        "description": (
            "Bytes of the JSON when tensors follow it; 0 when the whole body is one ready image of 784 bytes."
        ),
        "schema": {"type": "integer", "minimum": 0},
    }
]


def request_body() -> dict[str, Any]:
    """Describe the body of an inference."""
    schema = RequestDocument.model_json_schema(ref_template="{model}")
    definitions = schema.pop("$defs")
    for part, kind in (("inputs", "InputDocument"), ("outputs", "OutputDocument")):
        schema["properties"][part] = {"type": "array", "items": definitions[kind]}
    examples = {**EXAMPLES, "A layer, in binary, of a model <name>-layers": LAYER_EXAMPLE}
    return {
        "required": True,
        "description": (
            "Tensors as JSON, or as bytes behind the JSON (`binary_data_size`). The input `image` is UINT8"
            " `[number, 28, 28, 1]`, light on black and ready; or BYTES `[number]`, picture files that are"
            " prepared as for `/predict` (in JSON as base64)."
        ),
        "content": {
            "application/json": {
                "schema": schema,
                "examples": {name: {"summary": name, "value": value} for name, value in examples.items()},
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe errors; any other has their form too, and FastAPI adds no 422, which the protocol has not."""
    described: dict[int | str, str] = {status: _REASONS[status] for status in statuses}
    described["default"] = "Any other error"
    return {status: {"model": ProtocolError, "description": reason} for status, reason in described.items()}

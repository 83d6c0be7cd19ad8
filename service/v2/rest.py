"""``POST /v2/models/{name}/infer``: the Open Inference Protocol's one call that computes, over HTTP."""

from math import prod
from typing import Any

from pydantic import BaseModel

from framing.mnist import SIZE_PX
from service.codecs.pictures import SEVEN_PNG
from service.described import Described
from service.http.context import Stopwatch
from service.http.endpoints import Call, Endpoint
from service.server.messages import Response
from service.settings import Limits
from service.v2 import documents, inputs, requests, responses, tensors
from service.v2.documents import RequestDocument
from service.v2.inference import Inference
from service.v2.requests import LENGTH_HEADER


class AnsweredTensor(Described):
    """An output of all images."""

    name: str
    shape: list[int]
    datatype: str
    """FP32, or BYTES of classes."""
    parameters: dict[str, Any] | None = None
    """``binary_data_size`` when the values are behind the JSON."""
    data: list[Any] | None = None
    """The values in row-major order, unless they are behind the JSON."""


class InferenceAnswer(BaseModel):
    """The outputs that were asked for, in that order."""

    model_name: str
    model_version: str
    id: str
    outputs: list[AnsweredTensor]


_PICTURES = {"name": inputs.NAME, "shape": [1], "datatype": tensors.BYTES, "data": [SEVEN_PNG]}
_READY = {
    "name": inputs.NAME,
    "shape": [1, *SIZE_PX, 1],
    "datatype": inputs.DATATYPE,
    "data": [0] * prod(SIZE_PX),
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
            "Bytes of the JSON when tensors follow it; 0 when the whole body is the bytes of one ready image."
        ),
        "schema": {"type": "integer", "minimum": 0},
    }
]


_PURPOSE = (
    "For clients of Triton, KServe and others that speak this protocol: tensors in, the network's own outputs"
    " out, as JSON or in binary."
)


def _request_body() -> dict[str, Any]:
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
            " `[number, height, width, 1]`, of the model's own size, light on black and ready, or the same as"
            " FP32 from 0 to 1; or BYTES `[number]`, picture files that are prepared as for `/predict` (in"
            " JSON as base64)."
        ),
        "content": {
            "application/json": {
                "schema": schema,
                "examples": {name: {"summary": name, "value": value} for name, value in examples.items()},
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }


def endpoints(inference: Inference, limits: Limits) -> list[Endpoint]:
    """Make the endpoints that compute."""

    async def infer(call: Call) -> Response:
        answer = await inference.answer(
            call.path_params["name"],
            call.path_params.get("version"),
            lambda size: requests.read(call, limits, only=inputs.one(size)),
            size=len(call.body),
            context=call.context,
        )
        watch = Stopwatch(call.context)
        response = responses.write(answer)
        watch.lap("write")
        return response

    return [
        Endpoint(
            "/v2/models/{name}/infer",
            infer,
            lambda: _documentation(
                "infer", "The outputs of a model's newest version", "Which version answers, the answer tells."
            ),
            needs_body=False,
            unpacks=True,
        ),
        Endpoint(
            "/v2/models/{name}/versions/{version}/infer",
            infer,
            lambda: _documentation(
                "infer_version", "The outputs of a model's version", "The version that is named answers."
            ),
            needs_body=False,
            unpacks=True,
        ),
    ]


def _documentation(name: str, summary: str, which: str) -> dict[str, Any]:
    return {
        "tags": ["open inference protocol"],
        "response_model": InferenceAnswer,
        "response_model_exclude_unset": True,
        "responses": {
            200: {"content": {responses.BINARY: {"schema": {"type": "string", "format": "binary"}}}},
            **documents.errors(400, 404, 413, 415, 429, 503, 504),
        },
        "openapi_extra": {"parameters": HEADERS, "requestBody": _request_body()},
        "name": name,
        "summary": summary,
        "description": f"{_PURPOSE} {which}",
    }

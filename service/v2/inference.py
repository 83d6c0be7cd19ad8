"""``POST /v2/models/{name}/infer``: the Open Inference Protocol's one call that computes."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from framing.mnist import SIZE_PX
from service.codecs.pictures import SEVEN_PNG, SMALL_BYTES
from service.digits.layers import Size
from service.digits.network import BATCH, Images
from service.digits.recogniser import Recogniser
from service.engine.session import Array
from service.engine.worker_pool import WorkerPool
from service.http.context import RequestContext, Stopwatch
from service.http.endpoints import Call, Endpoint
from service.images.pictures import Pictures
from service.repository.repository import Repository
from service.server.messages import Response
from service.settings import Limits
from service.v2 import documents, inputs, outputs, requests, responses, tensors
from service.v2.documents import RequestDocument
from service.v2.outputs import Model, Output
from service.v2.requests import LENGTH_HEADER, InferenceRequest


class AnsweredTensor(BaseModel):
    """An output of all images."""

    model_config = ConfigDict(use_attribute_docstrings=True)

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


def endpoints(
    repository: Repository,
    recogniser: Recogniser,
    parsing: WorkerPool,
    pool: WorkerPool,
    limits: Limits,
) -> list[Endpoint]:
    """Make the endpoints that compute."""
    documentation: dict[str, Any] = {
        "tags": ["open inference protocol"],
        "response_model": InferenceAnswer,
        "response_model_exclude_unset": True,
        "responses": {
            200: {"content": {responses.BINARY: {"schema": {"type": "string", "format": "binary"}}}},
            **documents.errors(400, 404, 413, 415, 429, 503, 504),
        },
        "openapi_extra": {"parameters": HEADERS, "requestBody": _request_body()},
    }

    async def infer(call: Call) -> Response:
        name, version = call.path_params["name"], call.path_params.get("version")
        model = outputs.find(repository, name) if version is None else outputs.find(repository, name, version)
        context = call.context
        context.log_fields.update(model=model.name, version=model.version)
        watch = Stopwatch(context)
        given, sent = await read(call, model.network.size)
        asked = responses.resolve(model, given)
        number = sent.number if isinstance(sent, Pictures) else len(sent)
        context.log_fields["images"] = number
        responses.check(asked, number, limits)
        if isinstance(sent, Pictures):
            prepared = await recogniser.prepare(model.network, sent, preprocess="auto", origin=context)
            sent = np.stack([one.image for one in prepared])
        watch.lap("decode")
        computed = await compute(model, sent, [one.output for one in asked], context)
        watch = Stopwatch(context)
        answer = responses.write(model, given.id or context.request_id, asked, computed)
        watch.lap("write")
        return answer

    async def read(call: Call, size: Size) -> tuple[InferenceRequest, Pictures | Images]:
        """Read a request: a large one on a thread."""

        def work() -> tuple[InferenceRequest, Pictures | Images]:
            given = requests.read(call, limits, only=inputs.one(size))
            return given, inputs.read(given.inputs, limits, size)

        if len(call.body) <= SMALL_BYTES:
            return work()
        return await parsing.run(work, origin=call.context)

    async def compute(
        model: Model, images: Images, wanted: Sequence[Output], context: RequestContext
    ) -> list[Array]:
        """Compute in the batch of other requests what they compute too, else on a thread."""
        if model.scores and len(images) <= BATCH:
            scores, run = await model.network.answer(images, origin=context)
            context.stage("queue", run.queue_ms)
            context.stage("inference", run.run_ms)
            context.log_fields["batch"] = run.batch
            return outputs.of_scores(scores, wanted)
        watch = Stopwatch(context)
        computed = await pool.run(lambda: model.compute(images, wanted), origin=context)
        watch.lap("inference")
        return computed

    return [
        Endpoint(
            "/v2/models/{name}/infer",
            infer,
            {
                **documentation,
                "name": "infer",
                "summary": "The outputs of a model's newest version",
                "description": f"{_PURPOSE} Which version answers, the answer tells.",
            },
            needs_body=False,
            unpacks=True,
        ),
        Endpoint(
            "/v2/models/{name}/versions/{version}/infer",
            infer,
            {
                **documentation,
                "name": "infer_version",
                "summary": "The outputs of a model's version",
                "description": f"{_PURPOSE} The version that is named answers.",
            },
            needs_body=False,
            unpacks=True,
        ),
    ]

"""``POST /v2/models/{name}/infer``: the Open Inference Protocol's one call that computes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from service.digits import outputs
from service.digits.network import BATCH
from service.digits.outputs import Model, Output
from service.digits.recogniser import Recogniser
from service.digits.repository import Repository
from service.engine.lanes import Lane
from service.engine.session import Array
from service.http import image_tensors, inference_answers, inference_docs, inference_requests
from service.http.trace import Stopwatch, Trace
from service.images.pictures import Pictures
from service.settings import Limits


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


def routes(repository: Repository, recogniser: Recogniser, lane: Lane, limits: Limits) -> APIRouter:
    """Make the endpoints that compute."""
    router = APIRouter(prefix="/v2", tags=["open inference protocol"])
    described: dict[str, Any] = {
        "response_model": InferenceAnswer,
        "response_model_exclude_unset": True,
        "responses": {
            200: {"content": {inference_answers.BINARY: {"schema": {"type": "string", "format": "binary"}}}},
            **inference_docs.errors(400, 404, 413, 415, 503, 504),
        },
        "openapi_extra": {
            "parameters": inference_docs.HEADERS,
            "requestBody": inference_docs.request_body(),
        },
    }

    @router.post("/models/{name}/infer", summary="The outputs of a model's newest version", **described)
    async def infer(request: Request, name: str) -> Response:
        return await answer(request, outputs.find(repository, name))

    @router.post(
        "/models/{name}/versions/{version}/infer", summary="The outputs of a model's version", **described
    )
    async def infer_version(request: Request, name: str, version: str) -> Response:
        return await answer(request, outputs.find(repository, name, version))

    async def answer(request: Request, model: Model) -> Response:
        trace = Trace.of(request.scope)
        trace.facts.update(model=model.name, version=model.version)
        given = await inference_requests.read(request, limits, only=image_tensors.ONE)
        asked = inference_answers.resolve(model, given)
        sent = image_tensors.read(given.inputs, limits)
        number = sent.number if isinstance(sent, Pictures) else len(sent)
        trace.facts["images"] = number
        inference_answers.check(asked, number, limits)
        if isinstance(sent, Pictures):
            watch = Stopwatch(trace)
            prepared = await recogniser.prepare(sent, preprocess="auto", gone=trace.gone)
            sent = np.stack([one.image for one in prepared])
            watch.lap("decode")
        computed = await compute(model, sent, [one.output for one in asked], trace)
        return inference_answers.write(model, given.id or trace.request_id, asked, computed)

    async def compute(
        model: Model, images: npt.NDArray[np.uint8], wanted: Sequence[Output], trace: Trace
    ) -> list[Array]:
        """Compute in the batch of other requests what they compute too, else on a thread."""
        if model.scores and len(images) <= BATCH:
            scores, run = await model.network.answer(images, gone=trace.gone)
            trace.stage("queue", run.queue_ms)
            trace.stage("inference", run.run_ms)
            trace.facts["batch"] = run.batch
            return outputs.of_scores(scores, wanted)
        watch = Stopwatch(trace)
        computed = await lane.run(lambda: model.compute(images, wanted), gone=trace.gone)
        watch.lap("inference")
        return computed

    return router

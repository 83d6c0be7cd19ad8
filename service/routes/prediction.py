"""
``POST /predict``: the digit in every picture of a request.

The journey::

    client -> http.protocol            limits and deadlines of a connection  bytes
           -> http.middleware          id, clock, admission, log line
           -> http.payloads            one of four forms                    encoded files, or an array
           -> digits.recogniser        in place when small, else on threads
           -> images.decoding          ...                                  (height, width[, 3]) uint8
           -> digits.preparation       polarity, ruling, box, centre        (28, 28) uint8
           -> engine.batcher           what is queued runs together         (batch, 28, 28) uint8
           -> digits.network           engine.session, interpreter free     (batch, 10) float32
           <- here                     digit, confidence, is_digit, ...     JSON
    any error on the way -> http.problems -> application/problem+json
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from service.digits.network import Network
from service.digits.preparation import Prepared
from service.digits.recogniser import Recogniser
from service.digits.recognition import Recognition
from service.digits.repository import Repository
from service.http import payload_docs, payloads, problems, queries
from service.http.answers import JSONAnswer
from service.http.trace import Trace
from service.images import encoding
from service.settings import Limits


class PredictionQuery(queries.Query):
    """How to predict."""

    model: str = "lenet5"
    """The model's name, as in ``GET /models``."""
    version: str | None = None
    """The model's version; the newest by default."""
    preprocess: Literal["auto", "none"] = "auto"
    """``auto`` makes of any picture what MNIST would have had; ``none`` takes 28x28, on black, as it is."""
    include: Literal["prepared"] | None = None
    """``prepared`` adds the 28x28 image that the network saw, and how it came about."""


class ModelVersion(BaseModel):
    """Which network answered."""

    name: str
    version: str


class PreparedImage(BaseModel):
    """What the network saw."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    image: str
    """The 28x28 image, light on black, as a PNG data URL."""
    steps: dict[str, Any]
    """What was done to the picture."""


class Prediction(BaseModel):
    """What is known of one picture."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    digit: int | None
    """0 to 9, or null when there is no ink to read."""
    confidence: float
    """The probability of that digit: of answers with 0.9, nine in ten are right. 0 without a digit."""
    is_digit: bool
    """False when the ink does not look like a digit at all."""
    probabilities: list[float]
    """Of the digits 0 to 9, summing to 1."""
    reason: str | None = None
    """``blank`` when there is no ink."""
    prepared: PreparedImage | None = None
    """Only with ``include=prepared``."""


class PredictionAnswer(BaseModel):
    """One prediction for each picture, in the order they were sent."""

    model: ModelVersion
    predictions: list[Prediction]


def routes(repository: Repository, recogniser: Recogniser, limits: Limits) -> APIRouter:
    """Make the endpoint."""
    router = APIRouter(tags=["digits"])

    @router.post(
        "/predict",
        response_model=PredictionAnswer,
        response_model_exclude_unset=True,
        responses=problems.documented(400, 404, 413, 415, 422, 503, 504),
        summary="The digit in every picture",
        openapi_extra={
            "parameters": queries.documented(PredictionQuery),
            "requestBody": payload_docs.REQUEST_BODY,
        },
    )
    async def predict(request: Request) -> Response:
        query = queries.read(PredictionQuery, request.scope)
        network = repository.find(query.model, query.version)
        pictures = await payloads.read_pictures(request, limits)
        trace = Trace.of(request.scope)
        found, course = await recogniser.recognise(
            network, pictures, preprocess=query.preprocess, gone=trace.gone
        )
        course.note(trace.stage)
        trace.facts.update(images=len(found), batch=course.batch, digit=found[0].digit)
        return JSONAnswer(_answer(network, found, with_prepared=query.include == "prepared"))

    return router


def _answer(network: Network, found: Sequence[Recognition], *, with_prepared: bool) -> dict[str, Any]:
    predictions = []
    for one in found:
        prediction: dict[str, Any] = {
            "digit": one.digit,
            "confidence": one.confidence,
            "is_digit": one.is_digit,
            "probabilities": one.probabilities,
        }
        if one.digit is None:
            prediction["reason"] = "blank"
        if with_prepared:
            prediction["prepared"] = _prepared(one.prepared)
        predictions.append(prediction)
    return {"model": {"name": network.card.name, "version": network.card.version}, "predictions": predictions}


def _prepared(prepared: Prepared) -> dict[str, Any]:
    return {
        "image": encoding.data_url(encoding.png(prepared.image)),
        "steps": dataclasses.asdict(prepared.preparation),
    }

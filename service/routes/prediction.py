"""
``POST /predict``: the digit in every picture of a request.

The journey::

    client -> http.protocol            limits and deadlines of a connection  bytes
           -> http.middleware          id, clock, admission, log line
           -> http.express             a small picture: by plain calls, ``express`` below; all else:
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
from service.digits.recogniser import Begun, Course, Recogniser
from service.digits.recognition import Recognition
from service.digits.repository import Repository
from service.http import payload_docs, payloads, problems, queries
from service.http.answers import JSONAnswer, json
from service.http.express import Endpoint, Pending
from service.http.trace import Trace
from service.images import encoding, headers
from service.images.decoding import PixelLimits
from service.settings import Limits

PATH = "/predict"


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
        PATH,
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
        return JSONAnswer(_answer(network, found, course, query, trace))

    return router


def express(repository: Repository, recogniser: Recogniser, limits: Limits) -> Endpoint:
    """Make the short way of the same endpoint: small pictures, and nothing asked but their digits."""
    query = PredictionQuery.by_default()
    pixel_limits = PixelLimits(limits.max_image_pixels, limits.max_image_side)
    most_bytes = min(limits.max_body_bytes, limits.max_json_bytes)
    kinds = frozenset(kind.encode() for kind in payloads.FILES)

    def begin(content_type: bytes, body: bytes) -> Begun | None:
        if content_type in kinds:
            header = headers.read(body)
            pixel_limits.check(header.height, header.width)
            return recogniser.begin_file(body, header)
        return recogniser.begin(payloads.of_body(content_type.decode("latin-1"), body, limits))

    def predict(trace: Trace, body: bytes) -> Pending | None:
        if len(body) > most_bytes or b"content-encoding" in trace.headers:
            return None
        network = repository.find(query.model)
        begun = begin(trace.headers.get(b"content-type", b""), body)
        if begun is None:
            return None
        return Pending(
            network.batcher, begun.rows, lambda run: json(_answer(network, *begun.read(run), query, trace))
        )

    return predict


def _answer(
    network: Network, found: Sequence[Recognition], course: Course, query: PredictionQuery, trace: Trace
) -> dict[str, Any]:
    trace.note(course.facts() | {"images": len(found), "digit": found[0].digit})
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
        if query.include == "prepared":
            prediction["prepared"] = _prepared(one.prepared)
        predictions.append(prediction)
    return {"model": {"name": network.card.name, "version": network.card.version}, "predictions": predictions}


def _prepared(prepared: Prepared) -> dict[str, Any]:
    return {
        "image": encoding.data_url(encoding.png(prepared.image)),
        "steps": dataclasses.asdict(prepared.preparation),
    }

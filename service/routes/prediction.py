"""
``POST /predict``: the digit in every picture.

The journey::

    client -> server.connection        limits, deadlines                     bytes
           -> http.dispatcher          context, key, admission               Call
           -> codecs.pictures          one of four forms                     encoded files, or an array
           -> digits.recogniser        on the event loop when small, else on threads
           -> images.decoding          no more of it than is needed          (height, width[, 3]) uint8
           -> digits.preparation       ink by levels, box, centre            (side, side) uint8
              -> digits.ink            or by a network, in 64x64             (number, 64, 64) uint8
           -> engine.batcher           what is queued runs together          (batch, side, side) uint8
           -> digits.network           engine.session, interpreter free      (batch, 10) float32
           <- here                     digit, confidence, is_digit, ...      JSON
           <- http.dispatcher          headers of every answer, account
    any error on the way -> http.problems -> application/problem+json
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from service.codecs import pictures
from service.described import Described
from service.digits.network import BATCH, Network
from service.digits.preparation import Preparation, Prepared
from service.digits.recogniser import Begun, PreparedBatch, Recogniser, Timings
from service.digits.recognition import Reason, Recognition
from service.engine.batcher import Answer
from service.engine.worker_pool import WorkerPool
from service.http import problems, queries, responses
from service.http.context import RequestContext
from service.http.endpoints import Call, Endpoint, Pending
from service.images import encoding
from service.images.pictures import Pictures
from service.repository.repository import Repository
from service.server.messages import Response
from service.settings import Limits


class PredictionQuery(queries.Query):
    """How to predict."""

    model: str | None = None
    """The model's name, as in ``GET /models``, which names the default as well."""
    version: str | None = None
    """The model's version; the newest by default."""
    preprocess: Literal["auto", "none"] = "auto"
    """``auto`` makes of any picture what MNIST would have had, in the middle of what the network takes;
    ``none`` takes a picture of the network's own size, on black, as it is."""
    include: Literal["prepared"] | None = None
    """``prepared`` adds the image that the network saw, and how it came about."""


class ModelVersion(BaseModel):
    """Which network answered."""

    name: str
    version: str


class PreparedImage(Described):
    """What the network saw."""

    image: str
    """The image, light on black, as a PNG data URL."""
    steps: Preparation
    """What was done to the picture."""


class Prediction(Described):
    """What is known of one picture."""

    digit: int | None
    """0 to 9, or null when there is no ink to read."""
    confidence: float
    """The probability of that digit: of answers with 0.9, nine in ten are right. 0 without a digit."""
    is_digit: bool
    """False when there is no ink, more than one digit, or ink that does not look like a digit at all."""
    probabilities: list[float]
    """Of the digits 0 to 9, summing to 1."""
    reason: Reason | None = None
    """Why it is none: ``blank``, no ink; ``several`` digits; ``unfamiliar``, the ink is not like one."""
    prepared: PreparedImage | None = None
    """Only with ``include=prepared``."""


class PredictionAnswer(BaseModel):
    """One prediction for each picture, in the order they were sent."""

    model: ModelVersion
    predictions: list[Prediction]


def endpoints(
    repository: Repository, recogniser: Recogniser, parsing: WorkerPool, limits: Limits
) -> list[Endpoint]:
    """Make the endpoint."""

    def predict(call: Call) -> Response | Pending | Awaitable[Response]:
        query = queries.read(PredictionQuery, call.head.query)
        network = repository.recogniser(query.model, query.version)
        log_fields = call.context.log_fields
        log_fields["model"], log_fields["version"] = network.card.name, network.card.version
        content_type = call.content_type
        if not pictures.is_quick(content_type, call.body):
            return predict_many(call, query, network)
        sent = pictures.read(content_type, call.body, limits, size=network.size)
        batch = recogniser.prepare_in_place(network, sent, preprocess=query.preprocess)
        if not isinstance(batch, PreparedBatch):
            return predict_many(call, query, network, sent, batch)

        def write(run: Answer) -> Response | Awaitable[Response]:
            found, timings = batch.read(run)
            if any(one.is_doubtful for one in found):
                return reconsider(call, query, network, found, timings)
            return _written(network, found, timings, query, call.context)

        return Pending(network.batcher, batch.rows, write)

    async def reconsider(
        call: Call, query: PredictionQuery, network: Network, found: list[Recognition], timings: Timings
    ) -> Response:
        again = await recogniser.reconsider(network, found, timings, origin=call.context)
        return _written(network, again, timings, query, call.context)

    async def predict_many(
        call: Call,
        query: PredictionQuery,
        network: Network,
        sent: Pictures | None = None,
        begun: Begun | None = None,
    ) -> Response:
        if sent is None:
            sent = await parsing.run(
                lambda: pictures.read(call.content_type, call.body, limits, size=network.size),
                origin=call.context,
            )
        found, timings = await recogniser.recognise(
            network, sent, preprocess=query.preprocess, begun=begun, origin=call.context
        )
        if len(found) <= BATCH:
            return _written(network, found, timings, query, call.context)
        return await parsing.run(
            lambda: _written(network, found, timings, query, call.context), origin=call.context
        )

    return [Endpoint("/predict", predict, _documentation)]


def _documentation() -> dict[str, Any]:
    return {
        "tags": ["digits"],
        "response_model": PredictionAnswer,
        "response_model_exclude_unset": True,
        "responses": problems.documented(400, 404, 413, 415, 422, 429, 503, 504),
        "summary": "The digit in every picture",
        "description": (
            "For apps: send one picture or many, as files, a form, JSON or an array. Dark on light or light"
            " on dark, of any size, anywhere on paper, squared paper or a screen. The answer has a prediction"
            " for each picture, in order. Without ink `digit` is null; of ink that is no digit `is_digit` is"
            " false."
        ),
        "openapi_extra": {
            "parameters": queries.documented(PredictionQuery),
            "requestBody": pictures.REQUEST_BODY,
        },
    }


def _written(
    network: Network,
    found: Sequence[Recognition],
    timings: Timings,
    query: PredictionQuery,
    context: RequestContext,
) -> Response:
    context.note(timings.log_fields())
    context.log_fields["images"] = len(found)
    context.log_fields["digit"] = found[0].digit
    predictions = []
    for one in found:
        prediction: dict[str, Any] = {
            "digit": one.digit,
            "confidence": one.confidence,
            "is_digit": one.reason is None,
            "probabilities": one.probabilities,
        }
        if one.reason:
            prediction["reason"] = one.reason
        if query.include == "prepared":
            prediction["prepared"] = _prepared(one.prepared)
        predictions.append(prediction)
    model = {"name": network.card.name, "version": network.card.version}
    answer = {"model": model, "predictions": predictions}
    return responses.json(answer) if len(found) <= BATCH else responses.long_json(answer)


def _prepared(prepared: Prepared) -> dict[str, Any]:
    return {
        "image": encoding.data_url(encoding.png(prepared.image)),
        "steps": prepared.preparation.model_dump(),
    }

"""
``/v1``: the protocol before it, of TensorFlow Serving and KServe's V1; instances in, predictions out.

It is another form of the same requests and answers, and of JSON alone.
"""

from typing import Any

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response as StarletteResponse

from service import media_types
from service.codecs import json
from service.codecs.pictures import SEVEN_PNG
from service.described import Described
from service.digits.layers import Size
from service.errors import Fault, InvalidInputError, MediaTypeError
from service.http import responses
from service.http.asgi import as_starlette
from service.http.context import Stopwatch
from service.http.endpoints import Call, Endpoint
from service.media_types import JSON
from service.repository.repository import Repository
from service.server.messages import Response
from service.settings import Limits
from service.v2 import documents, inputs, outputs, tensors
from service.v2.inference import Answer, Inference
from service.v2.requests import InferenceRequest, Tensor

_POINTER = "#/instances"


class Instances(Described):
    """What is to be predicted."""

    model_config = ConfigDict(extra="ignore")

    instances: list[Any]
    """An item for each image: grey levels from 0 to 255 or from 0 to 1, light on black and of the model's own
    size; or a picture file that is prepared as for ``/predict``, in base64, bare or as ``{"b64": ...}``. Each
    may stand in an object as its ``image``."""


class PredictedInstances(Described):
    """An item for each image."""

    predictions: list[dict[str, Any]]
    """Every output of the model by its name."""


class ModelNames(BaseModel):
    """What may be asked."""

    models: list[str]


class ModelState(BaseModel):
    """That a model may be asked."""

    name: str
    ready: bool


def endpoints(inference: Inference, limits: Limits) -> list[Endpoint]:
    """Make the endpoints that compute."""

    async def predict(call: Call) -> Response:
        answer = await inference.answer(
            call.path_params["name"],
            call.path_params.get("version"),
            lambda size: _read(call, limits, size),
            size=len(call.body),
            context=call.context,
        )
        watch = Stopwatch(call.context)
        response = _written(answer)
        watch.lap("write")
        return response

    return [
        Endpoint(
            "/v1/models/{name}:predict",
            predict,
            lambda: _documentation(
                "predict", "Predictions of a model's newest version", "Newer ones should use `/v2`."
            ),
            needs_body=False,
            unpacks=True,
        ),
        Endpoint(
            "/v1/models/{name}/versions/{version}:predict",
            predict,
            lambda: _documentation(
                "predict_version", "Predictions of a model's version", "The version that is named answers."
            ),
            needs_body=False,
            unpacks=True,
        ),
    ]


def _documentation(name: str, summary: str, more: str) -> dict[str, Any]:
    example = {"instances": [{"b64": SEVEN_PNG}]}
    return {
        "tags": ["open inference protocol"],
        "response_model": PredictedInstances,
        "responses": documents.errors(400, 404, 413, 415, 429, 503, 504),
        "openapi_extra": {"requestBody": json.documented(Instances, {"A picture file": example})},
        "name": name,
        "summary": summary,
        "description": f"For older clients of KServe and TensorFlow Serving. {more}",
    }


def routes(repository: Repository) -> APIRouter:
    """Make the endpoints that tell which models there are."""
    router = APIRouter(prefix="/v1/models", tags=["open inference protocol"])

    @router.get(
        "",
        response_model=ModelNames,
        summary="The names of the models",
        description="For older clients of KServe, whose protocol tells of models by their names alone.",
    )
    async def models() -> StarletteResponse:
        names = dict.fromkeys(name for name, _ in outputs.served(repository))
        return as_starlette(responses.json({"models": list(names)}))

    @router.get(
        "/{name}",
        response_model=ModelState,
        responses=documents.errors(404),
        summary="A model answers",
        description="For older clients of KServe, which wait for it.",
    )
    async def model(name: str) -> StarletteResponse:
        return as_starlette(responses.json({"name": outputs.find(repository, name).name, "ready": True}))

    return router


def _read(call: Call, limits: Limits, size: Size) -> InferenceRequest:
    media_type = media_types.essence(call.content_type)
    if media_type and media_type != JSON:
        message = f"send {JSON}"
        raise MediaTypeError(message, taken=(JSON,))
    document = json.parse_within(call.body, limits)
    instances = document.get("instances") if isinstance(document, dict) else None
    if isinstance(instances, list):
        bare = [_bare(one) for one in instances]
        is_files = all(isinstance(one, str) for one in bare)
        given = _files(bare) if is_files else _levels(bare, size)
    elif isinstance(instances, np.ndarray):
        given = _levels(instances, size)
    else:
        message = 'expected an object with the member "instances", a list with an item for each image'
        raise _refusal(message)
    return InferenceRequest(None, (given,), None, binary=False)


def _bare(instance: Any) -> Any:  # noqa: ANN401  JSON is any of six types
    """Take an instance out of the objects in which clients wrap it; a long list of numbers is an array."""
    for name in (inputs.NAME, "b64"):
        if isinstance(instance, dict) and instance.keys() == {name}:
            instance = instance[name]
    return instance.tolist() if isinstance(instance, np.ndarray) else instance


def _files(texts: list[str]) -> Tensor:
    return Tensor(inputs.NAME, tensors.BYTES, (len(texts),), texts, _POINTER)


def _levels(instances: Any, size: Size) -> Tensor:  # noqa: ANN401
    """Tell levels from 0 to 255 from those from 0 to 1; images come with their channel or without."""
    sizes, elements = tensors.flattened(instances, _POINTER)
    number, *image = sizes or [0]
    if image not in ([*size], [*size, 1]):
        message = f"each instance has the shape [{size[0]}, {size[1]}, 1], or is a file in base64"
        raise _refusal(message)
    shape = (number, *size, 1)
    largest = tensors.from_json(elements, inputs.FLOATS, shape, _POINTER).max(initial=0)
    datatype = inputs.FLOATS if largest <= 1 else inputs.DATATYPE
    return Tensor(inputs.NAME, datatype, shape, elements, _POINTER)


def _written(answer: Answer) -> Response:
    names = [one.output.name for one in answer.asked]
    rows = zip(*answer.tensors, strict=True)
    return responses.json({"predictions": [dict(zip(names, row, strict=True)) for row in rows]})


def _refusal(message: str) -> InvalidInputError:
    return InvalidInputError(message, Fault(_POINTER, message))

"""``POST /feature-maps``: what every layer makes of every picture, as numbers or to look at."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from service.digits import layers as layer_table
from service.digits.card import Layer
from service.digits.network import Network
from service.digits.preparation import Prepared
from service.digits.recogniser import Recogniser
from service.digits.repository import Repository
from service.engine.lanes import Lane
from service.engine.session import Array
from service.errors import InvalidInputError
from service.http import payload_docs, payloads, problems, queries
from service.http.answers import JSON, NPZ, PNG, JSONAnswer, NPZAnswer, check_size
from service.http.negotiation import accepted
from service.http.trace import Stopwatch, Trace
from service.images import contact_sheets, encoding
from service.routes.prediction import ModelVersion
from service.settings import Limits, Settings


class FeatureMapQuery(queries.Query):
    """Which feature maps."""

    layers: str | None = None
    """Names of layers, with commas between; all by default. They come in the order of the network."""
    model: str = "lenet5"
    """The model's name, as in ``GET /models``."""
    version: str | None = None
    """The model's version; the newest by default."""
    preprocess: Literal["auto", "none"] = "auto"
    """``auto`` makes of any picture what MNIST would have had; ``none`` takes 28x28 on black as it is."""


class LayerMaps(BaseModel):
    """What one layer makes of one picture."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    type: str
    shape: list[int]
    """As the lecture prints it: height, width, maps; of a vector its length."""
    min: float
    max: float
    maps: list[list[list[float]]] | None = None
    """Of a layer with height and width: a list of maps, each a list of rows."""
    vector: list[float] | None = None
    """Of a layer without: Flatten, Dense."""


class PictureMaps(BaseModel):
    """What the layers make of one picture."""

    layers: list[LayerMaps]


class FeatureMapAnswer(BaseModel):
    """The layers of each picture, in the order they were sent."""

    model: ModelVersion
    images: list[PictureMaps]


_FILE = {"type": "string", "format": "binary"}
_ARRAYS = "A float32 array for each layer: `(number, height, width, maps)` or `(number, units)`."
_SHEET = "A contact sheet, a page for each picture: blue below zero, red above, zero neutral."
_OTHER_FORMS: dict[str, Any] = {
    NPZ: {"schema": {**_FILE, "description": _ARRAYS}},
    PNG: {"schema": {**_FILE, "description": _SHEET}},
}


def routes(repository: Repository, recogniser: Recogniser, lane: Lane, settings: Settings) -> APIRouter:
    """Make the endpoint."""
    router = APIRouter(tags=["lecture"])

    @router.post(
        "/feature-maps",
        response_model=FeatureMapAnswer,
        response_model_exclude_unset=True,
        responses={
            200: {"content": _OTHER_FORMS},
            **problems.documented(400, 404, 406, 413, 415, 422, 503, 504),
        },
        summary="Every layer's feature maps of every picture: JSON, arrays, or a contact sheet",
        openapi_extra={
            "parameters": queries.documented(FeatureMapQuery),
            "requestBody": payload_docs.REQUEST_BODY,
        },
    )
    async def feature_maps(request: Request) -> Response:
        query = queries.read(FeatureMapQuery, request.scope)
        form = accepted(request, (JSON, NPZ, PNG))
        network = repository.find(query.model, query.version)
        chosen = network.layers.select(None if query.layers is None else query.layers.split(","))
        pictures = await payloads.read_pictures(request, settings)
        _check(pictures.number, chosen, form, settings)
        trace = Trace.of(request.scope)
        trace.facts["images"] = pictures.number
        watch = Stopwatch(trace)
        prepared = await recogniser.prepare(pictures, preprocess=query.preprocess, gone=trace.gone)
        watch.lap("decode")

        def compute() -> Response:
            watch.lap("queue")
            maps = network.layers.feature_maps(np.stack([one.image for one in prepared]), chosen)
            watch.lap("inference")
            answer = _WRITERS[form](network, prepared, chosen, maps)
            watch.lap("write")
            return answer

        # Always on a thread: writing takes longer than /predict should wait on the event loop.
        return await lane.run(compute, gone=trace.gone)

    return router


def _check(number: int, chosen: Sequence[Layer], form: str, limits: Limits) -> None:
    if form != PNG:
        check_size(number * layer_table.size(chosen), form, limits)
        return
    pixels = contact_sheets.WIDTH * contact_sheets.height([layer.output_shape for layer in chosen])
    if number * pixels > limits.max_image_pixels:
        message = (
            f"a contact sheet of these layers has room for {limits.max_image_pixels // pixels} pictures;"
            " send fewer, or name fewer layers"
        )
        raise InvalidInputError(message)


def _as_json(
    network: Network, prepared: Sequence[Prepared], chosen: Sequence[Layer], maps: Sequence[Array]
) -> Response:
    images = [
        {"layers": [_told(layer, batch[index]) for layer, batch in zip(chosen, maps, strict=True)]}
        for index in range(len(prepared))
    ]
    return JSONAnswer(
        {"model": {"name": network.card.name, "version": network.card.version}, "images": images}
    )


def _told(layer: Layer, values: Array) -> dict[str, Any]:
    drawn = (
        {"vector": values} if values.ndim == 1 else {"maps": np.ascontiguousarray(values.transpose(2, 0, 1))}
    )
    return {
        "name": layer.name,
        "type": layer.type,
        "shape": layer.output_shape,
        "min": values.min(),
        "max": values.max(),
        **drawn,
    }


def _as_arrays(
    _: Network, __: Sequence[Prepared], chosen: Sequence[Layer], maps: Sequence[Array]
) -> Response:
    return NPZAnswer({layer.name: batch for layer, batch in zip(chosen, maps, strict=True)})


def _as_sheet(
    network: Network, prepared: Sequence[Prepared], chosen: Sequence[Layer], maps: Sequence[Array]
) -> Response:
    title = f"{network.card.name}, version {network.card.version}"
    pages = [
        contact_sheets.draw(
            title if len(prepared) == 1 else f"{title}: picture {index + 1} of {len(prepared)}",
            one.image,
            [
                contact_sheets.Row(layer.name, layer.type, batch[index])
                for layer, batch in zip(chosen, maps, strict=True)
            ],
        )
        for index, one in enumerate(prepared)
    ]
    return Response(encoding.png(np.concatenate(pages)), media_type=PNG)


_WRITERS = {JSON: _as_json, NPZ: _as_arrays, PNG: _as_sheet}

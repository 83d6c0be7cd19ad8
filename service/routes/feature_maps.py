"""``POST /feature-maps``: what every layer makes of every picture, as numbers or to look at."""

from collections.abc import Sequence
from math import prod
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel

from service.cards.card import Layer
from service.codecs import pictures
from service.described import Described
from service.digits.network import Network
from service.digits.preparation import Prepared
from service.digits.recogniser import Recogniser
from service.engine.session import Array
from service.engine.worker_pool import WorkerPool
from service.errors import InvalidInputError
from service.http import problems, queries, responses
from service.http.context import Stopwatch
from service.http.endpoints import Call, Endpoint
from service.http.negotiation import accepted
from service.http.responses import check_size
from service.images import contact_sheets, encoding
from service.images.pictures import Pictures
from service.media_types import JSON, NPZ, PNG
from service.repository.folders import LAYERS_SUFFIX
from service.repository.repository import Repository
from service.routes.prediction import ModelVersion
from service.server.messages import Response
from service.settings import Limits, Settings


class FeatureMapQuery(queries.Query):
    """Which feature maps."""

    layers: str | None = None
    """Names of layers, with commas between; all by default. They come in the order of the network."""
    model: str | None = None
    """The model's name, as in ``GET /models``, which names the default as well."""
    version: str | None = None
    """The model's version; the newest by default."""
    preprocess: Literal["auto", "none"] = "auto"
    """``auto`` makes of any picture what MNIST would have had, in the middle of what the network takes;
    ``none`` takes a picture of the network's own size, on black, as it is."""


class LayerMaps(Described):
    """What one layer makes of one picture."""

    name: str
    type: str
    shape: list[int]
    """As the lecture prints it: height, width, maps; of a vector its length."""
    min: float
    max: float
    maps: list[list[list[float]]] | None = None
    """Of a layer with height and width: a list of maps, each a list of rows."""
    vector: list[float] | None = None
    """Of a layer without: Flatten, Dense; of another shape the values row by row."""


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


def endpoints(
    repository: Repository,
    recogniser: Recogniser,
    parsing: WorkerPool,
    pool: WorkerPool,
    settings: Settings,
) -> list[Endpoint]:
    """Make the endpoint."""

    async def feature_maps(call: Call) -> Response:
        query = queries.read(FeatureMapQuery, call.head.query)
        form = accepted(call.accept, (JSON, NPZ, PNG))
        network = repository.recogniser(query.model, query.version)
        chosen = network.layers.select(None if query.layers is None else query.layers.split(","))
        context = call.context
        name = network.card.name + LAYERS_SUFFIX
        context.log_fields.update(model=name, version=network.card.version)
        sent = await read(call, network)
        _check(sent.number, network, chosen, form, settings)
        context.log_fields["images"] = sent.number
        watch = Stopwatch(context)
        prepared = await recogniser.prepare(network, sent, preprocess=query.preprocess, origin=context)
        watch.lap("decode")

        def compute() -> Response:
            watch.lap("queue")
            maps = network.layers.feature_maps(np.stack([one.image for one in prepared]), chosen)
            watch.lap("inference")
            answer = _WRITERS[form](network, prepared, chosen, maps)
            watch.lap("write")
            return answer

        # Always on a thread: writing takes longer than /predict should wait on the event loop.
        return await pool.run(compute, origin=context)

    async def read(call: Call, network: Network) -> Pictures:
        if pictures.is_quick(call.content_type, call.body):
            return pictures.read(call.content_type, call.body, settings, size=network.size)
        return await parsing.run(
            lambda: pictures.read(call.content_type, call.body, settings, size=network.size),
            origin=call.context,
        )

    return [Endpoint("/feature-maps", feature_maps, _documentation)]


def _documentation() -> dict[str, Any]:
    return {
        "tags": ["lecture"],
        "response_model": FeatureMapAnswer,
        "response_model_exclude_unset": True,
        "responses": {
            200: {"content": _OTHER_FORMS},
            **problems.documented(400, 404, 406, 413, 415, 422, 429, 503, 504),
        },
        "description": (
            "To look inside a network: what each of its layers makes of a picture, from the first convolution"
            " to the probabilities, as numbers, as arrays to compute with, or drawn to look at (`Accept`)."
        ),
        "summary": "Every layer's feature maps of every picture: JSON, arrays, or a contact sheet",
        "openapi_extra": {
            "parameters": queries.documented(FeatureMapQuery),
            "requestBody": pictures.REQUEST_BODY,
        },
    }


def _check(number: int, network: Network, chosen: Sequence[Layer], form: str, limits: Limits) -> None:
    if form != PNG:
        check_size(
            number * sum(prod(layer.output_shape) for layer in chosen), form, limits, others=(PNG, NPZ)
        )
        return
    pixels = contact_sheets.WIDTH * contact_sheets.height(
        network.size, [_drawn_shape(layer.output_shape) for layer in chosen]
    )
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
    return responses.json(
        {"model": {"name": network.card.name, "version": network.card.version}, "images": images}
    )


def _told(layer: Layer, values: Array) -> dict[str, Any]:
    flat = values.reshape(_drawn_shape(values.shape))
    drawn = {"vector": flat} if flat.ndim == 1 else {"maps": np.ascontiguousarray(flat.transpose(2, 0, 1))}
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
    return responses.npz({layer.name: batch for layer, batch in zip(chosen, maps, strict=True)})


def _as_sheet(
    network: Network, prepared: Sequence[Prepared], chosen: Sequence[Layer], maps: Sequence[Array]
) -> Response:
    title = f"{network.card.name}, version {network.card.version}"
    pages = [
        contact_sheets.draw(
            title if len(prepared) == 1 else f"{title}: picture {index + 1} of {len(prepared)}",
            one.image,
            [
                contact_sheets.Row(
                    layer.name, layer.type, batch[index].reshape(_drawn_shape(layer.output_shape))
                )
                for layer, batch in zip(chosen, maps, strict=True)
            ],
        )
        for index, one in enumerate(prepared)
    ]
    return responses.of_type(PNG, encoding.png(np.concatenate(pages)))


_WRITERS = {JSON: _as_json, NPZ: _as_arrays, PNG: _as_sheet}


def _drawn_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Give the shape in which an output is drawn: ``(height, width, maps)``, or in a line ``(values,)``."""
    if len(shape) == 2:
        return (*shape, 1)
    return shape if len(shape) == 3 else (prod(shape),)

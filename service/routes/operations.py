"""
``POST /convolve``, ``POST /pool``, and what else stands in the table of operations.

The journey::

    client -> codecs.operands          JSON, a form, an array, a picture    nested lists, array or file
           -> the operation's model    strict, one error for each field     parameters
           -> operations.signals       on a thread when it is much          (channels, height, width) float32
           -> operations.execution     refused when over the budget         a plan
           -> engine.graph_cache       a session for each kind of graph     (maps, height, width) float32
           <- here                     JSON, .npy or PNG
"""

import functools
from collections.abc import Awaitable, Iterable
from typing import Any

from service.codecs import body_types, json, json_numbers, operands
from service.codecs.operands import Body, OperationAnswer
from service.engine.graph_cache import GraphCache
from service.engine.worker_pool import WorkerPool
from service.errors import Fault, InvalidInputError, OverBudgetError
from service.http import negotiation, problems, queries, responses
from service.http.context import Stopwatch
from service.http.endpoints import Call, Endpoint, Handler
from service.images import encoding, rendering
from service.images.decoding import PixelLimits
from service.images.rendering import Scale
from service.media_types import JSON, NPY, PNG
from service.operations import OPERATIONS, execution, signals
from service.operations.execution import Answer, Task
from service.operations.operation import Operation
from service.server.messages import Response
from service.settings import Settings

OFFERED = (JSON, NPY, PNG)


class DrawingQuery(queries.Query):
    """How to draw an answer, with any form of body."""

    scale: Scale = "diverging"
    """Of an answer as PNG: ``diverging`` colours signs, zero neutral; ``clip`` takes 0..255 as grey;
    ``minmax`` stretches from black to white. Three maps on a grey scale are red, green and blue."""


def endpoints(
    graphs: GraphCache,
    parsing: WorkerPool,
    pool: WorkerPool,
    settings: Settings,
    operations: Iterable[Operation] = tuple(OPERATIONS.values()),
) -> list[Endpoint]:
    """Make an endpoint for each operation."""
    return [
        Endpoint(
            f"/{operation.name}",
            _handler(operation, graphs, parsing, pool, settings),
            functools.partial(_documentation, operation),
        )
        for operation in operations
    ]


def _documentation(operation: Operation) -> dict[str, Any]:
    return {
        "tags": ["lecture"],
        "name": operation.name,
        "response_model": OperationAnswer,
        "responses": {
            200: operands.ANSWER,
            **problems.documented(400, 406, 413, 415, 422, 429, 503, 504),
        },
        "summary": operation.summary,
        "description": operation.description,
        "openapi_extra": operands.documented(operation, queries.documented(DrawingQuery)),
    }


def _handler(
    operation: Operation, graphs: GraphCache, parsing: WorkerPool, pool: WorkerPool, settings: Settings
) -> Handler:
    def operate(call: Call) -> Response | Awaitable[Response]:
        media_type = negotiation.accepted(call.accept, OFFERED)
        kind = body_types.of(call.content_type, call.body)
        body = Body(call.body, kind, call.content_type, queries.pairs(call.head.query))
        context = call.context
        watch = Stopwatch(context)

        def prepare() -> tuple[Task, Scale]:
            task, scale = _understood(operation, body, media_type, settings)
            watch.lap("decode")
            context.log_fields["macs"] = task.plan.cost.macs
            return task, scale

        def finish(task: Task, scale: Scale) -> Response:
            answer = task.compute(graphs)
            watch.lap("inference")
            return _written(answer, media_type, scale, settings)

        async def operate_on_threads() -> Response:
            task, scale = await parsing.run(prepare, origin=context)
            return await pool.run(lambda: finish(task, scale), origin=context)

        if kind not in {JSON, NPY} or len(body.data) > settings.inline_macs:
            return operate_on_threads()
        task, scale = prepare()
        if task.is_quick(graphs, settings.inline_macs):
            return finish(task, scale)
        return pool.run(lambda: finish(task, scale), origin=context)

    return operate


def _understood(operation: Operation, body: Body, media_type: str, settings: Settings) -> tuple[Task, Scale]:
    """Give the task of a request, and the scale on which a picture of it would be drawn."""
    known = {**operation.parameters.model_fields, **DrawingQuery.model_fields}
    given = operands.parse(body, [field.alias or name for name, field in known.items()], settings)
    how = {name: given.parameters.pop(name) for name in DrawingQuery.model_fields if name in given.parameters}
    drawing = json.validated(how, DrawingQuery)
    parameters = json.validated(given.parameters, operation.parameters)
    if media_type != JSON:
        for field in ("explain", "return_indices"):
            if getattr(parameters, field, False) is not False:
                detail = f"{field} is answered as {JSON} only"
                raise InvalidInputError(detail, Fault(f"#/{field}", detail))
    if given.picture is None:
        signal = signals.of_numbers(given.numbers, parameters.layout)
    else:
        signal = signals.of_picture(given.picture.decode()[0], parameters.layout)
    task = execution.prepare(operation, parameters, signal, settings)
    outputs = task.plan.cost.outputs
    responses.check_size(outputs, media_type, settings, others=(PNG, NPY), refusal=OverBudgetError)
    return task, drawing.scale


def _written(answer: Answer, media_type: str, scale: Scale, settings: Settings) -> Response:
    if media_type == NPY:
        return responses.array(answer.output)
    if media_type == PNG:
        pixels = rendering.render(answer.maps, scale)
        PixelLimits(settings.max_array_numbers, settings.max_image_side).check(*pixels.shape[:2])
        return responses.of_type(PNG, encoding.png(pixels))
    return responses.long_json(json_numbers.written_whole(answer.told()))

"""
``POST /convolve``, ``POST /pool``, and what else stands in the table of operations.

The journey::

    client -> http.operands            JSON, a form, an array, a picture    nested lists, array or file
           -> the operation's model    strict, one error for each field     parameters
           -> operations.signals       on a thread when it is much          (channels, height, width) float32
           -> operations.execution     refused when over the budget         a plan
           -> engine.graph_cache       a session for each kind of graph     (maps, height, width) float32
           <- here                     JSON, .npy or PNG
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.engine.graph_cache import GraphCache
from service.engine.lanes import Lane
from service.errors import Fault, InvalidInputError
from service.http import documents, negotiation, operand_docs, operands, problems, queries
from service.http.answers import JSON, PNG, JSONAnswer, NPYAnswer
from service.http.arrays import MEDIA_TYPE as NPY
from service.http.operand_docs import OperationAnswer
from service.http.operands import Body
from service.http.trace import Stopwatch, Trace
from service.images import encoding, rendering
from service.images.decoding import PixelLimits
from service.images.rendering import Scale
from service.operations import OPERATIONS, execution, signals
from service.operations.execution import Answer, Task
from service.operations.operation import Operation
from service.settings import Settings

OFFERED = (JSON, NPY, PNG)


class DrawingQuery(queries.Query):
    """How to draw an answer, with any form of body."""

    scale: Scale = "diverging"
    """Of an answer as PNG: ``diverging`` colours signs, zero neutral; ``clip`` takes 0..255 as grey;
    ``minmax`` stretches from black to white. Three maps on a grey scale are red, green and blue."""


def routes(
    graphs: GraphCache,
    lane: Lane,
    settings: Settings,
    operations: Iterable[Operation] = tuple(OPERATIONS.values()),
) -> APIRouter:
    """Make an endpoint for each operation."""
    router = APIRouter(tags=["lecture"])
    for operation in operations:
        router.add_api_route(
            f"/{operation.name}",
            _endpoint(operation, graphs, lane, settings),
            methods=["POST"],
            name=operation.name,
            response_model=OperationAnswer,
            responses={200: operand_docs.ANSWER, **problems.documented(400, 406, 413, 415, 422, 503, 504)},
            summary=operation.summary,
            description=operation.description,
            openapi_extra=operand_docs.request(operation, queries.documented(DrawingQuery)),
        )
    return router


def _endpoint(
    operation: Operation, graphs: GraphCache, lane: Lane, settings: Settings
) -> Callable[[Request], object]:
    async def operate(request: Request) -> Response:
        media_type = negotiation.accepted(request, OFFERED)
        body = await operands.receive(request, settings)
        trace = Trace.of(request.scope)
        watch = Stopwatch(trace)

        def prepare() -> tuple[Task, Scale]:
            task, scale = _understood(operation, body, media_type, settings)
            watch.lap("decode")
            trace.facts["macs"] = task.plan.cost.macs
            return task, scale

        def finish(task: Task, scale: Scale) -> Response:
            answer = task.compute(graphs)
            watch.lap("inference")
            return _written(answer, media_type, scale, settings)

        if body.media_type not in {JSON, NPY} or len(body.data) > settings.inline_macs:
            return await lane.run(lambda: finish(*prepare()), gone=trace.gone)
        task, scale = prepare()
        if task.is_quick(graphs, settings.inline_macs):
            return finish(task, scale)
        return await lane.run(lambda: finish(task, scale), gone=trace.gone)

    return operate


def _understood(operation: Operation, body: Body, media_type: str, settings: Settings) -> tuple[Task, Scale]:
    """Give the task of a request, and the scale on which a picture of it would be drawn."""
    query = dict(body.query)
    drawing = queries.validated(DrawingQuery, {"scale": query.pop("scale")} if "scale" in query else {})
    given = operands.parse(replace(body, query=query), operation.parameters.model_fields, settings)
    parameters = documents.validated(given.parameters, operation.parameters)
    if media_type != JSON:
        for field in ("explain", "return_indices"):
            if getattr(parameters, field, False) is not False:
                detail = f"{field} is answered as {JSON} only"
                raise InvalidInputError(detail, Fault(f"#/{field}", detail))
    if given.picture is None:
        signal = signals.of_numbers(given.numbers, parameters.layout)
    else:
        signal = signals.of_picture(given.picture.decode()[0], parameters.layout)
    most = settings.max_json_numbers if media_type == JSON else settings.max_array_numbers
    task = execution.prepare(operation, parameters, signal, settings, most_numbers=most)
    return task, drawing.scale


def _written(answer: Answer, media_type: str, scale: Scale, settings: Settings) -> Response:
    if media_type == NPY:
        return NPYAnswer(answer.output)
    if media_type == PNG:
        pixels = rendering.render(answer.maps, scale)
        PixelLimits(settings.max_array_numbers, settings.max_image_side).check(*pixels.shape[:2])
        return Response(encoding.png(pixels), media_type=PNG)
    return JSONAnswer(answer.told())

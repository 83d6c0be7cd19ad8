"""What the Open Inference Protocol computes, in whichever form it is asked for and answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from service.codecs.pictures import SMALL_BYTES
from service.digits.layers import Size
from service.digits.network import BATCH, Images
from service.digits.recogniser import Recogniser
from service.engine.session import Array
from service.engine.worker_pool import WorkerPool
from service.http.context import RequestContext, Stopwatch
from service.images.pictures import Pictures
from service.repository.repository import Repository
from service.settings import Limits
from service.v2 import inputs, outputs
from service.v2.outputs import Asked, Model, Output
from service.v2.requests import InferenceRequest


@dataclass(frozen=True)
class Answer:
    """
    What was computed for a request.

    Attributes:
        model: That answered.
        id: The caller's name for the request, or else the request's own.
        asked: The outputs, in the order in which they are wanted.
        tensors: The values of each: float32, or objects that are the classes of the largest as bytes.
    """

    model: Model
    id: str
    asked: Sequence[Asked]
    tensors: Sequence[npt.NDArray[Any]]


class Inference:
    """Computes what requests ask for: in the batches of others where it can, else on threads."""

    def __init__(
        self,
        repository: Repository,
        recogniser: Recogniser,
        parsing: WorkerPool,
        pool: WorkerPool,
        limits: Limits,
    ) -> None:
        """
        Take what computes.

        Args:
            repository: The models.
            recogniser: Prepares pictures.
            parsing: Large requests are read on its thread.
            pool: What is in no batch is computed on its threads.
            limits: Of requests and answers.
        """
        self._repository = repository
        self._recogniser = recogniser
        self._parsing = parsing
        self._pool = pool
        self._limits = limits

    async def answer(
        self,
        name: str,
        version: str | None,
        read: Callable[[Size], InferenceRequest],
        *,
        size: int,
        context: RequestContext,
    ) -> Answer:
        """
        Read a request and compute what it asks for.

        Args:
            name: Of the model.
            version: Of the model, or None for the one that answers.
            read: Reads the request, given the size of the model's images; perhaps on another thread.
            size: Bytes that it reads.
            context: Of the request; it learns model, images and stages.

        Raises:
            RequestError: What reading, preparing and waiting for the network raise.
            AbandonedError: The client has left.
        """
        model = outputs.find(self._repository, name, version)
        context.log_fields.update(model=model.name, version=model.version)
        watch = Stopwatch(context)
        given, sent = await self._read(read, model.network.size, size, context)
        asked = outputs.resolve(model, given)
        number = sent.number if isinstance(sent, Pictures) else len(sent)
        context.log_fields["images"] = number
        outputs.check(asked, number, self._limits)
        if isinstance(sent, Pictures):
            prepared = await self._recogniser.prepare(model.network, sent, preprocess="auto", origin=context)
            sent = np.stack([one.image for one in prepared])
        watch.lap("decode")
        computed = await self._compute(model, sent, [one.output for one in asked], context)
        tensors = [
            outputs.classified(values, one) if one.form.classes else values
            for one, values in zip(asked, computed, strict=True)
        ]
        return Answer(model, given.id or context.request_id, asked, tensors)

    async def _read(
        self, read: Callable[[Size], InferenceRequest], image: Size, size: int, context: RequestContext
    ) -> tuple[InferenceRequest, Pictures | Images]:
        """Read a request: a large one on a thread."""

        def work() -> tuple[InferenceRequest, Pictures | Images]:
            given = read(image)
            return given, inputs.read(given.inputs, self._limits, image)

        if size <= SMALL_BYTES:
            return work()
        return await self._parsing.run(work, origin=context)

    async def _compute(
        self, model: Model, images: Images, wanted: Sequence[Output], context: RequestContext
    ) -> Sequence[Array]:
        """Compute in the batch of other requests what they compute too, else on a thread."""
        if model.scores and len(images) <= BATCH:
            scores, run = await model.network.answer(images, origin=context)
            context.stage("queue", run.queue_ms)
            context.stage("inference", run.run_ms)
            context.log_fields["batch"] = run.batch
            return outputs.of_scores(scores, wanted)
        watch = Stopwatch(context)
        computed = await self._pool.run(lambda: model.compute(images, wanted), origin=context)
        watch.lap("inference")
        return computed

"""From the pictures of a request to their digits: in place when they are small, else on threads."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.digits import recognition
from service.digits.network import BATCH, Images, Network, Scores
from service.digits.preparation import Prepared
from service.digits.recognition import Recognition
from service.engine.batcher import Answer
from service.engine.origin import ITSELF, Origin
from service.engine.worker_pool import WorkerPool
from service.images.pictures import Pictures


@dataclass(slots=True)
class Timings:
    """
    How a recognition went.

    Attributes:
        decode_ms: Milliseconds to decode and prepare the pictures; of many with their inference.
        queue_ms: Milliseconds in queues.
        inference_ms: Milliseconds of the network's run.
        batch: Images of the run that these were a part of.
    """

    decode_ms: float
    queue_ms: float
    inference_ms: float
    batch: int

    def log_fields(self) -> dict[str, float]:
        """Give these for a log line."""
        return {
            "decode_ms": round(self.decode_ms, 3),
            "queue_ms": round(self.queue_ms, 3),
            "inference_ms": round(self.inference_ms, 3),
            "batch": self.batch,
        }


@dataclass(slots=True)
class PreparedBatch:
    """
    Pictures that are prepared and have to be scored.

    Attributes:
        prepared: At most as many as a run may have.
        decode_ms: Milliseconds to decode and prepare them.
    """

    prepared: Sequence[Prepared]
    decode_ms: float

    @property
    def rows(self) -> Images:
        """The images as a batch."""
        if len(self.prepared) == 1:
            return self.prepared[0].image[None]
        return np.stack([one.image for one in self.prepared])

    def read(self, run: Answer) -> tuple[list[Recognition], Timings]:
        """Say what is known of them once they are scored, and how it went."""
        found = recognition.read(Scores(*run.outputs), self.prepared)
        return found, Timings(self.decode_ms, run.queue_ms, run.run_ms, run.batch)


class Recogniser:
    """Knows which pictures are small, and the threads for the others."""

    def __init__(self, pool: WorkerPool, *, inline_pixels: int) -> None:
        """
        Take the threads for what is not small.

        Args:
            pool: Its work is decoded and prepared there.
            inline_pixels: Most pixels, and bytes, of what is decoded and prepared in place.
        """
        self._pool = pool
        self._inline_pixels = inline_pixels

    async def recognise(
        self,
        network: Network,
        pictures: Pictures,
        *,
        preprocess: Literal["auto", "none"],
        origin: Origin = ITSELF,
    ) -> tuple[list[Recognition], Timings]:
        """
        Prepare and score pictures.

        Raises:
            InvalidInputError: A picture is damaged, or has to be of the network's size and is not.
            FullError: As much waits as may wait.
            DeadlineError: It waited too long.
            AbandonedError: The client has left.
        """
        began = time.perf_counter()
        if pictures.number > BATCH:
            return await self._many(network, pictures, preprocess, origin, began)
        prepared = await self.prepare(network, pictures, preprocess=preprocess, origin=origin)
        batch = PreparedBatch(prepared, (time.perf_counter() - began) * 1e3)
        return batch.read(await network.batcher.submit(batch.rows, origin=origin))

    def prepare_in_place(
        self, network: Network, pictures: Pictures, *, preprocess: Literal["auto", "none"]
    ) -> PreparedBatch | None:
        """
        Decode and prepare pictures here and now when they are small; else give None.

        Raises:
            InvalidInputError: A picture is damaged, or has to be of the network's size and is not.
        """
        if not self._is_small(pictures) or pictures.number > BATCH:
            return None
        began = time.perf_counter()
        prepared = recognition.prepared(pictures, preprocess=preprocess, size=network.size)
        return PreparedBatch(prepared, (time.perf_counter() - began) * 1e3)

    async def prepare(
        self,
        network: Network,
        pictures: Pictures,
        *,
        preprocess: Literal["auto", "none"],
        origin: Origin = ITSELF,
    ) -> Sequence[Prepared]:
        """
        Decode and prepare pictures.

        Raises:
            InvalidInputError: A picture is damaged, or has to be of the network's size and is not.
            FullError: As much waits as may wait.
            DeadlineError: It waited too long.
            AbandonedError: The client has left.
        """
        if self._is_small(pictures):
            return recognition.prepared(pictures, preprocess=preprocess, size=network.size)
        return await self._pool.run(
            lambda: recognition.prepared(pictures, preprocess=preprocess, size=network.size),
            origin=origin,
        )

    def _is_small(self, pictures: Pictures) -> bool:
        return max(pictures.pixels, pictures.encoded_bytes) <= self._inline_pixels

    async def _many(
        self,
        network: Network,
        pictures: Pictures,
        preprocess: Literal["auto", "none"],
        origin: Origin,
        began: float,
    ) -> tuple[list[Recognition], Timings]:
        """Share the pictures among the threads, chunk by chunk."""

        def work(chunk: Pictures) -> list[Recognition]:
            prepared = recognition.prepared(chunk, preprocess=preprocess, size=network.size)
            return recognition.recognise(network, prepared)

        found = await self._pool.map(work, pictures.chunks(BATCH), origin=origin)
        total_ms = (time.perf_counter() - began) * 1e3
        return [one for chunk in found for one in chunk], Timings(0.0, 0.0, total_ms, pictures.number)

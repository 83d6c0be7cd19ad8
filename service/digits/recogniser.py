"""From the pictures of a request to their digits: in place when they are small, else on threads."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from service.digits import recognition
from service.digits.ink import InkNetwork
from service.digits.network import BATCH, Images, Network, Scores
from service.digits.preparation import Prepared, Sight, by_levels
from service.digits.recognition import Recognition
from service.engine.batcher import Answer
from service.engine.origin import ITSELF, Origin
from service.engine.worker_pool import WorkerPool
from service.images.decoding import UnboundedError
from service.images.pictures import Pictures

TINY = 1_024
"""Pixels, and bytes of their file: whatever its format, and whoever made it, it costs little."""


@dataclass(slots=True)
class Timings:
    """
    How a recognition went.

    Attributes:
        decode_ms: Milliseconds to decode and prepare the pictures.
        queue_ms: Milliseconds in queues.
        inference_ms: Milliseconds of the network's run; of many pictures all there was.
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


Begun: TypeAlias = Sequence[Prepared | Sight]
"""Pictures that are decoded, and prepared as far as their levels tell."""


class Recogniser:
    """Knows which pictures are small, the threads for the others, and the network that finds ink."""

    def __init__(
        self, pool: WorkerPool, ink: Callable[[], InkNetwork], *, inline_pixels: int, inline_bytes: int
    ) -> None:
        """
        Take the threads for what is not small.

        Args:
            pool: Its work is decoded and prepared there.
            ink: Gives the network that finds the ink of pictures whose levels do not tell it.
            inline_pixels: Most pixels of what is decoded and prepared in place.
            inline_bytes: Most bytes of its file.
        """
        self._pool = pool
        self._ink = ink
        self._inline_pixels = inline_pixels
        self._inline_bytes = inline_bytes

    async def recognise(
        self,
        network: Network,
        pictures: Pictures,
        *,
        preprocess: Literal["auto", "none"],
        begun: Begun | None = None,
        origin: Origin = ITSELF,
    ) -> tuple[list[Recognition], Timings]:
        """
        Prepare and score pictures, of any number.

        Args:
            network: Reads them.
            pictures: As they came.
            preprocess: Whether they are to be prepared.
            begun: What ``prepare_in_place`` made of them.
            origin: Who waits for it.

        Raises:
            InvalidInputError: A picture is damaged, or has to be of the network's size and is not.
            UnservedError: No network that finds ink is served, and one is needed.
            FullError: As much waits as may wait.
            DeadlineError: It waited too long.
            AbandonedError: The client has left.
        """
        began = time.perf_counter()
        if pictures.number > BATCH:
            chunks = await self._pool.map(
                lambda chunk: self._recognised(network, chunk, preprocess),
                pictures.chunks(BATCH),
                origin=origin,
            )
            total_ms = (time.perf_counter() - began) * 1e3
            return [one for found in chunks for one in found], Timings(0.0, 0.0, total_ms, pictures.number)

        see = partial(recognition.seen, pictures, preprocess=preprocess, size=network.size)
        if begun is None and pictures.number == 1:
            # Levels take many short calls, each of which gives the interpreter away: two threads are slower.
            begun = [*map(by_levels, await self._pool.run(see, origin=origin))]

        def prepare() -> list[Prepared]:
            return recognition.prepared(begun or [*map(by_levels, see())], self._ink, network.size)

        is_told = begun and not any(isinstance(one, Sight) for one in begun)
        prepared = prepare() if is_told else await self._pool.run(prepare, origin=origin)
        batch = PreparedBatch(prepared, (time.perf_counter() - began) * 1e3)
        found, timings = batch.read(await network.batcher.submit(batch.rows, origin=origin))
        return await self.reconsider(network, found, origin=origin), timings

    async def reconsider(
        self, network: Network, found: list[Recognition], *, origin: Origin = ITSELF
    ) -> list[Recognition]:
        """
        Recognise doubtful pictures once more, on a thread.

        Raises:
            RequestError: As of ``recognise``.
            AbandonedError: The client has left.
        """
        if not any(one.is_doubtful for one in found):
            return found
        return await self._pool.run(
            lambda: recognition.reconsidered(network, found, self._ink), origin=origin
        )

    def prepare_in_place(
        self, network: Network, pictures: Pictures, *, preprocess: Literal["auto", "none"]
    ) -> PreparedBatch | Begun | None:
        """
        Decode one small picture here and now, and prepare it as far as its levels tell.

        Returns:
            What has to be scored, or to be prepared further; None when it is not one small picture.

        Raises:
            InvalidInputError: It is damaged, or has to be of the network's size and is not.
        """
        is_tiny = max(pictures.pixels, pictures.encoded_bytes) <= TINY
        is_small = pictures.pixels <= self._inline_pixels and pictures.encoded_bytes <= self._inline_bytes
        if pictures.number > 1 or not is_small or (preprocess == "none" and not is_tiny):
            return None
        began = time.perf_counter()
        try:
            seen = recognition.seen(
                pictures, preprocess=preprocess, size=network.size, is_bounded=not is_tiny
            )
        except UnboundedError:
            return None
        found = [*map(by_levels, seen)]
        if any(isinstance(one, Sight) for one in found):
            return found
        prepared = recognition.prepared(found, self._ink, network.size)
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
        Decode and prepare pictures as ``recognise`` does, for other uses of the images.

        Raises:
            RequestError: As of ``recognise``.
            AbandonedError: The client has left.
        """
        batch = self.prepare_in_place(network, pictures, preprocess=preprocess)
        if isinstance(batch, PreparedBatch) and all(one.found is None for one in batch.prepared):
            return batch.prepared
        begun = batch.prepared if isinstance(batch, PreparedBatch) else batch
        found = await self._pool.run(
            lambda: self._recognised(network, pictures, preprocess, begun), origin=origin
        )
        return [one.prepared for one in found]

    def _recognised(
        self,
        network: Network,
        pictures: Pictures,
        preprocess: Literal["auto", "none"],
        begun: Begun | None = None,
    ) -> list[Recognition]:
        """Go the whole way on the calling thread, or what is left of it."""
        if begun is None:
            seen = recognition.seen(pictures, preprocess=preprocess, size=network.size)
            begun = [*map(by_levels, seen)]
        return recognition.recognise(network, begun, self._ink)

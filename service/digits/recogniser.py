"""From pictures to digits: small ones on the event loop, others on threads but for a single one's levels."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias, TypeVar

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

Result = TypeVar("Result")

TINY = 1_024
"""Pixels, and bytes of their file: whatever its format, and whoever made it, it costs little."""


@dataclass(slots=True)
class Timings:
    """
    How a recognition went.

    Attributes:
        decode_ms: Milliseconds to decode and prepare the pictures, also once more where they were doubtful.
        queue_ms: Milliseconds of waiting for a thread and for the network.
        inference_ms: Milliseconds of the network's run; of many pictures all there was.
        batch: Images of the run that these were a part of; of many pictures all of them.
    """

    decode_ms: float = 0.0
    queue_ms: float = 0.0
    inference_ms: float = 0.0
    batch: int = 0

    def preparing(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Note from now on how long work waits, and how long it takes."""
        given = time.perf_counter()

        def timed() -> Result:
            begun = time.perf_counter()
            self.queue_ms += (begun - given) * 1e3
            result = work()
            self.decode_ms += (time.perf_counter() - begun) * 1e3
            return result

        return timed

    def log_fields(self) -> dict[str, float]:
        """Give these for a log line."""
        return {name: round(getattr(self, name), 3) for name in self.__slots__}


@dataclass(slots=True)
class PreparedBatch:
    """
    Pictures that are prepared and have to be scored.

    Attributes:
        prepared: At most as many as a run may have.
        timings: Of what was done up to now.
    """

    prepared: Sequence[Prepared]
    timings: Timings

    @property
    def rows(self) -> Images:
        """The images as a batch."""
        if len(self.prepared) == 1:
            return self.prepared[0].image[None]
        return np.stack([one.image for one in self.prepared])

    def read(self, run: Answer) -> tuple[list[Recognition], Timings]:
        """Say what is known of them once they are scored, and how it went."""
        self.timings.queue_ms += run.queue_ms
        self.timings.inference_ms, self.timings.batch = run.run_ms, run.batch
        return recognition.read(Scores(*run.outputs), self.prepared), self.timings


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
        if pictures.number > BATCH:
            began = time.perf_counter()
            chunks = await self._pool.map(
                lambda chunk: self._recognised(network, chunk, preprocess),
                pictures.chunks(BATCH),
                origin=origin,
            )
            total_ms = (time.perf_counter() - began) * 1e3
            many = Timings(inference_ms=total_ms, batch=pictures.number)
            return [one for found in chunks for one in found], many

        timings = Timings()
        see = partial(recognition.seen, pictures, preprocess=preprocess, size=network.size)
        if begun is None and pictures.number == 1:
            sights = await self._pool.run(timings.preparing(see), origin=origin)
            # Many short calls: on a thread each hands the interpreter over, and two threads are slower.
            begun = timings.preparing(lambda: [*map(by_levels, sights)])()

        def prepare() -> list[Prepared]:
            return recognition.prepare(begun or [*map(by_levels, see())], self._ink, network.size)

        is_told = begun and not any(isinstance(one, Sight) for one in begun)
        work = timings.preparing(prepare)
        batch = PreparedBatch(work() if is_told else await self._pool.run(work, origin=origin), timings)
        found, _ = batch.read(await network.batcher.submit(batch.rows, origin=origin))
        return await self.reconsider(network, found, timings, origin=origin), timings

    async def reconsider(
        self, network: Network, found: list[Recognition], timings: Timings, *, origin: Origin = ITSELF
    ) -> list[Recognition]:
        """
        Recognise doubtful pictures once more, on a thread; ``timings`` learns how long that took.

        Raises:
            RequestError, AbandonedError: As of ``recognise``.
        """
        if not any(one.is_doubtful for one in found):
            return found
        look = timings.preparing(lambda: recognition.reconsidered(network, found, self._ink))
        return await self._pool.run(look, origin=origin)

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
        prepared = recognition.prepare(found, self._ink, network.size)
        return PreparedBatch(prepared, Timings(decode_ms=(time.perf_counter() - began) * 1e3))

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
            RequestError, AbandonedError: As of ``recognise``.
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

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
from service.engine.clients import Gone, stays
from service.engine.lanes import Lane
from service.images import decoding
from service.images.headers import Header
from service.images.pictures import Pictures


@dataclass(slots=True)
class Course:
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

    def facts(self) -> dict[str, float]:
        """Give this for a log line."""
        return {
            "decode_ms": round(self.decode_ms, 3),
            "queue_ms": round(self.queue_ms, 3),
            "inference_ms": round(self.inference_ms, 3),
            "batch": self.batch,
        }


@dataclass(slots=True)
class Begun:
    """A picture that is prepared and has to be scored; and what is known of it once it is."""

    prepared: Prepared
    decode_ms: float

    @property
    def rows(self) -> Images:
        """The picture as a batch of one."""
        return self.prepared.image[None]

    def read(self, run: Answer) -> tuple[list[Recognition], Course]:
        """Say what is known of it, and how it went."""
        found = recognition.read(Scores(*run.outputs), (self.prepared,))
        return found, Course(self.decode_ms, run.queue_ms, run.run_ms, run.batch)


class Recogniser:
    """Knows which pictures are small, and the threads for the others."""

    def __init__(self, lane: Lane, *, inline_pixels: int) -> None:
        """
        Take the threads for what is not small.

        Args:
            lane: Its work is decoded and prepared there.
            inline_pixels: Most pixels, and bytes, of what is decoded and prepared in place.
        """
        self._lane = lane
        self._inline_pixels = inline_pixels

    async def recognise(
        self,
        network: Network,
        pictures: Pictures,
        *,
        preprocess: Literal["auto", "none"],
        gone: Gone = stays,
    ) -> tuple[list[Recognition], Course]:
        """
        Prepare and score pictures.

        Raises:
            InvalidInputError: A picture is damaged, or has to be 28x28 and is not.
            FullError: As much waits as may wait.
            DeadlineError: It waited too long.
            AbandonedError: The client is gone.
        """
        began = time.perf_counter()
        if pictures.number > BATCH:
            return await self._many(network, pictures, preprocess, gone, began)
        prepared = await self.prepare(pictures, preprocess=preprocess, gone=gone)
        images = prepared[0].image[None] if len(prepared) == 1 else np.stack([one.image for one in prepared])
        decode_ms = (time.perf_counter() - began) * 1e3
        scores, run = await network.answer(images, gone=gone)
        found = recognition.read(scores, prepared)
        return found, Course(decode_ms, run.queue_ms, run.run_ms, run.batch)

    def begin(self, file: bytes, header: Header) -> Begun | None:
        """
        Decode and prepare a picture file in place when it is small; else give None.

        Raises:
            InvalidInputError: It is damaged.
        """
        if max(header.height * header.width, len(file)) > self._inline_pixels:
            return None
        began = time.perf_counter()
        prepared = recognition.prepare_one(decoding.decode(file, header))
        return Begun(prepared, (time.perf_counter() - began) * 1e3)

    async def prepare(
        self, pictures: Pictures, *, preprocess: Literal["auto", "none"], gone: Gone = stays
    ) -> Sequence[Prepared]:
        """
        Decode and prepare pictures.

        Raises:
            InvalidInputError: A picture is damaged, or has to be 28x28 and is not.
            FullError: As much waits as may wait.
            DeadlineError: It waited too long.
            AbandonedError: The client is gone.
        """
        if max(pictures.pixels, pictures.encoded_bytes) <= self._inline_pixels:
            return recognition.prepared(pictures.decode(), preprocess=preprocess)
        return await self._lane.run(
            lambda: recognition.prepared(pictures.decode(), preprocess=preprocess), gone=gone
        )

    async def _many(
        self,
        network: Network,
        pictures: Pictures,
        preprocess: Literal["auto", "none"],
        gone: Gone,
        began: float,
    ) -> tuple[list[Recognition], Course]:
        """Share the pictures among the threads, chunk by chunk."""

        def work(chunk: Pictures) -> list[Recognition]:
            prepared = recognition.prepared(chunk.decode(), preprocess=preprocess)
            return recognition.recognise(network, prepared)

        found = await self._lane.map(work, pictures.chunks(BATCH), gone=gone)
        total_ms = (time.perf_counter() - began) * 1e3
        return [one for chunk in found for one in chunk], Course(0.0, 0.0, total_ms, pictures.number)

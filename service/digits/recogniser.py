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

    def read(self, run: Answer) -> tuple[list[Recognition], Course]:
        """Say what is known of them once they are scored, and how it went."""
        found = recognition.read(Scores(*run.outputs), self.prepared)
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
        begun = Begun(prepared, (time.perf_counter() - began) * 1e3)
        return begun.read(await network.batcher.submit(begun.rows, gone=gone))

    def begin(self, pictures: Pictures) -> Begun | None:
        """
        Decode and prepare pictures in place when they are small; else give None.

        Raises:
            InvalidInputError: A picture is damaged.
        """
        if pictures.number > BATCH or not self._is_small(pictures.pixels, pictures.encoded_bytes):
            return None
        began = time.perf_counter()
        prepared = recognition.prepare_all(pictures.decode())
        return Begun(prepared, (time.perf_counter() - began) * 1e3)

    def begin_file(self, file: bytes, header: Header) -> Begun | None:
        """
        Do the same with a picture file by itself, as most are; it saves 8 % of a request.

        Raises:
            InvalidInputError: It is damaged.
        """
        if not self._is_small(header.height * header.width, len(file)):
            return None
        began = time.perf_counter()
        prepared = recognition.prepare_one(decoding.decode(file, header))
        return Begun((prepared,), (time.perf_counter() - began) * 1e3)

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
        if self._is_small(pictures.pixels, pictures.encoded_bytes):
            return recognition.prepared(pictures.decode(), preprocess=preprocess)
        return await self._lane.run(
            lambda: recognition.prepared(pictures.decode(), preprocess=preprocess), gone=gone
        )

    def _is_small(self, pixels: int, encoded_bytes: int) -> bool:
        return max(pixels, encoded_bytes) <= self._inline_pixels

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

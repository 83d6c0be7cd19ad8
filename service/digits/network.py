"""One version of a trained network: 28x28 images in, calibrated probabilities out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from service.digits.card import Card
from service.digits.layers import Layers
from service.engine.batcher import Answer, Batcher
from service.engine.batches import Outputs, Run
from service.engine.origin import ITSELF, Origin
from service.engine.session import CUDA, Array, Session
from service.errors import ModelError

SIDE = 28
BATCH = 64
"""Most images of one run: the engine's memory stays bounded."""

Images: TypeAlias = npt.NDArray[np.uint8]
"""Prepared images, ``(number, 28, 28)`` uint8 0..255, light on black."""

Batching: TypeAlias = Callable[[Run], Batcher]
"""Puts a queue before an engine."""

_OUTPUTS = ("probabilities", "logits", "familiarity")
_INPUT = ("image", ("uint8", (None, SIDE, SIDE, 1)))

TOLERANCE = 1e-4
"""Largest difference to the probabilities that the training computed: devices round differently."""


@dataclass(slots=True)
class Scores:
    """
    What the network says of a batch.

    Attributes:
        probabilities: ``(batch, classes)`` float32; each row sums to 1.
        logits: ``(batch, classes)`` float32, calibrated: their softmax is the probabilities.
        familiar: ``(batch,)`` bool: as much like a digit as 99 % of true ones are.
        digits: ``(batch,)`` integers: the most probable class.
    """

    probabilities: npt.NDArray[np.float32]
    logits: npt.NDArray[np.float32]
    familiar: npt.NDArray[np.bool_]
    digits: npt.NDArray[np.intp]


class Network:
    """
    A network with its card, ready to answer.

    Attributes:
        card: What it is.
        layers: Its layers, one by one.
        provider: The execution provider really in use.
        batcher: The queue before it.
    """

    def __init__(self, card: Card, session: Session, layers: Layers, batching: Batching) -> None:
        """
        Join a card with its session and its layers, and put a queue before it.

        Raises:
            ModelError: A session has other inputs or outputs than this service speaks.
        """
        if dict([_INPUT]) != session.inputs or not set(_OUTPUTS) <= set(session.outputs):
            message = (
                f"{card.name} version {card.version}: expected the input image uint8 (batch, 28, 28, 1)"
                f" and the outputs {_OUTPUTS}; it has {session.inputs} and {tuple(session.outputs)}"
            )
            raise ModelError(message)
        if layers.inputs != session.inputs:
            message = f"{card.name} version {card.version}: its layers take another input, {layers.inputs}"
            raise ModelError(message)
        self.card = card
        self.layers = layers
        self.provider = session.provider
        self.batcher = batching(self._run)
        if self.provider == CUDA:
            self.batcher.in_place_s = 0.0
        self._golden: tuple[Images, npt.NDArray[np.float32]] | None = None
        self._session = session

    def score(self, images: Images) -> Scores:
        """Score images here and now, on the calling thread."""
        runs = [self._run(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        return Scores(*(runs[0] if len(runs) == 1 else map(np.concatenate, zip(*runs, strict=True))))

    async def answer(self, images: Images, *, origin: Origin = ITSELF) -> tuple[Scores, Answer]:
        """
        Score at most ``BATCH`` images together with those of other requests.

        Raises:
            FullError: As many requests wait as may wait.
            DeadlineError: They waited too long.
            AbandonedError: Their client is gone.
        """
        answer = await self.batcher.submit(images, origin=origin)
        return Scores(*answer.outputs), answer

    def verify(self, images: Images, probabilities: npt.NDArray[np.float32]) -> None:
        """
        Answer images whose answers are known, by layers and in batches of every size that will be run.

        A proof, and a warm-up.

        Raises:
            ModelError: An answer differs by more than ``TOLERANCE``.
        """
        sizes = [2**power for power in range(BATCH.bit_length())] if self.provider == CUDA else [1, BATCH]
        for size in sizes:
            chosen = np.resize(np.arange(len(images)), size)
            self._compare(self.score(images[chosen]).probabilities, probabilities[chosen])
        self._compare(self.layers.feature_maps(images, self.layers.select()[-1:])[0], probabilities)
        self._golden = images[:1], probabilities[:1]

    async def check(self) -> None:
        """
        Answer a golden image once more, among the requests.

        Raises:
            ModelError: The answer is not what it was when the network was verified.
            RequestError: It could not be asked just now.
        """
        if self._golden:
            scores, _ = await self.answer(self._golden[0])
            self._compare(scores.probabilities, self._golden[1])

    def _compare(self, answered: Array, expected: Array) -> None:
        difference = np.abs(answered - expected).max()
        if not difference <= TOLERANCE:
            message = (
                f"{self.card.name} version {self.card.version}: its golden images are answered wrongly on"
                f" {self.provider} (probabilities differ by {difference:.2g})"
            )
            raise ModelError(message)

    def _run(self, images: Images) -> Outputs:
        """Give the members of ``Scores``."""
        batch = images[..., None]
        number = len(batch)
        if self.provider == CUDA:
            # CUDA prepares for each size anew: a few sizes are enough, and all are warm.
            padding = np.zeros((_bucket(number) - number, SIDE, SIDE, 1), np.uint8)
            batch = np.concatenate([batch, padding])
        outputs = self._session.run(_OUTPUTS, {"image": batch})
        probabilities, logits, familiarity = (output[:number] for output in outputs)
        familiar = familiarity >= self.card.familiarity.threshold
        return probabilities, logits, familiar, probabilities.argmax(axis=1)


def _bucket(number: int) -> int:
    """Give the power of two that is not below."""
    return 1 << (number - 1).bit_length()

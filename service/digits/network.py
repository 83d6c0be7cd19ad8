"""One version of a network that reads digits: images in, calibrated probabilities out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from service.cards.card import RecogniserCard
from service.digits.layers import Layers, image_size
from service.engine.batcher import Answer, Batcher
from service.engine.batches import Outputs, Run, in_runs
from service.engine.origin import ITSELF, Origin
from service.engine.session import Array, Session
from service.errors import ModelError

BATCH = 64
"""Most images of one run: the engine's memory stays bounded."""

Images: TypeAlias = npt.NDArray[np.uint8]
"""Prepared images, ``(number, height, width)`` uint8 0..255, light on black."""

Batching: TypeAlias = Callable[[Run], Batcher]
"""Puts a queue before an engine."""

_OUTPUTS = ("probabilities", "logits", "familiarity")

TOLERANCE = 1e-4
"""Largest difference to the probabilities that the training computed: devices round differently."""


@dataclass(slots=True)
class Scores:
    """
    What the network says of a batch.

    Attributes:
        probabilities: ``(batch, classes)`` float32; each row sums to 1.
        logits: ``(batch, classes)`` float32, calibrated: their softmax is the probabilities.
        familiar: ``(batch,)`` bool: the familiarity reaches the threshold of the network's card.
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
        outputs: What golden images come with.
        dtype: Of the images that it takes.
        card: What it is.
        layers: Its layers, one by one.
        size: Height and width of the images that it takes.
        provider: The execution provider really in use.
        batcher: The queue before it.
    """

    outputs = ("probabilities",)
    dtype = np.dtype(np.uint8)

    def __init__(self, card: RecogniserCard, session: Session, layers: Layers, batching: Batching) -> None:
        """
        Join a card with its session and its layers, and put a queue before it.

        Raises:
            ModelError: A session has other inputs or outputs than this service speaks.
        """
        self.size = image_size(session)
        if not set(_OUTPUTS) <= set(session.outputs):
            message = (
                f"{card.name} version {card.version}: expected the input image and the outputs {_OUTPUTS};"
                f" it has {tuple(session.outputs)}"
            )
            raise ModelError(message)
        if layers.inputs != session.inputs:
            message = f"{card.name} version {card.version}: its layers take another input, {layers.inputs}"
            raise ModelError(message)
        self.card = card
        self.layers = layers
        self.provider = session.provider
        self.batcher = batching(self._run)
        if not session.traits.in_place:
            self.batcher.in_place_s = 0.0
        self._golden: tuple[Images, npt.NDArray[np.float32]] | None = None
        self._session = session

    @property
    def waiting(self) -> int:
        """Images in the queue."""
        return self.batcher.waiting

    @property
    def failures(self) -> int:
        """Runs without any answer, one after the other, up to now."""
        return self.batcher.failures

    def score(self, images: Images) -> Scores:
        """Score images here and now, on the calling thread."""
        return Scores(*in_runs(self._run, images, BATCH))

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
        _, logits, familiarity = self._session.run_batch(_OUTPUTS, "image", images[..., None])
        if (logits.shape, familiarity.shape) != (probabilities.shape, probabilities.shape[:1]):
            message = (
                f"{self.card.name} version {self.card.version}: expected logits (batch, classes) and"
                f" familiarity (batch,); it gives {logits.shape} and {familiarity.shape}"
            )
            raise ModelError(message)
        self._require_numbers("logits", logits)
        self._require_numbers("familiarity", familiarity)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        self._compare(powers / powers.sum(axis=1, keepdims=True), probabilities, "its logits' softmax")
        for size in self._session.traits.batch_sizes(BATCH):
            chosen = np.resize(np.arange(len(images)), size)
            self._compare(self.score(images[chosen]).probabilities, probabilities[chosen])
        layers = self.layers.select()
        maps = self.layers.feature_maps(images, layers)
        for layer, values in zip(layers, maps, strict=True):
            if values.shape[1:] != layer.output_shape:
                message = f"{self.card.name}: {layer.name} gives {values.shape[1:]}, not {layer.output_shape}"
                raise ModelError(message)
            self._require_numbers(layer.name, values)
        self._compare(maps[-1], probabilities)
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

    def _require_numbers(self, name: str, values: Array) -> None:
        """
        Demand finite numbers.

        Raises:
            ModelError: One is none.
        """
        if not np.isfinite(values).all():
            message = (
                f"{self.card.name} version {self.card.version}: of its golden images {name} is not finite"
            )
            raise ModelError(message)

    def _compare(self, answered: Array, expected: Array, what: str = "probabilities") -> None:
        alike = answered.shape == expected.shape
        difference = np.abs(answered - expected).max() if alike else np.inf
        if not difference <= TOLERANCE:
            message = (
                f"{self.card.name} version {self.card.version}: its golden images are answered wrongly on"
                f" {self.provider} ({what} differ by {difference:.2g})"
            )
            raise ModelError(message)

    def _run(self, images: Images) -> Outputs:
        """Give the members of ``Scores``."""
        probabilities, logits, familiarity = self._session.run_batch(_OUTPUTS, "image", images[..., None])
        familiar = familiarity >= self.card.familiarity.threshold
        return probabilities, logits, familiar, probabilities.argmax(axis=1)

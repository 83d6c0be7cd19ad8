"""One version of a trained network: 28x28 images in, calibrated probabilities out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.digits.card import Card
from service.digits.layers import Layers
from service.engine.session import Array, Session
from service.errors import ModelError

SIDE = 28
BATCH = 64
"""Images per run: beyond it a processor gains nothing, and the engine's memory stays bounded."""

_OUTPUTS = ("probabilities", "logits", "familiarity")
_INPUT = ("image", ("uint8", (None, SIDE, SIDE, 1)))

TOLERANCE = 1e-4
"""Largest difference to the probabilities that the training computed: devices round differently."""


@dataclass(frozen=True)
class Scores:
    """
    What the network says of a batch.

    Attributes:
        probabilities: ``(batch, classes)`` float32; each row sums to 1.
        logits: ``(batch, classes)`` float32, calibrated: their softmax is the probabilities.
        familiar: ``(batch,)`` bool: as much like a digit as 99 % of true ones are.
    """

    probabilities: npt.NDArray[np.float32]
    logits: npt.NDArray[np.float32]
    familiar: npt.NDArray[np.bool_]


class Network:
    """
    A network with its card, ready to answer.

    Attributes:
        card: What it is.
        layers: Its layers, one by one.
        provider: The execution provider really in use.
    """

    def __init__(self, card: Card, session: Session, layers: Layers) -> None:
        """
        Join a card with its session and its layers.

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
        self._session = session

    def score(self, images: npt.NDArray[np.uint8]) -> Scores:
        """Score prepared images, ``(number, 28, 28)`` uint8 0..255, light on black."""
        batches = [self._run(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        probabilities, logits, familiarity = (
            batches[0] if len(batches) == 1 else map(np.concatenate, zip(*batches, strict=True))
        )
        return Scores(probabilities, logits, familiarity >= self.card.familiarity.threshold)

    def verify(self, images: npt.NDArray[np.uint8], probabilities: npt.NDArray[np.float32]) -> None:
        """
        Answer images whose answers are known, alone, in full batches and by layers: a proof and a warm-up.

        Raises:
            ModelError: An answer differs by more than ``TOLERANCE``.
        """
        repeated = np.resize(np.arange(len(images)), BATCH)
        for chosen in ([0], repeated):
            self._compare(self.score(images[chosen]).probabilities, probabilities[chosen])
        self._compare(self.layers.feature_maps(images, self.layers.select()[-1:])[0], probabilities)

    def _compare(self, answered: Array, expected: Array) -> None:
        difference = np.abs(answered - expected).max()
        if not difference <= TOLERANCE:
            message = (
                f"{self.card.name} version {self.card.version}: its golden images are answered wrongly on"
                f" {self.provider} (probabilities differ by {difference:.2g})"
            )
            raise ModelError(message)

    def _run(self, images: npt.NDArray[np.uint8]) -> list[Array]:
        return self._session.run(_OUTPUTS, {"image": images[..., None]})

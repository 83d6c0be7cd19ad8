"""Every layer of a network, one by one: what it makes of images, and what it has learnt."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from service.digits.card import Card, Layer
from service.engine import weights
from service.engine.session import Array, Session
from service.errors import ModelError, UnknownNameError

BATCH = 64
"""Images per run: all layers of one take 55 KiB, and the engine keeps what it once used."""


@dataclass(frozen=True)
class Weights:
    """
    What a layer has learnt; both arrays are empty when it has nothing to learn.

    Attributes:
        kernels: ``(filters, channels, height, width)`` of a convolution, ``(inputs, units)`` of a dense
            layer, float32.
        biases: ``(filters,)`` or ``(units,)`` float32.
    """

    kernels: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]


class Layers:
    """
    The layers of one version of a network.

    They have a session of their own: naming every layer as an output keeps ONNX Runtime from fusing
    operators, which would slow ``/predict``. Opening it takes 20 ms, so it is opened and verified at start.

    Attributes:
        inputs: The session's inputs.
    """

    def __init__(self, card: Card, session: Session, model: bytes) -> None:
        """
        Join a card with the session that names every layer.

        Args:
            card: What the layers are called.
            session: Of ``layers.onnx``.
            model: The verified bytes of that file, from which the weights are read when they are asked for.

        Raises:
            ModelError: The session's outputs are not the layers on the card.
        """
        self._table = {layer.name: layer for layer in card.layers}
        if tuple(self._table) != tuple(session.outputs):
            message = (
                f"{card.name} version {card.version}: its layers are {tuple(self._table)},"
                f" but the outputs of its layers' file are {tuple(session.outputs)}"
            )
            raise ModelError(message)
        self.inputs = session.inputs
        self._session = session
        self._model = model
        self._weights: dict[str, Array] = {}
        self._reading = threading.Lock()

    def select(self, names: Sequence[str] | None = None) -> list[Layer]:
        """
        Give the layers of these names, or all of them, in the order of the network.

        Raises:
            UnknownNameError: There is no layer of such a name.
        """
        if names is None:
            return list(self._table.values())
        if not set(names) <= self._table.keys():
            message = f"the network has no layer of that name; there are: {', '.join(self._table)}"
            raise UnknownNameError(message)
        return [layer for name, layer in self._table.items() if name in names]

    def feature_maps(self, images: npt.NDArray[np.uint8], layers: Sequence[Layer]) -> list[Array]:
        """
        Compute the outputs of layers.

        Args:
            images: Prepared ones, ``(number, 28, 28)`` uint8 0..255, light on black.
            layers: As ``select`` gives them.

        Returns:
            For each layer ``(number, *output_shape)`` float32, channels last.
        """
        names = [layer.name for layer in layers]
        batches = [
            self._session.run(names, {"image": images[start : start + BATCH, ..., None]})
            for start in range(0, len(images), BATCH)
        ]
        return batches[0] if len(batches) == 1 else list(map(np.concatenate, zip(*batches, strict=True)))

    def weights(self, layer: Layer) -> Weights:
        """Give what a layer has learnt; the first call takes half a second."""
        with self._reading:
            self._weights = self._weights or weights.read(self._model)
        nothing = np.empty(0, np.float32)
        return Weights(
            self._weights.get(f"{layer.name}.kernel", nothing),
            self._weights.get(f"{layer.name}.bias", nothing),
        )


def size(layers: Sequence[Layer]) -> int:
    """Count the numbers that these layers give for one image."""
    return sum(prod(layer.output_shape) for layer in layers)

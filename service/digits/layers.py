"""Every layer of a network, one by one: what it makes of images, and what it has learnt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from framing.mnist import SIDE_PX
from service.digits.card import Layer, RecogniserCard
from service.digits.first_cards import completed
from service.engine import weights
from service.engine.session import Array, Session
from service.errors import ModelError, UnknownNameError

BATCH = 64
"""Images per run: all layers of one take 55 KiB, and the engine keeps what it once used."""

Size = tuple[int, int]
"""Height and width, pixels."""


@dataclass(frozen=True)
class Weight:
    """
    What a layer has learnt, or was given.

    Attributes:
        axes: What each axis is, such as ``filters``.
        values: float32, with as many axes.
    """

    axes: tuple[str, ...]
    values: npt.NDArray[np.float32]


class Layers:
    """
    The layers of one version of a network.

    They have a session of their own: naming every layer as an output keeps ONNX Runtime from fusing
    operators, which would slow ``/predict``. Opening it takes 20 ms, so it is opened and verified at start.

    Attributes:
        inputs: The session's inputs.
        table: The layers by name, in the order of the network.
    """

    def __init__(self, card: RecogniserCard, session: Session, model: bytes) -> None:
        """
        Join a card with the session that names every layer.

        Args:
            card: What the layers are called.
            session: Of ``layers.onnx``.
            model: The verified bytes of that file, in which the weights are.

        Raises:
            ModelError: The file has other layers than the card, or not the weights that it names.
        """
        size = image_size(session)
        self.inputs = session.inputs
        self._session = session
        self._constants = weights.read(model)
        described = card.layers
        if all(layer.weights is None for layer in described):
            described = completed(described, self._constants, size)
        self.table = {layer.name: layer for layer in described}
        fault = next(self._faults(), None)
        if fault:
            message = f"{card.name} version {card.version}: {fault}"
            raise ModelError(message)

    def _faults(self) -> Iterator[str]:
        """Give what the file has otherwise than the card says."""
        if tuple(self.table) != tuple(self._session.outputs):
            yield (
                f"its layers are {tuple(self.table)},"
                f" but the outputs of its layers' file are {tuple(self._session.outputs)}"
            )
            return
        for layer, (kind, shape) in zip(self.table.values(), self._session.outputs.values(), strict=True):
            sizes = zip(shape[1:], layer.output_shape, strict=False)
            if len(shape) - 1 != len(layer.output_shape) or any(
                size not in {None, one} for size, one in sizes
            ):
                yield f"the output of {layer.name} has the shape {shape}, not (batch, {layer.output_shape})"
            if kind != "float":
                yield f"the output of {layer.name} is {kind}, not float"
            if layer.parameters and not layer.weights:
                yield f"{layer.name} has {layer.parameters} parameters and no weights"
            for name, axes in (layer.weights or {}).items():
                constant = self._constants.get(f"{layer.name}.{name}")
                if constant is None or constant.ndim != len(axes):
                    yield f"the layers' file has no float32 {layer.name}.{name} with the axes {axes}"

    def select(self, names: Sequence[str] | None = None) -> list[Layer]:
        """
        Give the layers of these names, or all of them, in the order of the network.

        Raises:
            UnknownNameError: There is no layer of such a name.
        """
        if names is None:
            return list(self.table.values())
        if not set(names) <= self.table.keys():
            message = f"the network has no layer of that name; there are: {', '.join(self.table)}"
            raise UnknownNameError(message)
        return [layer for name, layer in self.table.items() if name in names]

    def feature_maps(self, images: npt.NDArray[np.uint8], layers: Sequence[Layer]) -> list[Array]:
        """
        Compute the outputs of layers.

        Args:
            images: Prepared ones, ``(number, height, width)`` uint8 0..255, light on black.
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

    def weights(self, layer: Layer) -> dict[str, Weight]:
        """Give what a layer has learnt, by name."""
        return {
            name: Weight(axes, np.array(self._constants[f"{layer.name}.{name}"]))
            for name, axes in (layer.weights or {}).items()
        }


def image_size(session: Session) -> Size:
    """
    Give height and width of the images that a network takes.

    Raises:
        ModelError: It takes something else, or images on which MNIST's framing has no room.
    """
    match dict(session.inputs):
        case {"image": ("uint8", (None, int(height), int(width), 1)), **others}:
            if min(height, width) >= SIDE_PX and not others:
                return height, width
    message = (
        f"expected the input image uint8 (batch, height, width, 1), of at least {SIDE_PX}x{SIDE_PX};"
        f" it has {session.inputs}"
    )
    raise ModelError(message)


def drawn_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Give the shape in which an output is drawn: ``(height, width, maps)``, or in a line ``(values,)``."""
    if len(shape) == 2:
        return (*shape, 1)
    return shape if len(shape) == 3 else (prod(shape),)


def size(layers: Sequence[Layer]) -> int:
    """Count the numbers that these layers give for one image."""
    return sum(prod(layer.output_shape) for layer in layers)

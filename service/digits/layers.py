"""Every layer of a network, one by one: what it makes of images, and what it has learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framing.mnist import SIDE_PX
from service.cards import layer_checks
from service.cards.card import Layer, RecogniserCard
from service.cards.first_cards import completed
from service.engine import weights
from service.engine.batches import in_runs
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
            ModelError: The file has other layers or weights than the card, or the card contradicts itself.
        """
        size = image_size(session)
        self.inputs = session.inputs
        self._session = session
        self._constants = weights.read(model)
        described = card.layers
        if all(layer.weights is None for layer in described):
            described = completed(described, self._constants, size)
        self.table = {layer.name: layer for layer in described}
        try:
            layer_checks.check(
                described,
                parameters=card.parameters,
                image=size,
                outputs=session.outputs,
                constants=self._constants,
            )
        except ModelError as error:
            message = f"{card.name} version {card.version}: {error}"
            raise ModelError(message) from None

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

    def feature_maps(self, images: npt.NDArray[np.uint8], layers: Sequence[Layer]) -> Sequence[Array]:
        """
        Compute the outputs of layers.

        Args:
            images: Prepared ones, ``(number, height, width)`` uint8 0..255, light on black.
            layers: As ``select`` gives them.

        Returns:
            For each layer ``(number, *output_shape)`` float32, channels last.
        """
        names = [layer.name for layer in layers]
        return in_runs(lambda some: self._session.run(names, {"image": some[..., None]}), images, BATCH)

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

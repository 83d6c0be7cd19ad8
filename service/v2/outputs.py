"""A served network as a client of tensors sees it: a model by name, with outputs by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from service.digits.network import Network, Scores
from service.engine.session import Array
from service.errors import UnknownNameError
from service.repository.folders import LAYERS_SUFFIX
from service.repository.repository import INK, Repository

DATATYPE = "FP32"
"""Of every output."""


@dataclass(frozen=True)
class Output:
    """
    One output of a model.

    Attributes:
        name: As a client asks for it.
        shape: Of one image; the values are float32.
        classes: What each value stands for; empty when the values are no classes.
    """

    name: str
    shape: tuple[int, ...]
    classes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Values of one image."""
        return prod(self.shape)


@dataclass(frozen=True)
class Model:
    """
    One version of a model.

    Attributes:
        name: The network's name, or that with ``-layers``.
        network: The network that answers.
        outputs: All there are to ask for.
    """

    name: str
    network: Network
    outputs: tuple[Output, ...]

    @property
    def version(self) -> str:
        """The network's version."""
        return self.network.card.version

    @property
    def scores(self) -> bool:
        """Its outputs are the network's scores, not its layers."""
        return self.name == self.network.card.name

    def compute(self, images: npt.NDArray[np.uint8], outputs: Sequence[Output]) -> list[Array]:
        """
        Compute outputs.

        Args:
            images: Prepared ones, ``(number, height, width)`` uint8 0..255, light on black.
            outputs: Some of this model's.

        Returns:
            For each output ``(number, *shape)`` float32.
        """
        if self.scores:
            return of_scores(self.network.score(images), outputs)
        layers = self.network.layers
        return layers.feature_maps(images, [layers.table[output.name] for output in outputs])


def of_scores(scores: Scores, outputs: Sequence[Output]) -> list[Array]:
    """Give the outputs of a batch that was scored."""
    arrays = {"probabilities": scores.probabilities, "logits": scores.logits}
    return [arrays[output.name] for output in outputs]


def find(repository: Repository, name: str, version: str | None = None) -> Model:
    """
    Give a model; without a version the pinned, or else the newest.

    Raises:
        UnknownNameError: No such model or version is served, or it reads no digits.
    """
    names = _names(repository)
    if name not in names:
        message = f"no model of that name is served; there are: {', '.join(names) or 'none'}"
        raise UnknownNameError(message)
    network = repository.recogniser(name.removesuffix(LAYERS_SUFFIX), version)
    return _scoring(network) if name == network.card.name else _layered(network)


def versions(repository: Repository, model: Model) -> list[str]:
    """Give the versions of a model that are served, oldest first."""
    return repository.versions(model.network.card.name)


def served(repository: Repository) -> list[tuple[str, str]]:
    """Give the name and version of everything that ``find`` finds, versions oldest first."""
    return [
        (name, version)
        for name in _names(repository)
        for version in repository.versions(name.removesuffix(LAYERS_SUFFIX))
    ]


def unloaded(repository: Repository) -> list[tuple[str, str]]:
    """Give the name and version of what is on disk and is not served because that was asked for."""
    models = repository.unloaded()
    names = [each for name in models for each in (name, *([name + LAYERS_SUFFIX] if name != INK else []))]
    layers = [network.card.name for network in repository.recognisers()]
    names += [name + LAYERS_SUFFIX for name in layers if not repository.serves_layers(name)]
    return [
        (name, version) for name in names for version in repository.on_disk(name.removesuffix(LAYERS_SUFFIX))
    ]


def _names(repository: Repository) -> list[str]:
    return [
        name
        for network in repository.recognisers()
        for name in (network.card.name, network.card.name + LAYERS_SUFFIX)
        if name == network.card.name or repository.serves_layers(network.card.name)
    ]


def _scoring(network: Network) -> Model:
    classes = network.card.classes
    outputs = (Output(name, (len(classes),), classes) for name in ("probabilities", "logits"))
    return Model(network.card.name, network, tuple(outputs))


def _layered(network: Network) -> Model:
    *others, last = network.layers.select()
    classes = network.card.classes
    outputs = [Output(layer.name, layer.output_shape) for layer in others]
    outputs.append(Output(last.name, last.output_shape, classes))
    return Model(network.card.name + LAYERS_SUFFIX, network, tuple(outputs))

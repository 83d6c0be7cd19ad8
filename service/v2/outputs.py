"""A served network as a client of tensors sees it: a model by name, with outputs by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from service.digits.network import Network, Scores
from service.engine.session import Array
from service.errors import Fault, InvalidInputError, UnknownNameError
from service.http.responses import check_size
from service.media_types import JSON, OCTETS
from service.repository.folders import LAYERS_SUFFIX
from service.repository.repository import INK, Repository
from service.settings import Limits
from service.v2.requests import InferenceRequest, Wanted

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
class Asked:
    """An output, and how it is wanted."""

    output: Output
    form: Wanted


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

    def compute(self, images: npt.NDArray[np.uint8], outputs: Sequence[Output]) -> Sequence[Array]:
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


def resolve(model: Model, request: InferenceRequest) -> list[Asked]:
    """
    Find the outputs that are asked for.

    Raises:
        InvalidInputError: An output that the model has not, or classes of values that are none.
    """
    if request.outputs is None:
        return [Asked(output, Wanted(output.name, request.binary, 0)) for output in model.outputs]
    known = {output.name: output for output in model.outputs}
    found = []
    for index, form in enumerate(request.outputs):
        if form.name not in known:
            message = f"{model.name} has the outputs {', '.join(known)}"
            raise InvalidInputError(message, Fault(f"#/outputs/{index}/name", message))
        output = known[form.name]
        if form.classes and not output.classes:
            message = "classification is for outputs whose values are classes; these are not"
            raise InvalidInputError(message, Fault(f"#/outputs/{index}/parameters/classification", message))
        found.append(Asked(output, form))
    return found


def check(asked: Sequence[Asked], number: int, limits: Limits) -> None:
    """
    Refuse an answer of too many numbers, before they are computed.

    Raises:
        InvalidInputError: There would be more of them than a limit allows.
    """
    for media_type, binary in ((JSON, False), (OCTETS, True)):
        size = sum(one.output.size for one in asked if one.form.binary is binary)
        check_size(number * size, media_type, limits)


def classified(values: npt.NDArray[np.float32], asked: Asked) -> npt.NDArray[np.object_]:
    """Give the classes of the largest values, largest first, each as ``value:index:class`` in bytes."""
    order = np.argsort(-values, axis=1, kind="stable")[:, : asked.form.classes]
    texts = np.empty(order.shape, object)
    for place, index in np.ndenumerate(order):
        value = values[place[0], index]
        texts[place] = f"{value!s}:{index}:{asked.output.classes[index]}".encode()
    return texts


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

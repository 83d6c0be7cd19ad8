"""The model card: what a version is, how good it is, how it came to be, and what its files are."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from training.evaluation import Evaluation
from training.familiarity import FamiliarityReport
from training.ink.evaluation import InkEvaluation
from training.publication import CARD
from training.robustness import FamilyResult

CLASSES = tuple("0123456789")
ROLE = "recogniser"
"""What the service asks a network for: the digit of an image."""

INK_ROLE = "ink"
"""The other: where the ink of a picture is."""


@dataclass(frozen=True)
class Tensor:
    """An input or output of ``model.onnx``; None in the shape stands for the batch."""

    name: str
    datatype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Layer:
    """
    One row of the lecture's summary, and how the layer computes; None is what it does not have.

    Attributes:
        name: As in ``layers.onnx``.
        type: Keras' class.
        output_shape: Of one image, channels last.
        parameters: Trainable ones.
        kernel_size: Height and width of a kernel or of a pooled patch.
        strides: Steps down and across.
        dilations: Cells from one tap of a kernel to the next, down and across.
        padding: ``same`` or ``valid``.
        margins: Rows of zeros that are put above and below, columns left and right.
        activation: Keras' name of it.
        connections: For each filter the channels that it sees; None when it sees all.
        inputs: The layers that it reads; None when that is the one before, or the image.
        weights: For each weight, ``<layer>.<weight>`` in ``layers.onnx``, what its axes are.
    """

    name: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    kernel_size: tuple[int, int] | None = None
    strides: tuple[int, int] | None = None
    dilations: tuple[int, int] | None = None
    padding: str | None = None
    margins: tuple[tuple[int, int], tuple[int, int]] | None = None
    activation: str | None = None
    connections: tuple[tuple[int, ...], ...] | None = None
    inputs: tuple[str, ...] | None = None
    weights: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file of the version, as it must be found."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Evaluations:
    """The test images, which chose nothing, and the validation images, which chose the temperature."""

    test: Evaluation
    validation: Evaluation


@dataclass(frozen=True)
class Parity:
    """
    How far ONNX Runtime is from Keras.

    Attributes:
        max_abs_difference: Of any probability, in either file.
        max_layer_difference: Of any layer's output, in parts of that layer's largest value.
        images: Images compared.
    """

    max_abs_difference: float
    max_layer_difference: float
    images: int


@dataclass(frozen=True)
class Training:
    """
    How the network came to be.

    Attributes:
        settings: The recipe's.
        seed: Of weights, order and augmentation.
        epochs: Passes over the training images.
        training_images: How many there were.
        validation_images: How many watched.
        history: Figures of each epoch.
        seconds: Time spent on the epochs.
        hardware: Processor, cores and accelerators.
        versions: Of Python and the libraries that matter.
        data_sha256: Of MNIST's four arrays.
        revision: The program's commit, ``-dirty`` when it was changed since; None when it is not known.
    """

    settings: dict[str, Any]
    seed: int
    epochs: int
    training_images: int
    validation_images: int
    history: dict[str, list[float]]
    seconds: float
    hardware: str
    versions: dict[str, str]
    data_sha256: dict[str, str]
    revision: str | None = None


@dataclass(frozen=True)
class Kernels:
    """
    What the first convolution had learnt after some epochs.

    Attributes:
        layer: Its name.
        epochs: After each of them ``(filters, channels, height, width)``, of large layers the first filters.
    """

    layer: str
    epochs: dict[int, Sequence[Sequence[Sequence[Sequence[float]]]]]


@dataclass(frozen=True)
class SeedResult:
    """
    A training by the recipe, with one of the seeds that were tried.

    Attributes:
        seed: Of weights, order and augmentation.
        validation_errors: Of the validation images.
        test_errors: Of the test images.
        seconds: Time spent on the epochs; None when it is not known.
    """

    seed: int
    validation_errors: int
    test_errors: int
    seconds: float | None = None


@dataclass(frozen=True)
class Card:
    """
    Everything that is known of one version; ``card.json`` holds it, name for name.

    Attributes:
        network: The kind, of ``training/networks``.
        role: What it is for.
        trial: Made on fewer images or in fewer epochs than the recipe's, or by another recipe than the
            version for use, to see how it goes: not for use.
        files: Every file that the version must have, besides the card itself.
        local_files: Files that stay where they were made, for they show pictures of MNIST.
        temperature_interval_95: The bootstrap's, of the validation images.
        robustness: Of each family of pictures how they are read.
        kernels: Of the first convolution; None when there is none.
        seeds: Every training by this recipe, this one among them, as far as they were told to it.
    """

    name: str
    version: str
    network: str
    role: str
    recipe: str
    trial: bool
    created: str
    input: Tensor
    outputs: tuple[Tensor, ...]
    classes: tuple[str, ...]
    layers: tuple[Layer, ...]
    parameters: int
    temperature: float
    familiarity: FamiliarityReport
    evaluation: Evaluations
    parity: Parity
    training: Training
    files: dict[str, File]
    local_files: tuple[str, ...]
    temperature_interval_95: tuple[float, float] | None = None
    robustness: dict[str, FamilyResult] = field(default_factory=dict)
    kernels: Kernels | None = None
    seeds: tuple[SeedResult, ...] = ()

    @property
    def as_seed(self) -> SeedResult:
        """What it has to say among those of other seeds."""
        errors = self.evaluation.validation.errors, self.evaluation.test.errors
        return SeedResult(self.training.seed, *errors, self.training.seconds)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """
        Read ``card.json``; what cards did not have at first may be missing.

        Raises:
            OSError: It cannot be read.
            ValueError: It is no card.
        """
        return TypeAdapter(cls).validate_json((folder / CARD).read_bytes())

    def write(self, folder: Path) -> None:
        """Write ``card.json``, utf-8, into the version's folder; no reader sees half of one."""
        _write(folder, asdict(self))


@dataclass(frozen=True)
class InkParity:
    """
    How far ONNX Runtime is from Keras.

    Attributes:
        max_abs_difference: Of the ink in any pixel, or of any count's probability.
        images: Views compared.
    """

    max_abs_difference: float
    images: int


@dataclass(frozen=True)
class InkEvaluations:
    """The views of scenes made of validation images, which chose nothing."""

    validation: InkEvaluation


@dataclass(frozen=True)
class InkCard:
    """Everything that is known of one version of a network that finds ink; as ``Card``."""

    name: str
    version: str
    network: str
    role: str
    recipe: str
    trial: bool
    created: str
    input: Tensor
    outputs: tuple[Tensor, ...]
    parameters: int
    evaluation: InkEvaluations
    parity: InkParity
    training: Training
    files: dict[str, File]

    def write(self, folder: Path) -> None:
        """Write ``card.json``, utf-8, into the version's folder; no reader sees half of one."""
        _write(folder, asdict(self))


def _write(folder: Path, card: dict[str, Any]) -> None:
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    new = folder / f"{CARD}.new"
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(folder / CARD)


def described(path: Path) -> File:
    """Give the SHA-256 and the size of a file."""
    content = path.read_bytes()
    return File(hashlib.sha256(content).hexdigest(), len(content))

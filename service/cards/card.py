"""What a model directory says of itself: ``card.json``, as the training writes it."""

from collections import Counter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from service.described import Described

Count = Annotated[int, Field(ge=0, lt=2**53)]
"""A whole number that every JSON parser reads as it is."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class _Told(_Frozen, Described):
    """A part that answers repeat: its docstrings go into the OpenAPI document."""


DIGITS = tuple("0123456789")

Size = Annotated[int, Field(gt=0, lt=2**53)]

Pair = tuple[Size, Size]

Margin = tuple[Count, Count]

Temperature = Annotated[float, Field(gt=0)]


def _are_the_digits(classes: tuple[str, ...]) -> tuple[str, ...]:
    # An answer's digit is the place of its class.
    if classes != DIGITS:
        message = "expected the digits 0 to 9, in order"
        raise ValueError(message)
    return classes


def _can_be_asked_for(name: str) -> str:
    # A comma separates names in /feature-maps, and clients resolve dots in a path (RFC 3986, 5.2.4).
    if not name or not name.isprintable() or "," in name or {".", ".."} & set(name.split("/")):
        message = "expected printable characters, no comma, and no . or .. between slashes"
        raise ValueError(message)
    return name


class Layer(_Told):
    """One row of the lecture's summary, and how the layer computes: null is what it does not have."""

    name: Annotated[str, Field(max_length=256), AfterValidator(_can_be_asked_for)]
    """The layer's name, as in ``/feature-maps``; in a path percent-encoded."""
    type: str
    """Keras' class, such as Conv2D, AveragePooling2D, Flatten or Dense; others may come."""
    output_shape: tuple[Size, ...]
    """Shape of the output of one image, channels last."""
    parameters: Count
    """Trainable parameters: weights and biases."""
    kernel_size: Pair | None = None
    """Height and width of a kernel, or of a pooled patch."""
    strides: Pair | None = None
    """Steps down and across."""
    dilations: Pair | None = None
    """Cells from one tap of a kernel to the next, down and across."""
    padding: str | None = None
    """``same`` or ``valid``."""
    margins: tuple[Margin, Margin] | None = None
    """Rows of zeros that are put above and below, columns left and right."""
    activation: str | None = None
    """Keras' name of it."""
    connections: tuple[tuple[int, ...], ...] | None = None
    """For each filter the channels that it sees; null when it sees all."""
    inputs: tuple[str, ...] | None = None
    """The layers that it reads, ``""`` for the image; null when it reads the one before."""
    weights: dict[str, tuple[str, ...]] | None = None
    """For each weight what its axes are, such as ``filters, channels, height, width``."""


def _have_a_row_each(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    (name, number), *_ = Counter(layer.name for layer in layers).most_common(1) or [("", 0)]
    if number > 1:
        message = f"{name} has {number} rows"
        raise ValueError(message)
    return layers


class ReliabilityBin(_Told):
    """The images whose confidence lies in one interval."""

    count: Count
    """Images."""
    confidence: float
    """Their mean confidence."""
    accuracy: float
    """The share of them with the right answer."""


class Result(_Told):
    """How a set of images is read."""

    images: Count
    """Images of the set."""
    errors: Count
    """Images whose digit was not the label."""
    accuracy: float
    """Share of right answers, 0 to 1."""
    accuracy_interval_95: tuple[float, float]
    """Wilson's 95 % interval of the accuracy."""
    nll: float
    """Mean negative log-likelihood, nats."""
    brier: float
    """Mean squared error of the ten probabilities, summed over classes."""
    ece: float
    """Expected calibration error over 15 bins of confidence."""
    confusion_matrix: tuple[tuple[Count, ...], ...] | None = None
    """Images by label (rows) and answer (columns)."""
    reliability: tuple[ReliabilityBin, ...] | None = None
    """Whether confidence is what it says, bin by bin; bins without images are left out."""


class Evaluation(_Told):
    """Measured quality."""

    test: Result
    """On MNIST's 10,000 test images, once."""
    validation: Result | None = None
    """On the images that were held back to choose the temperature by."""


class Familiarity(_Told):
    """How the network tells digits from anything else."""

    threshold: float
    """Images with a lower familiarity are reported as ``is_digit: false``."""
    auroc: dict[str, float] | None = None
    """For each kind of pictures that are no digits the chance that a digit is more familiar."""
    rejected: dict[str, float] | None = None
    """For each kind the share below the threshold."""
    letters: dict[str, float] | None = None
    """For each letter of both cases the share below the threshold."""
    digits: dict[str, float] | None = None
    """For each source of digits the share below the threshold, which are called none."""


class FamilyResult(_Told):
    """How pictures of one family are read, made from validation images."""

    drawn: Count | None = None
    """Pictures made."""
    images: Count
    """Those of them that were framed, and asked about."""
    errors: Count
    """Images whose digit was not the label."""
    accuracy: float | None
    """Share of right answers, 0 to 1; null without images."""
    accuracy_interval_95: tuple[float, float] | None = None
    """Wilson's 95 % interval of the accuracy."""


class Kernels(_Told):
    """What the first convolution had learnt after some epochs."""

    layer: str
    epochs: dict[str, tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]]
    """After each ``(filters, channels, height, width)``, rounded; of large layers the first filters."""


class Training(_Told):
    """How the network came to be; null is what the card does not say."""

    settings: dict[str, JsonValue] | None = None
    """The recipe's."""
    seed: Count | None = None
    """Of weights, order and augmentation."""
    epochs: Count | None = None
    """Passes over the training images."""
    training_images: Count | None = None
    validation_images: Count | None = None
    history: dict[str, tuple[float, ...]] | None = None
    """Epoch by epoch ``loss`` and ``accuracy``, and those of the validation images, ``val_...``."""
    seconds: float | None = None
    """Spent on the epochs."""
    hardware: str | None = None
    versions: dict[str, str] | None = None
    """Of Python and the libraries that matter."""
    revision: str | None = None
    """The program's commit, ``-dirty`` when it was changed since."""


class SeedResult(_Told):
    """A training by the recipe, with one of the seeds that were tried."""

    seed: Count
    validation_errors: Count
    """Of the validation images."""
    test_errors: Count
    """Of the test images."""
    seconds: float | None = None
    """Spent on the epochs; null when that is not known."""


class File(_Frozen):
    """A file of the version, as it was when it was verified."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    bytes: Count


class Card(_Frozen):
    """One version of a network: identity, what it is for, and the hash of every file."""

    name: str
    version: str
    network: str | None = None
    role: Literal["recogniser", "ink"] = "recogniser"
    trial: bool = False
    recipe: str
    created: str
    parameters: Count
    files: dict[str, File]


class RecogniserCard(Card):
    """One version of a network that reads digits: its layers and its measured quality besides."""

    role: Literal["recogniser"] = "recogniser"
    classes: Annotated[tuple[str, ...], AfterValidator(_are_the_digits)]
    layers: Annotated[tuple[Layer, ...], AfterValidator(_have_a_row_each)]
    temperature: Temperature
    temperature_interval_95: tuple[Temperature, Temperature] | None = None
    familiarity: Familiarity
    evaluation: Evaluation
    robustness: dict[str, FamilyResult] | None = None
    kernels: Kernels | None = None
    training: Training | None = None
    seeds: tuple[SeedResult, ...] | None = None

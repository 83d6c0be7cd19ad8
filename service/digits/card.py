"""What a model directory says of itself: ``card.json``, as the training writes it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Told(_Frozen):
    """A part that answers repeat: its docstrings go into the OpenAPI document, at 4 ms a class."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Layer(_Told):
    """One row of the lecture's summary."""

    name: str
    """The layer's name, as in ``/feature-maps``."""
    type: str
    """Conv2D, AveragePooling2D, Flatten or Dense."""
    output_shape: tuple[int, ...]
    """Shape of the output of one image, channels last."""
    parameters: int
    """Trainable parameters: weights and biases."""


class ReliabilityBin(_Told):
    """The test images whose confidence lies in one interval."""

    count: int
    """Images."""
    confidence: float
    """Their mean confidence."""
    accuracy: float
    """The share of them with the right answer."""


class TestResult(_Told):
    """The one evaluation on MNIST's 10,000 test images."""

    __test__ = False  # pytest: this is no test.

    images: int
    """Test images."""
    errors: int
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
    confusion_matrix: tuple[tuple[int, ...], ...] | None = None
    """Images by label (rows) and answer (columns)."""
    reliability: tuple[ReliabilityBin, ...] | None = None
    """Whether confidence is what it says, bin by bin; bins without images are left out."""


class Evaluation(_Frozen):
    """Measured quality."""

    test: TestResult


class Familiarity(_Frozen):
    """How the network tells digits from anything else."""

    threshold: float
    """Images with a lower familiarity are reported as ``is_digit: false``."""


class File(_Frozen):
    """A file of the version, as it was when it was verified."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    bytes: int


class Card(_Frozen):
    """One version of a network: identity, shape, measured quality, and the hash of every file."""

    name: str
    version: str
    recipe: str
    created: str
    classes: tuple[str, ...]
    layers: tuple[Layer, ...]
    parameters: int
    temperature: float
    familiarity: Familiarity
    evaluation: Evaluation
    files: dict[str, File]

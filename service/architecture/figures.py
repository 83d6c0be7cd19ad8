"""What a network costs, as it is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerFigures:
    """
    What one layer costs.

    Attributes:
        name: As given, or type and number.
        type: As given.
        output_shape: Of one image, channels last.
        parameters: Weights and biases.
        multiply_adds: For one image; pooling multiplies with no weights and has none.
        receptive_field: Height and width of what a value sees, in pixels of the input, padding included;
            of a vector its units.
        memory_bytes: Of the outputs of a whole batch.
        formulas: Of each figure above, with its numbers filled in.
        slide: What the lecture's slide prints for this layer, where it is something else.
    """

    name: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    receptive_field: tuple[int, ...]
    memory_bytes: int
    formulas: dict[str, str]
    slide: str | None


@dataclass(frozen=True)
class Share:
    """The parameters in all layers of a type, and their share of all."""

    parameters: int
    share: float
    formula: str


@dataclass(frozen=True)
class Figures:
    """What a network costs, layer by layer and in all."""

    layers: list[LayerFigures]
    parameters: int
    multiply_adds: int
    memory_bytes: int
    shares: dict[str, Share]
    formulas: dict[str, str]

"""How much of the input a value sees: receptive fields, from layer to layer."""

from dataclasses import dataclass
from operator import mul

from service.architecture import formulas
from service.architecture.formulas import Figure
from service.architecture.steps import Step
from service.architecture.vocabulary import RBF, Dense, Flatten, Layer


@dataclass(frozen=True)
class Sight:
    """
    What a value sees of the input, per axis: height and width of an image, one axis of a vector.

    Attributes:
        figures: Receptive fields in pixels, padding included.
        jumps: Pixels between two neighbours.
        sides: Values side by side; Flatten puts them in another order, but each sees as much as before.
    """

    figures: tuple[Figure, ...]
    jumps: tuple[int, ...]
    sides: tuple[int, ...]

    @classmethod
    def of_an_input(cls, step: Step) -> "Sight":
        """Begin at the input, where each value sees itself."""
        sides = step.shape[:2] if len(step.shape) > 1 else step.shape
        return cls(tuple(Figure(1, "1") for _ in sides), (1,) * len(sides), sides)

    @property
    def fields(self) -> tuple[int, ...]:
        """The receptive fields."""
        return tuple(figure.value for figure in self.figures)

    @property
    def formula(self) -> str:
        """How they came about."""
        return "; ".join(dict.fromkeys(figure.formula for figure in self.figures))

    def through(self, layer: Layer, step: Step) -> "Sight":
        """Look through one more layer; a unit of a dense one, or a distance, sees everything."""
        if isinstance(layer, Flatten):
            return self
        sees_all = isinstance(layer, Dense | RBF)
        window = self.sides if sees_all else step.window
        return Sight(
            tuple(map(formulas.receptive_field, self.fields, self.jumps, window)),
            tuple(map(mul, self.jumps, step.strides)),
            (1,) * len(self.sides) if sees_all else step.shape[:-1],
        )

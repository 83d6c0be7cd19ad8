"""How well a network finds ink: what it says of views, and how much of the strokes it finds."""

from dataclasses import dataclass
from typing import Self

import keras
import numpy as np
import numpy.typing as npt

from framing.looks import BOX_LEVEL, FEWEST_PX
from training.data import Images
from training.evaluation import wilson_interval
from training.family import scaled

FOUND = 0.7
"""A view is right when Dice's ratio of what was found and what is there is at least so much."""

BATCH = 500
"""Views that a network is asked about at a time."""


@dataclass(frozen=True)
class InkAnswers:
    """What a network says of views, float32: ink ``(number, 64, 64)`` 0 to 1, and counts ``(number, 3)``."""

    ink: npt.NDArray[np.float32]
    count: npt.NDArray[np.float32]

    @classmethod
    def of(cls, network: keras.Model, views: Images) -> Self:
        """Ask a network about views, ``(number, 64, 64)`` uint8."""
        ink, count = network.predict(scaled(views, network), batch_size=BATCH, verbose=0)
        return cls(
            keras.ops.convert_to_numpy(keras.ops.sigmoid(ink)),
            keras.ops.convert_to_numpy(keras.ops.softmax(count)),
        )


@dataclass(frozen=True)
class InkEvaluation:
    """
    Every figure of one set of views.

    Attributes:
        images: Views evaluated.
        errors: Views whose ink is not found: Dice's ratio is below 0.7, or there is none and some is found.
        accuracy: Share of the others.
        accuracy_interval_95: Wilson's interval for it.
        dice: Mean of Dice's ratio over the views with ink.
        count_errors: Views whose most probable count (none, one, several) is not their scene's.
    """

    images: int
    errors: int
    accuracy: float
    accuracy_interval_95: tuple[float, float]
    dice: float
    count_errors: int


def evaluate(
    answers: InkAnswers, stroke: npt.NDArray[np.float32], count: npt.NDArray[np.float32]
) -> InkEvaluation:
    """
    Measure answers against the truth.

    Args:
        answers: Of a network.
        stroke: The part of each pixel that is covered, ``(number, 64, 64)``, 0 to 1.
        count: 1 in the place of the scene's count, ``(number, 3)``.
    """
    ratios = dice(answers.ink, stroke)
    right = int((ratios >= FOUND).sum())
    has_ink = (stroke >= BOX_LEVEL / 255).sum(axis=(1, 2)) >= FEWEST_PX
    return InkEvaluation(
        images=len(stroke),
        errors=len(stroke) - right,
        accuracy=right / len(stroke),
        accuracy_interval_95=wilson_interval(right, len(stroke)),
        dice=float(ratios[has_ink].mean()) if has_ink.any() else 1.0,
        count_errors=int((answers.count.argmax(axis=1) != count.argmax(axis=1)).sum()),
    )


def dice(ink: npt.NDArray[np.float32], stroke: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """
    Give Dice's ratio of each view, ``(number,)``: twice what both cover by what each covers.

    It is taken of pixels that are ink enough to be framed. Where both have too few it is 1.
    """
    found, there = ink >= BOX_LEVEL / 255, stroke >= BOX_LEVEL / 255
    both = (found & there).sum(axis=(1, 2))
    each = [mask.sum(axis=(1, 2)) for mask in (found, there)]
    are_blank = np.maximum(*each) < FEWEST_PX
    return np.where(are_blank, 1.0, 2 * both / np.maximum(sum(each), 1))

"""How well a network reads digits that were damaged, or drawn otherwise than MNIST's: family by family."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.data import Images, Part
from training.evaluation import Probabilities, wilson_interval
from training.prepared import by_levels
from training.scenes.damage import DAMAGES, Damage
from training.scenes.families import frozen, scenes
from training.scenes.marks import MARKS
from training.scenes.pens import Digit
from training.scenes.scene import Family, Scene

PICTURES = 100
"""Of each family."""

SEED = 0


@dataclass(frozen=True)
class FamilyResult:
    """
    What became of the pictures of one family.

    Attributes:
        drawn: Pictures drawn, each of another validation image.
        images: Those of them that levels alone can frame. The others go the service's way for photos, which
            is not a part of the network, and are not counted.
        errors: Of ``images`` those that are read wrong.
        accuracy: Share of the others; None when there are no images.
        accuracy_interval_95: Wilson's interval for it.
    """

    drawn: int
    images: int
    errors: int
    accuracy: float | None
    accuracy_interval_95: tuple[float, float] | None


def measure(
    answer: Callable[[Images], Probabilities], validation: Part, *, number: int = PICTURES
) -> dict[str, FamilyResult]:
    """
    Ask a network about pictures of every family that needs no camera.

    Damage is done to images as MNIST frames them, and the network gets these as they are; all others are
    framed first, as the service frames flat pictures. The same images give the same pictures.

    Args:
        answer: Gives probabilities, ``(number, 10)``, of images, ``(number, 28, 28)`` uint8.
        validation: Images that were not trained on.
        number: Pictures of each family.
    """
    images, labels = validation
    drawn = {name: family for name, family in frozen(images).items() if not name.startswith("photo")} | MARKS
    damaged = {f"damage: {name}": _damaged(damage) for name, damage in DAMAGES.items()}
    results = {}
    for name, family in (drawn | damaged).items():
        pictures = [(scene.picture, labels[at]) for at, scene in scenes(name, family, images, number, SEED)]
        framed = [
            (image, digit)
            for picture, digit in pictures
            if (image := picture if name in damaged else by_levels(picture)) is not None
        ]
        right = 0
        if framed:
            read = answer(np.stack([image for image, _ in framed])).argmax(axis=1)
            right = int((read == [digit for _, digit in framed]).sum())
        results[name] = FamilyResult(
            drawn=len(pictures),
            images=len(framed),
            errors=len(framed) - right,
            accuracy=right / len(framed) if framed else None,
            accuracy_interval_95=wilson_interval(right, len(framed)) if framed else None,
        )
    return results


def _damaged(damage: Damage) -> Family:
    """Do damage to an image of MNIST, which stays light on black and 28x28."""

    def draw(digit: Digit, random: np.random.Generator) -> Scene:
        ink = np.divide(digit, 255, dtype=np.float32)
        grey = np.clip(damage(ink, random), 0, 1)
        return Scene(np.rint(255 * grey).astype(np.uint8), ink)

    return draw

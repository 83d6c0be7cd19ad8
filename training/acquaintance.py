"""Digits and strangers that a head learns from, and digits of all sources that it is measured by."""

import numpy as np

from framing import looks
from framing.mnist import Grey
from training.augmentation import Augmentation
from training.data import Images, Part
from training.familiarity import VALIDATION
from training.lessons import Lessons
from training.nondigits import UNAUGMENTED, strangers
from training.prepared import by_levels
from training.recipes import Recipe
from training.scenes.families import frozen, scenes
from training.scenes.hands import hands
from training.scenes.marks import MARKS
from training.scenes.views import grey_of

STRANGERS = 40_000
"""Drawn once; every round augments them anew. As many digits are taken from the lessons of each round."""

HANDS = 10_000
"""Made hands in every round, besides those in the lessons."""

PICTURES = 100
"""Of each family of pictures to measure by; of made hands ten times as many."""

SEED = 0


class Rounds:
    """Draws the digits and the strangers of a round; run, seed and number decide them."""

    def __init__(self, recipe: Recipe, lessons: Lessons, train: Part, seed: int) -> None:
        """
        Draw what every round augments.

        Args:
            recipe: That the network was trained by.
            lessons: That it learnt from: digits as it knows them are from the epochs after its last.
            train: MNIST's images; a few make few strangers, for a trial.
            seed: Of everything.
        """
        self._recipe, self._lessons, self._seed = recipe, lessons, seed
        number = min(STRANGERS, len(train[0]))
        random = np.random.default_rng([seed, STRANGERS])
        self._hands, _ = hands(min(HANDS, number), random)
        made = strangers(number, train, random)
        self._augmented = np.concatenate([made[kind] for kind in made if kind not in UNAUGMENTED])
        self._plain = np.concatenate([made[kind] for kind in UNAUGMENTED])
        self._steps = min(lessons.steps, -(-number // recipe.batch_size))

    def __call__(self, number: int) -> tuple[Images, Images]:
        """Give digits and strangers, ``(number, 28, 28)`` uint8 each."""
        random = np.random.default_rng([self._seed, STRANGERS, number])
        augment = self._recipe.augmentation or Augmentation()
        epoch = self._recipe.epochs + number
        known = np.concatenate([self._lessons.batch(epoch, step)[0] for step in range(self._steps)])
        if self._recipe.augmentation is None:
            known = augment(known, random)
        digits = np.concatenate([known, augment(self._hands, random)])
        return digits, np.concatenate([augment(self._augmented, random), self._plain])


def sources(validation: Part, look: looks.Network | None, *, number: int = PICTURES) -> dict[str, Images]:
    """
    Give digits of all sources there are to measure by, as the service prepares them.

    Args:
        validation: MNIST's images that were not trained on; also what is drawn in scenes.
        look: A network that finds ink, for photos; None leaves photos out.
        number: Of each family of pictures.
    """
    images, _ = validation
    found = {VALIDATION: images, "made hands": hands(10 * number, np.random.default_rng(number))[0]}
    pictures: dict[str, list[Grey]] = {"drawings and scans": [], "photos": []}
    for name, family in (frozen(images) | MARKS).items():
        is_photo = name.startswith("photo")
        if is_photo and look is None:
            continue
        for _, scene in scenes(name, family, images, number, SEED):
            grey = grey_of(scene)
            image = by_levels(grey)
            if image is None and look is not None:
                (learned,) = looks.find([grey], look)
                image = learned.framed.image if learned.framed else None
            if image is not None:
                pictures["photos" if is_photo else "drawings and scans"].append(image)
    return found | {source: np.stack(each) for source, each in pictures.items() if each}

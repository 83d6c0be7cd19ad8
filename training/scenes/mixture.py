"""What a network that finds ink is trained on: scenes of every kind, each decided by its number."""

from typing import NamedTuple

import numpy as np

from framing.looks import NONE, ONE, SEVERAL
from training.data import Images, Labels
from training.scenes import blanks, marks, scans
from training.scenes.annotations import ANNOTATIONS
from training.scenes.damage import DAMAGES, Damaged
from training.scenes.hands import hands
from training.scenes.numbers import Number
from training.scenes.paper import texture
from training.scenes.pens import Digit
from training.scenes.photos import QUICK, Bare, Cell, Lined, OnDesk
from training.scenes.scene import Family, Scene
from training.scenes.surroundings import SURROUNDINGS

MADE_HANDS = 0.2
"""Share of the digits that are made hands, not MNIST's."""

HANDS = 1500
"""Drawn beforehand."""

NEIGHBOURS = 250
"""Digits that are written around the one that counts, or behind it."""

TEXTURED = 0.3
"""Share of the photos on paper with fibres and print that shines through."""

SIDES_PX = (40, 240)
SMALL_PX = (26, 56)

_USUAL_DAMAGE = 1.8
_MORE_DAMAGE = {
    "outlines alone": 2.5,
    "strokes across": 4.5,
    "dotted lines across": 2.5,
    "specks": 2.5,
    "blur": 2.0,
    "shaken": 2.5,
}
"""Weights of the kinds of damage that are hard to see through."""


class Kind(NamedTuple):
    """
    A kind of scene.

    Attributes:
        weight: How often it is drawn, beside the weights of the others.
        family: Draws it.
        how_many: ``NONE``, ``ONE`` or ``SEVERAL`` digits.
    """

    weight: float
    family: Family
    how_many: int


class Sample(NamedTuple):
    """
    A scene to train on.

    Attributes:
        scene: The scene.
        kind: Its kind's name.
        how_many: ``NONE``, ``ONE`` or ``SEVERAL`` digits.
        digit: Which one, 0 to 9; of several the first; without meaning where there is none.
    """

    scene: Scene
    kind: str
    how_many: int
    digit: int


class Mixture:
    """Draws scenes of all kinds; the same images, seed and number draw the same scene."""

    def __init__(self, images: Images, labels: Labels, seed: int) -> None:
        """
        Prepare to draw.

        Args:
            images: Digits to draw from, ``(number, 28, 28)`` uint8.
            labels: Which they are.
            seed: Of everything that is drawn.
        """
        self._images, self._labels, self._seed = images, labels, seed
        self._hands, self._hand_labels = hands(HANDS, np.random.default_rng([seed, HANDS]))
        others = np.concatenate([images[:NEIGHBOURS], self._hands[: NEIGHBOURS // 4]])
        self._kinds = kinds(images[:NEIGHBOURS], others)
        weights = np.array([kind.weight for kind in self._kinds.values()])
        self._shares = weights / weights.sum()

    def draw(self, number: int) -> tuple[Sample, np.random.Generator]:
        """Draw a scene; give with it the generator, for what is decided of it later."""
        random = np.random.default_rng([self._seed, HANDS, number])
        name = str(random.choice(list(self._kinds), p=self._shares))
        _, family, how_many = self._kinds[name]
        image, digit = self._digit(random)
        scene = family(blanks.NO_DIGIT if how_many == NONE else image, random)
        if scene.picture.ndim == 3 and random.random() < TEXTURED:
            over = texture(scene.ink.shape, random)[..., None]
            scene = scene._replace(picture=np.clip(scene.picture * over, 0, 255).astype(np.uint8))
        return Sample(scene, name, how_many, digit), random

    def _digit(self, random: np.random.Generator) -> tuple[Digit, int]:
        is_made = random.random() < MADE_HANDS
        images, labels = (self._hands, self._hand_labels) if is_made else (self._images, self._labels)
        at = random.integers(len(images))
        return images[at], int(labels[at])


def kinds(neighbours: Images, others: Images) -> dict[str, Kind]:
    """
    Give the kinds of scenes by their names: photos are most, then damage; one in eleven has no digit.

    Args:
        neighbours: Digits for the cells around the one that counts, ``(number, 28, 28)``.
        others: Digits to write behind the first of several; likewise.
    """
    photos: dict[str, tuple[float, Family]] = {
        "bare": (10, Bare(SIDES_PX, scale=QUICK)),
        "bare, small": (5, Bare(SMALL_PX, least_share=0.4, scale=QUICK)),
        "desk": (4, OnDesk(SIDES_PX, scale=QUICK)),
        "squared": (6, Lined(squared=True, sides_px=SIDES_PX, scale=QUICK)),
        "ruled": (6, Lined(squared=False, sides_px=SIDES_PX, scale=QUICK)),
        "cell": (6, Cell((-0.03, 0.05), neighbours, sides_px=SIDES_PX, scale=QUICK)),
        "cell, neighbours": (8, Cell((0.03, 0.3), neighbours, sides_px=SIDES_PX, scale=QUICK)),
        "cell, small": (5, Cell((-0.03, 0.1), neighbours, sides_px=SMALL_PX, scale=QUICK)),
        "box": (4, Cell((0.04, 0.4), sides_px=SIDES_PX, scale=QUICK)),
        "touched": (7, Cell((0.02, 0.2), neighbours, touched=True, sides_px=SIDES_PX, scale=QUICK)),
    }
    damaged: dict[str, tuple[float, Family]] = {
        name: (_MORE_DAMAGE.get(name, _USUAL_DAMAGE), Damaged(damage)) for name, damage in DAMAGES.items()
    }
    drawn: dict[str, tuple[float, Family]] = {
        "dots": (2, marks.dots),
        "dashes": (1.5, marks.dashes),
        "halftone": (1.5, marks.halftone),
        "dot matrix": (1.5, marks.dot_matrix),
        "brush": (1, marks.brush),
        "corner": (4, marks.corner),
        "turned": (1.5, marks.turned),
        "off centre": (1.2, scans.off_centre),
        "tiny": (1.2, scans.tiny),
        "specked": (1.2, scans.specked),
        "cropped": (1.2, scans.Cropped((0, 8))),
        "grey scan": (1.2, scans.grey_scan),
        "drawing": (1.2, scans.drawing),
        "stretched": (1.5, scans.stretched),
        "bitmap": (1.5, scans.bitmap),
        **{name: (2, family) for name, family in SURROUNDINGS.items()},
        **{name: (4, family) for name, family in ANNOTATIONS.items()},
    }
    blank: dict[str, tuple[float, Family]] = {
        **{f"{name}, blank": (0.6, family) for name, (_, family) in photos.items()},
        **{f"{name}, blank": (0.3, family) for name, family in SURROUNDINGS.items()},
        # A ring alone is a 0.
        "in a row of boxes, blank": (0.6, ANNOTATIONS["in a row of boxes"]),
        "flat, blank": (2, blanks.flat),
        "patterns, blank": (1.5, blanks.pattern),
        "paper, blank": (4, blanks.paper),
    }
    return {
        **{name: Kind(*each, ONE) for name, each in (photos | damaged | drawn).items()},
        **{name: Kind(*each, NONE) for name, each in blank.items()},
        "several": Kind(10, Number(others), SEVERAL),
    }

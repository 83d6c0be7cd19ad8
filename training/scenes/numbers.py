"""Several digits in one picture: none of them is the one that counts."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.scenes.marks import show
from training.scenes.paper import Sheet, photograph, rule, tilt
from training.scenes.pens import Digit, Layer, draw, pick, place
from training.scenes.scene import Scene

Places = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Number:
    """
    Two to four digits in a row, a column or apart, on a screen, or photographed on bare or lined paper.

    Attributes:
        others: Digits to write behind the first, ``(number, 28, 28)``.
        sides_px: Smallest and largest longer side of the photo.
    """

    others: npt.NDArray[np.uint8]
    sides_px: tuple[int, int] = (60, 220)

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Write them; the ink is that of all."""
        height = int(random.integers(60, 200))
        page, one_px = self._written(digit, height, random)
        if random.random() < 0.5:
            scene = show(page, random)
        else:
            printed = np.zeros_like(page)
            if random.random() < 0.3:
                apart = height / random.uniform(1, 4)
                downs, acrosses = (np.arange(random.uniform(0, apart), side, apart) for side in page.shape)
                rule(printed, downs, acrosses if random.random() < 0.5 else [], apart * 0.04)
            page, printed = tilt([page, printed], random)
            scene = photograph(Sheet(page, page, printed), random, self.sides_px)
        return scene._replace(one_px=one_px * scene.ink.shape[0] / page.shape[0])

    def _written(self, first: Digit, height: int, random: np.random.Generator) -> tuple[Layer, float]:
        """Write them on a page; give the smallest one's longer side with it, pixels."""
        number, pen = int(random.choice([2, 2, 2, 3, 4])), pick(random)
        digits = [first, *(random.choice(self.others) for _ in range(number - 1))]
        smallest = 0.8 if random.random() < 0.7 else 0.4
        inks = [draw(digit, height * random.uniform(smallest, 1), pen) for digit in digits]
        halves = np.array([ink.shape for ink in inks]) / 2
        middles = _arranged(halves, height, random)
        first, last = (middles - halves).min(axis=0), (middles + halves).max(axis=0)
        room = height * random.uniform(0.1, 1.5 if random.random() < 0.7 else 6, 2)
        page = np.zeros(np.ceil(last - first + room).astype(int), np.float32)
        corner = random.uniform(0.02, 0.98, 2) * room - first
        for ink, middle in zip(inks, middles, strict=True):
            place(ink, page, *(corner + middle))
        return page, 2 * halves.max(axis=1).min()


def _arranged(halves: Places, height: int, random: np.random.Generator) -> Places:
    """
    Set digits beside each other, below each other, or each anywhere beside the one before.

    Args:
        halves: Half of each one's height and width, ``(number, 2)``, pixels.
        height: Of the largest.
        random: Chooses.

    Returns:
        Their middles, ``(number, 2)``, none over another that is next to it.
    """
    kind = random.random()
    gap = height * (random.uniform(0.05, 0.5) if random.random() < 0.8 else random.uniform(0.5, 2))
    middles = [np.zeros(2)]
    for one, other in itertools.pairwise(halves):
        angle = 0 if kind < 0.6 else np.pi / 2 if kind < 0.8 else random.uniform(-0.2 * np.pi, 0.7 * np.pi)
        towards = np.array([np.sin(angle), np.cos(angle)])
        apart = ((one + other) / np.maximum(np.abs(towards), 1e-6)).min() + gap
        middles.append(middles[-1] + apart * towards + random.normal(0, 0.05, 2) * height)
    return np.array(middles)

"""Several digits in one picture: none of them is the one that counts."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.marks import show
from training.scenes.paper import Sheet, photograph, rule, tilt
from training.scenes.pens import Digit, Layer, draw, pick, place
from training.scenes.scene import Scene
from training.scenes.strokes import INKED, thickened


@dataclass(frozen=True)
class Number:
    """
    Two to four digits side by side, on a screen, or photographed on bare, ruled or squared paper.

    Attributes:
        others: Digits to write behind the first, ``(number, 28, 28)``.
        sides_px: Smallest and largest longer side of the photo.
    """

    others: npt.NDArray[np.uint8]
    sides_px: tuple[int, int] = (60, 220)

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Write them; the ink is that of all."""
        height = int(random.integers(60, 200))
        page = self._written(digit, height, random)
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
        _, _, _, one_px = cv2.boundingRect((scene.ink > INKED).astype(np.uint8))
        return scene._replace(whole=thickened(scene.ink, one_px))

    def _written(self, first: Digit, height: int, random: np.random.Generator) -> Layer:
        number, pen = int(random.choice([2, 2, 2, 3, 4])), pick(random)
        digits = [first, *(random.choice(self.others) for _ in range(number - 1))]
        inks = [draw(digit, height * random.uniform(0.8, 1), pen) for digit in digits]
        gap = height * random.uniform(0.05, 0.5)
        width = sum(ink.shape[1] for ink in inks) + gap * (number - 1)
        shape = (round(height * random.uniform(1.15, 2.5)), round(width * random.uniform(1.1, 1.8)))
        page = np.zeros(shape, np.float32)
        across = random.uniform(0.02, 0.98) * (shape[1] - width)
        down = height / 2 + random.uniform(0, 1) * (shape[0] - height)
        for ink in inks:
            place(ink, page, down + random.normal(0, 0.05) * height, across + ink.shape[1] / 2)
            across += ink.shape[1] + gap
        return page

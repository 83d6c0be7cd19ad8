"""Known pictures that every released ink network must find the digit in: ten digits of our own, and none."""

import numpy as np
import numpy.typing as npt

from training.data import Images
from training.golden import golden_images
from training.scenes import blanks, marks, scans
from training.scenes.photos import QUICK, Bare, Cell, Lined
from training.scenes.scene import Family
from training.scenes.views import whole_view

SEED = 5


def golden_views() -> tuple[Images, npt.NDArray[np.float32]]:
    """
    Draw the digits 0 to 9, each in another family, and bare paper.

    Returns:
        The whole pictures as a network looks at them, ``(11, 64, 64)`` uint8, and the part of each pixel that
        the stroke covers, ``(11, 64, 64)`` float32. Nothing of them is damaged.
    """
    digits = golden_images()
    sides = (120, 200)
    families: tuple[Family, ...] = (
        Bare(sides, least_share=0.5, scale=QUICK),
        Lined(squared=True, sides_px=sides, scale=QUICK),
        Lined(squared=False, sides_px=sides, scale=QUICK),
        Cell((0, 0.05), digits, sides_px=sides, scale=QUICK),
        Cell((0.05, 0.2), sides_px=sides, scale=QUICK),
        scans.grey_scan,
        scans.drawing,
        marks.turned,
        marks.halftone,
        scans.off_centre,
    )
    drawn = [
        family(digit, np.random.default_rng([SEED, at]))
        for at, (family, digit) in enumerate(zip(families, digits, strict=True))
    ]
    drawn.append(blanks.paper(blanks.NO_DIGIT, np.random.default_rng(SEED)))
    seen = [whole_view(scene) for scene in drawn]
    strokes = np.stack([stroke for _, stroke in seen])
    return np.stack([grey for grey, _ in seen]), np.divide(strokes, 255, dtype=np.float32)

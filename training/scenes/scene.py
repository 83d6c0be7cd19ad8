"""A drawn picture, and the truth of it: where the ink of its digit is, and which stroke was meant."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.pens import Digit, Layer
from training.scenes.strokes import thickened

Picture = npt.NDArray[np.uint8]
"""Grey ``(height, width)`` or RGB ``(height, width, 3)``, 0 to 255."""

INKED = 0.5
"""A pixel that is covered by so much belongs to the box."""


class Scene(NamedTuple):
    """
    A picture of one digit.

    Attributes:
        picture: What is sent.
        ink: The part of each pixel that the digit covers, ``(height, width)`` float32, 0 to 1. What else is
            written, printed or dirty is not in it.
        whole: The same without the gaps that a pen or a printer left; None where it left none.
        one_px: The longer side of the smallest digit, pixels, where there are several.
    """

    picture: Picture
    ink: Layer
    whole: Layer | None = None
    one_px: float | None = None

    @property
    def stroke(self) -> Layer:
        """
        What helps a reader most, ``(height, width)`` float32, 0 to 1: the stroke as MNIST would have it.

        It is the ink without gaps, thin pens made as thick as MNIST's; what covers an outline is filled.
        """
        return thickened(self.ink if self.whole is None else self.whole, self.one_px)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, height and width of the digit, pixels; all 0 when there is none."""
        left, top, width, height = cv2.boundingRect((self.ink >= INKED).astype(np.uint8))
        return top, left, height, width


Family = Callable[[Digit, np.random.Generator], Scene]
"""Draws one scene of one digit; the same state of the generator draws the same scene."""

"""What people draw about a digit: a closed line around it, lines below it, a row of boxes."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.marks import show
from training.scenes.paper import Sheet, photograph, tilt
from training.scenes.pens import Digit, Layer, draw, pick, place
from training.scenes.scene import Family, Scene

USUAL_PEN = 0.1
"""Width of MNIST's own stroke, as a share of the digit's longer side."""

Half = npt.NDArray[np.float64]
"""Half of a digit's height and width, pixels."""

Lines = list[npt.NDArray[np.float64]]
"""Points of each line, ``(number, 2)``: down and across from the digit's middle, pixels."""


@dataclass(frozen=True)
class Annotated:
    """
    A digit with lines drawn about it, on a screen or photographed; they are no ink of the digit.

    Attributes:
        about: Gives the lines for a digit of some size.
        sides_px: Smallest and largest longer side of the photo.
    """

    about: Callable[[Half, np.random.Generator], Lines]
    sides_px: tuple[int, int] = (120, 360)

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Write it, draw the lines with the same pen or another, and show or photograph both."""
        longer, pen = int(random.integers(40, 120)), pick(random)
        ink = draw(digit, longer, pen)
        half = np.array(ink.shape) / 2
        lines = self.about(half, random)
        ends = np.concatenate([*lines, [-half, half]])
        # The edge may cut the lines, and not the digit.
        before, behind = (
            np.maximum(reach + longer * random.uniform(-0.25, 0.6, 2), half) + 1
            for reach in (-ends.min(axis=0), ends.max(axis=0))
        )
        written = np.zeros(np.ceil(before + behind).astype(int), np.float32)
        place(ink, written, *before)
        thickness = max(1, round(longer * (pen or USUAL_PEN) * random.uniform(0.3, 1.3)))
        drawn = _drawn([line + before for line in lines], written.shape, thickness)
        if random.random() < 0.5:
            strength = 1 if random.random() < 0.7 else random.uniform(0.4, 1)
            return show(np.maximum(written, drawn * np.float32(strength)), random)._replace(ink=written)
        written, drawn = tilt([written, drawn], random)
        if random.random() < 0.6:
            sheet = Sheet(written, np.maximum(written, drawn), np.zeros_like(written))
        else:
            sheet = Sheet(written, written, drawn)
        return photograph(sheet, random, self.sides_px)


def around(half: Half, random: np.random.Generator) -> Lines:
    """Draw a ring, an oval or a figure of three to eight corners around it, by hand or exactly."""
    corners = int(random.integers(3, 9))
    is_round = random.random() < 0.6
    radii = np.sqrt(2) * half * random.uniform(0.95, 1.7, 2)
    if random.random() < 0.6:
        radii[:] = radii.max()
    if is_round:
        open_or_over = random.uniform(-0.4, 0.5) if random.random() < 0.5 else 0
        angles = np.linspace(0, 2 * np.pi + open_or_over, 60)
    else:
        radii = radii / np.cos(np.pi / corners)
        angles = np.linspace(0, 2 * np.pi, corners + 1)
    shaken = random.uniform(0, 0.06) * np.sin(angles * random.uniform(0.5, 2) + random.uniform(0, 6)) + 1
    turned = angles + random.uniform(0, 2 * np.pi)
    return [np.column_stack([radii[0] * shaken * np.sin(turned), radii[1] * shaken * np.cos(turned)])]


def below(half: Half, random: np.random.Generator) -> Lines:
    """Underline it once or twice."""
    height, width = 2 * half
    reach = max(width, height * 0.4) * random.uniform(0.35, 1, 2)
    slope = random.normal(0, 0.05)
    gap = height * random.uniform(0.06, 0.3)
    downs = half[0] + gap * np.arange(1, 3 if random.random() < 0.3 else 2)
    return [np.array([[down, -reach[0]], [down + slope * reach.sum(), reach[1]]]) for down in downs.tolist()]


def boxes(half: Half, random: np.random.Generator) -> Lines:
    """Print a row of boxes, as forms have them, and write into one."""
    number = int(random.integers(2, 6))
    written = int(random.integers(number))
    high = 2 * max(half) * random.uniform(1.1, 1.8)
    wide = max(high * random.uniform(0.7, 1.1), 2.2 * half[1])
    gap = high * random.uniform(0.05, 0.3) if random.random() < 0.4 else 0
    off = random.uniform(-0.5, 0.5, 2) * 0.8 * (np.array([high, wide]) - 2 * half)
    corners = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1], [-1, -1]]) * [high / 2, wide / 2]
    return [corners + off + [0, (at - written) * (wide + gap)] for at in range(number)]


ANNOTATIONS: dict[str, Family] = {
    "circled": Annotated(around),
    "underlined": Annotated(below),
    "in a row of boxes": Annotated(boxes),
}


def _drawn(lines: Lines, shape: tuple[int, ...], thickness: int) -> Layer:
    canvas = np.zeros(shape, np.uint8)
    points = [np.rint(line[:, ::-1]).astype(np.int32) for line in lines]
    cv2.polylines(canvas, points, isClosed=False, color=255, thickness=thickness, lineType=cv2.LINE_AA)
    return np.divide(canvas, 255, dtype=np.float32)

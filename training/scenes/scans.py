"""Pictures without a camera: ready images, scans, and drawings on a screen."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.pens import Digit, Layer, draw, pick, place, write
from training.scenes.scene import Picture, Scene


def negative(digit: Digit, _: np.random.Generator) -> Scene:
    """Give MNIST's image, dark on light."""
    return Scene(255 - digit, np.divide(digit, 255, dtype=np.float32))


def off_centre(digit: Digit, random: np.random.Generator) -> Scene:
    """Draw a digit of any size anywhere on 28x28 pixels, dark on light."""
    ink = draw(digit, random.uniform(12, 28), None if random.random() < 0.6 else 0.1)
    page = _page(ink, (28, 28), random)
    return Scene(255 - _grey(page), page)


def drawing(digit: Digit, random: np.random.Generator) -> Scene:
    """Draw on a square canvas, light on dark or dark on light."""
    side = int(random.integers(100, 500))
    pen = None if random.random() < 0.5 else random.uniform(0.03, 0.2)
    ink = draw(digit, side * random.uniform(0.2, 0.95), pen)
    page = _page(ink, (side, side), random)
    return Scene(_either(_grey(page * random.uniform(0.6, 1)), random), page)


def specked(digit: Digit, random: np.random.Generator) -> Scene:
    """Scan in black and white, 55 pixels wide and 79 high, with frayed edges and specks."""
    pen = None if random.random() < 0.7 else random.uniform(0.04, 0.15)
    ink = draw(digit, random.uniform(35, 78), pen)
    if ink.shape[1] > 54:
        ink = cv2.resize(ink, (54, ink.shape[0] * 54 // ink.shape[1]), interpolation=cv2.INTER_AREA)
    frayed = cv2.GaussianBlur(random.normal(0, 1, (79, 55)), (0, 0), 0.7) * random.uniform(0, 0.4)
    page = _page(ink, (79, 55), random)
    marks = page + frayed > 0.5
    for _ in range(random.integers(0, 8)):
        top, left, height, width = random.integers((0, 0, 1, 1), (78, 54, 3, 3))
        marks[top : top + height, left : left + width] ^= True
    return Scene(_either(_grey(marks), random), page)


@dataclass(frozen=True)
class Cropped:
    """
    A scan in black and white, cropped near the ink by a program or by hand.

    Attributes:
        margins_px: Smallest and largest distance from the ink to an edge, drawn for each edge.
    """

    margins_px: tuple[int, int]

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Scan at some resolution and crop."""
        ink = draw(digit, random.uniform(32, 90)) > 0.5
        page = np.pad(ink, random.integers(*self.margins_px, (2, 2), endpoint=True))
        return Scene(_either(_grey(page), random), page.astype(np.float32))


def tiny(digit: Digit, random: np.random.Generator) -> Scene:
    """Scan on 16x16 greys, as old collections of postal codes have it: stretched to fit, or not."""
    ink = draw(digit, 16)
    if random.random() < 0.35:
        ink = cv2.resize(draw(digit, 64), (16, 16), interpolation=cv2.INTER_AREA)
    page = np.zeros((16, 16), np.float32)
    place(ink, page, 8, 8)
    if random.random() < 0.35:
        page = cv2.GaussianBlur(page, (0, 0), 0.6)
    page /= page.max()
    return Scene(_either(_grey(page), random), page)


def grey_scan(digit: Digit, random: np.random.Generator) -> Scene:
    """Scan dark ink on light paper in grey, cropped at some distance, with or without noise."""
    height = int(random.integers(30, 160))
    ink = draw(digit, height * random.uniform(0.6, 1), None if random.random() < 0.6 else 0.1)
    page = _page(ink, (height, ink.shape[1] + int(random.uniform(0, 0.5) * height)), random)
    paper = random.uniform(200, 255)
    noise = random.normal(0, random.choice([0, 1, 3]), page.shape)
    scan = paper - page * (paper - random.uniform(0, 100)) + noise
    return Scene(np.clip(scan, 0, 255).astype(np.uint8), page)


def stretched(digit: Digit, random: np.random.Generator) -> Scene:
    """Scan on a small square of two levels, stretched until the digit fills it, or a part of its width."""
    side = int(random.choice([16, 16, 20, 28, 32, 48]))
    width = side if random.random() < 0.5 else round(side * random.uniform(0.4, 1))
    page = cv2.resize(draw(digit, 96, pick(random)), (width, side), interpolation=cv2.INTER_AREA)
    left = (side - width) // 2
    page = np.pad(page, ((0, 0), (left, side - width - left)))
    return _two_levels(np.pad(page, int(random.integers(0, 3))), random)


def bitmap(digit: Digit, random: np.random.Generator) -> Scene:
    """Draw on a small square of two levels, as large as it or smaller."""
    side = int(random.integers(16, 56))
    return _two_levels(
        _page(draw(digit, side * random.uniform(0.5, 1), pick(random)), (side, side), random), random
    )


def _two_levels(page: Layer, random: np.random.Generator) -> Scene:
    marked = page > random.uniform(0.3, 0.5)
    return Scene(_either(_grey(marked), random), marked.astype(np.float32))


def _page(ink: Layer, shape: tuple[int, int], random: np.random.Generator) -> Layer:
    page = np.zeros(shape, np.float32)
    write(ink, page, random)
    return page


def _grey(page: Layer | npt.NDArray[np.bool_]) -> Picture:
    return np.rint(page.astype(np.float32) * 255).astype(np.uint8)


def _either(picture: Picture, random: np.random.Generator) -> Picture:
    """Give light on black or dark on light, one as often as the other."""
    return picture if random.random() < 0.5 else 255 - picture

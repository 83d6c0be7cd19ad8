"""Damage that befalls a picture after it was drawn: dirt, noise, blur, and light that is not even."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.paper import cloud
from training.scenes.pens import Digit, Layer, draw, pick, write
from training.scenes.scene import Scene

Damage = Callable[[Layer, np.random.Generator], Layer]
"""Alters grey levels, ``(height, width)`` from 0 (ground) to 1 (ink); what falls outside is cut off later."""

Places = npt.NDArray[np.float64]
"""``(down, across)`` or many of them, ``(number, 2)``, pixels."""

MNIST_PX = 28
_FINE = 4
"""Bits of a pixel's fraction that OpenCV's drawing understands here."""


@dataclass(frozen=True)
class Damaged:
    """
    A drawing with one kind of damage: of MNIST's size as MNIST frames it, or larger, the digit anywhere.

    Attributes:
        damage: What befalls it.
        most_px: Longest side of the larger ones.
    """

    damage: Damage
    most_px: int = 160

    def __call__(self, digit: Digit, random: np.random.Generator) -> Scene:
        """Draw the digit, damage it, and make it light on dark or dark on light."""
        ink = self._page(digit, random)
        grey = np.clip(self.damage(ink, random), 0, 1)
        picture = np.rint(255 * grey).astype(np.uint8)
        return Scene(picture if random.random() < 0.6 else 255 - picture, ink)

    def _page(self, digit: Digit, random: np.random.Generator) -> Layer:
        if random.random() < 0.5:
            return np.divide(digit, 255, dtype=np.float32)
        side = round(np.exp(random.uniform(np.log(MNIST_PX), np.log(self.most_px))))
        page = np.zeros((side, side), np.float32)
        write(draw(digit, side * random.uniform(0.45, 0.9), pick(random)), page, random)
        return page


def _grain(page: Layer, random: np.random.Generator) -> Layer:
    noise = random.normal(0, random.uniform(0.06, 0.3), page.shape).astype(np.float32)
    if random.random() < 0.5:
        noise *= 0.2 + page  # a sensor's noise grows with the light
    return page + noise


def _salt_and_pepper(page: Layer, random: np.random.Generator) -> Layer:
    hit = random.random(page.shape) < random.uniform(0.02, 0.2)
    return np.where(hit, random.integers(0, 2, page.shape, np.int8), page).astype(np.float32)


def _specks(page: Layer, random: np.random.Generator) -> Layer:
    """Splash drops of ink, or of what takes ink away, and wipe them a little."""
    side = min(page.shape)
    drops = page.copy()
    for _ in range(random.integers(3, 25)):
        radii = np.maximum(side * random.uniform(0.008, 0.05, 2), 0.5)
        _ellipse(drops, random.uniform(0, page.shape), radii, float(random.random() < 0.75))
    wiped = cv2.GaussianBlur(drops, (0, 0), side * random.uniform(0.005, 0.03))
    return drops if random.random() < 0.5 else wiped


def _strokes(page: Layer, random: np.random.Generator) -> Layer:
    """Draw thin strokes across, bent or broken."""
    side = min(page.shape)
    over = page.copy()
    for _ in range(random.integers(1, 4)):
        points = _fine(random.uniform(0, 1, (random.integers(2, 8), 2)) * page.shape)
        if random.random() < 0.5:
            points = points[np.argsort(points[:, 0])]
        thickness = max(1, round(side * random.uniform(0.01, 0.045)))
        cv2.polylines(
            over,
            [points],
            isClosed=False,
            color=random.uniform(0.5, 1),
            thickness=thickness,
            lineType=cv2.LINE_AA,
            shift=_FINE,
        )
    return np.maximum(page, over)


def _dotted_lines(page: Layer, random: np.random.Generator) -> Layer:
    side = min(page.shape)
    over = page.copy()
    for _ in range(random.integers(1, 3)):
        first, last = random.uniform(0, 1, (2, 2)) * page.shape
        dots = max(3, round(float(np.hypot(*(last - first))) / (side * random.uniform(0.06, 0.14))))
        radius = max(0.5, side * random.uniform(0.01, 0.03))
        for place in np.linspace(first, last, dots):
            _ellipse(over, place, np.array([radius, radius]), 1.0)
    return np.maximum(page, over)


def _bands(page: Layer, random: np.random.Generator) -> Layer:
    """Reverse dark and light in bands that run across."""
    rows, columns = np.indices(page.shape) / max(page.shape)
    angle = random.choice([0, np.pi / 2, random.uniform(0, np.pi)])
    along = rows * np.sin(angle) + columns * np.cos(angle)
    is_reversed = np.zeros(page.shape, bool)
    for _ in range(random.integers(1, 4)):
        first = random.uniform(0, 0.9)
        is_reversed ^= (along >= first) & (along < first + random.uniform(0.08, 0.4))
    return np.where(is_reversed, 1 - page, page).astype(np.float32)


def _blur(page: Layer, random: np.random.Generator) -> Layer:
    """Put it out of focus, or move it while the shutter is open."""
    side = min(page.shape)
    if random.random() < 0.5:
        blurred = cv2.GaussianBlur(page, (0, 0), side * random.uniform(0.02, 0.06))
    else:
        length = max(3, round(side * random.uniform(0.08, 0.25)) | 1)
        line = np.zeros((length, length), np.float32)
        middle, angle = (length - 1) / 2, random.uniform(0, np.pi)
        reach = middle * np.array([np.sin(angle), np.cos(angle)])
        path = _fine(np.stack([middle - reach, middle + reach]))
        cv2.polylines(line, [path], isClosed=False, color=1, lineType=cv2.LINE_AA, shift=_FINE)
        blurred = cv2.filter2D(page, -1, line / line.sum(), borderType=cv2.BORDER_CONSTANT)
    return blurred / max(float(blurred.max()), 0.3) * random.uniform(0.6, 1)


def _shaken(page: Layer, random: np.random.Generator) -> Layer:
    """Move every pixel a little by itself, as rough glass does."""
    reach = min(page.shape) * random.uniform(0.02, 0.06)
    rows, columns = (
        (index + random.normal(0, reach, page.shape)).astype(np.float32) for index in np.indices(page.shape)
    )
    seen = cv2.remap(page, columns, rows, cv2.INTER_LINEAR)
    return cv2.GaussianBlur(seen, (0, 0), max(0.3, reach * random.uniform(0.1, 0.6)))


def _ground(page: Layer, random: np.random.Generator) -> Layer:
    """Brighten the ground until ink is weak upon it, evenly or from one side to the other."""
    level, strength = random.uniform(0.1, 0.75), random.uniform(0.2, 0.9)
    rows, columns = (index / max(page.shape) - 0.5 for index in np.indices(page.shape))
    angle = random.uniform(0, 2 * np.pi)
    slope = random.uniform(0, 0.5) * (rows * np.sin(angle) + columns * np.cos(angle))
    ground = np.clip(level + slope, 0, 0.85)
    return np.asarray(ground + page * (1 - ground) * strength, np.float32)


def _fog(page: Layer, random: np.random.Generator) -> Layer:
    """Let light clouds pass before it."""
    density = np.zeros(page.shape, np.float32)
    for cells in (2, 4, 8):
        density += cloud(random, page.shape, cells) / cells
    density -= density.min()
    density *= random.uniform(0.4, 0.85) / max(float(density.max()), 1e-6)
    return page * (1 - density) * random.uniform(0.7, 1) + density


def _outline(page: Layer, random: np.random.Generator) -> Layer:
    """Leave the edge of the strokes alone."""
    side = min(page.shape)
    size = max(2, round(side * random.uniform(0.02, 0.07)))
    ring = np.ones((size, size), np.uint8)
    outside = cv2.dilate(page, ring) if random.random() < 0.5 else page
    return outside - cv2.erode(page, ring)


DAMAGES: dict[str, Damage] = {
    "grain": _grain,
    "salt and pepper": _salt_and_pepper,
    "specks": _specks,
    "strokes across": _strokes,
    "dotted lines across": _dotted_lines,
    "bands of reversed polarity": _bands,
    "blur": _blur,
    "shaken": _shaken,
    "bright ground": _ground,
    "fog": _fog,
    "outlines alone": _outline,
}


def _ellipse(page: Layer, place: Places, radii: Places, level: float) -> None:
    """Fill an ellipse around a place, ``(down, across)``, in pixels and their parts."""
    across, down = _fine(place[None])[0].tolist()
    high, wide = np.rint(radii * 2**_FINE).astype(int).tolist()
    cv2.ellipse(page, (across, down), (wide, high), 0, 0, 360, level, cv2.FILLED, cv2.LINE_AA, _FINE)


def _fine(places: Places) -> npt.NDArray[np.int32]:
    """Give places, ``(number, 2)`` of ``(down, across)``, as OpenCV's drawing takes them with a fraction."""
    return np.rint(places[:, ::-1] * 2**_FINE).astype(np.int32)

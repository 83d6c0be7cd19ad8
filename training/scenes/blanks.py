"""Pictures without a digit: what a network has to find nothing in."""

import cv2
import numpy as np

from training.scenes.damage import DAMAGES
from training.scenes.paper import cloud, texture
from training.scenes.pens import Digit, Layer
from training.scenes.scene import Picture, Scene

NO_DIGIT: Digit = np.zeros((28, 28), np.uint8)
"""For families that draw a digit: they draw all but it."""

_DIRT = ("grain", "fog", "specks", "bright ground", "", "")


def flat(_: Digit, random: np.random.Generator) -> Scene:
    """Give one level with noise, a slope, specks or a line; or without."""
    side = round(np.exp(random.uniform(np.log(16), np.log(200))))
    page = np.full((side, round(side * random.uniform(0.7, 1.4))), random.uniform(0, 1), np.float32)
    for name in random.choice(_DIRT, random.integers(1, 3)).tolist():
        if name:
            strength = np.float32(1 if name == "grain" else 0.2)
            page = DAMAGES[name](page * strength, random)
    picture = np.rint(255 * np.clip(page, 0, 1)).astype(np.uint8)
    if random.random() < 0.3:
        first, last = random.integers(0, side, (2, 2)).tolist()
        cv2.line(picture, first, last, int(random.integers(0, 256)), 1)
    return _nothing(picture)


def pattern(_: Digit, random: np.random.Generator) -> Scene:
    """Give a slope, rings, clouds, coarse noise or stripes, from faint to strong."""
    side = round(np.exp(random.uniform(np.log(20), np.log(200))))
    shape = (side, round(side * random.uniform(0.7, 1.4)))
    page = _PATTERNS[random.integers(len(_PATTERNS))](shape, random)
    low, high = np.sort(random.uniform(0, 1, 2))
    grey = low + (high - low) * cv2.normalize(page, None, 0, 1, cv2.NORM_MINMAX)
    grey += random.normal(0, random.choice([0, 0.02, 0.1]), shape)
    return _nothing(np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8))


def _slope(shape: tuple[int, int], random: np.random.Generator) -> Layer:
    rows, columns = _places(shape, random)
    return (rows + columns).astype(np.float32)


def _rings(shape: tuple[int, int], random: np.random.Generator) -> Layer:
    rows, columns = _places(shape, random)
    return np.hypot(rows, columns).astype(np.float32)


def _clouds(shape: tuple[int, int], random: np.random.Generator) -> Layer:
    return cloud(random, shape, int(random.integers(2, 20)))


def _coarse_noise(shape: tuple[int, int], random: np.random.Generator) -> Layer:
    small = random.random([max(2, round(length / random.uniform(1, 8))) for length in shape])
    return cv2.resize(small.astype(np.float32), shape[::-1], interpolation=cv2.INTER_NEAREST)


def _stripes(shape: tuple[int, int], random: np.random.Generator) -> Layer:
    along = _slope(shape, random)
    waves = np.sin(along / random.uniform(0.03, 0.4))
    return (waves if random.random() < 0.5 else waves > 0).astype(np.float32)


_PATTERNS = (_slope, _rings, _clouds, _coarse_noise, _stripes)


def _places(shape: tuple[int, int], random: np.random.Generator) -> tuple[Layer, Layer]:
    """Give rows and columns from any middle, stretched by any factor, up or down."""
    rows, columns = np.indices(shape) / max(shape)
    off, stretch = random.uniform(0, 1, 2), random.uniform(-1, 1, 2)
    return (rows - off[0]) * stretch[0], (columns - off[1]) * stretch[1]


def paper(_: Digit, random: np.random.Generator) -> Scene:
    """Give paper seen closely: its fibres, the other side's print, a border at an edge."""
    side = round(np.exp(random.uniform(np.log(30), np.log(160))))
    shape = (side, round(side * random.uniform(0.8, 1.25)))
    page: Layer = random.uniform(0.4, 0.95) * texture(shape, random)
    slope = np.linspace(-0.5, 0.5, shape[1]) * random.uniform(-0.2, 0.2)
    noise = random.normal(0, random.choice([0, 0.004, 0.01, 0.02]), shape)
    page = (page * (1 + slope) + noise).astype(np.float32)
    if random.random() < 0.3:
        border = max(1, round(side * random.uniform(0.005, 0.05)))
        np.rot90(page, int(random.integers(4)))[:border] *= random.uniform(0.1, 0.8)
    picture = np.clip(255 * page, 0, 255).astype(np.uint8)
    if random.random() < 0.7:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(30, 96))]
        file = cv2.imencode(".jpg", picture, quality)[1]
        picture = np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.uint8)
    return _nothing(picture)


def _nothing(picture: Picture) -> Scene:
    return Scene(picture, np.zeros(picture.shape, np.float32))

"""Paper: what is printed on it, how the light falls on it, and what a camera makes of it."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from training.scenes.pens import Layer
from training.scenes.scene import Picture, Scene

Colours = tuple[tuple[int, int, int], ...]

PENS: Colours = (
    (30, 30, 35), (20, 20, 60), (25, 35, 110), (40, 60, 150), (70, 80, 160), (60, 60, 65), (110, 110, 112),
    (150, 40, 40),
)  # fmt: skip
PALE_PRINTS: Colours = (
    (130, 130, 130), (170, 170, 170), (195, 195, 200), (150, 180, 215), (120, 150, 220), (225, 150, 140),
)  # fmt: skip
PRINTS: Colours = (*PALE_PRINTS, (20, 20, 20), (60, 60, 60), (100, 100, 110))


_LETTERS = "abcdefghiklmnoprstuvwzABDEHKMRS 0123456789"
_FINE = 4
"""Bits of a pixel's fraction that OpenCV's drawing understands here."""


class Sheet(NamedTuple):
    """
    What lies before the camera.

    Attributes:
        digit: The ink of the digit that counts.
        ink: All that is written, that digit too.
        printed: What is printed.
        beyond: Where the sheet has ended and the desk is seen; None for nowhere.
    """

    digit: Layer
    ink: Layer
    printed: Layer
    beyond: Layer | None = None


def rule(layer: Layer, downs: npt.ArrayLike, acrosses: npt.ArrayLike, thickness: float) -> None:
    """Print lines over the whole layer: level ones at ``downs``, upright ones at ``acrosses``."""
    height, width = layer.shape
    for down in np.rint(downs).astype(int).tolist():
        cv2.line(layer, (0, down), (width, down), 1.0, max(1, round(thickness)))
    for across in np.rint(acrosses).astype(int).tolist():
        cv2.line(layer, (across, 0), (across, height), 1.0, max(1, round(thickness)))


def tilt(layers: list[Layer], random: np.random.Generator) -> list[Layer]:
    """Hold the camera not quite straight: turned by a few degrees, and at a slant."""
    height, width = layers[0].shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    angle = np.deg2rad(np.clip(random.normal(0, 2.5), -8, 8))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([width / 2, height / 2])
    slant = random.uniform(-1, 1, (4, 2)) * random.uniform(0, 0.02) * max(height, width)
    seen = ((corners - middle) @ turn + middle + slant).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    return [cv2.warpPerspective(layer, matrix, (width, height)) for layer in layers]


def photograph(
    sheet: Sheet, random: np.random.Generator, sides_px: tuple[int, int], prints: Colours = PRINTS
) -> Scene:
    """
    Photograph a sheet.

    Args:
        sheet: What is written and printed on it.
        random: Chooses paper, light, colours and camera.
        sides_px: Smallest and largest longer side of the photo.
        prints: The colours to print with.
    """
    shape = sheet.ink.shape
    paper = random.uniform(0.75, 0.98) * np.array([1, random.uniform(0.95, 1), random.uniform(0.85, 1)])
    shade = _light(random, shape) * (1 + random.uniform(0, 0.01) * cloud(random, shape, cells=40))
    scene = paper * shade[..., None]
    if sheet.beyond is not None:
        desk = random.uniform(0.05, 0.75) * random.uniform(0.6, 1, 3)
        grain = 1 + random.uniform(0, 0.15) * cloud(random, shape, int(random.integers(5, 60)))
        scene += sheet.beyond[..., None] * (desk * (shade * grain)[..., None] - scene)
    # A pen leaves more ink here and less there.
    uneven = np.clip(random.uniform(0, 0.15) * cloud(random, shape, int(random.integers(20, 120))), 0, 0.5)
    written = sheet.ink * (1 - uneven) * random.uniform(0.75, 1)
    for layer, colours in ((sheet.printed, prints), (written, PENS)):
        scene *= 1 - layer[..., None] * (1 - random.choice(colours) / 255)
    picture = _shot(scene * 255 * random.uniform(0.7, 1.02), random, sides_px)
    size = (picture.shape[1], picture.shape[0])
    way = cv2.INTER_AREA if size[0] < shape[1] else cv2.INTER_LINEAR
    return Scene(picture, cv2.resize(sheet.digit, size, interpolation=way))


def _light(random: np.random.Generator, shape: tuple[int, ...]) -> Layer:
    """Let light fall from one side, often dimmer at the corners, at times with a shadow or a shine."""
    down, across = np.meshgrid(*(np.linspace(-0.5, 0.5, side) for side in shape), indexing="ij")

    def towards(angle: float) -> npt.NDArray[np.float64]:
        return down * np.sin(angle) + across * np.cos(angle)

    light = 1 + random.uniform(0, 0.5) * towards(random.uniform(0, 2 * np.pi))
    if random.random() < 0.5:
        light *= 1 - random.uniform(0, 0.8) * (down**2 + across**2)
    if random.random() < 0.4:
        into = (towards(random.uniform(0, 2 * np.pi)) - random.uniform(-0.3, 0.3)) / random.uniform(0.01, 0.1)
        light *= 1 - random.uniform(0.1, 0.5) / (1 + np.exp(-into))
    if random.random() < 0.15:
        away = (down - random.uniform(-0.5, 0.5)) ** 2 + (across - random.uniform(-0.5, 0.5)) ** 2
        light *= 1 + random.uniform(0.1, 0.4) * np.exp(-away / random.uniform(0.01, 0.08))
    return light.astype(np.float32)


def cloud(random: np.random.Generator, shape: tuple[int, ...], cells: int) -> Layer:
    """Draw a smooth random field of unit spread with so many cells along the longer side."""
    rows, columns = (int(cells * side / max(shape)) + 2 for side in shape)
    coarse = random.standard_normal((rows, columns), dtype=np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


def texture(shape: tuple[int, int], random: np.random.Generator) -> Layer:
    """Give what paper has of its own, factors around 1: fibres, and print that shines through."""
    made = np.ones(shape, np.float32)
    longer = max(shape)
    if random.random() < 0.7:
        for _ in range(random.integers(3, 60)):
            steps = random.normal(0, longer * random.uniform(0.005, 0.04), (4, 2))
            path = random.uniform(0, 1, 2) * shape[::-1] + np.cumsum(steps, axis=0)
            level = 1 + random.choice([-1, -1, 1]) * random.uniform(0.02, 0.12)
            places = [np.rint(path * 2**_FINE).astype(np.int32)]
            cv2.polylines(
                made, places, isClosed=False, color=level, thickness=1, lineType=cv2.LINE_AA, shift=_FINE
            )
    if random.random() < 0.5:
        made -= _shining_through(shape, random) * random.uniform(0.01, 0.07)
    made += random.uniform(0, 0.02) * cloud(random, shape, int(random.integers(5, 60)))
    return made


def _shining_through(shape: tuple[int, int], random: np.random.Generator) -> Layer:
    """Print lines of text on the other side, seen from this one: reversed and blurred."""
    height, longer = shape[0], max(shape)
    ink = np.zeros(shape, np.uint8)
    size = longer * random.uniform(0.08, 0.5)
    for down in np.arange(random.uniform(0, size), height + size, size * 1.3).tolist():
        text = "".join(random.choice(list(_LETTERS), 24))
        origin = (int(random.uniform(-longer, 0)), int(down))
        thickness = max(1, round(size / 9))
        cv2.putText(ink, text, origin, cv2.FONT_HERSHEY_DUPLEX, size / 30, 255, thickness, cv2.LINE_AA)
    reversed_ink = cv2.flip(ink, 1).astype(np.float32) / 255
    return cv2.GaussianBlur(reversed_ink, (0, 0), max(0.5, size * random.uniform(0.03, 0.12)))


def _shot(scene: npt.NDArray[np.float64], random: np.random.Generator, sides_px: tuple[int, int]) -> Picture:
    """Take the picture: out of focus at times, of some size, with noise, mostly as a JPEG."""
    longer = max(scene.shape)
    if random.random() < 0.6:
        scene = cv2.GaussianBlur(scene, (0, 0), random.uniform(0.2, 0.006 * longer))
    scale = np.exp(random.uniform(*np.log(sides_px))) / longer
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scene = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=way)
    scene += random.normal(0, random.choice([0, 1, 2, 4, 7]), scene.shape)
    if random.random() < 0.3:
        grain = cv2.GaussianBlur(random.normal(0, 1, scene.shape[:2]), (0, 0), 1.2)
        scene += random.uniform(1, 6) * grain[..., None]
    picture = np.clip(scene, 0, 255).astype(np.uint8)
    if random.random() < 0.2:
        return picture
    # OpenCV takes RGB for BGR here, and back again.
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(30, 96))]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR), np.uint8)

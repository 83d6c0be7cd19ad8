"""The pictures that are sent, as files: from one framed as MNIST's are to a photo."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from framing.mnist import frame
from service.settings import PACKAGED_RECOGNISER
from training.scenes.paper import Sheet, photograph
from training.scenes.pens import Digit, draw, pick, write
from training.scenes.scans import off_centre
from training.scenes.scene import Picture

ROOT = Path(__file__).parents[1]
PHOTO_OF_SEVEN = ROOT / "docs" / "seven.jpg"
DIGIT = 7
VARIANTS = 10
SEED = 1

FRAMED = "28x28, framed as MNIST"
DRAWING = "28x28 drawing"
CANVAS = "280x280 canvas"
SCAN = "300x400 scan"
PHOTO = "800x600 photo"


@dataclass(frozen=True)
class File:
    """
    A picture of one digit.

    Attributes:
        content: The file.
        media_type: Its format.
        digit: What it shows.
        probabilities: Of the digits 0 to 9, float32, as the network was published with; None for a
            picture that is none of its golden ones.
    """

    content: bytes
    media_type: str
    digit: int
    probabilities: npt.NDArray[np.float32] | None = None


def golden() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """
    Return the digits that the project drew, and the network's answers.

    Returns:
        The digits 0 to 9 as ``(10, 28, 28)`` uint8, light on black; their probabilities as ``(10, 10)``
        float32.
    """
    with np.load(PACKAGED_RECOGNISER / "golden.npz") as arrays:
        return arrays["images"], arrays["probabilities"]


def seven(kind: str) -> File:
    """Return the one file of a kind that rates are measured with: the same drawn seven in each."""
    images, probabilities = golden()
    if kind == FRAMED:
        return File(_png(images[DIGIT]), _media_type(kind), DIGIT, probabilities[DIGIT])
    if kind == PHOTO:
        return File(PHOTO_OF_SEVEN.read_bytes(), _media_type(kind), DIGIT)
    return File(KINDS[kind](images[DIGIT], np.random.default_rng(SEED)), _media_type(kind), DIGIT)


def every_digit(kind: str) -> list[File]:
    """Return the files of a kind whose answers are counted: each digit in ``VARIANTS`` pictures."""
    random = np.random.default_rng([SEED, *kind.encode()])
    return [
        File(KINDS[kind](image, random), _media_type(kind), digit)
        for digit, image in enumerate(golden()[0])
        for _ in range(VARIANTS)
    ]


def _framed(digit: Digit, random: np.random.Generator) -> bytes:
    """Draw light on black, as thin or broad as MNIST's, and put it into its frame."""
    ink = np.rint(255 * draw(digit, 100, random.uniform(0.05, 0.15))).astype(np.uint8)
    return _png(frame(ink).image)


def _drawing(digit: Digit, random: np.random.Generator) -> bytes:
    """Draw at any size and place, dark on light."""
    return _png(off_centre(digit, random).picture)


def _canvas(digit: Digit, random: np.random.Generator) -> bytes:
    """Draw black on white, and save it as a browser does its canvas: with an alpha of 255 everywhere."""
    layer = np.zeros((280, 280), np.float32)
    write(draw(digit, random.uniform(100, 260), random.uniform(0.05, 0.12)), layer, random)
    grey = np.rint(255 * (1 - layer)).astype(np.uint8)
    return _png(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA))


def _scan(digit: Digit, random: np.random.Generator) -> bytes:
    """Scan ink on paper in grey, with a light noise."""
    layer = np.zeros((400, 300), np.float32)
    write(draw(digit, random.uniform(120, 280), pick(random)), layer, random)
    scan = 240 - 200 * layer + random.normal(0, 2, layer.shape)
    return _png(np.clip(scan, 0, 255).astype(np.uint8))


def _photo(digit: Digit, random: np.random.Generator) -> bytes:
    """Photograph a digit on bare paper, in colour."""
    ink, printed = np.zeros((2, 600, 800), np.float32)
    write(draw(digit, random.uniform(120, 500), pick(random)), ink, random)
    photo = photograph(Sheet(ink, ink, printed), random, (800, 800)).picture
    return cv2.imencode(".jpg", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))[1].tobytes()


def _media_type(kind: str) -> str:
    return "image/jpeg" if kind == PHOTO else "image/png"


def _png(picture: Picture) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


KINDS: dict[str, Callable[[Digit, np.random.Generator], bytes]] = {
    FRAMED: _framed,
    DRAWING: _drawing,
    CANVAS: _canvas,
    SCAN: _scan,
    PHOTO: _photo,
}
"""Makes a file of each kind from one of the drawn digits."""

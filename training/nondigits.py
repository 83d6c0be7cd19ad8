"""Pictures that are no digits, made here: they measure how well a score tells strangers from digits."""

import string
from collections.abc import Callable

import cv2
import numpy as np

from training.data import Images
from training.drawing import SIDE, Picture, drawn, framed

LOOKALIKES = "BDIJOQSZabgijloqrsz"
"""Letters that are written like a digit; to call one a stranger would be unfair."""

LETTERS = "".join(letter for letter in string.ascii_letters if letter not in LOOKALIKES)
SYMBOLS = "#&@%+=*?<>{}~^$"
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def nondigits(number: int, seed: int) -> dict[str, Images]:
    """
    Make ``number`` pictures of every kind, ``(number, 28, 28)`` uint8, light on black.

    Letters and symbols are Hershey's, each slanted, turned and written with a pen of its own;
    scribbles are random strokes; noise and textures are what no pen draws.
    """
    random = np.random.default_rng(seed)
    makers: dict[str, Callable[[], Picture]] = {
        "letters": lambda: _glyph(LETTERS, random),
        "symbols": lambda: _glyph(SYMBOLS, random),
        "scribbles": lambda: _scribble(random),
        "noise": lambda: _noise(random),
        "textures": lambda: _texture(random),
    }
    return {kind: np.stack([make() for _ in range(number)]) for kind, make in makers.items()}


def _glyph(alphabet: str, random: np.random.Generator) -> Picture:
    canvas = np.zeros((256, 256), np.uint8)
    text, font = alphabet[random.integers(len(alphabet))], _FONTS[random.integers(len(_FONTS))]
    cv2.putText(canvas, text, (80, 170), font, 5.0, 255, int(random.integers(10, 22)), cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((128, 128), random.uniform(-12, 12), 0.8)
    turn[0] += random.uniform(-0.25, 0.25) * turn[1]
    turn[0, 2] += 128 - turn[0] @ (128, 128, 1)
    return framed(np.asarray(cv2.warpAffine(canvas, turn, (256, 256)), np.uint8))


def _scribble(random: np.random.Generator) -> Picture:
    strokes = [
        [(float(x), float(y)) for x, y in random.random((random.integers(3, 7), 2))]
        for _ in range(random.integers(2, 5))
    ]
    return framed(drawn(strokes, pen=random.uniform(0.08, 0.16)))


def _noise(random: np.random.Generator) -> Picture:
    grain = random.standard_normal((SIDE, SIDE))
    sigma = random.choice([0.0, 1.0, 2.0])
    if sigma:
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), sigma), np.float64)
        grain /= grain.std()
    return np.clip(128 + 80 * grain - random.uniform(0, 120), 0, 255).astype(np.uint8)


def _texture(random: np.random.Generator) -> Picture:
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    angle, length = random.uniform(0, np.pi), random.uniform(3, 14)
    along = np.cos(angle) * columns + np.sin(angle) * rows
    across = np.cos(angle) * rows - np.sin(angle) * columns
    waves = np.sin(2 * np.pi * along / length + random.uniform(0, 2 * np.pi))
    if random.random() < 0.5:
        waves = np.sign(waves * np.sin(2 * np.pi * across / length))
    return np.asarray(127.5 + 127.5 * waves, np.uint8)

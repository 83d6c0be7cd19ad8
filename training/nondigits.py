"""Pictures that are no digits, made here: a head learns to tell them from digits, and others measure it."""

import string
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import cv2
import numpy as np

from training.data import Images, Part
from training.drawing import SIDE, Picture
from training.scenes.doodles import DOODLES, HELD_OUT_DOODLES
from training.scenes.invented import invented, scribble
from training.scenes.letters import CURSIVE, PRINT, SCRIPTS, way
from training.scenes.spoilt import Spoilt
from training.scenes.writing import BY_HAND, FONTS, printed, written

LETTERS = string.ascii_letters

LOOKALIKES = "BDIJOQSZabgijloqrsz"
"""Letters that may be written like a digit."""

LOOKALIKE_WEIGHT = 0.5
"""How often such a letter is drawn to learn from, beside the others: an O is a 0 to any eye."""

SYMBOLS = "%+=*?<>{}~^$[];:,'"
HELD_OUT_SYMBOLS = "#&@"
HELD_OUT_FONTS = (cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
HELD_OUT_SCRIPT = "Hebrew"
"""No head learns from these, nor from cursive letters: they measure what it makes of what it never saw."""

UNAUGMENTED = ("noise", "textures", "plain")
"""Kinds that fill their frame: no pen drew them, and moving them would draw an edge."""

SHARES = {
    "letters": 0.36,
    "scripts": 0.14,
    "invented signs": 0.14,
    "spoilt digits": 0.12,
    "doodles": 0.08,
    "scribbles": 0.04,
    "symbols": 0.04,
    "noise": 0.03,
    "textures": 0.04,
    "plain": 0.01,
}
"""How often each kind is drawn to learn from: most often what people write, and what is hard to tell."""

PRINTED = 0.25
"""Share of the letters that are in a font."""

_WEIGHTS = np.array([LOOKALIKE_WEIGHT if letter in LOOKALIKES else 1.0 for letter in LETTERS])

DOODLED = BY_HAND._replace(width=(0.45, 1.2), pens=(0.025, 0.15))
"""Faces and hearts are as wide as high, and who draws with a mouse has a thin pen."""

T = TypeVar("T")

Makers = Mapping[str, Callable[[np.random.Generator], Picture]]


def learnt(digits: Part) -> Makers:
    """
    Give for each kind what makes one picture of it to learn from, ``(28, 28)`` uint8, light on black.

    Args:
        digits: Digits to spoil: images ``(number, 28, 28)`` uint8, and which they are.
    """
    shares = _WEIGHTS / _WEIGHTS.sum()
    scripts = [[way(sign)] for name, signs in SCRIPTS.items() if name != HELD_OUT_SCRIPT for sign in signs]

    def letter(random: np.random.Generator) -> Picture:
        chosen = str(random.choice(list(LETTERS), p=shares))
        if random.random() < PRINTED:
            return printed(chosen, _one(FONTS, random), random)
        return written([way(glyph) for glyph in PRINT[chosen]], random)

    return {
        "letters": letter,
        "scripts": lambda random: written(_one(scripts, random), random),
        "symbols": lambda random: printed(_one(SYMBOLS, random), _one(FONTS, random), random),
        "doodles": lambda random: written(_one([*DOODLES.values()], random), random, DOODLED),
        **_common(digits),
    }


def strangers(number: int, digits: Part, random: np.random.Generator) -> dict[str, Images]:
    """Make about ``number`` pictures to learn from, of each kind its share, ``(share, 28, 28)`` uint8."""
    return {
        kind: np.stack([make(random) for _ in range(max(1, round(SHARES[kind] * number)))])
        for kind, make in learnt(digits).items()
    }


def held_out(number: int, digits: Part, seed: int) -> dict[str, Images]:
    """
    Make ``number`` pictures of each kind but letters to measure by, ``(number, 28, 28)`` uint8.

    Scripts, symbols and doodles are those that no head learns from; of the other kinds the seed is another.

    Args:
        number: Of each kind.
        digits: As for ``learnt``, and others.
        seed: Of everything.
    """
    random = np.random.default_rng([seed, number])
    hebrew = [[way(sign)] for sign in SCRIPTS[HELD_OUT_SCRIPT]]
    makers: Makers = {
        "scripts": lambda random: written(_one(hebrew, random), random),
        "symbols": lambda random: printed(_one(HELD_OUT_SYMBOLS, random), _one(FONTS, random), random),
        "doodles": lambda random: written(_one([*HELD_OUT_DOODLES.values()], random), random, DOODLED),
        **_common(digits),
    }
    return {kind: np.stack([make(random) for _ in range(number)]) for kind, make in makers.items()}


def held_out_letters(number: int, seed: int) -> dict[str, Images]:
    """Make ``number`` pictures of each letter of both cases, in cursive and in script fonts; likewise."""
    random = np.random.default_rng([seed, number])
    return {letter: np.stack([held_out_letter(letter, random) for _ in range(number)]) for letter in LETTERS}


def held_out_letter(letter: str, random: np.random.Generator) -> Picture:
    """Write a letter as no head has seen it: by cursive strokes of our own, or in a script font."""
    if random.random() < 0.5:
        return written([way(CURSIVE[letter])], random)
    return printed(letter, _one(HELD_OUT_FONTS, random), random)


def _common(digits: Part) -> Makers:
    return {
        "invented signs": lambda random: written([invented(random)], random),
        "spoilt digits": Spoilt(*digits),
        "scribbles": lambda random: written([scribble(random)], random),
        "noise": _noise,
        "textures": _texture,
        "plain": _plain,
    }


def _one(choices: Sequence[T], random: np.random.Generator) -> T:
    return choices[int(random.integers(len(choices)))]


def _noise(random: np.random.Generator) -> Picture:
    """Draw grain of some size, or points."""
    if random.random() < 0.3:
        points = random.random((SIDE, SIDE)) < random.uniform(0.02, 0.6)
        return np.asarray(points * random.uniform(100, 255), np.uint8)
    grain = random.standard_normal((SIDE, SIDE))
    sigma = random.choice([0.0, 0.7, 1.0, 2.0, 3.0])
    if sigma:
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), sigma), np.float64)
        grain /= grain.std()
    level = random.uniform(-10, 190)
    return np.clip(level + random.uniform(20, 100) * grain, 0, 255).astype(np.uint8)


def _texture(random: np.random.Generator) -> Picture:
    """Draw waves, checks, bars, a slope or a spot, strong or faint."""
    picture = _one((_waves, _waves, _bars, _slope), random)(random)
    return np.asarray(picture * (random.uniform(0.3, 1) if random.random() < 0.5 else 1), np.uint8)


def _waves(random: np.random.Generator) -> Picture:
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    angle, length = random.uniform(0, np.pi), random.uniform(3, 14)
    along = np.cos(angle) * columns + np.sin(angle) * rows
    across = np.cos(angle) * rows - np.sin(angle) * columns
    waves = np.sin(2 * np.pi * along / length + random.uniform(0, 2 * np.pi))
    if random.random() < 0.5:
        waves = np.sign(waves * np.sin(2 * np.pi * across / length))
    return np.asarray(127.5 + 127.5 * waves, np.uint8)


def _bars(random: np.random.Generator) -> Picture:
    picture = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(random.integers(1, 7)):
        (top, left), (height, width) = random.integers(0, 26, 2), random.integers(2, 28, 2)
        picture[top : top + height, left : left + width] = random.integers(0, 256)
    return picture


def _slope(random: np.random.Generator) -> Picture:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    if random.random() < 0.5:
        away = np.hypot(rows - random.uniform(5, 23), columns - random.uniform(5, 23))
        return np.clip(255 - away * random.uniform(8, 40), 0, 255).astype(np.uint8)
    angle = random.uniform(0, 2 * np.pi)
    along = np.cos(angle) * rows + np.sin(angle) * columns
    along -= along.min()
    return np.asarray(along / along.max() * random.uniform(60, 255), np.uint8)


def _plain(random: np.random.Generator) -> Picture:
    return np.full((SIDE, SIDE), random.integers(0, 256), np.uint8)

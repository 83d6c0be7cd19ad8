"""Digits that are none any more: turned, mirrored, cut, two in one frame, one over another."""

import cv2
import numpy as np

from framing.mnist import BOX_PX, SIDE_PX, frame
from training.data import Images, Labels
from training.scenes.pens import Digit

INK_LEVEL = 60
"""Ink at least this light, 0 to 255, is kept when a digit is cropped."""

QUARTER_TURNED = "12345679"
UPSIDE_DOWN = "347"
MIRRORED = "3679"
"""Digits that are none when they are turned or mirrored: a 6 upside down is a 9, a 2 mirrored nearly a 5."""

HALVES = ("023568", "023568", "035", "0235")
"""Digits whose left, right, upper and lower half is none: of an 8 the upper one is a 0."""

OVERLAID = "0234568"
"""Digits that hide one another; a 1 over one would be a stroke too many, which may happen to a digit."""

_ANY = "0123456789"


class Spoilt:
    """Spoils digits, in one of six ways each."""

    def __init__(self, images: Images, labels: Labels) -> None:
        """Take digits, ``(number, 28, 28)`` uint8, and which they are; some may be absent."""
        self._images = images
        self._places = {str(digit): np.flatnonzero(labels == digit) for digit in np.unique(labels)}

    def __call__(self, random: np.random.Generator) -> Digit:
        """Spoil one, ``(28, 28)`` uint8; black when nothing is left of it."""
        way = random.integers(6)
        if way == 0:
            return framed(np.rot90(self._one(QUARTER_TURNED, random), random.choice([1, 3])))
        if way == 1:
            return framed(np.rot90(self._one(UPSIDE_DOWN, random), 2))
        if way == 2:
            return framed(self._one(MIRRORED, random)[:, ::-1])
        if way == 3:
            return framed(self._two(random))
        if way == 4:
            return framed(self._half(random))
        over = np.roll(self._one(OVERLAID, random), random.integers(-5, 6, 2), (0, 1))
        return framed(np.maximum(self._one(OVERLAID, random), over))

    def _one(self, digits: str, random: np.random.Generator) -> Digit:
        there = [digit for digit in digits if digit in self._places] or list(self._places)
        places = self._places[there[random.integers(len(there))]]
        return self._images[places[random.integers(len(places))]]

    def _two(self, random: np.random.Generator) -> Digit:
        """Put two side by side, or now and then one below the other."""
        is_column = random.random() < 0.15
        pair = [cropped(self._one(_ANY, random)) for _ in range(2)]
        if is_column:
            pair = [each.T for each in pair]
        alike = [
            cv2.resize(each, (max(3, round(each.shape[1] * BOX_PX / each.shape[0])), BOX_PX)) for each in pair
        ]
        both = np.hstack([alike[0], np.zeros((BOX_PX, random.integers(0, 5)), np.uint8), alike[1]])
        return both.T if is_column else both

    def _half(self, random: np.random.Generator) -> Digit:
        side = random.integers(4)
        digit = cropped(self._one(HALVES[side], random))
        turned = np.rot90(digit, (0, 2, 1, 3)[side])
        kept = turned[:, : max(3, round(turned.shape[1] * random.uniform(0.45, 0.65)))]
        return np.rot90(kept, -(0, 2, 1, 3)[side])


def cropped(image: Digit) -> Digit:
    """Crop an image to its ink; without any it stays as it is."""
    left, top, width, height = cv2.boundingRect((image >= INK_LEVEL).astype(np.uint8))
    return image[top : top + height, left : left + width] if width else image


def framed(image: Digit) -> Digit:
    """Frame what is left, ``(28, 28)``."""
    ink = cropped(np.ascontiguousarray(image))
    return frame(ink).image if ink.any() else np.zeros((SIDE_PX, SIDE_PX), np.uint8)

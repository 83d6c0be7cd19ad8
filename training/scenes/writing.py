"""A pen of our own: signs written by strokes, or printed in a font, framed as MNIST's digits are."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from framing.mnist import frame
from training.drawing import Point, stroke_path
from training.scenes.pens import Digit

SIDE_PX = 192
UNIT_PX = 0.6 * SIDE_PX
"""Of the unit square that strokes are written in; the rest is room to turn and slant."""

BOX_LEVEL = 96
"""Ink at least this light, 0 to 255, belongs to the box."""

FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)

_FINE = 4
"""Bits of a pixel's fraction that OpenCV's drawing understands here."""

Way = Sequence[Sequence[Point]]
"""Strokes of one sign, each the points ``(across, down)`` that the pen runs through; twice is a corner."""


class Manner(NamedTuple):
    """
    How signs are written; lengths as parts of the sign's height.

    Attributes:
        width: Least and most, of what a square has.
        turn_deg: Spread of the angle.
        slant: Its mean and its spread, across for down.
        jitter: Least and most spread of a point.
        shift: Spread of a stroke.
        pens: Least and most width.
    """

    width: tuple[float, float]
    turn_deg: float
    slant: tuple[float, float]
    jitter: tuple[float, float]
    shift: float
    pens: tuple[float, float]


BY_HAND = Manner(
    width=(0.45, 0.95), turn_deg=6, slant=(0.08, 0.15), jitter=(0.01, 0.05), shift=0.015, pens=(0.05, 0.15)
)
AS_PRINT = Manner(
    width=(0.45, 0.95), turn_deg=1.5, slant=(0.02, 0.05), jitter=(0.002, 0.015), shift=0, pens=(0.05, 0.22)
)


def written(ways: Sequence[Way], random: np.random.Generator, manner: Manner = BY_HAND) -> Digit:
    """Write a sign in one of its ways: points moved a little, turned, slanted, by any pen; ``(28, 28)``."""
    angle, slant = np.deg2rad(random.normal(0, manner.turn_deg)), random.normal(*manner.slant)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.array([[random.uniform(*manner.width), -slant], [0, 1]])
    jitter = random.uniform(*manner.jitter)
    thickness = max(1, round(np.exp(random.uniform(*np.log(manner.pens))) * UNIT_PX))
    page = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    for stroke in ways[int(random.integers(len(ways)))]:
        points = np.array(stroke)
        moves = random.normal(0, jitter, points.shape)
        is_corner = (np.diff(points, axis=0) == 0).all(axis=1)
        moves[1:][is_corner] = moves[:-1][is_corner]
        moved = points + moves + random.normal(0, manner.shift, 2)
        path = (stroke_path([(across, down) for across, down in moved.tolist()], steps=12) - 0.5) @ turn.T
        places = np.rint((path * UNIT_PX + SIDE_PX / 2) * 2**_FINE).astype(np.int32)
        cv2.polylines(
            page,
            [places],
            isClosed=False,
            color=255,
            thickness=thickness,
            lineType=cv2.LINE_AA,
            shift=_FINE,
        )
    return framed(page)


def printed(sign: str, font: int, random: np.random.Generator) -> Digit:
    """Print a sign in one of Hershey's fonts, thick or thin, hardly slanted; ``(28, 28)``."""
    page = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    cv2.putText(page, sign, (50, 145), font, 4.0, 255, int(random.integers(1, 16)), cv2.LINE_AA)
    turn = np.eye(2) + random.normal(0, 0.03, (2, 2))
    middle = np.array([SIDE_PX / 2, SIDE_PX / 2])
    shift = middle - turn @ middle
    seen = cv2.warpAffine(page, np.column_stack([turn, shift]), (SIDE_PX, SIDE_PX))
    return framed(np.asarray(seen, np.uint8))


def framed(page: Digit) -> Digit:
    """Frame what is on a page, light on black; ``(28, 28)``."""
    left, top, width, height = cv2.boundingRect((page >= BOX_LEVEL).astype(np.uint8))
    return frame(page[top : top + height, left : left + width]).image

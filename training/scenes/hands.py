"""Hands that MNIST has not, by strokes of our own: a European 1, a crossed 7, an open 4; and print."""

import cv2
import numpy as np

from framing.mnist import frame
from training.data import Images, Labels
from training.drawing import Point, stroke_path
from training.scenes.pens import Digit

SIDE_PX = 192
UNIT_PX = 0.6 * SIDE_PX
"""Of the unit square that strokes are written in; the rest is room to turn and slant."""

WRITTEN = 0.7
"""Share of the digits that are written; the others are printed."""

BOX_LEVEL = 96
"""Ink at least this light, 0 to 255, belongs to the box."""

_FINE = 4
"""Bits of a pixel's fraction that OpenCV's drawing understands here."""

_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)

Way = tuple[tuple[Point, ...], ...]
"""Strokes of one digit, each the points ``(across, down)`` that the pen runs through; twice is a corner."""

# A row of points reads as the pen moves.
# fmt: off
WAYS: tuple[tuple[Way, ...], ...] = (
    (
        (((0.5, 0.02), (0.12, 0.3), (0.12, 0.7), (0.5, 0.98), (0.88, 0.7), (0.88, 0.3), (0.5, 0.02)),),
        (((0.6, 0.05), (0.2, 0.2), (0.1, 0.6), (0.4, 0.97), (0.85, 0.7), (0.8, 0.2), (0.45, 0.02)),),
    ),
    (
        (((0.1, 0.5), (0.6, 0.02), (0.6, 0.02), (0.58, 0.98)),),
        (((0.1, 0.75), (0.6, 0.02), (0.6, 0.02), (0.58, 0.98)),),
        (((0.2, 0.35), (0.6, 0.02), (0.6, 0.02), (0.6, 0.98)),),
        (((0.05, 0.6), (0.35, 0.35), (0.62, 0.02), (0.62, 0.02), (0.5, 0.98)),),
        (((0.25, 0.3), (0.55, 0.02), (0.55, 0.02), (0.55, 0.97)),
         ((0.25, 0.97), (0.85, 0.97))),
        (((0.1, 0.55), (0.55, 0.02), (0.55, 0.02), (0.55, 0.97)),
         ((0.2, 0.97), (0.9, 0.97))),
        (((0.02, 0.8), (0.35, 0.5), (0.7, 0.02), (0.7, 0.02), (0.66, 0.98)),),
        (((0.05, 0.85), (0.65, 0.02), (0.65, 0.02), (0.62, 0.97)),
         ((0.4, 0.97), (0.9, 0.97))),
    ),
    (
        (((0.12, 0.25), (0.4, 0.02), (0.8, 0.2), (0.6, 0.55), (0.1, 0.97), (0.1, 0.97), (0.9, 0.95)),),
        (((0.12, 0.2), (0.5, 0.02), (0.8, 0.25), (0.5, 0.65), (0.12, 0.9), (0.15, 0.75), (0.5, 0.9),
          (0.9, 0.95)),),
        (((0.15, 0.1), (0.6, 0.05), (0.75, 0.35), (0.1, 0.97), (0.1, 0.97), (0.55, 0.9), (0.85, 0.97)),),
    ),
    (
        (((0.15, 0.1), (0.6, 0.02), (0.8, 0.25), (0.4, 0.45), (0.4, 0.45), (0.85, 0.65), (0.6, 0.97),
          (0.1, 0.88)),),
        (((0.12, 0.04), (0.82, 0.04), (0.82, 0.04), (0.4, 0.4), (0.4, 0.4), (0.85, 0.62), (0.6, 0.97),
          (0.1, 0.88)),),
    ),
    (
        (((0.3, 0.03), (0.12, 0.55), (0.12, 0.55), (0.9, 0.55)),
         ((0.65, 0.25), (0.6, 0.98))),
        (((0.2, 0.03), (0.15, 0.5), (0.15, 0.5), (0.8, 0.48)),
         ((0.8, 0.05), (0.75, 0.98))),
        (((0.5, 0.02), (0.08, 0.65), (0.08, 0.65), (0.92, 0.65)),
         ((0.62, 0.4), (0.6, 0.98))),
        (((0.68, 0.02), (0.08, 0.66), (0.08, 0.66), (0.92, 0.66)),
         ((0.68, 0.02), (0.68, 0.98))),
        (((0.15, 0.05), (0.15, 0.3), (0.3, 0.5), (0.8, 0.45)),
         ((0.82, 0.03), (0.8, 0.5), (0.7, 0.98))),
        (((0.6, 0.02), (0.08, 0.62), (0.08, 0.62), (0.92, 0.6)),
         ((0.75, 0.45), (0.72, 0.98))),
        (((0.75, 0.02), (0.08, 0.65), (0.08, 0.65), (0.85, 0.62), (0.85, 0.62), (0.8, 0.98)),),
        (((0.55, 0.02), (0.1, 0.55), (0.3, 0.68), (0.8, 0.55)),
         ((0.72, 0.4), (0.68, 0.98))),
    ),
    (
        (((0.82, 0.04), (0.25, 0.04), (0.25, 0.04), (0.2, 0.45), (0.2, 0.45), (0.75, 0.45), (0.8, 0.8),
          (0.4, 0.98), (0.1, 0.88)),),
        (((0.45, 0.05), (0.4, 0.3), (0.7, 0.5), (0.65, 0.9), (0.15, 0.95)),
         ((0.4, 0.05), (0.95, 0.04))),
        (((0.25, 0.08), (0.2, 0.42), (0.2, 0.42), (0.7, 0.45), (0.8, 0.8), (0.45, 0.98), (0.1, 0.9)),
         ((0.25, 0.06), (0.85, 0.03))),
    ),
    (
        (((0.7, 0.03), (0.25, 0.35), (0.12, 0.7), (0.45, 0.98), (0.8, 0.75), (0.55, 0.5), (0.16, 0.68)),),
        (((0.45, 0.02), (0.2, 0.4), (0.14, 0.78), (0.45, 0.98), (0.82, 0.78), (0.5, 0.58), (0.18, 0.75)),),
    ),
    (
        (((0.12, 0.06), (0.88, 0.06), (0.88, 0.06), (0.45, 0.98)),
         ((0.28, 0.5), (0.85, 0.48))),
        (((0.12, 0.2), (0.14, 0.06), (0.14, 0.06), (0.88, 0.05), (0.88, 0.05), (0.4, 0.98)),
         ((0.25, 0.55), (0.8, 0.5))),
        (((0.12, 0.1), (0.85, 0.04), (0.85, 0.04), (0.55, 0.45), (0.45, 0.98)),
         ((0.25, 0.52), (0.85, 0.42))),
        (((0.12, 0.06), (0.88, 0.06), (0.88, 0.06), (0.45, 0.98)),),
    ),
    (
        (((0.75, 0.15), (0.45, 0.02), (0.2, 0.2), (0.75, 0.65), (0.6, 0.97), (0.25, 0.9), (0.25, 0.65),
          (0.75, 0.3), (0.72, 0.12)),),
        (((0.5, 0.02), (0.22, 0.22), (0.5, 0.45), (0.78, 0.22), (0.5, 0.02)),
         ((0.5, 0.45), (0.15, 0.7), (0.5, 0.98), (0.85, 0.7), (0.5, 0.45))),
    ),
    (
        (((0.8, 0.2), (0.5, 0.02), (0.18, 0.25), (0.45, 0.5), (0.8, 0.2), (0.8, 0.2), (0.75, 0.98)),),
        (((0.8, 0.2), (0.5, 0.02), (0.18, 0.25), (0.45, 0.5), (0.8, 0.2), (0.8, 0.2), (0.82, 0.7),
          (0.5, 0.98), (0.15, 0.88)),),
        (((0.72, 0.1), (0.45, 0.02), (0.3, 0.2), (0.5, 0.36), (0.75, 0.15), (0.75, 0.15), (0.85, 0.6),
          (0.6, 0.95), (0.05, 0.95)),),
        (((0.75, 0.12), (0.4, 0.02), (0.2, 0.22), (0.5, 0.38), (0.75, 0.12), (0.75, 0.12), (0.7, 0.5),
          (0.85, 0.78), (0.5, 0.98), (0.05, 0.9)),),
        (((0.6, 0.4), (0.3, 0.4), (0.25, 0.12), (0.6, 0.03), (0.8, 0.3), (0.75, 0.75), (0.45, 0.98),
          (0.1, 0.9)),),
    ),
)
# fmt: on
"""For each digit the ways to write it."""

SHARES = (0.05, 0.20, 0.05, 0.06, 0.18, 0.07, 0.06, 0.14, 0.05, 0.14)
"""How often each digit is written: most often those that MNIST's hands write otherwise."""


def hands(number: int, random: np.random.Generator) -> tuple[Images, Labels]:
    """
    Draw digits, framed as MNIST's are.

    Returns:
        ``(number, 28, 28)`` uint8, light on black, and which digits they are.
    """
    images: list[Digit] = []
    labels: list[int] = []
    for _ in range(number):
        if random.random() < WRITTEN:
            digit = int(random.choice(10, p=SHARES))
            images.append(written(digit, random))
        else:
            digit = int(random.integers(10))
            images.append(printed(digit, random))
        labels.append(digit)
    return np.stack(images), np.array(labels, np.uint8)


def written(digit: int, random: np.random.Generator) -> Digit:
    """Write a digit in one of its ways: points a little elsewhere, turned, slanted, narrow or wide."""
    ways = WAYS[digit]
    angle, slant = np.deg2rad(random.normal(0, 6)), random.normal(0.08, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.array([[random.uniform(0.45, 0.95), -slant], [0, 1]])
    jitter = random.uniform(0.01, 0.05)
    thickness = max(1, round(np.exp(random.uniform(np.log(0.05), np.log(0.15))) * UNIT_PX))
    page = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    for stroke in ways[random.integers(len(ways))]:
        points = np.array(stroke)
        moves = random.normal(0, jitter, points.shape)
        is_corner = (np.diff(points, axis=0) == 0).all(axis=1)
        moves[1:][is_corner] = moves[:-1][is_corner]
        moved = points + moves + random.normal(0, 0.015, 2)
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
    return _framed(page)


def printed(digit: int, random: np.random.Generator) -> Digit:
    """Print a digit in one of Hershey's fonts, thick or thin, hardly slanted."""
    page = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    font, thickness = _FONTS[random.integers(len(_FONTS))], int(random.integers(1, 16))
    cv2.putText(page, str(digit), (50, 145), font, 4.0, 255, thickness, cv2.LINE_AA)
    turn = np.eye(2) + random.normal(0, 0.03, (2, 2))
    middle = np.array([SIDE_PX / 2, SIDE_PX / 2])
    shift = middle - turn @ middle
    seen = cv2.warpAffine(page, np.column_stack([turn, shift]), (SIDE_PX, SIDE_PX))
    return _framed(np.asarray(seen, np.uint8))


def _framed(page: Digit) -> Digit:
    left, top, width, height = cv2.boundingRect((page >= BOX_LEVEL).astype(np.uint8))
    return frame(page[top : top + height, left : left + width]).image

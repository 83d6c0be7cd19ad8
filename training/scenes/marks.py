"""Other ways to put a digit down: in separate marks, with a brush, small in a corner, turned."""

import cv2
import numpy as np

from training.scenes.pens import Digit, Layer, draw, middle_line, pick, place, write
from training.scenes.scene import Family, Picture, Scene

LEAST_LEVEL = 0.5
"""Ink is at least so strong; 1 is black on white."""

JOINED = 0.12
"""Width of the stroke that a row of dots means, as a share of the digit's longer side."""


def _drawn(digit: Digit, random: np.random.Generator, pen: float | None) -> Layer:
    """Draw a digit anywhere on a square page."""
    side = int(random.integers(60, 320))
    page = np.zeros((side, side), np.float32)
    write(draw(digit, side * random.uniform(0.45, 0.92), pen), page, random)
    return page


def show(ink: Layer, random: np.random.Generator, whole: Layer | None = None) -> Scene:
    """Show ink light on black, dark on white, or at two levels in between; ``whole`` is the scene's."""
    full = random.uniform(LEAST_LEVEL, 1)
    ground = random.uniform(0, 0.3) if random.random() < 0.3 else 0.0
    picture: Picture = np.rint(255 * (ground + ink * (full - ground))).astype(np.uint8)
    return Scene(picture if random.random() < 0.5 else 255 - picture, ink, whole)


def _disc(size_px: int) -> Digit:
    size = (max(1, size_px), max(1, size_px))
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size), np.uint8)


def _apart(line: Digit, least_px: float, random: np.random.Generator) -> Digit:
    """Choose points of a line, ``(number, 2)``, that are at least so far from each other."""
    points = random.permutation(np.argwhere(line))
    chosen: list[Digit] = []
    while len(points):
        chosen.append(points[0])
        points = points[((points - points[0]) ** 2).sum(axis=1) >= least_px**2]
    return np.array(chosen)


def dots(digit: Digit, random: np.random.Generator) -> Scene:
    """Leave dots along the line, as a fast mouse does."""
    line = (middle_line(_drawn(digit, random, None)) > 0).astype(np.uint8)
    longer = max(cv2.boundingRect(line)[2:])
    radius = longer * random.uniform(0.02, 0.05)
    ink = np.zeros(line.shape, np.float32)
    for down, across in _apart(line, radius * random.uniform(2.2, 4.5), random).tolist():
        cv2.circle(ink, (across, down), max(1, round(radius)), 1.0, cv2.FILLED, cv2.LINE_AA)
    whole = cv2.dilate(line, _disc(round(JOINED * longer))).astype(np.float32)
    return show(ink, random, whole)


def dashes(digit: Digit, random: np.random.Generator) -> Scene:
    """Break the stroke here and there, as a dry pen does."""
    whole = _drawn(digit, random, random.uniform(0.04, 0.1))
    ink, line = whole.copy(), middle_line(whole)
    longer = max(cv2.boundingRect((ink > 0).astype(np.uint8))[2:])
    gap = longer * random.uniform(0.025, 0.05)
    for down, across in _apart(line, gap * random.uniform(4, 8), random).tolist():
        cv2.circle(ink, (across, down), max(1, round(gap)), 0.0, cv2.FILLED)
    return show(ink, random, whole)


def halftone(digit: Digit, random: np.random.Generator) -> Scene:
    """Print it as dots of a screen, smaller where there is less ink."""
    ink = _drawn(digit, random, random.uniform(0.1, 0.2))
    period = max(3.0, max(ink.shape) * random.uniform(0.025, 0.05))
    angle = random.uniform(0, np.pi / 2)
    rows, columns = np.indices(ink.shape)
    along = rows * np.sin(angle) + columns * np.cos(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    screen = (np.cos(2 * np.pi * along / period) + np.cos(2 * np.pi * across / period)) / 4 + 0.5
    cover = random.uniform(0.35, 0.75)
    return show(np.where(screen > 1 - cover * ink, ink, 0).astype(np.float32), random, ink)


def dot_matrix(digit: Digit, random: np.random.Generator) -> Scene:
    """Print it by a matrix of needles."""
    rows = int(random.integers(9, 15))
    small = draw(digit, rows, random.uniform(0.1, 0.14))
    cell = int(random.integers(6, 16))
    radius = cell * random.uniform(0.3, 0.48)
    ink = np.zeros((np.array(small.shape) + 2) * cell, np.float32)
    for down, across in np.argwhere(small > 0.45).tolist():
        middle = ((np.array([across, down]) + 1.5) * cell).astype(int)
        cv2.circle(ink, middle.tolist(), max(1, round(radius)), 1.0, cv2.FILLED, cv2.LINE_AA)
    joined = cv2.dilate(ink, _disc(max(3, round(0.9 * cell) | 1)))
    # As sharp as ink is, and as broad in its middle.
    whole = np.clip(1.1 * cv2.GaussianBlur(joined, (0, 0), max(0.6, cell / 4)), 0, 1)
    return show(ink, random, whole)


def brush(digit: Digit, random: np.random.Generator) -> Scene:
    """Draw with a brush so thick that it fills loops, small on the page."""
    side = int(random.integers(60, 320))
    page = np.zeros((side, side), np.float32)
    write(draw(digit, side * random.uniform(0.12, 0.5), random.uniform(0.16, 0.26)), page, random)
    return show(page, random)


def corner(digit: Digit, random: np.random.Generator) -> Scene:
    """Draw at 10 to 100 % of the side, in a corner as often as not."""
    height, width = random.integers(100, 420, 2).tolist()
    shorter = min(height, width)
    ink = draw(digit, max(14, shorter * random.uniform(0.1, 1)), pick(random))
    page = np.zeros((height, width), np.float32)
    if random.random() < 0.5:
        free = np.array(page.shape) - ink.shape
        down, across = np.array(ink.shape) / 2 + random.integers(0, 2, 2) * np.maximum(free, 0)
        place(ink, page, down, across)
    else:
        write(ink, page, random)
    return show(page, random)


def turned(digit: Digit, random: np.random.Generator) -> Scene:
    """Write at an angle, slanted, wide or narrow."""
    page = _drawn(digit, random, pick(random))
    height, width = page.shape
    angle, slant = np.deg2rad(random.uniform(-30, 30)), random.uniform(-0.4, 0.4)
    stretch = np.exp(random.uniform(-0.3, 0.3))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.array([[stretch, slant], [0, 1]]) * 0.75
    left, top, wide, high = cv2.boundingRect((page > 0).astype(np.uint8))
    middle = np.array([width / 2, height / 2]) - turn @ [left + wide / 2, top + high / 2]
    seen = cv2.warpAffine(page, np.column_stack([turn, middle]), (width, height))
    return show(seen, random)


MARKS: dict[str, Family] = {
    "dots along the line": dots,
    "a broken stroke": dashes,
    "halftone": halftone,
    "dot matrix": dot_matrix,
    "a thick brush, small": brush,
    "any size, in a corner": corner,
    "turned and slanted": turned,
}

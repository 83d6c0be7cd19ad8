"""Drawings on something: in bars, a border, on a card or a disc, half in a hard shadow."""

import cv2
import numpy as np

from training.scenes.marks import LEAST_LEVEL
from training.scenes.pens import Digit, Layer, draw, pick, write
from training.scenes.scene import Family, Scene

LEAST_CONTRAST = 0.35
"""Of ink with what it is written on."""

Slice = tuple[slice, slice]


def _side(random: np.random.Generator) -> int:
    return int(random.integers(60, 260))


def _levels(random: np.random.Generator) -> tuple[float, float]:
    """Choose the levels of what is written on, and of the ink."""
    ground = random.choice([0.0, 1.0]) if random.random() < 0.5 else random.uniform(0, 1)
    far = ground - random.uniform(LEAST_LEVEL, 1) if ground > 0.5 else ground + random.uniform(LEAST_LEVEL, 1)
    return float(ground), float(np.clip(far, 0, 1))


def _other(ground: float, random: np.random.Generator) -> float:
    """Choose a level that differs from the ground's, black or white as often as not."""
    ends = [end for end in (0.0, 1.0) if abs(end - ground) > LEAST_CONTRAST]
    if random.random() < 0.6:
        return float(random.choice(ends))
    off = random.uniform(LEAST_CONTRAST, 1 - LEAST_CONTRAST)
    return float((ground + off) % 1)


def _written(digit: Digit, shape: tuple[int, int], inside: Slice, random: np.random.Generator) -> Layer:
    """Write a digit into a part of a page."""
    page = np.zeros(shape, np.float32)
    shorter = min(page[inside].shape)
    write(draw(digit, max(8, shorter * random.uniform(0.4, 0.9)), pick(random)), page[inside], random)
    return page


def _seen(under: Layer, ink: Layer, level: float) -> Scene:
    grey = under + ink * (level - under)
    return Scene(np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8), ink)


def bars(digit: Digit, random: np.random.Generator) -> Scene:
    """Put bars of another level at one side, two or all, as viewers, screenshots and scanners do."""
    ground, level = _levels(random)
    side = _side(random)
    widths = side * random.uniform(0.03, 0.45, 4) * _some_sides(random)
    top, left, below, right = np.rint(widths).astype(int).tolist()
    shape = (side + top + below, side + left + right)
    inside = (slice(top, top + side), slice(left, left + side))
    under = np.full(shape, _other(ground, random), np.float32)
    under[inside] = ground
    return _seen(under, _written(digit, shape, inside, random), level)


def _some_sides(random: np.random.Generator) -> list[bool]:
    """Choose sides, above, left, below and right: all, two that are opposite, or one."""
    kind = random.random()
    if kind < 0.3:
        return [True] * 4
    if kind < 0.7:
        return [True, False, True, False] if random.random() < 0.5 else [False, True, False, True]
    one = int(random.integers(4))
    return [at == one for at in range(4)]


def bordered(digit: Digit, random: np.random.Generator) -> Scene:
    """Draw a line around the whole, at the edge or near it."""
    ground, level = _levels(random)
    height, width = (round(_side(random) * random.uniform(0.8, 1.25)) for _ in range(2))
    shorter = min(height, width)
    thick = max(1, round(shorter * random.uniform(0.003, 0.04)))
    off = round(shorter * random.uniform(0, 0.08)) if random.random() < 0.5 else 0
    under = np.full((height, width), ground, np.float32)
    line = level if random.random() < 0.5 else _other(ground, random)
    reach = off + thick // 2
    cv2.rectangle(under, (reach, reach), (width - 1 - reach, height - 1 - reach), line, thick)
    kept = min(off + thick + 1, shorter // 3)
    inside = (slice(kept, height - kept), slice(kept, width - kept))
    return _seen(under, _written(digit, (height, width), inside, random), level)


def on_shape(digit: Digit, random: np.random.Generator) -> Scene:
    """Write on a disc, an ellipse or a card that lies on something else, at times as light as the ink."""
    ground, level = _levels(random)
    height, width = (round(_side(random) * random.uniform(0.8, 1.25)) for _ in range(2))
    beyond = level if random.random() < 0.4 else _other(ground, random)
    under = np.full((height, width), beyond, np.float32)
    shape = min(height, width) * random.uniform(0.55, 0.98, 2) / 2
    if random.random() < 0.5:
        shape[1] = shape[0]
    middle = (random.uniform(shape[0], height - shape[0]), random.uniform(shape[1], width - shape[1]))
    half = np.array(shape)
    if random.random() < 0.5:
        across_down, radii = [round(at) for at in middle[::-1]], [round(at) for at in half[::-1]]
        cv2.ellipse(under, across_down, radii, 0, 0, 360, ground, cv2.FILLED, cv2.LINE_AA)
        half = half * random.uniform(0.6, 0.72)
    else:
        around = ((*middle[::-1],), (*(2 * half[::-1]),), random.uniform(-12, 12))
        corners = np.rint(cv2.boxPoints(around)).astype(np.int32)
        cv2.fillPoly(under, [corners], ground, cv2.LINE_AA)
        half = half * random.uniform(0.65, 0.85)
    (top, left), (bottom, right) = (np.rint(np.array(middle) + at).astype(int) for at in (-half, half))
    inside = (slice(max(0, top), bottom), slice(max(0, left), right))
    return _seen(under, _written(digit, (height, width), inside, random), level)


def shadowed(digit: Digit, random: np.random.Generator) -> Scene:
    """Let a shadow with a sharp or soft edge fall over a part."""
    side = _side(random)
    ink = _written(digit, (side, side), (slice(None), slice(None)), random)
    angle = random.uniform(0, 2 * np.pi)
    rows, columns = np.indices(ink.shape) / side - 0.5
    along = rows * np.sin(angle) + columns * np.cos(angle) - random.uniform(-0.35, 0.35)
    soft = np.exp(random.uniform(np.log(0.003), np.log(0.15)))
    light = 1 - random.uniform(0.25, 0.7) / (1 + np.exp(-np.clip(along / soft, -50, 50)))
    light = light.astype(np.float32)
    paper = np.float32(random.uniform(0.7, 1))
    return _seen(paper * light, ink, 0.0 if random.random() < 0.7 else random.uniform(0, 0.15))


SURROUNDINGS: dict[str, Family] = {
    "bars around or beside": bars,
    "a line around the whole": bordered,
    "on a disc or a card": on_shape,
    "half in a shadow": shadowed,
}

"""Signs of no script: a few strokes, put together at random."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from training.scenes.writing import Way

Stroke = npt.NDArray[np.float64]
"""Points ``(across, down)`` that the pen runs through, ``(number, 2)``."""

STROKES = (0.1, 0.33, 0.32, 0.15, 0.1)
"""How often a sign has one stroke, two, ... five."""

JOINED = 0.55
"""Share of the strokes that begin on one that is there."""

LEAST_SPAN = 0.05
"""What is smaller, of a unit square, is not enlarged."""


def invented(random: np.random.Generator) -> Way:
    """Invent a sign of lines, curves, arcs, hooks, corners and dots, as long as the unit square."""
    sign: list[Stroke] = []
    for _ in range(random.choice(len(STROKES), p=STROKES) + 1):
        start = random.random(2)
        if sign and random.random() < JOINED:
            other = sign[random.integers(len(sign))]
            start = other[random.integers(len(other))]
        sign.append(_MAKERS[random.integers(len(_MAKERS))](start, random))
    points = np.concatenate(sign)
    least = points.min(axis=0)
    span = max((points.max(axis=0) - least).max(), LEAST_SPAN)
    return [[(across, down) for across, down in ((stroke - least) / span).tolist()] for stroke in sign]


def scribble(random: np.random.Generator) -> Way:
    """Run a pen to and fro: one stroke to four, each through three places to seven."""
    return [
        [(across, down) for across, down in random.random((random.integers(3, 8), 2)).tolist()]
        for _ in range(random.integers(1, 5))
    ]


def _line(start: Stroke, random: np.random.Generator) -> Stroke:
    return np.stack([start, random.integers(0, 4, 2) / 3])


def _curve(start: Stroke, random: np.random.Generator) -> Stroke:
    return np.vstack([start, random.random((random.integers(2, 5), 2))])


def _arc(start: Stroke, random: np.random.Generator) -> Stroke:
    extent = random.uniform(1.5, 6.5) * random.choice([-1, 1])
    turns = random.uniform(0, 2 * np.pi) + np.linspace(0, extent, 8)
    points = np.column_stack([np.cos(turns), np.sin(turns)]) * random.uniform(0.12, 0.5, 2)
    return np.asarray(points - points[0] + start, np.float64)


def _hook(start: Stroke, random: np.random.Generator) -> Stroke:
    way = np.array([(0, 1), (1, 0), (0.7, 0.7), (-0.7, 0.7)][random.integers(4)]) * random.uniform(0.3, 1)
    return np.stack([start, start + way, start + way + random.normal(0, 0.25, 2)])


def _corners(start: Stroke, random: np.random.Generator) -> Stroke:
    return np.repeat(np.vstack([start, random.random((random.integers(2, 4), 2))]), 2, axis=0)


def _dot(start: Stroke, random: np.random.Generator) -> Stroke:
    return np.stack([start, start + random.normal(0, 0.06, 2)])


_MAKERS: tuple[Callable[[Stroke, np.random.Generator], Stroke], ...] = (
    _line,
    _curve,
    _arc,
    _hook,
    _corners,
    _dot,
)

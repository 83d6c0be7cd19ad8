"""Doodles: what people draw who try out a page, and no script has."""

import numpy as np

from training.drawing import Point
from training.scenes.writing import Way

Stroke = list[Point]


def _arc(middle: Point, radii: Point, begin: float, end: float) -> Stroke:
    """Give points of an ellipse, clockwise from the right, angles in turns."""
    turns = 2 * np.pi * np.linspace(begin, end, 4 + round(14 * abs(end - begin)))
    across, down = middle[0] + radii[0] * np.cos(turns), middle[1] + radii[1] * np.sin(turns)
    return list(zip(across.tolist(), down.tolist(), strict=True))


def _cornered(*points: Point) -> Stroke:
    """Give a line with a corner at each point."""
    return [point for point in points for _ in range(2)]


def _figure(corners: int, turned: float = 0.0, every: int = 1) -> Stroke:
    """Give a closed figure of equal sides from a corner at the top, ``turned`` in turns; or a star of it."""
    angles = 2 * np.pi * (every * np.arange(corners + 1) / corners + turned - 0.25)
    across, down = 0.5 + 0.5 * np.cos(angles), 0.5 + 0.5 * np.sin(angles)
    return _cornered(*zip(across.tolist(), down.tolist(), strict=True))


def _ring(middle: Point, radius: float) -> Stroke:
    return _arc(middle, (radius, radius), 0, 1.03)


def _spiral(turns: float) -> Stroke:
    along = np.linspace(0, 1, round(12 * turns))
    angles, away = 2 * np.pi * turns * along, 0.05 + 0.45 * along
    across, down = 0.5 + away * np.cos(angles), 0.5 + away * np.sin(angles)
    return list(zip(across.tolist(), down.tolist(), strict=True))


_FACE = _ring((0.5, 0.5), 0.48)
_EYES = ([(0.34, 0.36), (0.35, 0.4)], [(0.66, 0.36), (0.65, 0.4)])
_WALLS = _cornered((0.12, 0.42), (0.12, 0.98), (0.88, 0.98), (0.88, 0.42), (0.12, 0.42))
_ROOF = _cornered((0.05, 0.42), (0.5, 0.02), (0.95, 0.42))
_RAYS = tuple(
    [(0.5 + near * x, 0.5 + near * y) for near in (0.32, 0.5)]
    for x, y in (
        (0.0, -1.0),
        (0.7, -0.7),
        (1.0, 0.0),
        (0.7, 0.7),
        (0.0, 1.0),
        (-0.7, 0.7),
        (-1.0, 0.0),
        (-0.7, -0.7),
    )
)
_HEART: Stroke = [
    *((0.5, 0.3), (0.35, 0.06), (0.08, 0.12), (0.06, 0.45), (0.5, 0.97), (0.5, 0.97)),
    *((0.94, 0.45), (0.92, 0.12), (0.65, 0.06), (0.5, 0.3)),
]

DOODLES: dict[str, tuple[Way, ...]] = {
    "smiley": (
        (_FACE, *_EYES, _arc((0.5, 0.52), (0.26, 0.26), 0.04, 0.46)),
        (_FACE, *_EYES, _arc((0.5, 0.86), (0.24, 0.2), 0.54, 0.96)),
        (_FACE, *_EYES, [(0.32, 0.7), (0.68, 0.7)]),
    ),
    "heart": ((_HEART,),),
    "house": (
        (_WALLS, _ROOF),
        (_WALLS, _ROOF, _cornered((0.4, 0.98), (0.4, 0.68), (0.6, 0.68), (0.6, 0.98))),
        (_cornered((0.1, 0.98), (0.1, 0.4), (0.5, 0.02), (0.9, 0.4), (0.9, 0.98), (0.1, 0.98)),),
    ),
    "figure": tuple((_figure(corners, turned),) for corners in (3, 4, 5, 6) for turned in (0, 0.5 / corners)),
    "star": (
        (_figure(5, every=2),),
        ([(0.5, 0.0), (0.5, 1.0)], [(0.07, 0.25), (0.93, 0.75)], [(0.93, 0.25), (0.07, 0.75)]),
    ),
    "spiral": tuple((_spiral(turns),) for turns in (2, 2.5, 3)),
    "sun": ((_ring((0.5, 0.5), 0.24), *_RAYS),),
    "man": (
        (
            _ring((0.5, 0.16), 0.14),
            [(0.5, 0.3), (0.5, 0.65)],
            [(0.2, 0.42), (0.8, 0.42)],
            _cornered((0.25, 0.98), (0.5, 0.65), (0.75, 0.98)),
        ),
    ),
    "arrow": (
        ([(0.02, 0.5), (0.98, 0.5)], _cornered((0.65, 0.2), (0.98, 0.5), (0.65, 0.8))),
        ([(0.5, 0.98), (0.5, 0.02)], _cornered((0.2, 0.35), (0.5, 0.02), (0.8, 0.35))),
    ),
    "tick": ((_cornered((0.05, 0.55), (0.35, 0.9), (0.95, 0.1)),),),
    "cross": (
        ([(0.05, 0.05), (0.95, 0.95)], [(0.95, 0.05), (0.05, 0.95)]),
        ([(0.5, 0.05), (0.5, 0.95)], [(0.05, 0.5), (0.95, 0.5)]),
    ),
}
"""For each doodle the ways to draw it."""

HELD_OUT_DOODLES: dict[str, tuple[Way, ...]] = {
    "flower": (
        (
            _ring((0.5, 0.3), 0.09),
            *(
                _ring((0.5 + 0.19 * x, 0.3 + 0.19 * y), 0.1)
                for x, y in ((0, -1), (1, -0.2), (0.6, 1), (-0.6, 1), (-1, -0.2))
            ),
            [(0.5, 0.52), (0.5, 0.98)],
        ),
    ),
    "cat": (
        (
            _ring((0.5, 0.58), 0.4),
            _cornered((0.2, 0.32), (0.18, 0.02), (0.42, 0.2)),
            _cornered((0.58, 0.2), (0.82, 0.02), (0.8, 0.32)),
            *_EYES,
        ),
    ),
    "boat": (
        (
            _cornered((0.02, 0.68), (0.2, 0.95), (0.8, 0.95), (0.98, 0.68), (0.02, 0.68)),
            _cornered((0.5, 0.68), (0.5, 0.05), (0.85, 0.55), (0.5, 0.55)),
        ),
    ),
    "envelope": (
        (
            _cornered((0.02, 0.2), (0.98, 0.2), (0.98, 0.8), (0.02, 0.8), (0.02, 0.2)),
            _cornered((0.02, 0.2), (0.5, 0.55), (0.98, 0.2)),
        ),
    ),
    "box with a cross": (
        (
            _cornered((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95), (0.05, 0.05)),
            [(0.1, 0.1), (0.9, 0.9)],
            [(0.9, 0.1), (0.1, 0.9)],
        ),
    ),
}
"""No head learns from these: they measure what it makes of what it never saw."""

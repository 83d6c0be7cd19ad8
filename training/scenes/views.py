"""What a network that finds ink looks at: whole scenes, and squares around the digit, damaged anew."""

import cv2
import numpy as np
import numpy.typing as npt

from framing.looks import VIEW_PX, View, square, whole
from framing.mnist import Grey
from training.scenes.damage import DAMAGES
from training.scenes.pens import Layer
from training.scenes.scene import Scene

WHOLE = 2
"""Views of the whole, of each scene."""

NEARER = 3
"""Views of a square around the digit."""

VIEWS = WHOLE + NEARER

STROKE_LEVEL = 100
"""Of 255: a pixel of so much stroke belongs to the digit's box."""

OFF_CENTRE = 0.07
"""Spread of the square's middle around the digit's, in sides of the square."""

LEAST_CONTRAST = 40

_DAMAGES = [name for name in DAMAGES if name not in {"outlines alone", "shaken"}]
"""The two that are left out would leave another stroke than the one that was drawn."""


def views(scene: Scene, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """
    Look at a scene.

    Returns:
        ``(5, 2, 64, 64)`` uint8: of each view the grey levels, and the part of a pixel that the stroke
        covers, 0 to 255.
    """
    grey, stroke = _layers(scene)
    made = np.empty((VIEWS, 2, VIEW_PX, VIEW_PX), np.uint8)
    middle, longer = _place(stroke, random)
    for at in range(VIEWS):
        if at < WHOLE:
            seen, truth = whole(grey), whole(stroke, beyond=0)
        else:
            share = random.uniform(0.5, 0.95) if random.random() < 0.85 else random.uniform(0.3, 1.1)
            side = longer / share
            off = random.normal(0, OFF_CENTRE, 2) * side
            there = (middle[0] + off[0], middle[1] + off[1])
            seen, truth = square(grey, there, side), square(stroke, there, side, beyond=0)
        made[at] = _damaged(seen, random), truth
    return made


def whole_view(scene: Scene) -> tuple[View, View]:
    """Look at the whole of a scene: grey levels, and the part of a pixel that the stroke covers, 0 to 255."""
    grey, stroke = _layers(scene)
    return whole(grey), whole(stroke, beyond=0)


def grey_of(scene: Scene) -> Grey:
    """Give a scene's grey levels, ``(height, width)`` uint8."""
    if scene.picture.ndim == 2:
        return scene.picture
    return np.asarray(cv2.cvtColor(scene.picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _layers(scene: Scene) -> tuple[Grey, Grey]:
    return grey_of(scene), np.rint(255 * np.clip(scene.stroke, 0, 1)).astype(np.uint8)


def _place(stroke: npt.NDArray[np.uint8], random: np.random.Generator) -> tuple[tuple[float, float], float]:
    """Give the digit's middle and longer side, pixels; where there is none, any."""
    left, top, width, height = cv2.boundingRect((stroke > STROKE_LEVEL).astype(np.uint8))
    if width:
        return (top + height / 2, left + width / 2), max(width, height)
    longer = max(stroke.shape)
    down, across = random.uniform(0.1, 0.5, 2) * longer
    return (down, across), longer * random.uniform(0.3, 0.8)


def _damaged(view: View, random: np.random.Generator) -> View:
    """Damage a third of the views once or twice, weaken the contrast of some, reverse others."""
    if random.random() < 0.35:
        page: Layer = np.divide(view, 255, dtype=np.float32)
        if random.random() < 0.5:
            page = 1 - page
        for name in random.choice(_DAMAGES, 1 if random.random() < 0.75 else 2).tolist():
            page = np.clip(DAMAGES[name](page, random), 0, 1).astype(np.float32)
        view = np.rint(255 * page).astype(np.uint8)
    if random.random() < 0.3:
        low, high = np.sort(random.uniform(0, 255, 2)).tolist()
        if high - low > LEAST_CONTRAST:
            view = np.rint(low + view * ((high - low) / 255)).astype(np.uint8)
    return 255 - view if random.random() < 0.4 else view

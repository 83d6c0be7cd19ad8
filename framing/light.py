"""Pictures whose only trouble is uneven light, as photos of bare paper: made even, they are flat."""

from dataclasses import replace

import cv2
import numpy as np

from framing import flat
from framing.constants import CONSTANTS
from framing.flat import FlatDigit
from framing.mnist import Grey, scaled_size

LEVELLED = replace(
    CONSTANTS,
    # What grain and texture leave when light is even; faint ink is not told from it.
    least_contrast=40,
    near=0.25,
    faint=0.4,
    foot=0.3,
    most_beyond=0.005,
    least_rim=0.95,
    even=0.0,
)

GLANCE_PX = 24  # longer side of the picture in which the light is seen
AROUND_PX = 9  # side of the squares there whose middle level is the ground's: strokes take less than half
SMOOTHED_PX = 5  # side of the squares over which that is smoothed
LEAST_LEFT = 0.12  # marks beside the ink that have this part of its strength are ink; weaker ones are grain
INKED = 0.6  # share of the contrast, to the darkest pixel, from which one is ink without doubt
RIM_PX = 4  # marks so near to the edge do not count
_NEAR = np.ones((7, 7), np.uint8)  # reaches from ink over its soft edge
_WIDE = np.ones((15, 15), np.uint8)  # wider than a stroke; light is wider still


def find(grey: Grey) -> FlatDigit | None:
    """
    Make the light of a picture even, and frame its digit if it is flat then.

    Args:
        grey: ``(height, width)`` uint8, not flat as it is.

    Returns:
        What was made of it, doubtful when it is slim; None when it is not flat then, has no ink, weaker ink
        beside, or ink that touches the edge of the picture: it may be a shadow, or an edge of the paper.
    """
    small, halvings = flat.halved(grey)
    even, level = levelled(small)
    found = flat.find(even, LEVELLED)
    if found is None:
        return None
    top, left, height, width = found.box
    rows, columns = small.shape
    if min(top, left, rows - top - height, columns - left - width) <= 1:
        return None
    if _is_more(even if found.is_dark else cv2.bitwise_not(even), level if found.is_dark else 255 - level):
        return None
    is_doubtful = found.is_doubtful or min(height, width) < LEVELLED.narrow * max(height, width)
    top, left, height, width = (length << halvings for length in found.box)
    return found._replace(box=(top, left, height, width), is_doubtful=is_doubtful, is_levelled=True)


def levelled(grey: Grey) -> tuple[Grey, float]:
    """
    Divide a picture by its light: the middle level around each place, smoothed.

    Returns:
        The picture with a ground of one level, as far as only light made it uneven; and that level.
    """
    height, width = grey.shape
    rows, columns = scaled_size(grey.shape, GLANCE_PX)
    glance = cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA)
    ground = cv2.blur(cv2.medianBlur(glance, AROUND_PX), (SMOOTHED_PX, SMOOTHED_PX))
    level = float(ground.mean())
    light = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, light, scale=level), np.uint8), level


def _is_more(dark: Grey, level: float) -> bool:
    """
    Tell whether there are marks beside the strong ink: another digit, or what is left of a stroke.

    Args:
        dark: Dark ink on light, in even light.
        level: That of the ground.
    """
    darkest, lasting = int(dark.min()), int(cv2.blur(dark, (3, 3)).min())
    near = cv2.dilate((dark < level - INKED * (level - darkest)).astype(np.uint8), _NEAR)
    marks = cv2.morphologyEx(cv2.blur(dark, (5, 5)), cv2.MORPH_BLACKHAT, _WIDE)
    # At the rim the light is known from one side.
    left = (marks * (1 - near))[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]
    return bool(left.size and left.max() > LEAST_LEFT * (level - lasting))

"""What preparation is measured against: the few lines that one writes first."""

import cv2
import numpy as np

from training.scenes.scene import Picture

SIDE_PX = 28
BOX_PX = 20  # MNIST's longer side of the ink
CENTRE_PX = 14  # MNIST's centre of mass


def resized(picture: Picture) -> Picture:
    """Resize to 28x28, inverted when the picture is mostly light."""
    grey = _grey(picture)
    dark = 255 - grey if grey.mean() > 127 else grey
    return cv2.resize(dark, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)


def boxed(picture: Picture) -> Picture:
    """Find the ink by one threshold, Otsu's, and give it MNIST's box and centre of mass."""
    _, light = cv2.threshold(_grey(picture), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = 255 - light if light.mean() > 127 else light
    left, top, width, height = cv2.boundingRect(ink)
    image = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    if not width:
        return image
    scale = BOX_PX / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    box = cv2.resize(ink[top : top + height, left : left + width], size, interpolation=cv2.INTER_AREA)
    moments = cv2.moments(box)
    down, across = (
        min(max(CENTRE_PX - round(moments[axis] / moments["m00"]), 0), SIDE_PX - length)
        for axis, length in zip(("m01", "m10"), box.shape, strict=True)
    )
    image[down : down + box.shape[0], across : across + box.shape[1]] = box
    return image


def _grey(picture: Picture) -> Picture:
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)

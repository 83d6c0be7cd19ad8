"""MNIST's framing: a box of 20 pixels on 28, the centre of mass in the middle (LeCun et al. 1998, III.A)."""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
"""``(height, width)`` uint8, 0 to 255."""

SIDE_PX = 28
SIZE_PX = (SIDE_PX, SIDE_PX)  # height and width
BOX_PX = 20  # longer side of the ink
CENTRE_PX = 14  # row and column on which the centre of mass falls
MOST_OFF_CENTRE_PX = 0.75  # a framed image's centre of mass is at most this far from the middle
FAINTEST = 200  # the lightest pixel of a framed image is at least this light
_ONES = np.ones(SIDE_PX, np.float32)
_INDEX = np.arange(SIDE_PX, dtype=np.float32)


class Framed(NamedTuple):
    """
    An image as MNIST would have it.

    Attributes:
        image: ``(28, 28)`` uint8, light on black.
        shift: ``(down, right)`` pixels from the box in the middle to where its mass is in the middle.
    """

    image: Grey
    shift: tuple[int, int]


def is_framed(image: npt.NDArray[np.uint8]) -> bool:
    """Tell whether an image has MNIST's framing already: 28x28, a box of 20, its mass in the middle."""
    if image.shape != (SIDE_PX, SIDE_PX):
        return False
    _, _, width, height = cv2.boundingRect(image)
    if not BOX_PX - 1 <= max(width, height) <= BOX_PX:
        return False
    mass, across, down = _moments(image)
    return (
        abs(across / mass - CENTRE_PX) <= MOST_OFF_CENTRE_PX
        and abs(down / mass - CENTRE_PX) <= MOST_OFF_CENTRE_PX
        and bool(cv2.norm(image, cv2.NORM_INF) >= FAINTEST)
    )


def are_framed(images: npt.NDArray[np.uint8]) -> list[bool]:
    """Tell of ``(number, 28, 28)`` images, all at once, what ``is_framed`` tells of each."""
    values = images.astype(np.float32)
    rows, columns = values @ _ONES, _ONES @ values
    mass = (rows @ _ONES).astype(np.float64)
    with np.errstate(invalid="ignore"):  # an empty image has no centre: the comparison with it is false
        down, across = (rows @ _INDEX) / mass, (columns @ _INDEX) / mass
    off = np.maximum(np.abs(across - CENTRE_PX), np.abs(down - CENTRE_PX))
    longer = np.maximum(_extents(rows > 0), _extents(columns > 0))
    framed = (off <= MOST_OFF_CENTRE_PX) & (longer >= BOX_PX - 1) & (longer <= BOX_PX)
    found: list[bool] = (framed & (images.max(axis=(1, 2)) >= FAINTEST)).tolist()
    return found


def frame(ink: Grey) -> Framed:
    """
    Scale ink into a box of 20 pixels, and put its centre of mass in the middle.

    Args:
        ink: Light on black, cropped to what counts; not all of it 0.
    """
    height, width = scaled_size(ink.shape, BOX_PX)
    way = cv2.INTER_AREA if max(ink.shape) > BOX_PX else cv2.INTER_CUBIC
    small = cv2.resize(ink, (width, height), interpolation=way)
    lightest = cv2.norm(small, cv2.NORM_INF)
    if not lightest:
        # Points so far apart vanish on the way.
        return frame(cv2.dilate(ink, np.ones((3, 3), np.uint8)))
    if lightest < 255:
        small = cv2.convertScaleAbs(small, alpha=255 / lightest)
    mass, across, down = _moments(small)
    top = min(max(round(CENTRE_PX - down / mass), 0), SIDE_PX - height)
    left = min(max(round(CENTRE_PX - across / mass), 0), SIDE_PX - width)
    image = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    image[top : top + height, left : left + width] = small
    return Framed(image, (top - (SIDE_PX - height) // 2, left - (SIDE_PX - width) // 2))


def reduced(image: npt.NDArray[np.uint8], longer_px: int) -> npt.NDArray[np.uint8]:
    """Reduce a picture by area until its longer side fits; smaller pictures stay as they are."""
    if max(image.shape[:2]) <= longer_px:
        return image
    height, width = scaled_size(image.shape, longer_px)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def scaled_size(shape: tuple[int, ...], longer_px: int) -> tuple[int, int]:
    """Return height and width of a picture whose longer side becomes ``longer_px``, none of them 0."""
    height, width = shape[:2]
    scale = longer_px / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def padded(images: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """
    Put framed images in the middle of larger ones, on black, as LeCun put 28x28 on 32x32 (1998, II.B).

    Args:
        images: ``(28, 28)`` or ``(number, 28, 28)`` uint8.
        height: Rows of the larger ones; of an odd number to add, the last is below.
        width: Columns; likewise.

    Returns:
        ``(height, width)`` or ``(number, height, width)`` uint8; the same array when nothing is to be added.
    """
    down, across = height - images.shape[-2], width - images.shape[-1]
    if not down and not across:
        return images
    sides = ((down // 2, down - down // 2), (across // 2, across - across // 2))
    return np.pad(images, (*[(0, 0)] * (images.ndim - 2), *sides))


def _moments(image: Grey) -> list[float]:
    """Return the mass of an image no larger than MNIST's, and its first moments across and down."""
    moments: list[float] = _weights(*image.shape).dot(image.ravel().astype(np.float32)).tolist()
    return moments


@lru_cache(maxsize=SIDE_PX * SIDE_PX)
def _weights(height: int, width: int) -> npt.NDArray[np.float32]:
    """Return what gives the moments of an image; all are whole numbers below 2^24, exact in float32."""
    rows, columns = np.indices((height, width), np.float32).reshape(2, -1)
    return np.stack([np.ones_like(rows), columns, rows])


def _extents(inked: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Measure each row from its first True to its last; one without any is as long as it can be."""
    extents: npt.NDArray[np.intp] = inked.shape[1] - inked[:, ::-1].argmax(axis=1) - inked.argmax(axis=1)
    return extents

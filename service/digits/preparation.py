"""Turn any picture of one handwritten digit into the 28x28 image that MNIST would have made of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing import flat, light, looks, strips
from framing.flat import FlatDigit
from framing.looks import Found
from framing.mnist import BOX_PX, SIDE_PX, SIZE_PX, Grey, are_framed, is_framed, scaled
from service.images.decoding import edges

MOST_SIDE_PX = 640  # larger pictures are first reduced to this
LEAST_SPREAD = (
    16  # levels, the standard deviation: a JPEG's luminance with less may show less than its colour
)
COLOUR_SPREAD = 48  # the same where colour is at hand
MORE_EDGES = 2.0  # times the luminance's: a channel that shows so much more is taken
GLANCE_PX = 160  # edges are measured in a picture no larger
MOST_COUNT = 31  # the lightest level of a picture whose levels are counts, from 0
FEW_PIXELS = 12  # a digit with a shorter longer side is hard to read


@dataclass(frozen=True)
class Preparation:
    """
    What was done to a picture.

    Attributes:
        ink: How the ink was found: ``framed``, it is framed as MNIST's images are; ``levels``, by its
            levels on ground of one level; ``levelled``, likewise when the light had been made even;
            ``network``, by the network that finds ink.
        looks: How often that network looked.
        inverted: The picture was dark on light.
        box: (top, left, height, width) of the digit in pixels of the picture as it was sent, upright.
        scale: Pixels of the prepared image for one of the picture as it was sent.
        shift: (down, right) in pixels from the centred box to the centred mass.
        warnings: What may have gone wrong, in words.
    """

    ink: Literal["framed", "levels", "levelled", "network"] = "framed"
    looks: int = 0
    inverted: bool = False
    box: tuple[int, int, int, int] | None = None
    scale: float = 1.0
    shift: tuple[int, int] = (0, 0)
    warnings: tuple[str, ...] = ()


class Sight(NamedTuple):
    """
    What is needed of a picture to find its ink.

    Attributes:
        grey: ``(height, width)`` uint8, reduced.
        reduction: Pixels as they were sent for one of these.
        corner: The first row and column in the whole picture, where strips beside the paper are left out.
    """

    grey: Grey
    reduction: float
    corner: tuple[int, int] = (0, 0)


class Prepared(NamedTuple):
    """
    A picture as MNIST would have it, and what was found on the way.

    Attributes:
        image: ``(28, 28)`` uint8, light on black; of a larger network its size.
        is_blank: There is no ink.
        found: The ink by levels, or by the network; None where the picture was framed already.
        sight: What that was found in.
        is_negative: A framed picture was dark on light.
    """

    image: Grey
    is_blank: bool = False
    found: FlatDigit | Found | None = None
    sight: Sight | None = None
    is_negative: bool = False

    @property
    def preparation(self) -> Preparation:
        """What was done to the picture."""
        if self.found is None or self.sight is None:
            return Preparation(inverted=self.is_negative)
        if isinstance(self.found, Found) and self.found.framed is None:
            return Preparation(ink="network", looks=self.found.looks)
        return _told(self.found, self.sight)


def seen(picture: npt.NDArray[np.uint8], sent_side_px: int | None = None) -> Prepared | Sight:
    """
    Reduce a picture to what its ink can be found in; one that is framed as MNIST's are is an image already.

    Args:
        picture: ``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8 0..255, of any size.
        sent_side_px: The longer side of the picture as it was sent, where this is a smaller one of it.
    """
    if is_framed(picture):
        return Prepared(picture)
    sent_side_px = sent_side_px or max(picture.shape[:2])
    grey = _shade(_shrunk(picture, longer_side=MOST_SIDE_PX))
    if grey.shape == (SIDE_PX, SIDE_PX):
        if picture.ndim == 3 and is_framed(grey):
            return Prepared(grey)
        if is_framed(negative := cv2.bitwise_not(grey)):
            return Prepared(negative, is_negative=True)
    return Sight(grey, sent_side_px / max(grey.shape))


def all_seen(pictures: Iterable[npt.NDArray[np.uint8]]) -> Iterable[Prepared | Sight]:
    """Do the same with pictures; whether those of an array are framed already is seen at once."""
    if isinstance(pictures, np.ndarray) and pictures.shape[1:] == SIZE_PX and len(pictures) > 1:
        for picture, ready in zip(pictures, are_framed(pictures), strict=True):
            yield Prepared(picture) if ready else seen(picture)
    else:
        yield from map(seen, pictures)


def by_levels(picture: Prepared | Sight) -> Prepared | Sight:
    """Turn what has ground of one level, in light even or nearly, into an image; strips beside it go."""
    if isinstance(picture, Prepared):
        return picture
    found = flat.find(picture.grey) or light.find(picture.grey)
    if not (found and found.is_clean) and (paper := strips.without(picture.grey)):
        picture = Sight(paper.grey, picture.reduction, paper.corner)
        found = flat.find(picture.grey) or light.find(picture.grey)
    if found:
        return Prepared(found.framed.image, found=found, sight=picture)
    darkest, lightest, _, _ = cv2.minMaxLoc(picture.grey)
    return Prepared(np.zeros(SIZE_PX, np.uint8), is_blank=True) if darkest == lightest else picture


def by_network(
    sights: Sequence[Sight], network: looks.Network, hints: Sequence[looks.Box] | None = None
) -> list[Prepared]:
    """Turn pictures into images by the ink that a network finds; ``hints`` as of ``looks.find``."""
    found = looks.find([sight.grey for sight in sights], network, hints)
    return [_of_found(one, sight) for one, sight in zip(found, sights, strict=True)]


def _of_found(found: Found, sight: Sight) -> Prepared:
    if found.framed is None:
        return Prepared(np.zeros(SIZE_PX, np.uint8), is_blank=True, found=found, sight=sight)
    return Prepared(found.framed.image, found=found, sight=sight)


def _told(found: FlatDigit | Found, sight: Sight) -> Preparation:
    """Tell of ink that was found how it was framed."""
    looked = found.looks if isinstance(found, Found) else 0
    # A network's pixels are larger than the picture's: its box may reach beyond the edge.
    first, last = np.maximum(found.box[:2], 0), np.add(found.box[:2], found.box[2:])
    size = np.minimum(last, sight.grey.shape) - first
    placed = np.concatenate([np.add(first, sight.corner), size])
    top, left, height, width = np.rint(placed * sight.reduction).astype(int).tolist()
    return Preparation(
        ink="network" if isinstance(found, Found) else "levelled" if found.is_levelled else "levels",
        looks=looked,
        inverted=found.is_dark,
        box=(top, left, height, width),
        scale=BOX_PX / (max(found.box[2:]) * sight.reduction),
        shift=found.framed.shift if found.framed else (0, 0),
        # A pixel of the network's view is several of the picture's.
        warnings=_warnings(found.box, sight, near_px=max(sight.grey.shape) / looks.VIEW_PX if looked else 0),
    )


def _shade(image: npt.NDArray[np.uint8]) -> Grey:
    """Return the luminance; where colour shows edges much more clearly, the channel that does best."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if image.ndim == 3 and cv2.meanStdDev(grey)[1].item() < COLOUR_SPREAD:
        channels = cv2.split(image)
        # Most drawings are grey in a colour file: there is nothing to choose.
        if any(cv2.norm(channel, grey, cv2.NORM_INF) for channel in channels):
            counts = [_edges(channel) for channel in channels]
            best = int(np.argmax(counts))
            if counts[best] > MORE_EDGES * _edges(grey):
                grey = channels[best]
    darkest, lightest, _, _ = cv2.minMaxLoc(grey)
    # Levels of two or a few, as masks and counts have them; a dark photo's noise has all alike.
    is_counted = darkest == 0 < lightest <= MOST_COUNT and np.isin(grey, (0, lightest)).mean() >= 0.5
    return cv2.convertScaleAbs(grey, alpha=255 / lightest) if is_counted else grey


def _edges(channel: Grey) -> int:
    """Count the pixels on edges in what is seen at a glance: a speck or a bar has few, however strong."""
    return int(np.count_nonzero(edges(_shrunk(channel, longer_side=GLANCE_PX))))


def _shrunk(image: npt.NDArray[np.uint8], *, longer_side: int) -> npt.NDArray[np.uint8]:
    """Reduce a picture by area until its longer side fits; smaller pictures stay as they are."""
    if max(image.shape[:2]) <= longer_side:
        return image
    height, width = scaled(image.shape, longer_side)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _warnings(box: looks.Box, sight: Sight, *, near_px: float) -> tuple[str, ...]:
    """Warn of a small digit, and of one no more than ``near_px`` from the picture's edge."""
    top, left, height, width = box
    high, wide = sight.grey.shape
    found = []
    if max(height, width) * sight.reduction < FEW_PIXELS:
        found.append("the digit has few pixels")
    if min(top, left, high - top - height, wide - left - width) <= near_px:
        found.append("the digit touches the edge of the picture")
    return tuple(found)

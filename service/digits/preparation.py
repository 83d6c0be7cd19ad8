"""Turn any picture of one handwritten digit into the 28x28 image that MNIST would have made of it."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing import flat, light, looks, strips
from framing.flat import FlatDigit
from framing.looks import Found
from framing.mnist import BOX_PX, SIDE_PX, SIZE_PX, Grey, are_framed, is_framed, reduced
from service.described import Described
from service.images.decoding import edges

MOST_SIDE_PX = 640  # larger pictures are first reduced to this
COLOUR_SPREAD = 48  # levels, the standard deviation: luminance with less may show less than a colour does
MORE_EDGES = 2.0  # times the luminance's: a channel that shows so much more is taken
GLANCE_PX = 160  # edges are measured in a picture no larger
MOST_COUNT = 31  # the lightest level of a picture whose levels are counts, from 0
BLANK = np.zeros(SIZE_PX, np.uint8)  # the image without ink
FEW_PIXELS = 12  # a digit with a shorter longer side is hard to read


class Preparation(Described):
    """What was done to a picture."""

    ink: Literal["framed", "levels", "levelled", "network"] | None = None
    """How the ink was found: ``framed``, the picture is framed as MNIST's images are; ``levels``, by its
    levels on ground of one level; ``levelled``, likewise when the light had been made even; ``network``, by
    the network that finds ink; null where it was not looked for, or all has one level."""
    looks: int = 0
    """How often that network looked."""
    inverted: bool = False
    """The picture was dark on light."""
    box: Sequence[int] | None = None
    """Top, left, height and width of the digit in pixels of the picture as it was sent, upright."""
    scale: float = 1.0
    """Pixels of the prepared image for one of the picture as it was sent."""
    shift: Sequence[int] = (0, 0)
    """Pixels down and to the right from the centred box to the centred mass."""
    warnings: Sequence[str] = ()
    """What may have gone wrong, in words."""


class Sight(NamedTuple):
    """
    What is needed of a picture to find its ink.

    Attributes:
        grey: ``(height, width)`` uint8, reduced.
        reduction: Pixels as they were sent for one of these, down and across.
        corner: The first row and column in the whole picture, where strips beside the paper are left out.
    """

    grey: Grey
    reduction: tuple[float, float]
    corner: tuple[int, int] = (0, 0)


class Prepared(NamedTuple):
    """
    A picture as MNIST would have it, and what was found on the way.

    Attributes:
        image: ``(28, 28)`` uint8, light on black; of a larger network its size.
        is_blank: There is no ink.
        found: The ink by levels, or by the network; None where the picture was framed already.
        sight: What that was found in.
        framed: The picture was framed as MNIST's images are, light or dark.
    """

    image: Grey
    is_blank: bool = False
    found: FlatDigit | Found | None = None
    sight: Sight | None = None
    framed: Literal["light", "dark"] | None = None

    @property
    def preparation(self) -> Preparation:
        """What was done to the picture."""
        if self.found is None or self.sight is None:
            return Preparation(ink="framed" if self.framed else None, inverted=self.framed == "dark")
        if isinstance(self.found, Found) and self.found.framed is None:
            return Preparation(ink="network", looks=self.found.looks)
        return _told(self.found, self.sight)


def seen(picture: npt.NDArray[np.uint8], sent_size: tuple[int, int] | None = None) -> Prepared | Sight:
    """
    Reduce a picture to what its ink can be found in; one that is framed as MNIST's are is an image already.

    Args:
        picture: ``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8 0..255, of any size.
        sent_size: Height and width of the picture as it was sent, where this is a smaller one of it.
    """
    if is_framed(picture):
        return Prepared(picture, framed="light")
    grey = _shade(reduced(picture, MOST_SIDE_PX))
    if grey.shape == (SIDE_PX, SIDE_PX):
        if picture.ndim == 3 and is_framed(grey):
            return Prepared(grey, framed="light")
        if is_framed(negative := cv2.bitwise_not(grey)):
            return Prepared(negative, framed="dark")
    height, width = sent_size or picture.shape[:2]
    return Sight(grey, (height / grey.shape[0], width / grey.shape[1]))


def all_seen(pictures: npt.NDArray[np.uint8]) -> Iterable[Prepared | Sight]:
    """Do the same with the pictures of an array; which are framed already is found for all at once."""
    are_ready = are_framed(pictures) if pictures.shape[1:] == SIZE_PX else [False] * len(pictures)
    for picture, is_ready in zip(pictures, are_ready, strict=True):
        yield Prepared(picture, framed="light") if is_ready else seen(picture)


def by_levels(picture: Prepared | Sight) -> Prepared | Sight:
    """
    Find the ink of a picture by its levels: on ground of one level, or that has one in light made even.

    Returns:
        The image, blank when all of the picture has one level; what levels do not tell is left, without the
        strips beside its paper, to the network that finds ink.
    """
    if isinstance(picture, Prepared):
        return picture
    found = flat.find(picture.grey) or light.find(picture.grey)
    if not (found and found.is_clean) and (paper := strips.without(picture.grey)):
        picture = Sight(paper.grey, picture.reduction, paper.corner)
        found = flat.find(picture.grey) or light.find(picture.grey)
    if found:
        return Prepared(found.framed.image, found=found, sight=picture)
    darkest, lightest, _, _ = cv2.minMaxLoc(picture.grey)
    return Prepared(BLANK, is_blank=True) if darkest == lightest else picture


def by_network(
    sights: Sequence[Sight], network: looks.Network, hints: Sequence[looks.Box] | None = None
) -> list[Prepared]:
    """Turn pictures into images by the ink that a network finds; ``hints`` as of ``looks.find``."""
    found = looks.find([sight.grey for sight in sights], network, hints)
    return [
        Prepared(one.framed.image if one.framed else BLANK, not one.framed, one, sight)
        for one, sight in zip(found, sights, strict=True)
    ]


def _told(found: FlatDigit | Found, sight: Sight) -> Preparation:
    """Describe how ink that was found was framed, in pixels of the picture as it was sent."""
    looked = found.looks if isinstance(found, Found) else 0
    # A network's pixels are larger than the picture's: its box may reach beyond the edge.
    first = np.clip(found.box[:2], 0, np.subtract(sight.grey.shape, 1))
    last = np.clip(np.add(found.box[:2], found.box[2:]), first + 1, sight.grey.shape)
    corners = np.add([first, last], sight.corner) * sight.reduction
    top, left, bottom, right = np.floor(corners + 0.5).astype(int).ravel().tolist()
    longer = float(max(np.multiply(found.box[2:], sight.reduction)))
    # A pixel of the network's view is several of the picture's.
    near_px = max(sight.grey.shape) / looks.VIEW_PX if looked else 0
    return Preparation(
        ink="network" if isinstance(found, Found) else "levelled" if found.is_levelled else "levels",
        looks=looked,
        inverted=found.is_dark,
        box=(top, left, bottom - top, right - left),
        scale=BOX_PX / longer,
        shift=found.framed.shift if found.framed else (0, 0),
        warnings=_warnings(found.box, sight, longer, near_px),
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
    return int(np.count_nonzero(edges(reduced(channel, GLANCE_PX))))


def _warnings(box: looks.Box, sight: Sight, longer: float, near_px: float) -> tuple[str, ...]:
    """Warn of a digit with few pixels as sent, and of one at most ``near_px`` from the picture's edge."""
    top, left, height, width = box
    high, wide = sight.grey.shape
    found = []
    if longer < FEW_PIXELS:
        found.append("the digit has few pixels")
    if min(top, left, high - top - height, wide - left - width) <= near_px:
        found.append("the digit touches the edge of the picture")
    return tuple(found)

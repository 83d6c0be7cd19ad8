"""The whole way from pictures to digits: prepare each, score them together, say what is known."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing.flat import FlatDigit
from framing.looks import Found
from framing.mnist import padded
from service.digits import preparation
from service.digits.ink import InkNetwork
from service.digits.layers import Size
from service.digits.network import Network, Scores
from service.digits.preparation import Prepared, Sight, by_network
from service.errors import Fault, InvalidInputError
from service.images.decoding import Pixels
from service.images.pictures import Pictures

DRAFT_SIDE_PX = 200  # of a JPEG's sizes the smallest with a side so long is decoded: a tenth is MNIST's 20
DRAFT_SPREAD = 16  # levels, the standard deviation: a luminance with less is decoded with its colours
SURE = 0.95  # of a digit found by levels: when it is less probable, the network looks for the ink
SURE_IN_EVEN_LIGHT = 0.995  # the same where light had to be made even first: there are more reasons to err
KEPT = 0.8  # when a side of the network's box is below this part of the levels' box, it left ink out
LEAST_CONFIDENCE = 0.4  # a picture whose best class has less is ``unfamiliar``, whatever its familiarity

Reason = Literal["blank", "several", "unfamiliar"]


class Recognition(NamedTuple):
    """
    What is known of one picture.

    Attributes:
        digit: The most probable digit, or None when there is no ink to read.
        confidence: The calibrated probability of ``digit``; 0 when there is none.
        reason: Why it is no digit: there is no ink, there is more than one digit, or it is not like one, by
            the network's familiarity or for no class is probable; None when it is one.
        probabilities: ``(classes,)`` float32, summing to 1; without ink all alike.
        prepared: The image that was scored, and how it came about.
    """

    digit: int | None
    confidence: np.float32
    reason: Reason | None
    probabilities: npt.NDArray[np.float32]
    prepared: Prepared

    @property
    def is_doubtful(self) -> bool:
        """The network that finds ink may see more than levels told."""
        found = self.prepared.found
        if not isinstance(found, FlatDigit):
            return False
        is_strange = found.is_levelled and self.reason is not None
        sure = SURE_IN_EVEN_LIGHT if found.is_levelled else SURE
        return found.is_doubtful or found.is_solid or is_strange or bool(self.confidence < sure)


def seen(
    pictures: Pictures, *, preprocess: Literal["auto", "none"], size: Size, is_bounded: bool = False
) -> list[Prepared | Sight]:
    """
    Decode pictures, and reduce them to what their ink can be found in; or take them as they are.

    Args:
        pictures: Of any size, or as the network takes them.
        preprocess: Whether they are to be prepared.
        size: Of the network's images.
        is_bounded: Only what costs no more than its pixels do, of files that are to be prepared.

    Raises:
        InvalidInputError: A picture is damaged, or is to be taken as it is and is not of the network's size.
        UnboundedError: A file may cost more.
    """
    if preprocess == "none":
        return [*take_as_prepared(pictures.decode(), size)]
    if pictures.stack is not None:
        return [*preparation.all_seen(pictures.stack)]
    drafts = pictures.drafts(least_side_px=DRAFT_SIDE_PX, least_spread=DRAFT_SPREAD, is_bounded=is_bounded)
    return [preparation.seen(draft.pixels, draft.sent_size) for draft in drafts]


def prepare(
    pictures: Sequence[Prepared | Sight], ink: Callable[[], InkNetwork], size: Size
) -> list[Prepared]:
    """
    Find by the network the ink of what levels did not tell, and bring all images to the network's size.

    Args:
        pictures: As ``by_levels`` leaves them.
        ink: Gives the network that finds ink; asked only when it is needed.
        size: Of the images that the recogniser takes: MNIST's framing stands in the middle of them.

    Raises:
        UnservedError: It is needed, and not served.
    """
    sights = [one for one in pictures if isinstance(one, Sight)]
    learned = iter(by_network(sights, ink().look) if sights else ())
    return [_sized(next(learned) if isinstance(one, Sight) else one, size) for one in pictures]


def take_as_prepared(pictures: Sequence[Pixels] | Pixels, size: Size) -> list[Prepared]:
    """
    Take pictures as they are, for callers who prepare them themselves.

    Raises:
        InvalidInputError: A picture is not of this size.
    """
    height, width = size
    faults = [
        Fault(f"#/{index}", f"without preparation a picture has {height}x{width} pixels, light on black")
        for index, picture in enumerate(pictures)
        if picture.shape[:2] != size
    ]
    if faults:
        message = f"preprocess=none takes pictures of {height}x{width} pixels only"
        raise InvalidInputError(message, *faults)
    return [Prepared(image, is_blank=image.min() == image.max()) for image in map(_grey, pictures)]


def recognise(
    network: Network, pictures: Sequence[Prepared | Sight], ink: Callable[[], InkNetwork]
) -> list[Recognition]:
    """
    Go the whole way from pictures as ``by_levels`` leaves them, here and now.

    Raises:
        UnservedError: The network that finds ink is needed, and not served.
    """
    return reconsidered(network, score(network, prepare(pictures, ink, network.size)), ink)


def score(network: Network, prepared: Sequence[Prepared]) -> list[Recognition]:
    """Score prepared pictures here and now."""
    return read(network.score(np.stack([one.image for one in prepared])), prepared)


def read(scores: Scores, prepared: Sequence[Prepared]) -> list[Recognition]:
    """Say what is known of pictures from what the network says of them."""
    return [
        _blank(one, len(probabilities))
        if one.is_blank
        else Recognition(
            digit, probabilities[digit], _reason(one, familiar, probabilities[digit]), probabilities, one
        )
        for one, digit, familiar, probabilities in zip(
            prepared, scores.digits.tolist(), scores.familiar, scores.probabilities, strict=True
        )
    ]


def reconsidered(
    network: Network, found: Sequence[Recognition], ink: Callable[[], InkNetwork]
) -> list[Recognition]:
    """
    Recognise doubtful pictures once more, by the ink that a network finds.

    The others stay, and so do those where it finds none: something is there, by the levels. It is no digit
    when it fills its box. Where light had to be made even, there may be nothing.

    Raises:
        UnservedError: It is needed, and not served.
    """
    doubtful = [one.prepared for one in found if one.is_doubtful]
    if not doubtful:
        return [*found]
    sights = [one.sight for one in doubtful if one.sight]
    hints = [one.found.box for one in doubtful if isinstance(one.found, FlatDigit)]
    prepared = [_sized(one, network.size) for one in by_network(sights, ink().look, hints)]
    again = iter(score(network, prepared))
    return [_agreed(one, next(again)) if one.is_doubtful else one for one in found]


def _agreed(first: Recognition, looked: Recognition) -> Recognition:
    """
    Choose between the answer by levels and that by the ink which the network found.

    In light made even, the network's. Where it found no ink, that by levels, ``unfamiliar`` if that is solid.
    Where its answer is no digit, or the picture is not clean, the network's. Else its digit with the reason
    by levels, or ``several`` when it is only a part of doubtful ink.
    """
    found, seen = first.prepared.found, looked.prepared.found
    if not isinstance(found, FlatDigit) or found.is_levelled:
        return looked
    if looked.digit is None:
        return first._replace(reason="unfamiliar") if found.is_solid else first
    if looked.reason or not found.is_clean:
        return looked
    if not found.is_doubtful:
        return looked._replace(reason=first.reason)
    is_part = seen and min(seen.box[2] / found.box[2], seen.box[3] / found.box[3]) < KEPT
    return looked._replace(reason="several") if is_part else looked


def _sized(prepared: Prepared, size: Size) -> Prepared:
    if prepared.image.shape == size:
        return prepared
    return prepared._replace(image=padded(prepared.image, *size))


def _reason(prepared: Prepared, familiar: np.bool_, confidence: np.float32) -> Reason | None:
    if isinstance(prepared.found, Found) and prepared.found.is_several:
        return "several"
    return None if familiar and confidence >= LEAST_CONFIDENCE else "unfamiliar"


def _grey(picture: Pixels) -> Pixels:
    """Give the luminance; of a grey picture in a colour file exactly its grey."""
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def _blank(prepared: Prepared, classes: int) -> Recognition:
    alike = np.full(classes, 1 / classes, np.float32)
    return Recognition(None, np.float32(0), "blank", alike, prepared)

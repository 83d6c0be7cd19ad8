"""The whole way from pictures to digits: prepare each, score them together, say what is known."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from framing.mnist import SIZE_PX, are_framed, padded
from service.digits.layers import Size
from service.digits.network import Network, Scores
from service.digits.preparation import LEAST_SPREAD, WORK_SIDE_PX, Prepared, prepare
from service.errors import Fault, InvalidInputError
from service.images.decoding import Pixels
from service.images.pictures import Pictures


class Recognition(NamedTuple):
    """
    What is known of one picture.

    Attributes:
        digit: The most probable digit, or None when there is no ink to read.
        confidence: The calibrated probability of ``digit``; 0 when there is none.
        is_digit: The ink looks like a digit at all, by the network's familiarity.
        probabilities: ``(classes,)`` float32, summing to 1; without ink all alike.
        prepared: The image that was scored, and how it came about.
    """

    digit: int | None
    confidence: np.float32
    is_digit: bool
    probabilities: npt.NDArray[np.float32]
    prepared: Prepared


def prepared(pictures: Pictures, *, preprocess: Literal["auto", "none"], size: Size) -> list[Prepared]:
    """
    Decode and prepare pictures, or take them as they are.

    Args:
        pictures: Of any size, or as the network takes them.
        preprocess: Whether they are to be prepared.
        size: Of the network's images: MNIST's framing stands in the middle of them.

    Raises:
        InvalidInputError: A picture is damaged, or is to be taken as it is and is not of the network's size.
    """
    if preprocess == "none":
        return take_as_prepared(pictures.decode(), size)
    if pictures.stack is None:
        drafts = pictures.drafts(least_side_px=WORK_SIDE_PX, least_spread=LEAST_SPREAD)
        found = [prepare(draft.pixels, sent_side_px=draft.sent_side_px) for draft in drafts]
    else:
        found = prepare_all(pictures.stack)
    return found if size == SIZE_PX else [one._replace(image=padded(one.image, *size)) for one in found]


def prepare_all(pictures: Sequence[Pixels] | Pixels) -> list[Prepared]:
    """Prepare pictures of any size, each on its own; whether those of an array are ready is seen at once."""
    if isinstance(pictures, np.ndarray) and pictures.shape[1:] == SIZE_PX and len(pictures) > 1:
        return [
            Prepared(picture, blank=False) if ready else prepare(picture)
            for picture, ready in zip(pictures, are_framed(pictures), strict=True)
        ]
    return [prepare(picture) for picture in pictures]


def take_as_prepared(pictures: Sequence[Pixels] | Pixels, size: Size = SIZE_PX) -> list[Prepared]:
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
    return [Prepared(image=image, blank=not image.any()) for image in map(_grey, pictures)]


def recognise(network: Network, prepared: Sequence[Prepared]) -> list[Recognition]:
    """Score prepared pictures here and now."""
    images = np.concatenate([one.image for one in prepared]).reshape(-1, *network.size)
    return read(network.score(images), prepared)


def read(scores: Scores, prepared: Sequence[Prepared]) -> list[Recognition]:
    """Say what is known of pictures from what the network says of them."""
    return [
        _blank(one, len(probabilities))
        if one.blank
        else Recognition(digit, probabilities[digit], is_digit, probabilities, one)
        for one, digit, is_digit, probabilities in zip(
            prepared, scores.digits.tolist(), scores.familiar.tolist(), scores.probabilities, strict=True
        )
    ]


def _grey(picture: Pixels) -> Pixels:
    """Give the luminance; of a grey picture in a colour file exactly its grey."""
    return picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def _blank(prepared: Prepared, classes: int) -> Recognition:
    return Recognition(
        digit=None,
        confidence=np.float32(0),
        is_digit=False,
        probabilities=np.full(classes, 1 / classes, np.float32),
        prepared=prepared,
    )

"""The pictures of one request: allowed by size when they come, decoded only when a thread takes them."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from framing.mnist import SIZE_PX
from service.errors import Fault, InvalidInputError, RequestError, TooLargeError
from service.images import headers
from service.images.decoding import PixelLimits, Pixels, decode, decode_draft
from service.images.headers import Header

_PIXELS = prod(SIZE_PX)
_FEW_COLUMNS = 100
"""A picture 784 pixels high and narrower than this is none: it is images in columns."""


class EncodedFile(NamedTuple):
    """
    A picture file as it came.

    Attributes:
        data: The file's bytes.
        header: Format and size, read and allowed.
        pointer: Where in the request it stands.
    """

    data: bytes
    header: Header
    pointer: str


class Draft(NamedTuple):
    """
    A picture of which no more was decoded than is needed.

    Attributes:
        pixels: ``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8.
        sent_size: Height and width of the picture as it was sent, upright.
    """

    pixels: Pixels
    sent_size: tuple[int, int]


class Pictures(NamedTuple):
    """
    Files still to be decoded, or an array of pixels.

    Attributes:
        pixels: Pixels of all pictures together; those of 16 bits a channel as many times as they weigh.
        encoded_bytes: Bytes of the files together: a small picture in a large one was made to be costly.
        files: Picture files, or none.
        stack: ``(number, height, width)`` grey or ``(number, height, width, 3)`` RGB, uint8, or None.
    """

    pixels: int
    encoded_bytes: int = 0
    files: Sequence[EncodedFile] = ()
    stack: npt.NDArray[np.uint8] | None = None

    @property
    def number(self) -> int:
        """How many pictures there are."""
        return len(self.files) if self.stack is None else len(self.stack)

    def chunks(self, number: int) -> "list[Pictures]":
        """Cut these into so many pictures each, in order."""
        starts = range(0, self.number, number)
        if self.stack is None:
            return [_of_taken(self.files[start : start + number]) for start in starts]
        return [_of_stack(self.stack[start : start + number]) for start in starts]

    def decode(self) -> Sequence[Pixels] | Pixels:
        """
        Give the pixels of every picture, in order; those of an array as it is.

        Raises:
            InvalidInputError: A file is damaged; its pointer says which.
        """
        if self.stack is not None:
            return self.stack
        return [_decoded(file, decode) for file in self.files]

    def drafts(self, *, least_side_px: int, least_spread: int, is_bounded: bool = False) -> Iterator[Draft]:
        """
        Decode the files one by one, each no further than it takes to see what is drawn in it.

        Args:
            least_side_px: The longer side has at least so many pixels, or all that there are.
            least_spread: Grey is enough where its levels' standard deviation is this.
            is_bounded: Only what costs no more than its pixels do.

        Raises:
            InvalidInputError: A file is damaged; its pointer says which.
            UnboundedError: A file may cost more.
        """
        draft = partial(
            decode_draft, least_side_px=least_side_px, least_spread=least_spread, is_bounded=is_bounded
        )
        for file in self.files:
            pixels, height, width = _decoded(file, draft), file.header.height, file.header.width
            is_turned = (height - width) * (pixels.shape[0] - pixels.shape[1]) < 0
            yield Draft(pixels, (width, height) if is_turned else (height, width))


def of_file(data: bytes, *, pointer: str, limits: PixelLimits, total: int) -> Pictures:
    """
    Take a picture file.

    Raises:
        MediaTypeError: It is in no format that is offered.
        InvalidInputError: Its header is damaged.
        TooLargeError: It has too many pixels.
    """
    header = _allowed(data, pointer, limits)
    pictures = Pictures(header.weighed_pixels, len(data), (EncodedFile(data, header, pointer),))
    _check_total(pictures, total)
    return pictures


def of_files(files: Sequence[tuple[str, bytes]], *, limits: PixelLimits, total: int) -> Pictures:
    """
    Take picture files, each with its pointer.

    Raises:
        MediaTypeError: A file is in no format that is offered.
        InvalidInputError: A header is damaged.
        TooLargeError: A picture, or all together, have too many pixels.
    """
    pictures = _of_taken(
        [EncodedFile(data, _allowed(data, pointer, limits), pointer) for pointer, data in files]
    )
    _check_total(pictures, total)
    return pictures


def of_array(
    array: npt.NDArray[np.uint8], *, pointer: str, limits: PixelLimits, most: int, size: tuple[int, int]
) -> Pictures:
    """
    Take an array: ``(h, w)``, ``(h, w, 3)``, or ``(n, h, w)`` for n images of MNIST's or the network's size.

    The first and the last also with a last axis of one channel, as Keras has them.

    Raises:
        InvalidInputError: Another shape, or an empty one.
        TooLargeError: Too many pixels, or more than ``most`` images.
    """
    if array.shape[-1:] == (1,) and array.ndim in {3, 4}:
        array = array[..., 0]
    shape = array.shape
    several = {SIZE_PX, size}
    if _PIXELS in shape[-2:] and (shape[-1] == _PIXELS or shape[-1] < _FEW_COLUMNS):
        message = "the array looks like images in one row or column each"
        rows, columns = SIZE_PX
        fault = f"send images of {_PIXELS} pixels as (number, {rows}, {columns})"
        raise InvalidInputError(message, Fault(pointer, fault))
    if array.ndim == 3 and shape[2] in {2, 4}:
        message = "the array looks like a picture with alpha"
        raise InvalidInputError(message, Fault(pointer, "send (height, width, 3), or a PNG file"))
    if 0 in shape:
        stack = None
    elif array.ndim == 2 or (array.ndim == 3 and shape[2] == 3 and shape[1:] not in several):
        limits.check(*shape[:2])
        stack = array[None]
    elif array.ndim == 3 and shape[1:] in several:
        if len(array) > most:
            message = f"the array has {len(array)} images; at most {most} in one request"
            raise TooLargeError(message)
        stack = array
    else:
        stack = None
    if stack is None:
        message = "the array has no shape of a picture"
        shapes = " or ".join(f"(number, {rows}, {columns})" for rows, columns in sorted(several))
        fault = f"expected (height, width), (height, width, 3) or {shapes}, none of them 0"
        raise InvalidInputError(message, Fault(pointer, f"{fault}; it has {len(shape)} dimensions"))
    return _of_stack(stack)


def _check_total(pictures: Pictures, total: int) -> None:
    if pictures.pixels > total:
        deep = any(header.pixel_bytes > 4 for _, header, _ in pictures.files)
        weight = ", 16 bits a channel counted by their bytes" if deep else ""
        message = (
            f"the pictures have {pictures.pixels} pixels together{weight}; at most {total} in one request"
        )
        raise TooLargeError(message)


def _of_taken(files: Sequence[EncodedFile]) -> Pictures:
    pixels = encoded_bytes = 0
    for data, header, _ in files:
        pixels += header.weighed_pixels
        encoded_bytes += len(data)
    return Pictures(pixels, encoded_bytes, files)


def _of_stack(stack: npt.NDArray[np.uint8]) -> Pictures:
    return Pictures(stack.shape[0] * stack.shape[1] * stack.shape[2], stack=stack)


def _allowed(data: bytes, pointer: str, limits: PixelLimits) -> Header:
    try:
        header = headers.read(data)
        limits.check(header.height, header.width, header.pixel_bytes)
    except RequestError as error:
        raise type(error)(error.detail, Fault(pointer, error.detail)) from None
    return header


def _decoded(file: EncodedFile, decoder: Callable[[bytes, Header], Pixels]) -> Pixels:
    try:
        return decoder(file.data, file.header)
    except InvalidInputError as error:
        raise InvalidInputError(error.detail, Fault(file.pointer, error.detail)) from None

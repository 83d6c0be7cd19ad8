"""The input of every network, in the Open Inference Protocol: ready images, or picture files as ``BYTES``."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from service.codecs import base64
from service.codecs.pictures import as_uint8
from service.digits.layers import Size
from service.errors import Fault, InvalidInputError, MediaTypeError, TooLargeError
from service.images import headers
from service.images.decoding import PixelLimits
from service.images.pictures import Pictures, of_files
from service.settings import Limits
from service.v2 import tensors
from service.v2.requests import Tensor

NAME = "image"
DATATYPE = "UINT8"
FLOATS = "FP32"
"""The datatype of images whose levels were divided by 255, as most networks of MNIST want them."""


def one(size: Size) -> Tensor:
    """Describe the input as a body without JSON has it: the data is the body."""
    return Tensor(NAME, DATATYPE, (1, *size, 1), b"", "#")


def read(inputs: Sequence[Tensor], limits: Limits, size: Size) -> Pictures | npt.NDArray[np.uint8]:
    """
    Read the one input.

    Args:
        inputs: As they were sent.
        limits: Of images and pixels.
        size: Of the network's images.

    Returns:
        Pictures, to be decoded and prepared, or ready images ``(number, height, width)`` uint8 0..255.

    Raises:
        InvalidInputError: Another input, datatype or shape, or a damaged picture.
        TooLargeError: Over a limit on images or pixels.
    """
    if [tensor.name for tensor in inputs] != [NAME]:
        message = f"the model has one input, {NAME}"
        raise InvalidInputError(message, Fault("#/inputs", "expected it alone"))
    (tensor,) = inputs
    if tensor.datatype == tensors.BYTES:
        return _pictures(tensor, limits)
    if tensor.datatype not in {DATATYPE, FLOATS}:
        message = (
            f"{NAME} is {DATATYPE} (grey levels from 0 to 255), {FLOATS} (from 0 to 1) or {tensors.BYTES}"
            " (picture files); convert other datatypes to one of them"
        )
        raise InvalidInputError(message, Fault(f"{tensor.pointer}/datatype", message))
    number, *shape = tensor.shape or (0,)
    if tuple(shape) != (*size, 1) or not number:
        raise _of_another_shape(tensor, f"[number, {size[0]}, {size[1]}, 1]")
    _check(number, limits.max_ready_images)
    return as_uint8(tensor.read()[..., 0], f"{tensor.pointer}/data")


def _pictures(tensor: Tensor, limits: Limits) -> Pictures:
    # As a column, too: codecs of MLServer's make [number, 1] of any list.
    if tensor.shape[1:] not in {(), (1,)} or not tensor.shape or not tensor.shape[0]:
        raise _of_another_shape(tensor, "[number]")
    _check(tensor.shape[0], limits.max_images)
    files = [
        (pointer, data if tensor.is_binary and _is_file(data) else base64.decode(data.decode(), pointer))
        for index, data in enumerate(tensor.read().flat)
        for pointer in [f"{tensor.pointer}/data/{index}"]
    ]
    pixel_limits = PixelLimits(limits.max_image_pixels, limits.max_image_side)
    try:
        return of_files(files, limits=pixel_limits, total=limits.max_request_pixels)
    except MediaTypeError as error:
        # The content type of the request is right; what is in the tensor is not.
        raise InvalidInputError(error.detail, *error.faults) from None


def _is_file(data: bytes) -> bool:
    """
    Tell whether an element is a file, or base64 of one.

    JSON has nothing but texts, which no picture file is. Where files are sent as they are, clients that had
    base64 in JSON send that: MLServer's command line does.
    """
    return not data.isascii() or headers.is_picture(data) or headers.refusal(data) is not None


def _check(number: int, most: int) -> None:
    if number > most:
        message = f"{number} images; at most {most} of this datatype in one request"
        raise TooLargeError(message)


def _of_another_shape(tensor: Tensor, expected: str) -> InvalidInputError:
    message = f"{NAME} as {tensor.datatype} has the shape {expected}, with at least one image"
    return InvalidInputError(message, Fault(f"{tensor.pointer}/shape", message))

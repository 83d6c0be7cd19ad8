"""The four ways to send pictures, told apart by their content type and made one."""

import base64
import binascii
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from starlette.requests import Request

from service.errors import Fault, InvalidInputError, MediaTypeError, TooLargeError
from service.http import arrays, bodies, content_types, forms, strict_json
from service.images import pictures
from service.images.decoding import PixelLimits
from service.images.headers import OFFERED
from service.images.pictures import Pictures
from service.settings import Limits

FORM = "multipart/form-data"
JSON = "application/json"
FILES = (*OFFERED, "application/octet-stream")
FIELDS = ("image", "file")
_TAKEN = frozenset((*FILES, FORM, JSON, arrays.MEDIA_TYPE))
WHITE = 255
_POINTER_TO_BODY = "#"


async def read_pictures(request: Request, limits: Limits) -> Pictures:
    """
    Read the pictures of a request in whichever form they come.

    Raises:
        MediaTypeError: A content type, encoding or picture format that is not offered.
        SyntaxRefusedError: The body is not what its content type says.
        TooLargeError: Over a limit on bytes, parts, images or pixels.
        InvalidInputError: The pictures are named or shaped in a way that is not taken, or damaged.
    """
    content_type = content_types.declared(request)
    limit = limits.max_body_bytes
    if _media_type(content_type) == JSON:
        limit = min(limits.max_json_bytes, limit)
    return of_body(content_type, await bodies.read(request, limit=limit), limits)


def of_body(content_type: str, body: bytes, limits: Limits) -> Pictures:
    """
    Take the pictures of a body that was read.

    Raises:
        MediaTypeError, SyntaxRefusedError, TooLargeError, InvalidInputError: As ``read_pictures``.
    """
    media_type = _media_type(content_type)
    pixel_limits = PixelLimits(limits.max_image_pixels, limits.max_image_side)
    if media_type == JSON:
        return _of_json(strict_json.parse(body, max_depth=limits.max_json_depth), limits, pixel_limits)
    if media_type == arrays.MEDIA_TYPE:
        array = _as_uint8(arrays.read(body, dtypes=("uint8", "float32")))
        return pictures.of_array(
            array, pointer=_POINTER_TO_BODY, limits=pixel_limits, most=limits.max_ready_images
        )
    if media_type == FORM:
        return _of_files(_of_form(body, content_type, limits), limits, pixel_limits)
    return _of_files([(_POINTER_TO_BODY, body)], limits, pixel_limits)


def from_base64(value: Any, pointer: str) -> bytes:  # noqa: ANN401  JSON is any of six types
    """
    Decode a file in base64 (RFC 4648, section 4), also in a data URL (RFC 2397).

    Raises:
        InvalidInputError: It is neither.
    """
    message = "expected a picture as base64 text, or as a data URL with ;base64"
    if not isinstance(value, str):
        raise InvalidInputError(message, Fault(pointer, message))
    if value.startswith("data:"):
        head, _, value = value.partition(",")
        if not head.endswith(";base64"):
            raise InvalidInputError(message, Fault(pointer, message))
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError(message, Fault(pointer, message)) from None
    if not data:
        raise InvalidInputError(message, Fault(pointer, message))
    return data


def _media_type(content_type: str) -> str:
    """Give the media type, which is one that is taken."""
    media_type = content_types.media_type(content_type)
    if media_type not in _TAKEN:
        message = f"send pictures as {FORM}, {JSON}, {arrays.MEDIA_TYPE} or {', '.join(FILES)}"
        raise MediaTypeError(message)
    return media_type


def _of_files(files: Sequence[tuple[str, bytes]], limits: Limits, pixel_limits: PixelLimits) -> Pictures:
    if len(files) > limits.max_images:
        message = f"{len(files)} pictures; at most {limits.max_images} in one request"
        raise TooLargeError(message)
    return pictures.of_files(files, limits=pixel_limits, total=limits.max_request_pixels)


def _of_form(body: bytes, content_type: str, limits: Limits) -> list[tuple[str, bytes]]:
    parts = forms.parse(body, content_type, max_parts=limits.max_parts, max_headers=limits.max_part_headers)
    faults = [
        Fault(f"#/{index}", f"expected a file in a field named {' or '.join(FIELDS)}")
        for index, part in enumerate(parts)
        if part.name not in FIELDS or not part.is_file
    ]
    if faults or not parts:
        message = f"the form's parts are files in fields named {' or '.join(FIELDS)}"
        raise InvalidInputError(message, *faults)
    return [(f"#/{index}", bytes(part.data)) for index, part in enumerate(parts)]


def _of_json(document: Any, limits: Limits, pixel_limits: PixelLimits) -> Pictures:  # noqa: ANN401
    if (
        not isinstance(document, dict)
        or len(document) != 1
        or not document.keys() & {"image", "images", "pixels"}
    ):
        message = 'the JSON is an object with one member: "image", "images" or "pixels"'
        raise InvalidInputError(message, Fault(_POINTER_TO_BODY, message))
    ((kind, value),) = document.items()
    if kind == "pixels":
        return pictures.of_array(
            _of_numbers(value), pointer="#/pixels", limits=pixel_limits, most=limits.max_ready_images
        )
    if kind == "image":
        return _of_files([("#/image", from_base64(value, "#/image"))], limits, pixel_limits)
    if not isinstance(value, list) or not value:
        message = '"images" is a list of at least one picture in base64'
        raise InvalidInputError(message, Fault("#/images", message))
    if len(value) > limits.max_images:
        message = f"{len(value)} pictures; at most {limits.max_images} in one request"
        raise TooLargeError(message)
    return _of_files(
        [(f"#/images/{index}", from_base64(one, f"#/images/{index}")) for index, one in enumerate(value)],
        limits,
        pixel_limits,
    )


def _of_numbers(value: Any) -> npt.NDArray[np.uint8]:  # noqa: ANN401
    """Take nested lists of whole numbers 0..255; a bool, a text or a null is none."""
    try:
        array = np.array(value) if _whole_numbers(value) else None
    except (ValueError, OverflowError):
        array = None
    if array is None or array.dtype.kind != "i" or array.min(initial=0) < 0 or array.max(initial=0) > WHITE:
        message = "the pixels are lists of equal length of whole numbers from 0 to 255"
        raise InvalidInputError(message, Fault("#/pixels", message))
    return array.astype(np.uint8)


def _whole_numbers(value: Any) -> bool:  # noqa: ANN401
    """Tell whether nested lists hold nothing but whole numbers: NumPy would take a bool for one."""
    level = value if isinstance(value, list) else []
    while (kinds := set(map(type, level))) == {list}:
        level = list(chain.from_iterable(level))
    return kinds == {int}


def _as_uint8(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Bring float32 0..1 to 0..255, so that what was divided by 255 comes back exactly."""
    if array.dtype == np.uint8:
        return array
    # Written so that NaN fails too.
    if not (array.min(initial=0) >= 0 and array.max(initial=0) <= 1):
        message = "float32 pixels are from 0 to 1"
        raise InvalidInputError(message, Fault(_POINTER_TO_BODY, message))
    return np.rint(array * np.float32(255)).astype(np.uint8)

"""The four ways to send pictures, made one."""

import contextlib
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from service.codecs import base64, body_types, forms, json, multipart, npy
from service.codecs.body_types import FILES
from service.errors import Fault, InvalidInputError, TooLargeError
from service.images import headers
from service.images.decoding import PixelLimits
from service.images.pictures import Pictures, of_array, of_file, of_files
from service.media_types import FORM, JSON, NPY, OCTETS
from service.settings import Limits

WHITE = 255
SMALL_BYTES = 8_192
"""Bodies up to here are parsed faster than they are handed to a thread: a picture of MNIST's size has 300
bytes, as a JSON list of its pixels 3,000."""
SMALL_ARRAY_BYTES = 65_536
"""Arrays up to here are brought to 0..255 as fast."""

_POINTER_TO_BODY = "#"


def is_quick(content_type: str, body: bytes) -> bool:
    """
    Tell whether ``read`` takes no time: JSON and forms are parsed, arrays converted, of files headers read.

    Raises:
        MediaTypeError: The body is nothing that is taken.
    """
    if len(body) <= SMALL_BYTES:
        return True
    kind = body_types.of(content_type, body)
    return kind == OCTETS or (kind == NPY and len(body) <= SMALL_ARRAY_BYTES)


def read(content_type: str, body: bytes, limits: Limits, *, size: tuple[int, int]) -> Pictures:
    """
    Read the pictures of a request in whichever form they come.

    Args:
        content_type: Of the request.
        body: Its bytes.
        limits: What it may cost.
        size: Height and width of the network's images: several may come as one array.

    Raises:
        MediaTypeError: A content type or picture format that is not offered.
        SyntaxRefusedError: The body is not what its content type says.
        TooLargeError: Over a limit on bytes, parts, images or pixels.
        InvalidInputError: The pictures are named or shaped in a way that is not taken, or damaged.
    """
    pixel_limits = PixelLimits(limits.max_image_pixels, limits.max_image_side)
    kind = body_types.of(content_type, body)
    if kind == OCTETS:
        return of_file(body, pointer=_POINTER_TO_BODY, limits=pixel_limits, total=limits.max_request_pixels)
    if kind == JSON:
        return _of_json(json.parse_within(body, limits), limits, pixel_limits, size)
    if kind == NPY:
        return of_array(
            as_uint8(npy.read(body), _POINTER_TO_BODY),
            pointer=_POINTER_TO_BODY,
            limits=pixel_limits,
            most=limits.max_ready_images,
            size=size,
        )
    return _of_files(_of_form(body, content_type, limits), limits, pixel_limits)


def _of_files(files: Sequence[tuple[str, bytes]], limits: Limits, pixel_limits: PixelLimits) -> Pictures:
    if len(files) > limits.max_images:
        message = f"{len(files)} pictures; at most {limits.max_images} in one request"
        raise TooLargeError(message)
    return of_files(files, limits=pixel_limits, total=limits.max_request_pixels)


def _of_form(body: bytes, content_type: str, limits: Limits) -> list[tuple[str, bytes]]:
    parts = multipart.parse(
        body, content_type, max_parts=limits.max_parts, max_headers=limits.max_part_headers
    )
    files, faults = [], []
    for index, part in enumerate(parts):
        pointer = f"#/{index}"
        if forms.is_picture(part):
            if not forms.is_blank(part):
                files.append((pointer, forms.picture(part, pointer)))
        elif part.data and (part.is_file or headers.is_picture(bytes(part.data))):
            faults.append(Fault(pointer, f"a file in another field than {forms.FIELDS}"))
    if faults:
        message = f"the form's pictures are in fields named {forms.FIELDS}"
        raise InvalidInputError(message, *faults)
    if not files:
        message = (
            f"none of the form's {len(parts)} parts is a picture: send files in fields named {forms.FIELDS}"
        )
        raise InvalidInputError(message, Fault(_POINTER_TO_BODY, message))
    return files


def _of_json(
    document: Any,  # noqa: ANN401  JSON is any of six types
    limits: Limits,
    pixel_limits: PixelLimits,
    size: tuple[int, int],
) -> Pictures:
    if (
        not isinstance(document, dict)
        or len(document) != 1
        or not document.keys() & {"image", "images", "pixels"}
    ):
        message = 'the JSON is an object with one member: "image", "images" or "pixels"'
        raise InvalidInputError(message, Fault(_POINTER_TO_BODY, message))
    ((kind, value),) = document.items()
    if kind == "pixels":
        return of_array(
            _of_numbers(value),
            pointer="#/pixels",
            limits=pixel_limits,
            most=limits.max_ready_images,
            size=size,
        )
    if kind == "image":
        return _of_files([("#/image", base64.decode(value, "#/image"))], limits, pixel_limits)
    if not isinstance(value, list) or not value:
        message = '"images" is a list of at least one picture in base64'
        raise InvalidInputError(message, Fault("#/images", message))
    if len(value) > limits.max_images:
        message = f"{len(value)} pictures; at most {limits.max_images} in one request"
        raise TooLargeError(message)
    return _of_files(
        [(f"#/images/{index}", base64.decode(one, f"#/images/{index}")) for index, one in enumerate(value)],
        limits,
        pixel_limits,
    )


def _of_numbers(value: Any) -> npt.NDArray[np.uint8]:  # noqa: ANN401
    """Take nested lists, or an array, of whole numbers 0..255; a bool, a text or a null is none."""
    array = value if isinstance(value, np.ndarray) else None
    if _whole_numbers(value):
        with contextlib.suppress(ValueError, OverflowError):
            array = np.array(value)
    if array is None or array.dtype.kind != "i" or not array.size or array.min() < 0 or array.max() > WHITE:
        message = "the pixels are lists of equal length of whole numbers from 0 to 255"
        raise InvalidInputError(message, Fault("#/pixels", message))
    return array.astype(np.uint8)


def _whole_numbers(value: Any) -> bool:  # noqa: ANN401
    """Tell whether nested lists hold nothing but whole numbers: NumPy would take a bool for one."""
    level = value if isinstance(value, list) else []
    while (kinds := set(map(type, level))) == {list}:
        level = list(chain.from_iterable(level))
    return kinds == {int}


def as_uint8(array: npt.NDArray[Any], pointer: str) -> npt.NDArray[np.uint8]:
    """
    Bring whole numbers, bools, and floats 0..1 to 0..255: what was divided by 255 comes back exactly.

    Args:
        array: Grey or coloured levels, of any shape.
        pointer: Where in the request they stand.

    Raises:
        InvalidInputError: One is beyond these bounds, or no number.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(WHITE)
    is_whole = array.dtype.kind in "iu"
    # Written so that NaN fails too.
    if not (array.min(initial=0) >= 0 and array.max(initial=0) <= (WHITE if is_whole else 1)):
        message = (
            "whole pixels are from 0 to 255; divide those of 16 bits by 257"
            if is_whole
            else "pixels as floats are from 0 to 1; divide by 255, or send uint8"
        )
        raise InvalidInputError(message, Fault(pointer, message))
    if is_whole:
        return array.astype(np.uint8, copy=False)
    levels: npt.NDArray[np.float32] = array.astype(np.float32, copy=False) * np.float32(WHITE)
    return np.rint(levels).astype(np.uint8)


SEVEN_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAsElEQVQoz2NgGBmAEYnJJiiroKAkL6fS0YCipvr6g+fvvv+Hgleo"
    "Bjz8jwx6UI1V9xPjY/n54fmzp9+Pcn9Xe4LDEV3///fjcqDEl/8fRXFJTvv/vw6XnNav/094cElu+v8/Cpecxb//hxlxSa7//9cM"
    "l5zs7/+bcAZ04f//djglD/2/zYRLTujX/xacGkP+/zdgwB06t1H9gWyHM9ArOK38+98CVYQFwfy09e0pVEkAq69TpXy3KkEAAAAA"
    "SUVORK5CYII="
)
"""A seven drawn by the project, as a 28x28 PNG in base64."""

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_BASE64 = {"type": "string", "description": "A picture file in base64, or as a data URL."}
_LEVEL = {"type": "integer", "minimum": 0, "maximum": 255}
_LEVELS = {"type": "array", "items": _LEVEL}
_PIXELS = {
    "type": "array",
    "description": "Grey: (height, width), (height, width, 3), (number, 28, 28), or of the network's size.",
    "items": {
        "type": "array",
        "items": {"anyOf": [_LEVEL, {"type": "array", "items": {"anyOf": [_LEVEL, _LEVELS]}}]},
    },
}


def _object_of(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: schema}, "additionalProperties": False}


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": (
        "Pictures, in one of four forms that give the same answer: a file as it is; a form of files; JSON"
        " with base64 or grey levels; an array in NumPy's .npy format."
    ),
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "properties": {
                    "image": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "maxItems": 64,
                    }
                },
                "required": ["image"],
                "description": (
                    "`curl -F image=@seven.png URL/predict`; repeat the field for more pictures. Text fields"
                    " and file inputs without a file are skipped."
                ),
            }
        },
        JSON: {
            "schema": {
                "oneOf": [
                    _object_of("image", _BASE64),
                    _object_of("images", {"type": "array", "items": _BASE64, "minItems": 1, "maxItems": 64}),
                    _object_of("pixels", _PIXELS),
                ]
            },
            "examples": {
                "image": {"summary": "One file in base64", "value": {"image": SEVEN_PNG}},
                "images": {
                    "summary": "Several",
                    "value": {"images": [f"data:image/png;base64,{SEVEN_PNG}"] * 2},
                },
                "pixels": {
                    "summary": "Grey levels",
                    "value": {"pixels": [[0, 255, 0], [0, 255, 0], [0, 255, 0]]},
                },
            },
        },
        NPY: {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": (
                    "`numpy.save` of whole numbers 0..255, floats 0..1 or bool: (height, width),"
                    " (height, width, 3) or (number, 28, 28), or of the network's size."
                ),
            }
        },
        **dict.fromkeys(FILES, _BINARY),
    },
}
"""The request body of every endpoint that takes pictures."""

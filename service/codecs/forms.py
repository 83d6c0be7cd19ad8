"""Which parts of a form are pictures, by the names that forms and libraries give them."""

import re

from service.codecs import base64
from service.codecs.multipart import Part
from service.errors import Fault, InvalidInputError
from service.images import headers

FIELDS = "image, images, file or files"
"""The names of fields with pictures, in words."""

_FIELD = re.compile(r"(image|file)s?(\[\d*\])?")
"""Libraries write a field of several files as ``name[]`` or ``name[0]``."""


def is_picture(part: Part) -> bool:
    """Tell whether a part is in a field for pictures."""
    return _FIELD.fullmatch(part.name) is not None


def is_blank(part: Part) -> bool:
    """Tell whether a part is a file input without a file, or an empty text field."""
    return not part.data and not part.is_file


def picture(part: Part, pointer: str) -> bytes:
    """
    Return the picture file in a part: its bytes, or in a text field base64.

    Args:
        part: In a field for pictures.
        pointer: Where in the request it stands.

    Raises:
        InvalidInputError: An empty file, or a text that is no base64.
    """
    data = bytes(part.data)
    if not data:
        message = "the file is empty"
        raise InvalidInputError(message, Fault(pointer, message))
    if part.is_file or headers.is_picture(data):
        return data
    return base64.decode(data.decode("latin-1"), pointer)

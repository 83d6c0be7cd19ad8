"""``multipart/form-data`` (RFC 7578), parsed in memory from a body of bounded size."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.errors import SyntaxRefusedError, TooLargeError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


PIECE_BYTES = 16_384
"""What is parsed at a time: a search through more would hold the interpreter for long."""

LONGEST_VALUE = 2_048
"""Bytes of a header that names a part or a boundary: file names of 255 bytes in percent encoding fit."""

_EXTENDED_FILE_NAME = re.compile(rb";[ \t]*filename\*[ \t]*=", re.IGNORECASE)
"""RFC 8187 has the name of a file in another charset; the parser of options leaves it out."""


@dataclass
class Part:
    """
    One part of a form.

    Attributes:
        name: The field's name, or empty.
        is_file: It has a file name that is not empty; which, does not matter.
        data: Its content.
    """

    name: str = ""
    is_file: bool = False
    data: bytearray = field(default_factory=bytearray)


def parse(body: bytes, content_type: str, *, max_parts: int, max_headers: int) -> list[Part]:
    """
    Parse a form.

    Raises:
        SyntaxRefusedError: No boundary, a damaged form, or one that is cut off.
        TooLargeError: More parts than the limit.
    """
    boundary = _options(content_type.encode("latin-1")).get(b"boundary")
    if not boundary:
        message = (
            "multipart/form-data without a boundary in its Content-Type; leave the header to the HTTP library"
        )
        raise SyntaxRefusedError(message)
    # Of a quoted pair the second octet counts (RFC 9110, section 5.6.4).
    boundary = re.sub(rb"\\(.)", rb"\1", boundary)
    form = _Form(max_parts)
    try:
        parser = MultipartParser(boundary, form.callbacks(), max_header_count=max_headers)
        for start in range(0, len(body), PIECE_BYTES):
            parser.write(body[start : start + PIECE_BYTES])
        parser.finalize()
    except FormParserError:
        message = "the form is damaged"
        raise SyntaxRefusedError(message) from None
    if not form.ended:
        message = "the form is cut off: its closing boundary is missing"
        raise SyntaxRefusedError(message)
    return form.parts


def _options(value: bytes) -> dict[bytes, bytes]:
    """
    Give the parameters of a header's value.

    Raises:
        SyntaxRefusedError: It is longer than any that is meant: parsing takes the square of its length.
    """
    if len(value) > LONGEST_VALUE:
        message = f"a header of the form has more than {LONGEST_VALUE} bytes"
        raise SyntaxRefusedError(message)
    return parse_options_header(value)[1]


class _Form:
    """Collects what the parser calls back."""

    def __init__(self, max_parts: int) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._max_parts = max_parts
        self._header = bytearray()
        self._value = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_begin": self.on_header_begin,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_part_data": self.on_part_data,
            "on_end": self.on_end,
        }

    def on_part_begin(self) -> None:
        if len(self.parts) == self._max_parts:
            message = f"the form has more than {self._max_parts} parts"
            raise TooLargeError(message)
        self.parts.append(Part())

    def on_header_begin(self) -> None:
        self._header.clear()
        self._value.clear()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            value = bytes(self._value)
            options = _options(value)
            part = self.parts[-1]
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            part.is_file = bool(options.get(b"filename")) or _EXTENDED_FILE_NAME.search(value) is not None

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += memoryview(data)[start:end]

    def on_end(self) -> None:
        self.ended = True

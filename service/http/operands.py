"""What an operation works on, in one of four forms: JSON, a form of files, an array, or a picture."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.requests import Request

from service.errors import Fault, InvalidInputError, MediaTypeError, SyntaxRefusedError
from service.http import arrays, bodies, content_types, forms, queries, strict_json
from service.http.answers import JSON
from service.http.payloads import FILES, FORM
from service.images import pictures
from service.images.decoding import PixelLimits
from service.images.pictures import Pictures
from service.settings import Limits

DTYPES = ("float32", "float64", "uint8", "int8", "int16", "uint16", "int32", "int64")
"""Of arrays that are taken; each becomes float32."""

INPUT = "input"
PARAMETERS = "parameters"
MAY_BE_ARRAYS = ("kernel", "coefficient", "bias")
"""Parameters that may be sent as arrays, in the order in which they follow the input."""
_PICTURES = ("image", "file")


@dataclass(frozen=True)
class Body:
    """A request's body, read but not looked at, and its query: for ``parse``, on whatever thread."""

    data: bytes
    content_type: str
    query: Mapping[str, str]

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return content_types.media_type(self.content_type)


@dataclass(frozen=True)
class Operands:
    """
    An input, and what the caller says of it.

    Attributes:
        numbers: Nested lists or an array, or None when a picture was sent.
        picture: One picture, allowed by its size, or None.
        parameters: Everything else, still to be validated.
    """

    numbers: Any
    picture: Pictures | None
    parameters: dict[str, Any]


async def receive(request: Request, limits: Limits) -> Body:
    """
    Read a body within its limits.

    Raises:
        MediaTypeError: A content type or encoding that is not offered.
        TooLargeError: Over the limit on bytes.
    """
    content_type = content_types.declared(request)
    body = Body(b"", content_type, queries.pairs(request.scope))
    taken = (JSON, FORM, arrays.MEDIA_TYPE, *FILES)
    if body.media_type not in taken:
        message = f"send {', '.join(taken)}"
        raise MediaTypeError(message, taken=taken)
    is_json = body.media_type == JSON
    limit = min(limits.max_json_bytes, limits.max_body_bytes) if is_json else limits.max_body_bytes
    data = await bodies.read(request, limit=limit)
    return Body(data, content_type, body.query)


def parse(body: Body, fields: Collection[str], limits: Limits) -> Operands:
    """
    Tell input and parameters apart; no picture is decoded and no number validated yet.

    The query has the parameters of arrays or of a picture that are a body of their own: values are JSON, or
    plain text.

    Args:
        body: What was received.
        fields: The parameters that the operation has.
        limits: On bytes, depth, parts and pixels.

    Raises:
        SyntaxRefusedError: The body is not what its content type says.
        TooLargeError: A picture has too many pixels, or a form too many parts.
        InvalidInputError: No input, more than one, or a part that is not known.
    """
    in_query = {name: _query_value(text) for name, text in body.query.items()}
    if body.media_type == JSON:
        document = strict_json.parse(body.data, max_depth=limits.max_json_depth)
        if not isinstance(document, dict):
            _refuse_input("the JSON is an object with the member input")
        return _with_input({**document, **_apart(document, in_query)})
    if body.media_type == FORM:
        parts = _of_form(body, limits)
        return _with_input({**parts, **_apart(parts, in_query)})
    if body.media_type == arrays.MEDIA_TYPE:
        names = [INPUT, *(name for name in MAY_BE_ARRAYS if name in fields)]
        found = arrays.read_all(body.data, dtypes=DTYPES, most=len(names))
        given = dict(zip(names, found, strict=False))
        return _with_input({**given, **_apart(given, in_query)})
    return Operands(None, _picture("#", body.data, limits), in_query)


def _with_input(document: dict[str, Any]) -> Operands:
    given = document.pop(INPUT, None)
    if given is None:
        _refuse_input("the input is missing, or null")
    is_picture = isinstance(given, Pictures)
    return Operands(None if is_picture else given, given if is_picture else None, document)


def _of_form(body: Body, limits: Limits) -> dict[str, Any]:
    """A picture or an ``.npy`` file as input, ``.npy`` files for other numbers, and JSON for the rest."""
    found: dict[str, Any] = {}
    for index, part in enumerate(
        forms.parse(
            body.data, body.content_type, max_parts=limits.max_parts, max_headers=limits.max_part_headers
        )
    ):
        pointer = f"#/{index}"
        if part.name in _PICTURES and part.is_file:
            given: dict[str, Any] = {INPUT: _picture(pointer, bytes(part.data), limits)}
        elif part.name in {INPUT, *MAY_BE_ARRAYS} and part.is_file:
            given = {part.name: arrays.read(bytes(part.data), dtypes=DTYPES)}
        elif part.name == PARAMETERS:
            given = strict_json.parse(bytes(part.data), max_depth=limits.max_json_depth)
            if not isinstance(given, dict) or INPUT in given:
                detail = "the part parameters is a JSON object without input"
                raise InvalidInputError(detail, Fault(pointer, detail))
        else:
            files = f"files named image, {', '.join([INPUT, *MAY_BE_ARRAYS])}"
            detail = f"expected {files}, or a field named {PARAMETERS}"
            raise InvalidInputError(detail, Fault(pointer, detail))
        found.update(_apart(found, given))
    return found


def _apart(known: Mapping[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """
    Give ``more`` if nothing in it is known already.

    Raises:
        InvalidInputError: Something is given twice.
    """
    if known.keys() & more.keys():
        detail = "a parameter, or the input, is given twice"
        raise InvalidInputError(detail, Fault("#", detail))
    return more


def _picture(pointer: str, data: bytes, limits: Limits) -> Pictures:
    pixels = PixelLimits(min(limits.max_operation_pixels, limits.max_image_pixels), limits.max_image_side)
    return pictures.of_files([(pointer, data)], limits=pixels, total=limits.max_request_pixels)


def _query_value(text: str) -> Any:  # noqa: ANN401
    try:
        return strict_json.parse(text.encode(), max_depth=8)
    except SyntaxRefusedError:
        return text


def _refuse_input(detail: str) -> NoReturn:
    raise InvalidInputError(detail, Fault("#/input", detail))

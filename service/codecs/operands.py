"""What an operation works on, in one of four forms: JSON, a form of files, an array, or a picture."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict

from service import media_types
from service.codecs import json, multipart, npy
from service.codecs.pictures import FILES
from service.errors import Fault, InvalidInputError, MediaTypeError, SyntaxRefusedError, TooLargeError
from service.images import headers
from service.images.decoding import PixelLimits
from service.images.pictures import Pictures, of_files
from service.media_types import FORM, JSON, NPY, PNG
from service.operations.operation import Operation
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
        return media_types.essence(self.content_type)


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


def check(body: Body) -> None:
    """
    Refuse a body that is said to be something else.

    Raises:
        MediaTypeError: A content type that is not offered.
    """
    taken = (JSON, FORM, NPY, *FILES)
    if body.media_type not in taken:
        message = headers.refusal(body.data) or f"send {', '.join(taken)}"
        raise MediaTypeError(message, taken=taken)


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
        TooLargeError: A picture has too many pixels, a form too many parts, or its JSON too many bytes.
        InvalidInputError: No input, more than one, or a part that is not known.
    """
    in_query = {name: _query_value(text, limits) for name, text in body.query.items()}
    if body.media_type == JSON:
        document = json.parse(body.data, max_depth=limits.max_json_depth, max_values=limits.max_json_values)
        if not isinstance(document, dict):
            _refuse_input("the JSON is an object with the member input")
        return _with_input({**document, **_apart(document, in_query)})
    if body.media_type == FORM:
        parts = _of_form(body, limits)
        return _with_input({**parts, **_apart(parts, in_query)})
    if body.media_type == NPY:
        names = [INPUT, *(name for name in MAY_BE_ARRAYS if name in fields)]
        found = npy.read_all(body.data, dtypes=DTYPES, most=len(names))
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
        multipart.parse(
            body.data, body.content_type, max_parts=limits.max_parts, max_headers=limits.max_part_headers
        )
    ):
        pointer = f"#/{index}"
        if part.name in _PICTURES and part.is_file:
            given: dict[str, Any] = {INPUT: _picture(pointer, bytes(part.data), limits)}
        elif part.name in {INPUT, *MAY_BE_ARRAYS} and part.is_file:
            given = {part.name: npy.read(bytes(part.data), dtypes=DTYPES)}
        elif part.name == PARAMETERS:
            if len(part.data) > limits.max_json_bytes:
                detail = f"the part parameters is larger than {limits.max_json_bytes} bytes"
                raise TooLargeError(detail, Fault(pointer, detail))
            given = json.parse(
                bytes(part.data), max_depth=limits.max_json_depth, max_values=limits.max_json_values
            )
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
    return of_files([(pointer, data)], limits=pixels, total=limits.max_request_pixels)


def _query_value(text: str, limits: Limits) -> Any:  # noqa: ANN401
    try:
        return json.parse(text.encode(), max_depth=8, max_values=limits.max_json_values)
    except SyntaxRefusedError:
        return text


def _refuse_input(detail: str) -> NoReturn:
    raise InvalidInputError(detail, Fault("#/input", detail))


_BINARY = {"type": "string", "format": "binary"}
_NUMBERS: dict[str, Any] = {
    "type": "array",
    "description": "A signal, an image (height, width), or channels in the layout.",
    "items": {"anyOf": [{"type": "number"}, {"type": "array", "items": {}}]},
}


class OutputSize(BaseModel):
    """How long an axis of the output is, and why."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    axis: str
    size: int
    formula: str
    """The lecture's formula with the numbers filled in."""
    unused: int
    """Cells at the end of the padded input that no window reaches."""


class OperationAnswer(BaseModel):
    """An output and how it came about."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    output: list[Any]
    """Numbers with as many axes as the input; a list of kernels makes an axis of maps."""
    output_shape: list[int]
    macs: int
    """Multiply-adds; of pooling, numbers that were looked at."""
    padding: list[list[int]]
    """Cells before and after, along each axis."""
    output_size: list[OutputSize]
    groups: int | None = None
    """Groups of channels that were filtered apart."""
    parameters: int
    """Numbers that a layer would learn: the kernels' and a bias for each."""
    operation: str
    dtype: str
    """In which the engine computed."""
    indices: list[Any] | None = None
    """Where each maximum was, as [row, column]."""
    explanation: dict[str, Any] | None = None
    """The padded input, the kernel as applied, and for each cell its window, products, sum and activation."""


ANSWER: dict[str, Any] = {
    "description": "The output, in the form that Accept asks for",
    "content": {
        NPY: {"schema": {**_BINARY, "description": "The output as float32, as `numpy.save` writes."}},
        PNG: {"schema": {**_BINARY, "description": "The output as a picture; see the parameter scale."}},
    },
}


def documented(operation: Operation, drawing: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe body and query of an operation; ``drawing`` are the parameters of every form."""
    schema = operation.parameters.model_json_schema()
    properties, required = schema["properties"], schema.get("required", [])
    arrays_too = [name for name in MAY_BE_ARRAYS if name in properties]
    document = {
        "type": "object",
        "properties": {"input": _NUMBERS, **properties},
        "required": ["input", *required],
        "additionalProperties": False,
    }
    form = {
        "type": "object",
        "properties": {
            "image": {**_BINARY, "description": "A picture; or else input."},
            "input": {**_BINARY, "description": "A .npy file; or else image."},
            **{
                name: {**_BINARY, "description": "A .npy file; or else in parameters."} for name in arrays_too
            },
            "parameters": {"type": "string", "description": "JSON: all that is no part of its own."},
        },
        "description": f"`curl -F image=@seven.png -F 'parameters={{}}' URL/{operation.name}`",
    }
    following = f", and then, if you like, of {', '.join(arrays_too)} to the same file" if arrays_too else ""
    array = {
        **_BINARY,
        "description": f"`numpy.save` of the input{following}. The other parameters stand in the query.",
    }
    picture = {**_BINARY, "description": "A picture; the parameters stand in the query."}
    return {
        "parameters": [*drawing, *(_in_query(name, properties[name]) for name in properties)],
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": document, "examples": dict(operation.examples)},
                FORM: {"schema": form},
                NPY: {"schema": array},
                **{kind: {"schema": picture} for kind in FILES},
            },
        },
    }


def _in_query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A text as it is, anything else as JSON."""
    told = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    where = {"in": "query", "name": name}
    text = f"{schema.get('description', '')} With a body of an array or a picture alone."
    if told.get("type") in {"string", "integer", "boolean", "number"}:
        return {**where, "description": text, "schema": told}
    return {**where, "description": f"{text} JSON, or plain text.", "content": {JSON: {"schema": told}}}

"""What an operation works on, in one of four forms: JSON, a form of files, an array, or a picture."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from service.codecs import forms, json, multipart, npy
from service.codecs.body_types import FILES
from service.codecs.multipart import Part
from service.described import Described
from service.errors import Fault, InvalidInputError, SyntaxRefusedError, TooLargeError
from service.images import headers
from service.images.decoding import PixelLimits
from service.images.pictures import Pictures, of_files
from service.media_types import FORM, JSON, NPY, PNG
from service.operations.operation import Operation
from service.settings import Limits

INPUT = "input"
PARAMETERS = "parameters"
MAY_BE_ARRAYS = ("kernel", "coefficient", "bias")
"""Parameters that may be sent as arrays, in the order in which they follow the input."""


@dataclass(frozen=True)
class Body:
    """
    A request's body, not looked at beyond its first bytes, and its query: for ``parse``, on whatever thread.

    Attributes:
        data: All of it.
        kind: What it is, as ``body_types.of`` tells.
        content_type: With its parameters.
        query: The parameters by their names.
    """

    data: bytes
    kind: str
    content_type: str
    query: Mapping[str, str]


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


def parse(body: Body, fields: Collection[str], limits: Limits) -> Operands:
    """
    Tell input and parameters apart; no picture is decoded and no number validated yet.

    The query has the parameters of arrays or of a picture that are a body of their own, and a form has them
    in fields: values are JSON, or plain text.

    Args:
        body: What was received.
        fields: The parameters that the operation has.
        limits: On bytes, depth, parts and pixels.

    Raises:
        SyntaxRefusedError: The body is not what its content type says.
        TooLargeError: A picture has too many pixels, a form too many parts, or JSON too many bytes.
        InvalidInputError: No input, more than one, a parameter with two values, or a part that is not known.
    """
    in_query = {name: _value(text.encode(), limits) for name, text in body.query.items()}
    if body.kind == JSON:
        document = json.parse_within(body.data, limits)
        if not isinstance(document, dict):
            _refuse_input("the JSON is an object with the member input")
        return _with_input(_joined(document, in_query, fields))
    if body.kind == FORM:
        return _with_input(_joined(_of_form(body, fields, limits), in_query, fields))
    if body.kind == NPY:
        names = [INPUT, *(name for name in MAY_BE_ARRAYS if name in fields)]
        found = npy.read_all(body.data, most=len(names))
        return _with_input(_joined(dict(zip(names, found, strict=False)), in_query, fields))
    return Operands(None, _picture("#", body.data, limits), in_query)


def _with_input(document: dict[str, Any]) -> Operands:
    given = document.pop(INPUT, None)
    if given is None:
        _refuse_input("the input is missing, or null")
    is_picture = isinstance(given, Pictures)
    return Operands(None if is_picture else given, given if is_picture else None, document)


def _of_form(body: Body, fields: Collection[str], limits: Limits) -> dict[str, Any]:
    """Read pictures, ``.npy`` files and texts, each in the field of what it is."""
    found: dict[str, Any] = {}
    parts = multipart.parse(
        body.data, body.content_type, max_parts=limits.max_parts, max_headers=limits.max_part_headers
    )
    for index, part in enumerate(parts):
        if not forms.is_blank(part):
            found = _joined(found, _of_part(part, f"#/{index}", fields, limits), fields)
    return found


def _of_part(part: Part, pointer: str, fields: Collection[str], limits: Limits) -> dict[str, Any]:
    """Read one part of a form; the field tells what it is for, and its first bytes how it is written."""
    data, name = bytes(part.data), INPUT if forms.is_picture(part) else part.name
    if name in {INPUT, *MAY_BE_ARRAYS} and data.startswith(npy.MAGIC):
        return {name: npy.read(data)}
    if forms.is_picture(part):
        return {INPUT: _picture(pointer, forms.picture(part, pointer), limits)}
    if name == INPUT and headers.is_picture(data):
        return {INPUT: _picture(pointer, data, limits)}
    if name in {INPUT, *MAY_BE_ARRAYS} and part.is_file and not data.lstrip().startswith(b"["):
        return {name: npy.read(data)}
    if name not in {INPUT, PARAMETERS, *fields}:
        others = ", ".join([INPUT, PARAMETERS, *fields])
        detail = f"expected a picture in a field named {forms.FIELDS}, or a field named {others}"
        raise InvalidInputError(detail, Fault(pointer, detail))
    if len(data) > limits.max_json_bytes:
        detail = f"the part {name} is larger than {limits.max_json_bytes} bytes"
        raise TooLargeError(detail, Fault(pointer, detail))
    if name == PARAMETERS:
        given = json.parse_within(data, limits)
        if not isinstance(given, dict) or INPUT in given:
            detail = "the part parameters is a JSON object without input"
            raise InvalidInputError(detail, Fault(pointer, detail))
        return given
    return {name: _value(data, limits)}


def _joined(known: Mapping[str, Any], more: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """
    Put parameters together; clients that are made from the OpenAPI document send some of them twice.

    Raises:
        InvalidInputError: One has two values, or there are two inputs.
    """
    for name in known.keys() & more.keys():
        if name == INPUT:
            _refuse_input("there is more than one input; send them one by one")
        if not _is_equal(known[name], more[name]):
            detail = "a parameter is given twice, with different values"
            raise InvalidInputError(detail, Fault(f"#/{name}" if name in fields else "#", detail))
    return {**known, **more}


def _is_equal(one: Any, other: Any) -> bool:  # noqa: ANN401
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    # Python takes true for 1.
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _picture(pointer: str, data: bytes, limits: Limits) -> Pictures:
    pixels = PixelLimits(min(limits.max_operation_pixels, limits.max_image_pixels), limits.max_image_side)
    return of_files([(pointer, data)], limits=pixels, total=limits.max_request_pixels)


_PYTHONS = {b"True": True, b"False": False}


def _value(text: bytes, limits: Limits) -> Any:  # noqa: ANN401  JSON is any of six types
    """Read JSON, or plain text; ``True`` and ``False`` are Python's, as its clients write them in queries."""
    if text in _PYTHONS:
        return _PYTHONS[text]
    try:
        return json.parse_within(text, limits)
    except SyntaxRefusedError:
        return text.decode("utf-8", "replace")


def _refuse_input(detail: str) -> NoReturn:
    raise InvalidInputError(detail, Fault("#/input", detail))


_BINARY = {"type": "string", "format": "binary"}
_NUMBER = {"type": "number"}
_ROW = {"type": "array", "items": _NUMBER}
_NUMBERS: dict[str, Any] = {
    "type": "array",
    "description": "A signal, an image (height, width), or channels in the layout.",
    "items": {"anyOf": [_NUMBER, {"type": "array", "items": {"anyOf": [_NUMBER, _ROW]}}]},
}


class OutputSize(Described):
    """How long an axis of the output is, and why."""

    axis: str
    size: int
    formula: str
    """The lecture's formula with the numbers filled in."""
    unused: int
    """Cells at the end of the padded input that no window reaches."""


class OperationAnswer(Described):
    """An output and how it came about."""

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
    example = "-F kernel=sobel_x" if "kernel" in properties else "-F operation=max"
    form = {
        "type": "object",
        "properties": {
            "image": {**_BINARY, "description": "A picture; or else input."},
            "input": {**_BINARY, "description": "A .npy file; or else image."},
            **{name: {**_BINARY, "description": "A .npy file, JSON, or plain text."} for name in arrays_too},
            **{
                name: {"type": "string", "description": "JSON, or plain text."}
                for name in properties
                if name not in arrays_too
            },
            "parameters": {
                "type": "string",
                "description": "JSON: parameters that have no field of their own.",
            },
        },
        "description": f"`curl -F image=@seven.png {example} URL/{operation.name}`",
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
    """
    A text as it is, anything else as JSON.

    Without its default, which generated clients would send beside a body that says otherwise.
    """
    told = {key: value for key, value in schema.items() if key not in {"title", "description", "default"}}
    where = {"in": "query", "name": name}
    text = f"{schema.get('description', '')} With a body of an array or a picture alone."
    if told.get("type") in {"string", "integer", "boolean", "number"}:
        return {**where, "description": text, "schema": told}
    return {**where, "description": f"{text} JSON, or plain text.", "content": {JSON: {"schema": told}}}

"""The four ways to send an operation's input and the three to get its output, for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from service.http import arrays
from service.http.answers import JSON, PNG
from service.http.operands import MAY_BE_ARRAYS
from service.http.payloads import FILES, FORM
from service.operations.operation import Operation

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
        arrays.MEDIA_TYPE: {
            "schema": {**_BINARY, "description": "The output as float32, as `numpy.save` writes."}
        },
        PNG: {"schema": {**_BINARY, "description": "The output as a picture; see the parameter scale."}},
    },
}


def request(operation: Operation, drawing: list[dict[str, Any]]) -> dict[str, Any]:
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
                arrays.MEDIA_TYPE: {"schema": array},
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

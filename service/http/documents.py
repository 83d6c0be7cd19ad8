"""JSON bodies that are validated by a model, and what is wrong with them by pointers."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from service.errors import Fault, InvalidInputError, MediaTypeError
from service.http import bodies, content_types, strict_json
from service.settings import Limits

MEDIA_TYPE = "application/json"

_DETAILS = {
    "missing": "the member {member} is missing",
    "extra_forbidden": "there is a member that is not known",
    "union_tag_invalid": "expected one of {expected_tags} as {discriminator}",
    "union_tag_not_found": "the member {discriminator} is missing",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "tuple_type": "expected a list",
    "too_short": "expected at least {min_length} items",
    "too_long": "expected at most {max_length} items",
}
"""Pydantic's messages in the words of JSON; some of its own would repeat the input."""

Document = TypeVar("Document", bound=BaseModel)


async def read(request: Request, kind: type[Document], limits: Limits) -> Document:
    """
    Read a JSON body as a model.

    Raises:
        MediaTypeError: Another content type, or a content encoding.
        SyntaxRefusedError: No JSON.
        TooLargeError: Over the limit on bytes.
        InvalidInputError: The model does not take it.
    """
    if content_types.media_type(content_types.declared(request)) != MEDIA_TYPE:
        message = f"send {MEDIA_TYPE}"
        raise MediaTypeError(message, taken=(MEDIA_TYPE,))
    body = await bodies.read(request, limit=limits.max_json_bytes)
    return validated(strict_json.parse(body, max_depth=limits.max_json_depth), kind)


def validated(document: Any, kind: type[Document]) -> Document:  # noqa: ANN401  JSON is any of six types
    """
    Validate a document.

    Raises:
        InvalidInputError: The model does not take it.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        # A value that is none of several choices has a fault for each; some are the same.
        faults = dict.fromkeys(Fault(_pointer(document, _place(one)), _detail(one)) for one in found)
        message = "the JSON has members that are not valid, or lacks some"
        raise InvalidInputError(message, *faults) from None


def documented(kind: type[BaseModel], examples: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a body for the OpenAPI document; ``examples`` are documents by their summaries."""
    schema = kind.model_json_schema()
    return {
        "required": True,
        "content": {
            MEDIA_TYPE: {
                "schema": _inlined(schema, schema.get("$defs", {})),
                "examples": {name: {"summary": name, "value": value} for name, value in examples.items()},
            }
        },
    }


def _place(error: Any) -> Sequence[str | int]:  # noqa: ANN401  pydantic's ErrorDetails
    """Give where an error is; of an unknown member where it stands, for its name is the caller's."""
    place: Sequence[str | int] = error["loc"]
    return place[:-1] if error["type"] == "extra_forbidden" else place


def _pointer(document: Any, place: Sequence[str | int]) -> str:  # noqa: ANN401
    """Follow a place into a document; what is not in the document is pydantic's name for a choice."""
    pointer = "#"
    for step in place:
        inside = step in document if isinstance(document, dict) else _is_index(document, step)
        if inside:
            document = document[step]
            pointer += f"/{str(step).replace('~', '~0').replace('/', '~1')}"
    return pointer


def _is_index(document: Any, step: str | int) -> bool:  # noqa: ANN401
    return isinstance(document, list) and isinstance(step, int) and step < len(document)


def _detail(error: Any) -> str:  # noqa: ANN401  pydantic's ErrorDetails
    if error["type"] not in _DETAILS:
        return str(error["msg"])
    member = error["loc"][-1] if error["loc"] else ""
    return _DETAILS[error["type"]].format(member=member, **error.get("ctx", {}))


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Put definitions where they are referred to: an OpenAPI document keeps its own elsewhere."""
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {
        name: _inlined(value, definitions)
        for name, value in schema.items()
        if name not in {"$defs", "discriminator"}
    }

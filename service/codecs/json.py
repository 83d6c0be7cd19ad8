"""JSON without surprises: RFC 8259 in UTF-8, no NaN, bounded depth; and what is wrong with it by pointers."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import orjson
from pydantic import BaseModel, ValidationError

from service import media_types
from service.codecs import json_marks, json_mistakes
from service.codecs.json_pieces import Pieces
from service.errors import Fault, InvalidInputError, MediaTypeError, TooLargeError
from service.settings import Limits

PIECE_BYTES = 65_536
"""Most bytes that are parsed at once: what takes longest, lists of one number, take 4 ms."""

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

_MOST_FAULTS = 2_000
"""Pydantic tells of all in one go: of so many in 3 ms, in which nothing else is done."""

_NO_ARRAY = "expected no list of so many numbers"

Document = TypeVar("Document", bound=BaseModel)


def parse(body: bytes, *, max_depth: int, max_values: int, piece_bytes: int = PIECE_BYTES) -> Any:  # noqa: ANN401
    """
    Parse a body. Of duplicate keys the last one holds.

    Args:
        body: The whole of it.
        max_depth: How deeply lists and objects may be nested.
        max_values: Most values of a body of more than ``piece_bytes`` that are in no array, counted by
            brackets and commas before they are parsed: whoever walks or drops them does it in one go.
        piece_bytes: Most bytes that are parsed at once, unless a text, a number or a stretch of white space
            has more; at least 2.

    Returns:
        What JSON says. In a body of more than ``piece_bytes`` a list of more than a thousand numbers, or of
        lists of them that are all equally long, is an array: int64 when all are integers and fit, else
        float64, as orjson has integers beyond 64 bits. A bool, a text or null is no number. Lists with few
        numbers, of other things or of different lengths are lists.

    Raises:
        SyntaxRefusedError: It is no JSON, or nested deeper than the limit.
        TooLargeError: It has more values.
    """
    if len(body) > piece_bytes:
        marks = json_marks.find(body, max_depth=max_depth, block_bytes=piece_bytes)
        return Pieces(body, marks, max_values=max_values, piece_bytes=piece_bytes).parse()
    if body.count(b"[") + body.count(b"{") > max_depth:
        json_marks.find(body, max_depth=max_depth, block_bytes=piece_bytes)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise json_mistakes.whole(error) from None


def parse_within(text: bytes, limits: Limits) -> Any:  # noqa: ANN401
    """
    Parse JSON that may be no larger than a body of it, wherever it stands.

    Raises:
        SyntaxRefusedError: It is no JSON, or nested too deeply.
        TooLargeError: It has too many bytes or values.
    """
    if len(text) > limits.max_json_bytes:
        message = f"the JSON is larger than {limits.max_json_bytes} bytes"
        raise TooLargeError(message)
    return parse(text, max_depth=limits.max_json_depth, max_values=limits.max_json_values)


def read(content_type: str, body: bytes, kind: type[Document], limits: Limits) -> Document:
    """
    Read a JSON body as a model.

    Raises:
        MediaTypeError: Another content type.
        SyntaxRefusedError: No JSON.
        InvalidInputError: The model does not take it.
    """
    if media_types.essence(content_type) != media_types.JSON:
        message = f"send {media_types.JSON}"
        raise MediaTypeError(message, taken=(media_types.JSON,))
    return validated(parse_within(body, limits), kind)


def validated(document: Any, kind: type[Document]) -> Document:  # noqa: ANN401  JSON is any of six types
    """
    Validate a document.

    Raises:
        InvalidInputError: The model does not take it.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        message = "the JSON has members that are not valid, or lacks some"
        if error.error_count() > _MOST_FAULTS:
            detail = f"{error.error_count()} things are wrong, which is too many to tell of each"
            raise InvalidInputError(message, Fault("#", detail)) from None
        found = error.errors(include_url=False, include_context=True, include_input=False)
        # A value that is none of several choices has a fault for each; some are the same.
        faults = dict.fromkeys(_fault(document, one) for one in found)
        raise InvalidInputError(message, *faults) from None


def documented(kind: type[BaseModel], examples: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a body for the OpenAPI document; ``examples`` are documents by their summaries."""
    schema = kind.model_json_schema()
    return {
        "required": True,
        "content": {
            media_types.JSON: {
                "schema": _inlined(schema, schema.get("$defs", {})),
                "examples": {name: {"summary": name, "value": value} for name, value in examples.items()},
            }
        },
    }


def _place(error: Any) -> Sequence[str | int]:  # noqa: ANN401  pydantic's ErrorDetails
    """Give where an error is; of an unknown member where it stands, for its name is the caller's."""
    place: Sequence[str | int] = error["loc"]
    return place[:-1] if error["type"] == "extra_forbidden" else place


def _fault(document: Any, error: Any) -> Fault:  # noqa: ANN401  pydantic's ErrorDetails
    """Follow an error into a document; what is not in the document is pydantic's name for a choice."""
    pointer = "#"
    for step in _place(error):
        inside = step in document if isinstance(document, dict) else _is_index(document, step)
        if inside:
            document = document[step]
            pointer += f"/{str(step).replace('~', '~0').replace('/', '~1')}"
    # Pydantic would say that a list is expected; but what may be an array is not for it to judge.
    detail = _NO_ARRAY if isinstance(document, np.ndarray) else _detail(error)
    return Fault(pointer, detail)


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

"""Query strings, read as strictly as bodies: no unknown parameter, and none with two values."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import parse_qsl

from pydantic import ConfigDict, ValidationError

from service.described import Described
from service.errors import Fault, InvalidInputError

MOST_PARAMETERS = 20
"""More than any endpoint has; the rest is not even split."""


class Query(Described):
    """The parameters of one endpoint: a field each, with its default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    _default: ClassVar[Self | None] = None

    @classmethod
    def by_default(cls) -> Self:
        """Give the parameters of a request that has none; they are frozen, so that all may share them."""
        if cls._default is None:
            cls._default = cls()
        return cls._default


Q = TypeVar("Q", bound=Query)


def read(kind: type[Q], query: bytes) -> Q:
    """
    Read the parameters of a request, as its target has them.

    Raises:
        InvalidInputError: A parameter is unknown, or has no valid value, or two.
    """
    if not query:
        return kind.by_default()
    return validated(kind, pairs(query))


def validated(kind: type[Q], given: Mapping[str, str]) -> Q:
    """
    Validate parameters.

    Raises:
        InvalidInputError: A parameter is unknown or has no valid value.
    """
    if not given:
        return kind.by_default()
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        message = f"a query parameter is not valid; there are: {', '.join(kind.model_fields)}"
        raise InvalidInputError(message, *map(_fault, error.errors())) from None


def pairs(query: bytes) -> dict[str, str]:
    """
    Split a query string.

    Raises:
        InvalidInputError: It cannot be parsed, or a parameter has two values.
    """
    if not query:
        return {}
    try:
        found = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        message = "the query string cannot be parsed"
        raise InvalidInputError(message) from None
    given = dict(found)
    if len(given) < len(set(found)):
        message = "a query parameter is given twice, with different values"
        raise InvalidInputError(message)
    return given


def documented(kind: type[Query]) -> list[dict[str, Any]]:
    """Describe the parameters for the OpenAPI document."""
    properties = kind.model_json_schema()["properties"]
    return [
        {"in": "query", "name": name, "description": schema.pop("description"), "schema": schema}
        for name, schema in properties.items()
    ]


def _fault(error: Any) -> Fault:  # noqa: ANN401  pydantic's ErrorDetails
    known = error["type"] != "extra_forbidden"
    return Fault(f"#/query/{error['loc'][0]}" if known else "#/query", error["msg"])

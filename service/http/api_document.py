"""What the OpenAPI document says of every endpoint: an id to call it by, and each error that any can have."""

from typing import Any

from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from service.http import problems

_SCHEMAS = "#/components/schemas/{model}"
_FRAMEWORK = ("HTTPValidationError", "ValidationError")
"""FastAPI's own errors, which no endpoint answers: queries and bodies are validated here."""


def operation_id(route: APIRoute) -> str:
    """Give the name by which generated clients call an endpoint: its own, after ``v2_`` in the protocol."""
    if not problems.speaks_protocol(route.path):
        return route.name
    protocol = route.path.split("/")[1]
    return f"{protocol}_{route.name}"


def complete(document: dict[str, Any]) -> None:
    """Add what any request may be answered, in the form that its path has; any other error has it too."""
    _, errors = models_json_schema(
        [(problems.Problem, "serialization"), (problems.ProtocolError, "serialization")],
        ref_template=_SCHEMAS,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(errors["$defs"])
    for name in _FRAMEWORK:
        schemas.pop(name, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            answers = operation["responses"]
            told = str(answers.get("422", ""))
            if _FRAMEWORK[0] in told:
                del answers["422"]
            for status, answer in problems.of_any_request(path).items():
                answers.setdefault(status, answer)
            operation["responses"] = dict(sorted(answers.items()))

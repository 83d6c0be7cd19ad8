"""The JSON of the Open Inference Protocol: requests, the parameters that mean something here, and errors."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from service.codecs import json
from service.errors import Fault, InvalidInputError, TooLargeError
from service.http.problems import ProtocolError
from service.v2 import tensors

Parameters = dict[str, Any]
Size = Annotated[int, Field(ge=0)]


_REASONS = {
    429: "One client takes more than its share; Retry-After tells when to come again",
    503: "As much is waiting here as may wait; Retry-After tells when to come again",
    504: "The request waited too long",
    400: "The request cannot be taken; `error` says why and where",
    404: "No such model, version or output",
    413: "Over a limit on bytes, images or pixels",
    415: "Another content type or content coding",
}


class _Part(BaseModel):
    # Unknown members are for others: the protocol's extensions bring their own.
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class InputDocument(_Part):
    """A tensor that is sent."""

    name: str
    shape: Annotated[list[Size], Field(max_length=tensors.MOST_AXES)]
    datatype: str
    parameters: Parameters | None = None
    data: Any = None


class OutputDocument(_Part):
    """A tensor that is asked for."""

    name: str
    parameters: Parameters | None = None


class RequestDocument(_Part):
    """The JSON of a request."""

    id: str | None = None
    parameters: Parameters | None = None
    inputs: Annotated[list[InputDocument], Field(min_length=1)]
    outputs: list[OutputDocument] | None = None


def validated(document: Any, *, most: int) -> RequestDocument:  # noqa: ANN401  JSON is any of six types
    """
    Validate the JSON of a request.

    Args:
        document: As it was parsed.
        most: Most inputs, and most outputs.

    Raises:
        TooLargeError: There are more of them.
        InvalidInputError: It is no request.
    """
    # Before anything looks at them one by one: a million that are wrong would each be a fault.
    lists = (document.get("inputs"), document.get("outputs")) if isinstance(document, dict) else ()
    if any(isinstance(one, list) and len(one) > most for one in lists):
        message = f"at most {most} inputs, and as many outputs, are taken"
        raise TooLargeError(message)
    return json.validated(document, RequestDocument)


def parameter(parameters: Parameters | None, name: str, kind: type[Any], pointer: str) -> Any:  # noqa: ANN401
    """
    Give the parameter of a name, or None.

    Args:
        parameters: Those of the request, an input or an output; others among them are nobody's business here.
        name: Such as ``binary_data``.
        kind: ``bool``, or ``int`` for a whole number from 0.
        pointer: Where the parameters stand.

    Raises:
        InvalidInputError: It is of another kind.
    """
    value = (parameters or {}).get(name)
    if value is not None and (type(value) is not kind or value < 0):
        expected = "true or false" if kind is bool else "a whole number from 0"
        raise refusal(pointer, f"expected {expected} as {name}")
    return value


def refusal(pointer: str, detail: str) -> InvalidInputError:
    """Make the error that says what is wrong with a place of the request."""
    return InvalidInputError("the request is not valid", Fault(pointer, detail))


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe errors; any other has their form too, and FastAPI adds no 422, which the protocol has not."""
    described: dict[int | str, str] = {status: _REASONS[status] for status in statuses}
    described["default"] = "Any other error"
    return {status: {"model": ProtocolError, "description": reason} for status, reason in described.items()}

"""
The one table from errors to status codes, and the one place that writes an error.

Everywhere ``application/problem+json`` (RFC 9457); under ``/v1`` and ``/v2`` as the protocols there
have it.
"""

import math
import secrets
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import BaseModel

from service import errors
from service.codecs.compression import CODINGS
from service.described import Described
from service.images.headers import OFFERED
from service.server.messages import Header, Response

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 20
"""Faults told of one request: a caller mends from the first few, and a reply stays small."""

_PROBLEMS: dict[type[errors.RequestError], tuple[int, str, str]] = {
    errors.MalformedError: (400, "bad-request", "The request is no HTTP"),
    errors.VersionError: (505, "http-version-not-supported", "The version of HTTP is not spoken here"),
    errors.UnimplementedError: (501, "not-implemented", "The method or transfer coding is not known here"),
    errors.MisdirectedError: (421, "misdirected-request", "The target is not served over this connection"),
    errors.TargetTooLongError: (414, "uri-too-long", "The path and query are too long"),
    errors.HeadersTooLargeError: (431, "headers-too-large", "The headers are too many or too large"),
    errors.SlowHeadError: (408, "request-timeout", "The request did not arrive in time"),
    errors.UnknownPathError: (404, "not-found", "Not Found"),
    errors.MethodRefusedError: (405, "method-not-allowed", "Method Not Allowed"),
    errors.ShareError: (429, "too-many-requests", "One client takes more than its share"),
    errors.StoppingError: (503, "stopping", "The service stops"),
    errors.UnservedError: (503, "unserved", "A network that this needs is not served"),
    errors.SlowBodyError: (408, "request-timeout", "The request did not arrive in time"),
    errors.SyntaxRefusedError: (400, "malformed-body", "The body cannot be parsed"),
    errors.KeyRefusedError: (401, "unauthorized", "An API key is needed"),
    errors.UnknownNameError: (404, "unknown-name", "There is nothing of that name"),
    errors.NotAcceptableError: (406, "not-acceptable", "The answer is not offered in that form"),
    errors.PreconditionError: (412, "precondition-failed", "It is in another state than the request is for"),
    errors.TooLargeError: (413, "too-large", "The request is over a limit"),
    errors.MediaTypeError: (415, "unsupported-media-type", "The content type is not one of those offered"),
    errors.OverBudgetError: (422, "compute-budget", "The request would cost more than a limit allows"),
    errors.InvalidInputError: (422, "invalid-input", "The request can be read, but not answered"),
    errors.FullError: (503, "overloaded", "As much is waiting here as may wait"),
    errors.DeadlineError: (504, "deadline", "The request waited too long"),
}
_OF_ANY_REQUEST = (
    errors.MalformedError,
    errors.SlowHeadError,
    errors.TargetTooLongError,
    errors.ShareError,
    errors.HeadersTooLargeError,
    errors.FullError,
)
PICTURES = (*OFFERED, "multipart/form-data", "application/json", "application/x-npy")
"""Content types in which pictures come."""
TENSORS = ("application/json", "application/octet-stream")
"""Content types in which tensors come."""
PROTOCOLS = ("/v1", "/v2")
"""The paths below which the Open Inference Protocol is spoken, and the one before it."""
_PROBLEM = ((b"content-type", MEDIA_TYPE.encode()),)
_JSON = ((b"content-type", b"application/json"),)
_INTERNAL = (500, "internal-error", "The service made a mistake")
OF_A_MISTAKE = "the log has the details under this request's id"
"""What is told of a mistake of the service's own."""


class FaultModel(BaseModel):
    """One thing that is wrong in a request."""

    pointer: str
    detail: str


class ProtocolError(Described):
    """An error of the Open Inference Protocol, in every answer of 400 and above under ``/v1`` and ``/v2``."""

    error: str
    """What was wrong with this request, and where."""


class Problem(Described):
    """An error, in every answer of 400 and above."""

    type: str
    """A page that explains this kind of problem: its path on the host of the service."""
    title: str
    """The kind of problem, the same for all of its type."""
    status: int
    """The status code of the answer."""
    detail: str
    """What was wrong with this request."""
    instance: str
    """This request, as a URN of its ``X-Request-ID``."""
    errors: list[FaultModel] | None = None
    """Each fault that has a place in the request, and where; at most 20."""


def speaks_protocol(path: str) -> bool:
    """Tell whether a path belongs to the Open Inference Protocol."""
    return path[:3] in PROTOCOLS and path[3:4] in {"", "/"}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problem answers for the OpenAPI document."""
    titles = {status: title for status, _, title in _PROBLEMS.values()}
    return {
        status: {
            "description": titles[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def of_any_request(path: str) -> dict[str, dict[str, Any]]:
    """Describe the errors that any request at a path can have, for the OpenAPI document."""
    media_type, model = (
        ("application/json", ProtocolError) if speaks_protocol(path) else (MEDIA_TYPE, Problem)
    )
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
    titles = {str(_PROBLEMS[kind][0]): _PROBLEMS[kind][2] for kind in _OF_ANY_REQUEST}
    titles["default"] = "Any other error"
    return {status: {"description": title, "content": content} for status, title in titles.items()}


def response(error: errors.RequestError, path: str, instance: str, *, root_path: str = "") -> Response:
    """
    Answer an error of the domain.

    Args:
        error: What was wrong.
        path: Of the request; it tells which form an error has.
        instance: The request, as a URN.
        root_path: The path below which a proxy offers the service.
    """
    headers: list[Header] = []
    closes = False
    match error:
        case errors.MediaTypeError():
            taken = error.taken or (TENSORS if speaks_protocol(path) else PICTURES)
            codings = CODINGS if speaks_protocol(path) else ("identity",)
            headers = [
                (b"accept", ", ".join(taken).encode()),
                (b"accept-encoding", ", ".join(codings).encode()),
            ]
        case errors.TooLargeError() | errors.SlowBodyError():
            # The rest of the body would otherwise be waited for.
            closes = True
        case errors.MethodRefusedError():
            headers = [(b"allow", ", ".join(error.allowed).encode())]
        case errors.KeyRefusedError():
            headers = [(b"www-authenticate", b"ApiKey")]
    if (seconds := retry_after_s(error)) is not None:
        headers = [(b"retry-after", b"%d" % seconds)]
    return _written(
        _PROBLEMS[type(error)],
        error,
        path,
        instance,
        root_path=root_path,
        headers=headers,
        closes=closes,
    )


def of_a_mistake(path: str, instance: str, *, root_path: str = "") -> Response:
    """Answer what should not have happened; it tells nothing, the log does."""
    return _written(_INTERNAL, errors.RequestError(OF_A_MISTAKE), path, instance, root_path=root_path)


def status(error: errors.RequestError) -> int:
    """Give the status of an error as the Open Inference Protocol has it."""
    return _of_protocol(_PROBLEMS[type(error)][0])


def in_one_text(error: errors.RequestError) -> str:
    """Give what was wrong and where in one text, as the Open Inference Protocol has it."""
    places = (
        fault.pointer if fault.detail == error.detail else f"{fault.pointer}: {fault.detail}"
        for fault in error.faults[:MOST_FAULTS]
    )
    return "; ".join([error.detail, *places])


def retry_after_s(error: errors.RequestError) -> int | None:
    """
    Tell when to come again (RFC 9110, 10.2.3): not all at once, 1 to 5 seconds from now.

    None for an error that waiting does not mend.
    """
    match error:
        case errors.FullError():
            waiting_s = error.retry_after_s
        case errors.ShareError() | errors.StoppingError():
            waiting_s = 1
        case _:
            return None
    return min(max(1, math.ceil(waiting_s)) + secrets.randbelow(3), 5)


def refused_for(error: errors.RequestError) -> str | None:
    """Tell for want of what a request was refused that at another time would not have been."""
    match error:
        case errors.FullError():
            return f"{error.where}_full"
        case errors.ShareError():
            return "share"
        case errors.DeadlineError():
            return "deadline"
        case errors.SlowBodyError():
            return "slow_body"
    return None


def _written(  # noqa: PLR0913  as many parts as an error has
    problem: tuple[int, str, str],
    error: errors.RequestError,
    path: str,
    instance: str,
    *,
    root_path: str,
    headers: Sequence[Header] = (),
    closes: bool = False,
) -> Response:
    """Write an error as the path wants it."""
    status, name, title = problem
    if speaks_protocol(path):
        body = orjson.dumps({"error": in_one_text(error)})
        return Response(_of_protocol(status), _JSON, body, more=headers, closes=closes)
    members: dict[str, Any] = {
        "type": f"{root_path}/problems/{name}",
        "title": title,
        "status": status,
        "detail": error.detail,
        "instance": instance,
    }
    if faults := error.faults[:MOST_FAULTS]:
        members["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]
    return Response(status, _PROBLEM, orjson.dumps(members), more=headers, closes=closes)


def _of_protocol(status: int) -> int:
    """Give the status that the protocol has: it knows no 422, what it cannot take is a bad request."""
    return 400 if status == 422 else status

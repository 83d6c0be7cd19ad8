"""
The one table from errors to status codes, and the one place that writes an error.

Everywhere ``application/problem+json`` (RFC 9457); under ``/v2`` as the Open Inference Protocol has it.
"""

import http
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service import errors
from service.http.trace import Trace
from service.images.headers import OFFERED

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 20
"""Faults told of one request: a caller mends from the first few, and a reply stays small."""

_PROBLEMS: dict[type[errors.RequestError], tuple[int, str, str]] = {
    errors.SlowBodyError: (408, "request-timeout", "The request did not arrive in time"),
    errors.SyntaxRefusedError: (400, "malformed-body", "The body cannot be parsed"),
    errors.KeyRefusedError: (401, "unauthorized", "An API key is needed"),
    errors.UnknownNameError: (404, "unknown-name", "There is nothing of that name"),
    errors.NotAcceptableError: (406, "not-acceptable", "The answer is not offered in that form"),
    errors.TooLargeError: (413, "too-large", "The request is over a limit"),
    errors.MediaTypeError: (415, "unsupported-media-type", "The content type is not one of those offered"),
    errors.OverBudgetError: (422, "compute-budget", "The request would cost more than a limit allows"),
    errors.InvalidInputError: (422, "invalid-input", "The request can be read, but not answered"),
    errors.FullError: (503, "overloaded", "As much is waiting here as may wait"),
    errors.DeadlineError: (504, "deadline", "The request waited too long"),
}
PICTURES = (*OFFERED, "multipart/form-data", "application/json", "application/x-npy")
"""Content types in which pictures come."""
TENSORS = ("application/json", "application/octet-stream")
"""Content types in which tensors come."""
PROTOCOL = "/v2"
"""The path below which the Open Inference Protocol is spoken."""
_INTERNAL = (500, "internal-error", "The service made a mistake")


class FaultModel(BaseModel):
    """One thing that is wrong in a request."""

    pointer: str
    detail: str


class ProtocolError(BaseModel):
    """An error of the Open Inference Protocol, in every answer of 400 and above under ``/v2``."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    error: str
    """What was wrong with this request, and where."""


class Problem(BaseModel):
    """An error, in every answer of 400 and above."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """A page that explains this kind of problem, as a reference relative to the service."""
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


def written(
    path: str,
    problem: tuple[int, str, str],
    detail: str,
    instance: str,
    *,
    faults: Sequence[errors.Fault] = (),
) -> tuple[int, bytes, str]:
    """Write an error as the path wants it: the status, the body and its media type."""
    if speaks_protocol(path):
        # The protocol knows no 422: what it cannot take is a bad request.
        status = 400 if problem[0] == 422 else problem[0]
        return status, orjson.dumps({"error": _in_one_text(detail, faults)}), "application/json"
    status, name, title = problem
    members: dict[str, Any] = {
        "type": f"/problems/{name}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    if faults:
        members["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]
    return status, orjson.dumps(members), MEDIA_TYPE


def answer(
    request: Request,
    problem: tuple[int, str, str],
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    faults: Sequence[errors.Fault] = (),
) -> Response:
    """Write an error as an answer."""
    instance = Trace.of(request.scope).instance
    status, body, media_type = written(request.scope["path"], problem, detail, instance, faults=faults)
    return Response(body, status, headers, media_type)


def speaks_protocol(path: str) -> bool:
    """Tell whether a path belongs to the Open Inference Protocol."""
    return path == PROTOCOL or path.startswith(f"{PROTOCOL}/")


def install(app: FastAPI) -> None:
    """Answer the errors of the domain and of the framework as problems."""
    app.add_exception_handler(errors.RequestError, _of_the_domain)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _of_a_mistake)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problem answers for the OpenAPI document."""
    titles = {status: title for status, _, title in _PROBLEMS.values()}
    return {
        status: {
            "model": Problem,
            "description": titles[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def of(error: errors.RequestError, request: Request) -> Response:
    """Answer an error of the domain; its trace is told for what it was refused."""
    headers = {}
    if reason := _refused_for(error):
        Trace.of(request.scope).facts["refused"] = reason
    if isinstance(error, errors.MediaTypeError):
        taken = error.taken or (TENSORS if speaks_protocol(request.scope["path"]) else PICTURES)
        headers = {"Accept": ", ".join(taken), "Accept-Encoding": "identity"}
    elif isinstance(error, errors.TooLargeError | errors.SlowBodyError):
        # The rest of the body would otherwise be waited for.
        headers = {"Connection": "close"}
    elif isinstance(error, errors.KeyRefusedError):
        headers = {"WWW-Authenticate": "ApiKey"}
    elif isinstance(error, errors.FullError):
        headers = {"Retry-After": str(_retry_after_s(error.retry_after_s))}
    return answer(
        request, _PROBLEMS[type(error)], error.detail, headers=headers, faults=error.faults[:MOST_FAULTS]
    )


def of_a_mistake(request: Request) -> Response:
    """Answer what should not have happened; it tells nothing, the log does."""
    return answer(request, _INTERNAL, "the log has the details under this request's id")


async def _of_the_domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.RequestError)  # noqa: S101  what it was installed for
    return of(error, request)


async def _of_a_mistake(request: Request, error: Exception) -> Response:
    del error
    return of_a_mistake(request)


def _refused_for(error: errors.RequestError) -> str | None:
    """Tell for want of what a request was refused that at another time would not have been."""
    match error:
        case errors.FullError():
            return f"{error.where}_full"
        case errors.DeadlineError():
            return "deadline"
        case errors.SlowBodyError():
            return "slow_body"
    return None


def _retry_after_s(waiting_s: float) -> int:
    """Tell when to come again (RFC 9110, 10.2.3): not all at once, 1 to 5 seconds from now."""
    return min(max(1, math.ceil(waiting_s)) + random.randrange(3), 5)  # noqa: S311  no secret


async def _of_the_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  what it was installed for
    phrase = http.HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        # Every route that takes GET takes HEAD: http.middleware sees to it.
        headers["Allow"] = "GET, HEAD"
    problem = (error.status_code, phrase.lower().replace(" ", "-"), phrase)
    detail = {
        404: "there is nothing at this path; /openapi.json lists what there is",
        405: f"this path takes {headers.get('Allow', 'other methods')} only",
    }.get(error.status_code, phrase)
    return answer(request, problem, detail, headers=headers)


def _in_one_text(detail: str, faults: Sequence[errors.Fault]) -> str:
    places = (
        fault.pointer if fault.detail == detail else f"{fault.pointer}: {fault.detail}" for fault in faults
    )
    return "; ".join([detail, *places])

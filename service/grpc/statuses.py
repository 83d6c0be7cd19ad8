"""The one table from errors to the status codes of gRPC, and what goes with them."""

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from grpc_status import rpc_status

from service import errors
from service.http import problems

_CODES: dict[type[errors.RequestError], StatusCode] = {
    errors.KeyRefusedError: StatusCode.UNAUTHENTICATED,
    errors.UnknownNameError: StatusCode.NOT_FOUND,
    errors.FullError: StatusCode.RESOURCE_EXHAUSTED,
    errors.ShareError: StatusCode.RESOURCE_EXHAUSTED,
    errors.UnservedError: StatusCode.UNAVAILABLE,
    errors.StoppingError: StatusCode.UNAVAILABLE,
    errors.DeadlineError: StatusCode.DEADLINE_EXCEEDED,
    errors.SlowBodyError: StatusCode.DEADLINE_EXCEEDED,
}
"""Any other error is the request's own: INVALID_ARGUMENT."""

Metadata = tuple[tuple[str, str | bytes], ...]
"""Names and values that follow an answer; of names that end in ``-bin`` the values are bytes."""


def code(error: errors.RequestError) -> StatusCode:
    """Give the status code of an error."""
    return _CODES.get(type(error), StatusCode.INVALID_ARGUMENT)


def details(error: errors.RequestError) -> Metadata:
    """
    Tell after how long to come again, where that helps.

    As ``google.rpc.RetryInfo`` (AIP-193) for programs, and as ``grpc-retry-pushback-ms`` (gRFC A6) for
    clients that try again by themselves.
    """
    seconds = problems.retry_after_s(error)
    if seconds is None:
        return ()
    info = Any()
    info.Pack(RetryInfo(retry_delay=Duration(seconds=seconds)))
    status = Status(code=code(error).value[0], message=problems.in_one_text(error), details=[info])
    rich = rpc_status.to_status(status).trailing_metadata
    return (*rich, ("grpc-retry-pushback-ms", str(seconds * 1_000)))

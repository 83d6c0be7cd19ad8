"""
What can go wrong, in the words of the domain; ``http.problems`` alone knows the status codes.

    ServiceError
    +-- RequestError              the caller can mend it, or send it again
    |   +-- MalformedError        it is no request of HTTP/1.1
    |   +-- VersionError          of another major version of HTTP
    |   +-- UnimplementedError    a method or transfer coding that is not known
    |   +-- MisdirectedError      for a resource that is not served over this connection
    |   +-- TargetTooLongError    path and query are over their limit
    |   +-- HeadersTooLargeError  the headers are over their limits
    |   +-- SlowHeadError         its head did not arrive in time
    |   +-- SlowBodyError         its body did not arrive in time
    |   +-- UnknownPathError      nothing is at its path
    |   +-- MethodRefusedError    not this method at its path
    |   +-- KeyRefusedError       it needs an API key, and has none that is known
    |   +-- ShareError            its client takes more than its share
    |   +-- SyntaxRefusedError    the bytes are not what their content type says
    |   +-- MediaTypeError        a content type, encoding or picture format that is not offered
    |   +-- TooLargeError         over a limit on bytes, parts, images or pixels
    |   +-- InvalidInputError     readable, but its meaning is refused
    |   |   +-- OverBudgetError   it would cost more than a limit allows
    |   +-- UnknownNameError      no such model, version, layer or kernel
    |   +-- UnservedError         a network that it needs is not served just now
    |   +-- PreconditionError     only for another state of what is asked for
    |   +-- NotAcceptableError    an answer in a form that is not offered
    |   +-- FullError               as much is waiting as may wait
    |   +-- DeadlineError           it waited longer than it may
    +-- AbandonedError            the client is gone; there is nobody to answer
    +-- EngineError               the engine broke its promise
    +-- StartError                the service cannot start
        +-- SettingsError         a setting has no valid value
        +-- ModelError            a model directory is damaged, altered or wrong
        +-- DeviceError           the device that was asked for cannot be had
"""

import math
from dataclasses import dataclass
from typing import Literal


class ServiceError(Exception):
    """The root of every error that this service raises on purpose."""


@dataclass(frozen=True)
class Fault:
    """
    One thing that is wrong in a request.

    Attributes:
        pointer: Where, as a JSON pointer in a URI fragment (RFC 6901), such as ``#/pixels/0``.
        detail: What is wrong and what would be right; never the offending input itself.
    """

    pointer: str
    detail: str


class RequestError(ServiceError):
    """
    A request that cannot be answered as it stands.

    Attributes:
        detail: One sentence for the caller; never the offending input itself.
        faults: Each thing that is wrong and where, when it has a place.
    """

    def __init__(self, detail: str, *faults: Fault) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


class MalformedError(RequestError):
    """The bytes are no request of HTTP/1.1, or one that can be read in two ways."""

    def __init__(self) -> None:
        super().__init__("the bytes are no valid HTTP/1.1 request")


class VersionError(RequestError):
    """The request is of a major version of HTTP that is not spoken here."""

    def __init__(self) -> None:
        super().__init__("HTTP/1.1 and HTTP/1.0 are spoken here")


class UnimplementedError(RequestError):
    """The request needs a method or a transfer coding that is not known here."""


class MisdirectedError(RequestError):
    """The request is for a resource that is not served over a connection of this kind."""

    def __init__(self) -> None:
        super().__init__("an https target is not served over a connection without TLS")


class TargetTooLongError(RequestError):
    """Path and query are over the limit."""

    def __init__(self) -> None:
        super().__init__("the path and query are over the limit")


class HeadersTooLargeError(RequestError):
    """The headers, or what else is no content, are over the limits on their number and size."""

    def __init__(self) -> None:
        super().__init__("the headers are over the limit on their number or size")


class SlowHeadError(RequestError):
    """The request line and headers did not arrive in time."""

    def __init__(self) -> None:
        super().__init__("the headers did not arrive in time")


class UnknownPathError(RequestError):
    """Nothing is at the path."""

    def __init__(self) -> None:
        super().__init__("there is nothing at this path; openapi.json lists what there is")


class MethodRefusedError(RequestError):
    """
    The path does not take the method.

    Attributes:
        allowed: The methods that it takes.
    """

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"this path takes {', '.join(allowed)} only")
        self.allowed = allowed


class ShareError(RequestError):
    """One client takes so much that too little is left for others."""

    def __init__(self) -> None:
        super().__init__("this client takes more than its share; wait for answers, read them, or send less")


class SyntaxRefusedError(RequestError):
    """The body cannot be parsed as what its content type says."""


class KeyRefusedError(RequestError):
    """The request needs an API key, and has none that is known."""


class MediaTypeError(RequestError):
    """
    The content type, content encoding or picture format is not one of those offered.

    Attributes:
        taken: The content types that are; empty for those of pictures.
    """

    def __init__(self, detail: str, *faults: Fault, taken: tuple[str, ...] = ()) -> None:
        super().__init__(detail, *faults)
        self.taken = taken


class SlowBodyError(RequestError):
    """The body did not arrive in time."""

    def __init__(self) -> None:
        super().__init__("the body did not arrive in time")


class TooLargeError(RequestError):
    """The request is over a limit on bytes, parts, images or pixels."""


class UnknownNameError(RequestError):
    """A model, version, layer or kernel of that name does not exist."""


class UnservedError(RequestError):
    """The answer needs a network that is not served just now."""


class PreconditionError(RequestError):
    """The request is only for another state of what it asks for."""

    def __init__(self) -> None:
        super().__init__("what is asked for has another ETag")


class NotAcceptableError(RequestError):
    """The answer is wanted in a form that is not offered."""


class FullError(RequestError):
    """
    As much is waiting as may wait; nothing of the request was done.

    Attributes:
        where: What is full: all that may be in flight, the queue of a network, or the threads of a pool.
        retry_after_s: Seconds of work that wait before it, as measured.
    """

    def __init__(self, *, where: Literal["admission", "queue", "pool"], retry_after_s: float = 0) -> None:
        super().__init__("as much is waiting here as may wait; send it again later")
        self.where = where
        self.retry_after_s = retry_after_s


class StoppingError(RequestError):
    """The service stops, and the request was not done in the time that it had for that."""

    def __init__(self) -> None:
        super().__init__("the service stops; send it again")


class DeadlineError(RequestError):
    """The request waited longer than it may; nothing of it was computed."""

    def __init__(self, deadline_s: float) -> None:
        super().__init__(f"the request waited longer than {deadline_s:g} seconds and was not begun")


class AbandonedError(ServiceError):
    """The client is gone; there is nobody to answer."""


class EngineError(ServiceError):
    """The engine answered with another number of rows than it was given."""


class InvalidInputError(RequestError):
    """The request can be read, but what it says is refused."""


class OverBudgetError(InvalidInputError):
    """To compute the answer would cost more than a limit allows."""


class StartError(ServiceError):
    """The service cannot start; the message says why in one line."""


class SettingsError(StartError):
    """A setting is unknown or has no valid value."""


class ModelError(StartError):
    """
    A model directory is missing, incomplete, altered, or answers wrongly.

    Attributes:
        again_s: Seconds after which the same files are worth another try: the machine may have been at fault.
    """

    def __init__(self, message: str, *, again_s: float = math.inf) -> None:
        super().__init__(message)
        self.again_s = again_s


class DeviceError(StartError):
    """The engine could not get the device that was asked for."""

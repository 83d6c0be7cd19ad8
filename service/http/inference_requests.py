"""Requests of the Open Inference Protocol: a JSON document, and the bytes of tensors behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from service.errors import Fault, InvalidInputError, MediaTypeError, SyntaxRefusedError, TooLargeError
from service.http import bodies, documents, strict_json, tensors
from service.http.problems import TENSORS
from service.settings import Limits

LENGTH_HEADER = "Inference-Header-Content-Length"
"""Bytes of the JSON document; the tensors follow. 0: the whole body is one tensor."""

Parameters = dict[str, Any]
Size = Annotated[int, Field(ge=0)]


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


@dataclass(frozen=True)
class Tensor:
    """
    A tensor that was sent, still to be read.

    Attributes:
        name: The input that it is for.
        datatype: Such as ``UINT8``; perhaps none that there is.
        shape: Sizes of the axes, none below 0.
        data: From JSON, or bytes.
        pointer: Where it stands in the request.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Any
    pointer: str

    @property
    def is_binary(self) -> bool:
        """The data came as bytes, not as JSON."""
        return isinstance(self.data, memoryview)

    def read(self) -> npt.NDArray[Any]:
        """
        Give the values.

        Raises:
            InvalidInputError: No such datatype, or data that has not this datatype and shape.
        """
        read = tensors.from_bytes if self.is_binary else tensors.from_json
        return read(self.data, self.datatype, self.shape, self.pointer)


@dataclass(frozen=True)
class Wanted:
    """
    An output that is asked for.

    Attributes:
        name: The output's name.
        binary: Answer in bytes behind the JSON.
        classes: Answer with so many most probable classes as texts; 0 answers with the values.
    """

    name: str
    binary: bool
    classes: int


@dataclass(frozen=True)
class InferenceRequest:
    """
    What is sent and what is asked for.

    Attributes:
        id: The caller's name for the request, or None.
        inputs: At least one.
        outputs: Each name once, or None for all there are.
        binary: Answer in bytes when all there are is asked for.
    """

    id: str | None
    inputs: tuple[Tensor, ...]
    outputs: tuple[Wanted, ...] | None
    binary: bool


async def read(request: Request, limits: Limits, *, only: Tensor) -> InferenceRequest:
    """
    Read a request.

    Args:
        request: Its stream is used up.
        limits: Of bytes, depth, tensors and time.
        only: The model's only input, for one image: what a body without JSON is read as.

    Raises:
        MediaTypeError: Another content type, or a compressed body.
        SyntaxRefusedError: No JSON, or a header that does not count its bytes.
        TooLargeError: Over a limit on bytes or tensors.
        InvalidInputError: The document is not valid, or does not belong to the bytes behind it.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Triton's client sends no content type at all.
    if media_type and media_type not in TENSORS:
        message = f"send {' or '.join(TENSORS)}"
        raise MediaTypeError(message, taken=TENSORS)
    length = _length(request, limits)
    most = limits.max_body_bytes if length is not None else min(limits.max_json_bytes, limits.max_body_bytes)
    body = await bodies.read(request, limit=most, deadline_s=limits.body_deadline_s)
    if length == 0:
        tensor = Tensor(only.name, only.datatype, only.shape, memoryview(body), "#")
        return InferenceRequest(None, (tensor,), None, binary=True)
    if length is not None and length > len(body):
        message = f"{LENGTH_HEADER} is more than the body has"
        raise SyntaxRefusedError(message)
    document = documents.validated(
        strict_json.parse(body[:length], max_depth=limits.max_json_depth), RequestDocument
    )
    if max(len(document.inputs), len(document.outputs or ())) > limits.max_tensors:
        message = f"at most {limits.max_tensors} inputs, and as many outputs, are taken"
        raise TooLargeError(message)
    behind = memoryview(body)[len(body) if length is None else length :]
    binary = _parameter(document.parameters, "binary_data_output", bool, "#/parameters") or False
    return InferenceRequest(
        document.id or None,
        _inputs(document.inputs, behind),
        _outputs(document.outputs, binary=binary),
        binary,
    )


def _length(request: Request, limits: Limits) -> int | None:
    """Give the bytes of JSON that the header states, or None without one."""
    stated = request.headers.getlist(LENGTH_HEADER)
    if not stated:
        return None
    if len(stated) > 1 or not stated[0].isascii() or not stated[0].isdecimal():
        message = f"{LENGTH_HEADER} is one whole number of bytes"
        raise SyntaxRefusedError(message)
    # No body has as many bytes as a number with more digits says.
    length = int(stated[0][:20])
    if length > limits.max_json_bytes:
        message = f"the JSON is larger than {limits.max_json_bytes} bytes"
        raise TooLargeError(message)
    return length


def _inputs(given: Sequence[InputDocument], behind: memoryview) -> tuple[Tensor, ...]:
    found = []
    end = 0
    for index, one in enumerate(given):
        pointer = f"#/inputs/{index}"
        place = f"{pointer}/parameters"
        if one.parameters and "shared_memory_region" in one.parameters:
            raise _refusal(place, "shared memory is not offered; send the tensor")
        size = _parameter(one.parameters, "binary_data_size", int, place)
        if (size is None) == (one.data is None):
            raise _refusal(pointer, "expected either data, or binary_data_size among the parameters")
        data = one.data
        if size is not None:
            start, end = end, end + size
            if end > len(behind):
                raise _refusal(place, "binary_data_size is more than there is behind the JSON")
            data = behind[start:end]
        found.append(Tensor(one.name, one.datatype, tuple(one.shape), data, pointer))
    if end < len(behind):
        message = f"{len(behind) - end} bytes behind the JSON belong to no input; see {LENGTH_HEADER}"
        raise InvalidInputError(message)
    return tuple(found)


def _outputs(asked: Sequence[OutputDocument] | None, *, binary: bool) -> tuple[Wanted, ...] | None:
    if not asked:
        return None
    if len({one.name for one in asked}) < len(asked):
        message = "an output is asked for twice"
        raise InvalidInputError(message, Fault("#/outputs", message))
    return tuple(
        _wanted(one, f"#/outputs/{index}/parameters", binary=binary) for index, one in enumerate(asked)
    )


def _wanted(asked: OutputDocument, pointer: str, *, binary: bool) -> Wanted:
    if asked.parameters and "shared_memory_region" in asked.parameters:
        raise _refusal(pointer, "shared memory is not offered; the answer has the tensor")
    own = _parameter(asked.parameters, "binary_data", bool, pointer)
    classes = _parameter(asked.parameters, "classification", int, pointer)
    return Wanted(asked.name, binary if own is None else own, classes or 0)


def _parameter(parameters: Parameters | None, name: str, kind: type[Any], pointer: str) -> Any:  # noqa: ANN401
    """Give a parameter of a kind, or None; parameters that are not known are nobody's business here."""
    value = (parameters or {}).get(name)
    if value is not None and (type(value) is not kind or value < 0):
        expected = "true or false" if kind is bool else "a whole number from 0"
        raise _refusal(pointer, f"expected {expected} as {name}")
    return value


def _refusal(pointer: str, detail: str) -> InvalidInputError:
    return InvalidInputError("the request is not valid", Fault(pointer, detail))

"""Requests of the Open Inference Protocol: a JSON document, and the bytes of tensors behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from service import media_types
from service.codecs import json
from service.errors import Fault, InvalidInputError, MediaTypeError, SyntaxRefusedError, TooLargeError
from service.http.endpoints import Call
from service.http.problems import TENSORS
from service.settings import Limits
from service.v2 import tensors
from service.v2.documents import InputDocument, OutputDocument, parameter, refusal, validated

LENGTH_HEADER = "Inference-Header-Content-Length"
"""Bytes of the JSON document; the tensors follow. 0: the whole body is one tensor."""


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


def read(call: Call, limits: Limits, *, only: Tensor) -> InferenceRequest:
    """
    Read a request.

    Args:
        call: Its body is JSON, or JSON and the bytes of tensors behind it, or the bytes of one tensor.
        limits: Of bytes, depth and tensors.
        only: The model's only input, for one image: what a body without JSON is read as.

    Raises:
        MediaTypeError: Another content type.
        SyntaxRefusedError: No JSON, or a header that does not count its bytes.
        TooLargeError: Over a limit on bytes or tensors.
        InvalidInputError: The document is not valid, or does not belong to the bytes behind it.
    """
    media_type = media_types.essence(call.content_type)
    # Triton's client sends no content type at all.
    if media_type and media_type not in TENSORS:
        message = f"send {' or '.join(TENSORS)}"
        raise MediaTypeError(message, taken=TENSORS)
    body = call.body
    length = _length(call.head.fields.get(LENGTH_HEADER.lower().encode()), limits)
    if length is None and len(body) > limits.max_json_bytes:
        raise _too_large(limits)
    if length == 0:
        tensor = Tensor(only.name, only.datatype, only.shape, memoryview(body), "#")
        return InferenceRequest(None, (tensor,), None, binary=True)
    if length is not None and length > len(body):
        message = f"{LENGTH_HEADER} is more than the body has"
        raise SyntaxRefusedError(message)
    parsed = json.parse(body[:length], max_depth=limits.max_json_depth, max_values=limits.max_json_values)
    document = validated(parsed, most=limits.max_tensors)
    behind = memoryview(body)[len(body) if length is None else length :]
    binary = parameter(document.parameters, "binary_data_output", bool, "#/parameters") or False
    return InferenceRequest(
        document.id or None,
        _inputs(document.inputs, behind),
        wanted(document.outputs or (), binary=binary),
        binary,
    )


def wanted(asked: Sequence[OutputDocument], *, binary: bool) -> tuple[Wanted, ...] | None:
    """
    Give the outputs that are asked for; None when there are none, which asks for all.

    Args:
        asked: As they were sent.
        binary: How they are wanted that do not say it themselves.

    Raises:
        InvalidInputError: One is asked for twice, or a parameter is not valid.
    """
    if not asked:
        return None
    if len({one.name for one in asked}) < len(asked):
        message = "an output is asked for twice"
        raise InvalidInputError(message, Fault("#/outputs", message))
    return tuple(
        _wanted(one, f"#/outputs/{index}/parameters", binary=binary) for index, one in enumerate(asked)
    )


def _length(stated: bytes | None, limits: Limits) -> int | None:
    """Give the bytes of JSON that the header states, or None without one."""
    if stated is None:
        return None
    if not stated.isdigit():
        message = f"{LENGTH_HEADER} is one whole number of bytes"
        raise SyntaxRefusedError(message)
    # No body has as many bytes as a number with more digits says.
    length = int(stated.lstrip(b"0")[:20] or b"0")
    if length > limits.max_json_bytes:
        raise _too_large(limits)
    return length


def _too_large(limits: Limits) -> TooLargeError:
    return TooLargeError(f"the JSON is larger than {limits.max_json_bytes} bytes")


def _inputs(given: Sequence[InputDocument], behind: memoryview) -> tuple[Tensor, ...]:
    found = []
    end = 0
    for index, one in enumerate(given):
        pointer = f"#/inputs/{index}"
        place = f"{pointer}/parameters"
        if one.parameters and "shared_memory_region" in one.parameters:
            raise refusal(place, "shared memory is not offered; send the tensor")
        size = parameter(one.parameters, "binary_data_size", int, place)
        if (size is None) == (one.data is None):
            raise refusal(pointer, "expected either data, or binary_data_size among the parameters")
        data = one.data
        if size is not None:
            start, end = end, end + size
            if end > len(behind):
                raise refusal(place, "binary_data_size is more than there is behind the JSON")
            data = behind[start:end]
        found.append(Tensor(one.name, one.datatype, tuple(one.shape), data, pointer))
    if end < len(behind):
        message = f"{len(behind) - end} bytes behind the JSON belong to no input; see {LENGTH_HEADER}"
        raise InvalidInputError(message)
    return tuple(found)


def _wanted(asked: OutputDocument, pointer: str, *, binary: bool) -> Wanted:
    if asked.parameters and "shared_memory_region" in asked.parameters:
        raise refusal(pointer, "shared memory is not offered; the answer has the tensor")
    own = parameter(asked.parameters, "binary_data", bool, pointer)
    classes = parameter(asked.parameters, "classification", int, pointer)
    return Wanted(asked.name, binary if own is None else own, classes or 0)

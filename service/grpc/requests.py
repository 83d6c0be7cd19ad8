"""Messages that ask for an inference, as requests of the Open Inference Protocol."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from service.errors import InvalidInputError, TooLargeError
from service.grpc.inference_pb2 import (
    InferParameter,
    InferTensorContents,
    ModelInferRequest,
    ModelRepositoryParameter,
)
from service.settings import Limits
from service.v2 import inputs, tensors
from service.v2.documents import OutputDocument, refusal
from service.v2.requests import InferenceRequest, Tensor, wanted

_CONTENTS = {
    inputs.DATATYPE: "uint_contents",
    inputs.FLOATS: "fp32_contents",
    tensors.BYTES: "bytes_contents",
}
"""The field of each datatype that is taken."""

_PIECE = 65_536
"""Elements that are read in one go, about 3 ms; then others have a turn."""


def read(message: ModelInferRequest, limits: Limits) -> InferenceRequest:
    """
    Read a request.

    Args:
        message: As it was sent: the bytes of all tensors behind the inputs, or each tensor's contents in its
            input. The answer has the same form.
        limits: Of tensors.

    Raises:
        TooLargeError: Over the limit on tensors.
        InvalidInputError: Tensors that do not belong to the inputs, or a parameter that is none.
    """
    if max(len(message.inputs), len(message.outputs)) > limits.max_tensors:
        detail = f"at most {limits.max_tensors} inputs, and as many outputs, are taken"
        raise TooLargeError(detail)
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        detail = f"{len(raw)} raw_input_contents for {len(message.inputs)} inputs"
        raise InvalidInputError(detail)
    given = tuple(
        _tensor(one, memoryview(raw[index]) if raw else None, f"#/inputs/{index}")
        for index, one in enumerate(message.inputs)
    )
    asked = [OutputDocument(name=one.name, parameters=parameters(one.parameters)) for one in message.outputs]
    return InferenceRequest(message.id or None, given, wanted(asked, binary=bool(raw)), bool(raw))


def parameters(
    given: Mapping[str, InferParameter] | Mapping[str, ModelRepositoryParameter],
) -> dict[str, Any]:
    """Give the values of parameters by their names; None of one that has none."""
    values = {}
    for name, parameter in given.items():
        kind = parameter.WhichOneof("parameter_choice")
        values[name] = getattr(parameter, kind) if kind else None
    return values


def _tensor(given: ModelInferRequest.InferInputTensor, raw: memoryview | None, pointer: str) -> Tensor:
    in_contents = f"{pointer}/contents"
    in_shape = f"{pointer}/shape"
    in_parameters = f"{pointer}/parameters"
    if "shared_memory_region" in given.parameters:
        raise refusal(in_parameters, "shared memory is not offered; send the tensor")
    shape = tuple(given.shape)
    if len(shape) > tensors.MOST_AXES or min(shape, default=0) < 0:
        raise refusal(in_shape, f"expected at most {tensors.MOST_AXES} sizes of 0 and more")
    filled = {field.name for field, _ in given.contents.ListFields()}
    if raw is not None:
        if filled:
            raise refusal(in_contents, "expected none beside raw_input_contents")
        return Tensor(given.name, given.datatype, shape, raw, pointer)
    expected = _CONTENTS.get(given.datatype)
    if expected and filled - {expected}:
        raise refusal(in_contents, f"{given.datatype} stands in {expected}")
    return Tensor(given.name, given.datatype, shape, _data(given.contents, expected), pointer)


def _data(contents: InferTensorContents, name: str | None) -> Any:  # noqa: ANN401  as tensors have it
    """Give the elements in the field of a name; none of a datatype that nobody reads."""
    if name is None:
        return []
    elements = getattr(contents, name)
    if name == "bytes_contents":
        files = np.empty(len(elements), object)
        files[:] = list(elements)
        return memoryview(tensors.to_bytes(files))
    pieces = [elements[start : start + _PIECE] for start in range(0, len(elements), _PIECE)]
    dtype = np.int64 if name == "uint_contents" else np.float64
    return np.concatenate([np.array(piece, dtype) for piece in pieces] or [np.empty(0, dtype)])

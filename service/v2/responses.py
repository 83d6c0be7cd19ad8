"""Answers of the Open Inference Protocol: a JSON document, and the bytes of tensors behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from service.errors import Fault, InvalidInputError
from service.http.responses import check_size, of_type
from service.media_types import JSON
from service.server.messages import Response
from service.settings import Limits
from service.v2 import tensors
from service.v2.outputs import Model, Output
from service.v2.requests import LENGTH_HEADER, InferenceRequest, Wanted

BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Asked:
    """An output, and how it is wanted."""

    output: Output
    form: Wanted


def resolve(model: Model, request: InferenceRequest) -> list[Asked]:
    """
    Find the outputs that are asked for.

    Raises:
        InvalidInputError: An output that the model has not, or classes of values that are none.
    """
    if request.outputs is None:
        return [Asked(output, Wanted(output.name, request.binary, 0)) for output in model.outputs]
    known = {output.name: output for output in model.outputs}
    found = []
    for index, form in enumerate(request.outputs):
        if form.name not in known:
            message = f"{model.name} has the outputs {', '.join(known)}"
            raise InvalidInputError(message, Fault(f"#/outputs/{index}/name", message))
        output = known[form.name]
        if form.classes and not output.classes:
            message = "classification is for outputs whose values are classes; these are not"
            raise InvalidInputError(message, Fault(f"#/outputs/{index}/parameters/classification", message))
        found.append(Asked(output, form))
    return found


def check(asked: Sequence[Asked], number: int, limits: Limits) -> None:
    """
    Refuse an answer of too many numbers, before they are computed.

    Raises:
        InvalidInputError: There would be more of them than a limit allows.
    """
    for media_type, binary in ((JSON, False), (BINARY, True)):
        size = sum(one.output.size for one in asked if one.form.binary is binary)
        check_size(number * size, media_type, limits)


def write(
    model: Model, request_id: str, asked: Sequence[Asked], computed: Sequence[npt.NDArray[np.float32]]
) -> Response:
    """Write what was computed, in the form in which each output is wanted."""
    told = []
    behind = []
    for one, values in zip(asked, computed, strict=True):
        tensor = _classified(values, one) if one.form.classes else values
        output: dict[str, Any] = {
            "name": one.output.name,
            "datatype": tensors.datatype(tensor),
            "shape": tensor.shape,
        }
        if one.form.binary:
            behind.append(tensors.to_bytes(tensor))
            output["parameters"] = {"binary_data_size": len(behind[-1])}
        else:
            output["data"] = tensors.to_json(tensor)
        told.append(output)
    head = orjson.dumps(
        {"model_name": model.name, "model_version": model.version, "id": request_id, "outputs": told},
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
    if not behind:
        return of_type(JSON, head)
    length = (LENGTH_HEADER.lower().encode(), b"%d" % len(head))
    return Response(200, ((b"content-type", BINARY.encode()),), [head, *behind], more=[length])


def _classified(values: npt.NDArray[np.float32], asked: Asked) -> npt.NDArray[np.object_]:
    """Give the classes of the largest values, largest first, each as ``value:index:class``."""
    order = np.argsort(-values, axis=1, kind="stable")[:, : asked.form.classes]
    texts = np.empty(order.shape, object)
    for place, index in np.ndenumerate(order):
        value = values[place[0], index]
        texts[place] = f"{value!s}:{index}:{asked.output.classes[index]}".encode()
    return texts

"""Types of parameters that take one number or many, each checked in one go and documented as JSON Schema."""

from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from service.operations import kernels, numbers, windows
from service.operations.numbers import Floats


def _kernel(value: Any, info: ValidationInfo) -> Floats | tuple[Floats, ...]:  # noqa: ANN401
    field = str(info.field_name)
    if isinstance(value, str):
        return _preset(value, field)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        presets = tuple(_preset(one, f"{field}/{index}") for index, one in enumerate(value))
        if len({preset.shape for preset in presets}) > 1:
            windows.refuse(field, "kernels of one list have one size")
        return presets
    return numbers.array_of(value, f"#/{field}")


def _preset(name: str, field: str) -> Floats:
    if name not in kernels.PRESETS:
        windows.refuse(field, f"no such kernel; there are: {', '.join(kernels.PRESETS)}")
    return kernels.PRESETS[name].values


def _per_map(value: Any, info: ValidationInfo) -> Floats:  # noqa: ANN401
    field = str(info.field_name)
    array = numbers.array_of([value] if type(value) in {int, float} else value, f"#/{field}")
    if array.ndim != 1:
        windows.refuse(field, "expected a number, or a list of them")
    return array


def _pair(value: Any, info: ValidationInfo) -> int | tuple[int, ...]:  # noqa: ANN401
    if type(value) is int:
        return value
    if isinstance(value, list) and len(value) in {1, 2} and {type(one) for one in value} == {int}:
        return tuple(value)
    return windows.refuse(str(info.field_name), "expected a whole number, or [height, width]")


def _cells(value: Any, info: ValidationInfo) -> bool | tuple[tuple[int, ...], ...]:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    if isinstance(value, np.ndarray) and value.dtype == np.int64 and value.shape[1:] in {(1,), (2,)}:
        if len(value) > _MOST_CELLS:
            windows.refuse(str(info.field_name), f"expected at most {_MOST_CELLS} cells")
        value = value.tolist()
    if isinstance(value, list) and all(isinstance(one, list) and len(one) in {1, 2} for one in value):
        cells = tuple(map(tuple, value))
        if {type(place) for cell in cells for place in cell} <= {int}:
            return cells
    return windows.refuse(str(info.field_name), "expected true, false, or a list of [row, column]")


def _lists(depth: int) -> dict[str, Any]:
    return {"type": "array", "items": _lists(depth - 1) if depth > 1 else {"type": "number"}}


_MOST_CELLS = 65_536
"""Cells to explain: each is told in six numbers and more, of which an answer has 262,144."""

_NAME = {"type": "string", "enum": list(kernels.PRESETS)}
# Without the names: of lists of names and lists of numbers, generated clients tell the types apart, not more.
_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_WHOLE = {"type": "integer", "minimum": 0}
_ONE_OR_TWO = {"type": "array", "items": _WHOLE, "minItems": 1, "maxItems": 2}

Kernel: TypeAlias = Annotated[
    npt.NDArray[np.float32] | tuple[npt.NDArray[np.float32], ...],
    PlainValidator(_kernel),
    WithJsonSchema({"anyOf": [_NAME, _NAMES, *map(_lists, (1, 2, 3, 4))]}),
]
"""A preset's name, several names, or numbers of 1 to 4 axes."""

PerMap: TypeAlias = Annotated[
    npt.NDArray[np.float32],
    PlainValidator(_per_map),
    WithJsonSchema({"anyOf": [{"type": "number"}, _lists(1)]}),
]
"""One number for all maps, or one for each: ``(n,)`` float32."""

Pair: TypeAlias = Annotated[
    int | tuple[int, ...],
    PlainValidator(_pair),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, _ONE_OR_TWO]}),
]
"""A whole number for every axis, or one for each."""

PairFromZero: TypeAlias = Annotated[
    int | tuple[int, ...],
    PlainValidator(_pair),
    WithJsonSchema({"anyOf": [_WHOLE, _ONE_OR_TWO]}),
]
"""The same, where 0 is taken too."""

Explain: TypeAlias = Annotated[
    bool | tuple[tuple[int, ...], ...],
    PlainValidator(_cells),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": _ONE_OR_TWO}]}),
]
"""All cells, none, or some."""

"""What lies around the input: how wide on each side, and what it is filled with."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import PlainValidator, WithJsonSchema

from service.operations import windows
from service.operations.numbers import Floats
from service.operations.signals import Signal
from service.operations.windows import Axis

Sides: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""Cells before and after, along height and along width."""

Rule = Literal["valid", "same", "same_lower", "full"]
Mode = Literal["zeros", "constant", "replicate", "reflect", "symmetric", "circular"]

_RULES: tuple[Rule, ...] = ("valid", "same", "same_lower", "full")
_ALIASES: dict[str, Mode] = {"edge": "replicate", "wrap": "circular"}
_AMBIGUOUS = {
    "mirror": "ambiguous: say reflect, where the edge stands once (numpy, torch), or symmetric, where twice",
    "nearest": "ambiguous: say replicate, which repeats the edge",
}
_NUMPY: dict[Mode, Any] = {
    "zeros": "constant",
    "constant": "constant",
    "replicate": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "circular": "wrap",
}


@dataclass(frozen=True)
class Cells:
    """Cells of padding as the caller gave them: for every axis, or one for each, at its start and its end."""

    starts: int | tuple[int, ...]
    ends: int | tuple[int, ...]


def _width(value: Any) -> Rule | Cells:  # noqa: ANN401
    for rule in _RULES:
        if isinstance(value, str) and value == rule:
            return rule
    if type(value) is int:
        return Cells(value, value)
    if isinstance(value, list) and len(value) in {1, 2}:
        if {type(one) for one in value} == {int}:
            return Cells(tuple(value), tuple(value))
        pairs = all(isinstance(side, list) and len(side) == 2 for side in value)
        if pairs and {type(one) for side in value for one in side} == {int}:
            starts, ends = zip(*value, strict=True)
            return Cells(starts, ends)
    cells = "a whole number, [height, width] or [[top, bottom], [left, right]]"
    return windows.refuse("padding", f"expected {', '.join(_RULES)}, {cells}")


def _pooling_width(value: Any) -> Rule | Cells:  # noqa: ANN401
    if isinstance(value, str) and value == "full":
        windows.refuse("padding", "full is of convolution only: a window would have no cell of the input")
    return _width(value)


def _mode(value: Any) -> Mode:  # noqa: ANN401
    if isinstance(value, str):
        if value in _AMBIGUOUS:
            windows.refuse("padding_mode", _AMBIGUOUS[value])
        for mode in _NUMPY:
            if _ALIASES.get(value, value) == mode:
                return mode
    return windows.refuse("padding_mode", f"expected {', '.join(_NUMPY)}")


_WHOLE = {"type": "integer", "minimum": 0}
_SIDE = {"type": "array", "items": _WHOLE, "minItems": 2, "maxItems": 2}


def _schema(rules: tuple[str, ...]) -> WithJsonSchema:
    numbers = {"type": "array", "items": _WHOLE, "minItems": 1, "maxItems": 2}
    sides = {"type": "array", "items": _SIDE, "minItems": 1, "maxItems": 2}
    return WithJsonSchema({"anyOf": [{"type": "string", "enum": list(rules)}, _WHOLE, numbers, sides]})


Width: TypeAlias = Annotated[Rule | Cells, PlainValidator(_width), _schema(_RULES)]
"""How wide: a rule, cells on every side, along each axis, or on each side."""

PoolingWidth: TypeAlias = Annotated[Rule | Cells, PlainValidator(_pooling_width), _schema(_RULES[:-1])]
"""The same without ``full``."""

BorderMode: TypeAlias = Annotated[
    Mode, PlainValidator(_mode), WithJsonSchema({"enum": [*_NUMPY, *_ALIASES], "type": "string"})
]
"""What padding is filled with."""


def resolve(width: Width, axes: tuple[Axis, Axis], signal: Signal, *, most: int) -> Sides:
    """
    Give the cells of padding on each side.

    Args:
        width: As the caller put it.
        axes: Height and width, still without padding.
        signal: The input.
        most: Most cells on a side that a caller may ask for in numbers.

    Raises:
        InvalidInputError: Numbers out of range, or not for each axis.
    """
    if isinstance(width, Cells):
        top, left = windows.per_axis(width.starts, signal, "padding", neutral=0, most=most)
        bottom, right = windows.per_axis(width.ends, signal, "padding", neutral=0, most=most)
        return (top, bottom), (left, right)
    height, breadth = (_by_rule(width, axis) for axis in axes)
    return height, breadth


def fill(values: Floats, sides: Sides, mode: Mode = "zeros", value: float = 0.0) -> Floats:
    """
    Surround ``(channels, height, width)`` with padding.

    numpy's ``reflect`` is torch's and ONNX' too, ndimage's ``mirror`` and OpenCV's ``REFLECT_101``; its
    ``symmetric`` is ndimage's ``reflect`` and OpenCV's ``REFLECT``. A border wider than the input goes on
    repeating it, as there.
    """
    if not any(map(any, sides)):
        return values
    options: dict[str, Any] = {"constant_values": value} if _NUMPY[mode] == "constant" else {}
    return np.pad(values, ((0, 0), *sides), _NUMPY[mode], **options)


def _by_rule(rule: Rule, axis: Axis) -> tuple[int, int]:
    if rule == "valid":
        return 0, 0
    if rule == "full":
        return axis.extent - 1, axis.extent - 1
    windows_wanted = -(-axis.size // axis.stride)
    total = max(0, (windows_wanted - 1) * axis.stride + axis.extent - axis.size)
    smaller, larger = total // 2, total - total // 2
    return (smaller, larger) if rule == "same" else (larger, smaller)

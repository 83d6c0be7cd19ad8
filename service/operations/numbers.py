"""Nested lists and arrays to float32 in bulk: no number is validated by itself, and none slips through."""

from collections.abc import Collection
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from service.errors import Fault, InvalidInputError

Floats = npt.NDArray[np.float32]

LARGEST = float(np.finfo(np.float32).max)
_NUMBERS = frozenset({int, float})
_MOST_AXES = 4


def array_of(value: Any, pointer: str) -> Floats:  # noqa: ANN401  JSON is any of six types
    """
    Take nested lists of numbers, or an array, as finite float32.

    Args:
        value: Lists of equal length, as JSON gives them, or a numeric array of 1 to 4 axes.
        pointer: Where it stands in the request.

    Returns:
        The numbers in C order; it may share the memory of an array that was given.

    Raises:
        InvalidInputError: Ragged or empty, a text, bool or null among the numbers, NaN or infinity.
    """
    numbers = value if isinstance(value, np.ndarray) else _flattened(value, pointer)
    if numbers.dtype in {np.int64, np.uint64}:
        # As from lists: whole numbers beyond 2^53 are rounded to float64 first.
        numbers = numbers.astype(np.float64)
    if numbers.ndim not in range(1, _MOST_AXES + 1) or not numbers.size:
        raise _refusal(pointer, f"expected 1 to {_MOST_AXES} axes, none of them empty")
    with np.errstate(over="ignore"):
        floats = np.require(numbers, np.float32, ("C_CONTIGUOUS", "ALIGNED"))
    if not magnitude(floats) <= LARGEST:
        raise _refusal(pointer, "NaN, infinity and numbers beyond float32 are not taken")
    return floats


def magnitude(values: Floats) -> float:
    """Give the largest absolute value; NaN when there is one."""
    return float(np.maximum(-values.min(), values.max()))


def _flattened(value: Any, pointer: str) -> npt.NDArray[np.float64]:  # noqa: ANN401
    """Go down a level at a time: ``type`` tells a bool from an int, where NumPy would take both."""
    shape: list[int] = []
    level = [value]
    while (kinds := set(map(type, level))) == {list} and len(shape) <= _MOST_AXES:
        lengths = [len(one) for one in level]
        if len(set(lengths)) > 1:
            odd = next(index for index, length in enumerate(lengths) if length != lengths[0])
            detail = f"expected a list of {lengths[0]}, as long as its neighbours; it has {lengths[odd]}"
            raise _refusal(_place(pointer, odd, shape), detail)
        shape.append(lengths[0])
        level = list(chain.from_iterable(level))
    if not shape or not kinds <= _NUMBERS:
        wanted: Collection[type] = {list} if shape and type(level[0]) is list else _NUMBERS
        if np.ndarray in kinds:
            # Long lists of numbers, as JSON gives them, beside something that is none.
            wanted = {np.ndarray}
        odd = next((index for index, one in enumerate(level) if type(one) not in wanted), 0)
        detail = "expected lists of numbers, all as deep; texts, booleans and null are none"
        raise _refusal(_place(pointer, odd, shape), detail)
    return np.array(level, np.float64).reshape(shape)


def _place(pointer: str, index: int, shape: list[int]) -> str:
    places = np.unravel_index(index, shape) if shape else ()
    return "/".join([pointer, *map(str, places)])


def _refusal(pointer: str, detail: str) -> InvalidInputError:
    return InvalidInputError("the numbers cannot be taken", Fault(pointer, detail))

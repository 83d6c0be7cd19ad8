"""Nested lists of JSON to one array of numbers, and float32 to what JSON says of it."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

_INTEGER = {int}
_NUMBERS = {int, float}
_WHOLE = 2.0**24
"""From here on every float32 is a whole number."""
_BLOCK = 16_384
"""Numbers that are read back at once: in some 2 ms, in which nothing else is done."""


def array_of(values: Sequence[Any]) -> npt.NDArray[Any] | None:
    """
    Give lists of equal length as an array, or None when they are not, or hold something else than numbers.

    Args:
        values: A list as orjson gives it: a bool, a text and null are no numbers.

    Returns:
        int64 when all numbers are integers and fit, else float64, as numbers beyond 64 bits are for orjson.
    """
    shape = [len(values)]
    level = values
    while (kinds := set(map(type, level))) == {list}:
        lengths = set(map(len, level))
        if len(lengths) > 1:
            return None
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    if not kinds <= _NUMBERS:
        return None
    if kinds <= _INTEGER:
        try:
            return np.array(level, np.int64).reshape(shape)
        except OverflowError:
            pass
    return np.array(level, np.float64).reshape(shape)


def written_whole(content: Any) -> Any:  # noqa: ANN401  whatever JSON is made of
    """
    Give an answer in which float32 numbers are as JSON has to say them: whole ones to their last digit.

    The shortest text that reads back to the same float32 would say 4294967300 of 4294967296.

    Args:
        content: Objects, lists, and arrays in C order.

    Returns:
        The same, with float64 for arrays and numbers of more digits than that text has.
    """
    if isinstance(content, dict):
        return {name: written_whole(value) for name, value in content.items()}
    if isinstance(content, list):
        return [written_whole(value) for value in content]
    if isinstance(content, np.float32):
        return float(content) if abs(content) >= _WHOLE else content
    if isinstance(content, np.ndarray) and content.dtype == np.float32:
        return _array_written_whole(content)
    return content


def _array_written_whole(values: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
    if not (np.abs(values) >= _WHOLE).any():
        return values
    exact = values.astype(np.float64)
    flat, floats = exact.reshape(-1), values.reshape(-1)
    fractions = np.flatnonzero(flat != np.rint(flat))
    for start in range(0, len(fractions), _BLOCK):
        places = fractions[start : start + _BLOCK]
        flat[places] = orjson.loads(orjson.dumps(floats[places], option=orjson.OPT_SERIALIZE_NUMPY))
    return exact

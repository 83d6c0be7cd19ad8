"""Nested lists of JSON to one array of numbers, when they are nothing else."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

_INTEGER = {int}
_NUMBERS = {int, float}


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

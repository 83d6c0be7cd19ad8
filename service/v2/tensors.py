"""Tensors of the Open Inference Protocol to and from NumPy: JSON flat or nested, or little-endian bytes."""

from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from service.errors import Fault, InvalidInputError

BYTES = "BYTES"
"""The datatype whose elements are byte strings; in NumPy an array of objects."""

MOST_AXES = 8
"""Axes of a tensor: images need four."""

_MOST_ELEMENTS = 2**31
"""Far beyond what any body holds, and within what NumPy counts."""

_DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_LENGTH_BYTES = 4
_Elements: TypeAlias = list[Any] | npt.NDArray[Any]
_KINDS: dict[str, tuple[set[type], str]] = {
    "b": ({bool}, "true or false"),
    "u": ({int, float}, "whole numbers"),
    "i": ({int, float}, "whole numbers"),
    "f": ({int, float}, "numbers"),
}
"""What JSON may have for a kind of NumPy's dtypes, and its name. Clients whose numbers are all floats write
whole ones as 7.0."""


def from_json(data: Any, datatype: str, shape: Sequence[int], pointer: str) -> npt.NDArray[Any]:  # noqa: ANN401
    """
    Read a tensor from JSON.

    Args:
        data: Its elements in row-major order: one list, lists nested as the shape says, or either as the
            array that ``strict_json`` makes of a long one.
        datatype: Such as ``UINT8``.
        shape: Sizes of the axes.
        pointer: Where the tensor stands in the request.

    Returns:
        The tensor, of the datatype's dtype; of ``BYTES`` an array of objects, each text as its UTF-8.

    Raises:
        InvalidInputError: No such datatype or shape, or data that has not this shape and datatype.
    """
    dtype = _dtype(datatype, pointer)
    count = _count(shape, pointer)
    sizes, elements = flattened(data, pointer)
    if sizes not in ([count], list(shape)):
        raise _refusal(
            pointer, "/data", f"expected {count} elements, in one list or in lists nested as the shape says"
        )
    if dtype is None:
        _check_types(elements, {str}, "texts", pointer)
        return _objects([text.encode() for text in elements], shape)
    if datatype == "FP16":
        raise _refusal(pointer, "/data", "FP16 has no form in JSON; send it in binary form")
    _check_types(elements, *_KINDS[dtype.kind], pointer)
    return _numbers(elements, dtype, pointer).reshape(shape)


def from_bytes(
    data: bytes | memoryview, datatype: str, shape: Sequence[int], pointer: str
) -> npt.NDArray[Any]:
    """
    Read a tensor from its bytes; numbers share their memory, so treat them as read-only.

    Args:
        data: Numbers little-endian in row-major order; of ``BYTES`` each element's length as a 32-bit
            number, then the element.
        datatype: Such as ``UINT8``.
        shape: Sizes of the axes.
        pointer: Where the tensor stands in the request.

    Raises:
        InvalidInputError: No such datatype or shape, or data that is longer or shorter than both say.
    """
    dtype = _dtype(datatype, pointer)
    count = _count(shape, pointer)
    if dtype is None:
        return _objects(_split(memoryview(data), count, pointer), shape)
    if len(data) != count * dtype.itemsize:
        message = f"{datatype} of this shape has {count * dtype.itemsize} bytes; there are {len(data)}"
        raise _refusal(pointer, "", message)
    if dtype.kind == "b" and np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise _refusal(pointer, "", "a BOOL is a byte 0 or 1")
    return np.frombuffer(data, dtype).reshape(shape)


def to_json(tensor: npt.NDArray[Any]) -> Any:  # noqa: ANN401  what orjson writes
    """Give the elements in row-major order, as ``http.answers`` writes them."""
    flat = tensor.ravel()
    return [element.decode() for element in flat] if tensor.dtype == object else flat


def to_bytes(tensor: npt.NDArray[Any]) -> bytes:
    """Give the bytes of a tensor, as ``from_bytes`` reads them."""
    if tensor.dtype != object:
        return tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes()
    lengths = (len(element).to_bytes(_LENGTH_BYTES, "little") for element in tensor.flat)
    return b"".join(chain.from_iterable(zip(lengths, tensor.flat, strict=True)))


def datatype(tensor: npt.NDArray[Any]) -> str:
    """Give the protocol's name for what an array holds."""
    return BYTES if tensor.dtype == object else _NAMES[tensor.dtype.newbyteorder("<")]


def _dtype(datatype: str, pointer: str) -> np.dtype[Any] | None:
    """Give the dtype of a datatype's elements; of ``BYTES`` there is none."""
    if datatype == BYTES:
        return None
    if datatype not in _DTYPES:
        raise _refusal(pointer, "/datatype", f"expected one of {', '.join(_DTYPES)}, {BYTES}")
    return _DTYPES[datatype]


def _count(shape: Sequence[int], pointer: str) -> int:
    """Count elements in Python's integers, which do not overflow."""
    if (
        len(shape) > MOST_AXES
        or min(shape, default=0) < 0
        or prod(size or 1 for size in shape) > _MOST_ELEMENTS
    ):
        message = f"expected at most {MOST_AXES} sizes of 0 and more, and no more elements than a body holds"
        raise _refusal(pointer, "/shape", message)
    return prod(shape)


def flattened(data: Any, pointer: str) -> tuple[list[int], _Elements]:  # noqa: ANN401
    """Go down a level at a time; give how long the lists of each are, and the elements."""
    if isinstance(data, np.ndarray):
        return list(data.shape), data.ravel()
    sizes: list[int] = []
    level = [data]
    while level and set(map(type, level)) == {list}:
        lengths = set(map(len, level))
        if len(lengths) > 1:
            raise _refusal(pointer, "/data", "expected lists of equal length")
        sizes.append(lengths.pop())
        level = list(chain.from_iterable(level))
    return sizes, level


def _check_types(elements: _Elements, taken: set[type], name: str, pointer: str) -> None:
    """Refuse what NumPy would convert: for it a bool is a number."""
    kinds: set[type]
    if isinstance(elements, np.ndarray):
        kinds = {int} if elements.dtype.kind == "i" else {float}
    else:
        kinds = set(map(type, elements))
    if len(elements) and not kinds <= taken:
        raise _refusal(pointer, "/data", f"expected {name} only, all equally deep")


def _numbers(elements: _Elements, dtype: np.dtype[Any], pointer: str) -> npt.NDArray[Any]:
    if dtype.kind == "b":
        return np.array(elements, dtype)
    if dtype.kind != "f":
        _check_whole(elements, dtype, pointer)
    least, most = _range(dtype)
    if isinstance(elements, np.ndarray):
        lowest, highest = elements.min(initial=0), elements.max(initial=0)
    else:
        lowest, highest = min(elements, default=0), max(elements, default=0)
    if not (lowest >= least and highest <= most):
        raise _refusal(pointer, "/data", f"{_NAMES[dtype]} holds numbers from {least} to {most}")
    if dtype.kind == "f":
        # As Python does: whole numbers beyond 2^53 are rounded to float64 first.
        elements = np.asarray(elements, np.float64)
    return np.asarray(elements, dtype)


def _check_whole(elements: _Elements, dtype: np.dtype[Any], pointer: str) -> None:
    if isinstance(elements, np.ndarray):
        is_whole = elements.dtype.kind == "i" or bool((elements == np.floor(elements)).all())
    else:
        is_whole = all(type(element) is int or element.is_integer() for element in elements)
    if not is_whole:
        message = f"{_NAMES[dtype]} holds whole numbers; send others as FP32"
        raise _refusal(pointer, "/data", message)


def _range(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind == "f":
        limits = np.finfo(dtype)
        return float(limits.min), float(limits.max)
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def _split(data: memoryview, count: int, pointer: str) -> list[bytes]:
    elements: list[bytes] = []
    end = 0
    for _ in range(count):
        start = end + _LENGTH_BYTES
        end = start + int.from_bytes(data[end:start], "little")
        if start > len(data) or end > len(data):
            raise _of_other_elements(count, pointer)
        elements.append(bytes(data[start:end]))
    if end != len(data):
        raise _of_other_elements(count, pointer)
    return elements


def _of_other_elements(count: int, pointer: str) -> InvalidInputError:
    message = f"expected {count} elements, each its length in 4 bytes, then as many bytes, and nothing else"
    return _refusal(pointer, "", message)


def _objects(elements: Sequence[bytes], shape: Sequence[int]) -> npt.NDArray[np.object_]:
    array = np.empty(len(elements), object)
    array[:] = elements
    return array.reshape(shape)


def _refusal(pointer: str, part: str, detail: str) -> InvalidInputError:
    return InvalidInputError("a tensor cannot be taken", Fault(pointer + part, detail))

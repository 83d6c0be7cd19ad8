"""NumPy's ``.npy`` format (NEP 1), read without trust in its header and without pickle."""

import ast
import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from service.errors import InvalidInputError, MediaTypeError, SyntaxRefusedError

MAGIC = b"\x93NUMPY"
"""With what a file begins."""

DTYPES = (
    *("bool", "float16", "float32", "float64"),
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
)
"""Names of the dtypes that are taken, in either byte order."""

_VERSIONS = {b"\x01\x00": (2, "latin-1"), b"\x02\x00": (4, "latin-1"), b"\x03\x00": (4, "utf-8")}
"""Format version to the bytes that count the header's, and the charset of those."""
_ORDERS: tuple[Literal["<", ">", "|"], ...] = ("<", ">", "|")
_TAKEN = {
    order + dtype.str[1:]: dtype.newbyteorder(order) for dtype in map(np.dtype, DTYPES) for order in _ORDERS
}
"""Dtypes by the text that a header has for them."""
_OTHERS = {
    "c": "complex numbers",
    "f": "floats of another width",
    "O": "Python objects",
    "S": "texts",
    "U": "texts",
    "V": "records",
    "M": "dates",
    "m": "times",
}
"""By the letter of the kind (NumPy's array protocol): what is said of arrays that are not taken."""
_LONGEST_HEADER = 1_024
"""Bytes of header text: a shape and a dtype need about 80."""
_MOST_DIMENSIONS = 8
"""Pictures need three; NumPy itself ends at 64."""


def read(data: bytes) -> npt.NDArray[Any]:
    """
    Read an array.

    Args:
        data: A ``.npy`` file, format version 1 to 3, in C or Fortran order, of either byte order.

    Returns:
        The array in native byte order; it may share the memory of ``data``, so treat it as read-only.

    Raises:
        MediaTypeError: No ``.npy`` file.
        SyntaxRefusedError: The header is damaged, or the data is shorter or longer than it says.
        InvalidInputError: A format version, a dtype or a number of dimensions that is not taken.
    """
    array, end = _read_at(data, 0)
    if end != len(data):
        raise _of_another_length()
    return array


def read_all(data: bytes, *, most: int) -> list[npt.NDArray[Any]]:
    """
    Read arrays that follow one another, as several ``numpy.save`` to one file write them.

    Args:
        data: At least one ``.npy`` file, as ``read`` takes it.
        most: Most arrays.

    Raises:
        MediaTypeError: Something is no ``.npy`` file.
        SyntaxRefusedError: A header is damaged, or the data is shorter than it says.
        InvalidInputError: What ``read`` refuses, or too many arrays.
    """
    arrays: list[npt.NDArray[Any]] = []
    end = 0
    while not arrays or end < len(data):
        if len(arrays) == most:
            message = f"at most {most} arrays may follow one another"
            raise InvalidInputError(message)
        array, end = _read_at(data, end)
        arrays.append(array)
    return arrays


def _read_at(data: bytes, begin: int) -> tuple[npt.NDArray[Any], int]:
    """Give the array that begins at a byte, and where it ends."""
    if not data.startswith(MAGIC, begin):
        message = "not an array in NumPy's .npy format; .npz and pickle files are not read"
        raise MediaTypeError(message)
    text, start = _header_text(data, begin)
    descr, fortran_order, shape = _parsed(text)
    dtype = _TAKEN.get(descr)
    if dtype is None:
        what = _OTHERS.get(descr.lstrip("<>|=")[:1], "numbers of a dtype that is not taken")
        message = f"the array holds {what}; send {', '.join(DTYPES)}"
        raise InvalidInputError(message)
    if len(shape) > _MOST_DIMENSIONS:
        message = f"the array has {len(shape)} dimensions; at most {_MOST_DIMENSIONS} are read"
        raise InvalidInputError(message)
    # Python's integers do not overflow: a header may claim any shape.
    elements = math.prod(shape)
    end = start + elements * dtype.itemsize
    if end > len(data) or max(shape, default=0) > len(data):
        raise _of_another_length()
    flat = np.frombuffer(data, dtype, count=elements, offset=start)
    if dtype == np.bool_:
        # Any byte that is not 0 is true; NumPy would go on with the byte.
        flat = flat.view(np.uint8) != 0
    array = flat.reshape(shape, order="F" if fortran_order else "C")
    return array.astype(dtype.newbyteorder("="), order="C", copy=False), end


def write(array: npt.NDArray[Any]) -> tuple[bytes, memoryview]:
    """Give the header and the data of an ``.npy`` file (NEP 1, version 1.0); the data is not copied."""
    text = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {array.shape}, }}"
    # The data begins at a multiple of 64 bytes; the header ends with a line feed.
    header = text.ljust(-(10 + len(text) + 1) % 64 + len(text)).encode() + b"\n"
    data = np.ascontiguousarray(array).data.cast("B")
    return MAGIC + b"\x01\x00" + len(header).to_bytes(2, "little") + header, data


def _header_text(data: bytes, magic: int) -> tuple[str, int]:
    """Give the text of the header that begins at a byte, and where the data begins."""
    version = _VERSIONS.get(data[magic + 6 : magic + 8])
    if version is None:
        message = "a .npy file of format version 1, 2 or 3 is expected, as numpy.save writes it"
        raise InvalidInputError(message)
    length_bytes, charset = version
    begin = magic + 8 + length_bytes
    length = int.from_bytes(data[magic + 8 : begin], "little")
    if length > _LONGEST_HEADER or begin + length > len(data):
        raise _damaged()
    try:
        return data[begin : begin + length].decode(charset), begin + length
    except UnicodeDecodeError:
        raise _damaged() from None


def _parsed(text: str) -> tuple[Any, bool, tuple[int, ...]]:
    """
    Read the header's Python literal: ``{'descr': '|u1', 'fortran_order': False, 'shape': (28, 28), }``.

    NumPy's own reader also takes what Python 2 wrote, by a tokenizer that fails in many ways.
    """
    try:
        header = ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise _damaged() from None
    if not isinstance(header, dict) or header.keys() != {"descr", "fortran_order", "shape"}:
        raise _damaged()
    fortran_order, shape = header["fortran_order"], header["shape"]
    if not isinstance(fortran_order, bool) or not isinstance(shape, tuple):
        raise _damaged()
    if not all(type(size) is int and size >= 0 for size in shape):
        raise _damaged()
    # A structured dtype is a list, which no table has as its key.
    return str(header["descr"]), fortran_order, shape


def _of_another_length() -> SyntaxRefusedError:
    return SyntaxRefusedError("the .npy data is shorter or longer than its header says")


def _damaged() -> SyntaxRefusedError:
    return SyntaxRefusedError("the .npy header is damaged")

"""NumPy's ``.npy`` format (NEP 1), read without trust in its header and without pickle."""

import io
import math
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from service.errors import InvalidInputError, MediaTypeError, SyntaxRefusedError

MEDIA_TYPE = "application/x-npy"
_LONGEST_HEADER = 1_024
"""Bytes of header text: a shape and a dtype need about 80."""


def read(data: bytes, *, dtypes: Collection[str]) -> npt.NDArray[Any]:
    """
    Read an array.

    Args:
        data: A ``.npy`` file, format version 1 or 2, in C or Fortran order, of either byte order.
        dtypes: Names of the dtypes that are taken, such as ``uint8``.

    Returns:
        The array in native byte order; it may share the memory of ``data``, so treat it as read-only.

    Raises:
        MediaTypeError: No ``.npy`` file.
        SyntaxRefusedError: The header is damaged, or the data is shorter or longer than it says.
        InvalidInputError: A dtype that is not taken.
    """
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
    except ValueError:
        message = "not an array in NumPy's .npy format; .npz and pickle files are not read"
        raise MediaTypeError(message) from None
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_header is None:
        message = "a .npy file of format version 1 or 2 is expected, as numpy.save writes it"
        raise InvalidInputError(message)
    try:
        shape, fortran_order, dtype = read_header(stream, max_header_size=_LONGEST_HEADER)
    except (ValueError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError):
        message = "the .npy header is damaged"
        raise SyntaxRefusedError(message) from None
    if dtype.newbyteorder("=").name not in dtypes or dtype.hasobject:
        message = f"the array's dtype is not taken; send {' or '.join(dtypes)}"
        raise InvalidInputError(message)
    # Python's integers do not overflow: a header may claim any shape.
    elements = math.prod(shape)
    if any(size < 0 for size in shape) or elements * dtype.itemsize != len(data) - stream.tell():
        message = "the .npy data is shorter or longer than its header says"
        raise SyntaxRefusedError(message)
    flat = np.frombuffer(data, dtype, count=elements, offset=stream.tell())
    array = flat.reshape(shape, order="F" if fortran_order else "C")
    return np.ascontiguousarray(array, dtype.newbyteorder("="))

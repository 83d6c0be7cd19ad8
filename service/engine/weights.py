"""
The trained weights inside an ONNX file, read without the ``onnx`` package.

Every start needs their names and shapes, and that package would take a fifth of a second and 11 MiB of each
process. The fields are those of ``onnx.proto``, in the wire format of Protocol Buffers.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_VARINT, _FIXED64, _BYTES = 0, 1, 2
_GRAPH = 7
"""Of a ``ModelProto``."""
_INITIALIZER = 5
"""Of a ``GraphProto``."""
_DIMS, _DATA_TYPE, _FLOAT_DATA, _NAME, _RAW_DATA = 1, 2, 4, 8, 9
"""Of a ``TensorProto``."""
_FLOAT = 1
"""The ``data_type`` of float32."""


def read(model: bytes) -> dict[str, Array]:
    """
    Read the float32 constants of a graph.

    Args:
        model: An ONNX file's bytes, already known to be good.

    Returns:
        Name to array. The arrays show the bytes of the file: they are read-only, and may not be aligned.
    """
    tensors = [
        _gathered(tensor)
        for number, graph in _fields(memoryview(model))
        if number == _GRAPH
        for inner, tensor in _fields(graph)
        if inner == _INITIALIZER
    ]
    return {
        b"".join(fields[_NAME]).decode(): _array(fields)
        for fields in tensors
        if _numbers(fields.get(_DATA_TYPE, [])) == [_FLOAT]
    }


def _array(fields: dict[int, list[memoryview]]) -> Array:
    data = fields.get(_RAW_DATA) or fields.get(_FLOAT_DATA) or [memoryview(b"")]
    values = np.frombuffer(data[0] if len(data) == 1 else b"".join(data), "<f4")
    return values.reshape(_numbers(fields.get(_DIMS, [])))


def _gathered(message: memoryview) -> dict[int, list[memoryview]]:
    """Give each field's values: a repeated field may come in one piece or in several."""
    fields: dict[int, list[memoryview]] = {}
    for number, value in _fields(message):
        fields.setdefault(number, []).append(value)
    return fields


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Give the number and the bytes of each field; those of a number as they stand."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            _, end = _varint(message, at)
        elif kind == _BYTES:
            length, at = _varint(message, at)
            end = at + length
        else:
            end = at + (8 if kind == _FIXED64 else 4)
        yield number, message[at:end]
        at = end


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Read a number of 7 bits a byte, lowest first; give it and where it ends."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return number, at
        shift += 7


def _numbers(pieces: list[memoryview]) -> list[int]:
    numbers = []
    for piece in pieces:
        at = 0
        while at < len(piece):
            number, at = _varint(piece, at)
            numbers.append(number)
    return numbers

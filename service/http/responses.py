"""Answers: JSON, written by orjson straight from numpy, arrays, and those of an ASGI application."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from service import media_types
from service.codecs import npy
from service.errors import Fault, InvalidInputError
from service.server.messages import Header, Response
from service.settings import Limits

_MOST_ITEMS = 2_048
"""Of a list that are written at once: so many explained cells take 2 ms."""

_JSON = ((b"content-type", b"application/json"),)
_FRAMING = frozenset(
    {b"connection", b"content-length", b"transfer-encoding", b"keep-alive", b"upgrade", b"trailer"}
)


def json(content: Any, status: int = 200) -> Response:  # noqa: ANN401  whatever orjson can write
    """Answer in JSON. Numbers keep the shortest text that reads back to the same float."""
    return Response(status, _JSON, orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))


def long_json(content: Any) -> Response:  # noqa: ANN401  whatever orjson can write
    """Answer in JSON that may have long lists of objects, and let others have a turn meanwhile."""
    return Response(200, _JSON, _dumps(_in_pieces(content)))


def _dumps(content: Any) -> bytes:  # noqa: ANN401  whatever orjson can write
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def _in_pieces(content: Any) -> Any:  # noqa: ANN401  whatever orjson can write
    """Write long lists of an object, or of one in it, before all else and in pieces: others get a turn."""
    if isinstance(content, dict):
        return {name: _in_pieces(value) for name, value in content.items()}
    if not isinstance(content, list) or len(content) <= _MOST_ITEMS:
        return content
    pieces = (content[start : start + _MOST_ITEMS] for start in range(0, len(content), _MOST_ITEMS))
    return orjson.Fragment(b"[" + b",".join(_dumps(piece)[1:-1] for piece in pieces) + b"]")


def of_type(media_type: str, body: bytes) -> Response:
    """Answer with a file."""
    return Response(200, ((b"content-type", media_type.encode()),), body)


def npz(arrays: Mapping[str, npt.NDArray[Any]]) -> Response:
    """Answer with arrays by their names, as ``numpy.savez`` writes them."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return of_type(media_types.NPZ, file.getvalue())


def array(values: npt.NDArray[Any]) -> Response:
    """Answer with one array, as ``numpy.save`` writes it; its numbers are not copied."""
    return Response(200, ((b"content-type", media_types.NPY.encode()),), npy.write(values))


def of_asgi(status: int, headers: Iterable[Header], body: bytes) -> Response:
    """
    Answer what an ASGI application answers; how it is framed, the server says.

    Raises:
        ValueError: The body has another length than its header says.
    """
    own = []
    closes = False
    for name, value in ((name.lower(), value) for name, value in headers):
        if name == b"connection":
            closes = value.lower() == b"close"
        elif name == b"content-length" and body and int(value) != len(body):
            message = "the body is not as long as its Content-Length says"
            raise ValueError(message)
        if name not in _FRAMING:
            own.append((name, value))
    return Response(status, tuple(own), body, closes=closes)


def check_size(
    numbers: int,
    media_type: str,
    limits: Limits,
    *,
    others: Sequence[str] = (),
    refusal: type[InvalidInputError] = InvalidInputError,
) -> None:
    """
    Refuse an answer of too many numbers, before they are computed.

    Args:
        numbers: That it would have.
        media_type: In which it would be sent.
        limits: On the numbers of each form.
        others: Media types in which more numbers may be sent.
        refusal: What is raised.

    Raises:
        InvalidInputError: There would be more than the limit for this form of answer.
    """
    most = limits.max_json_numbers if media_type == media_types.JSON else limits.max_array_numbers
    if numbers > most:
        message = (
            f"the answer would have {numbers} numbers; as {media_type} at most {most} are sent: ask for less"
        )
        if others and numbers <= limits.max_array_numbers:
            message += f", or send the header Accept: {' or '.join(others)}"
        raise refusal(message, Fault("#", message))

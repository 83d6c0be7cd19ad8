"""JSON answers, written by orjson straight from numpy, and answers of arrays."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import InvalidInputError
from service.http import arrays
from service.settings import Limits

JSON = "application/json"
NPZ = "application/x-npz"
PNG = "image/png"


def json(content: Any) -> bytes:  # noqa: ANN401  whatever orjson can write
    """Write JSON. Numbers keep the shortest text that reads back to the same float."""
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


class JSONAnswer(Response):
    """A JSON body."""

    media_type = JSON
    background = None

    def __init__(self, content: Any, status_code: int = 200) -> None:  # noqa: ANN401  whatever orjson can write
        """Write JSON, and no other headers than it needs."""
        self.status_code = status_code
        self.body = json(content)
        self.raw_headers = [
            (b"content-length", b"%d" % len(self.body)),
            (b"content-type", b"application/json"),
        ]


class NPZAnswer(Response):
    """Arrays by their names, as ``numpy.savez`` writes them."""

    media_type = NPZ

    def render(self, content: Mapping[str, Any]) -> bytes:
        """Write an archive."""
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **content)
        return file.getvalue()


class NPYAnswer(Response):
    """One array, as ``numpy.save`` writes it; its numbers go to the socket without a copy."""

    media_type = arrays.MEDIA_TYPE

    def __init__(self, array: npt.NDArray[Any]) -> None:
        """Take an array, which nobody may change afterwards."""
        self._head, self._data = arrays.write(array)
        super().__init__(headers={"Content-Length": str(len(self._head) + len(self._data))})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send header and data one after the other."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._head, "more_body": True})
        await send({"type": "http.response.body", "body": self._data})


def check_size(numbers: int, media_type: str, limits: Limits) -> None:
    """
    Refuse an answer of too many numbers, before they are computed.

    Raises:
        InvalidInputError: There would be more than the limit for this form of answer.
    """
    most = limits.max_json_numbers if media_type == JSON else limits.max_array_numbers
    if numbers > most:
        message = (
            f"the answer would have {numbers} numbers, and as {media_type} at most {most} are sent;"
            " ask for less, or in another form"
        )
        raise InvalidInputError(message)

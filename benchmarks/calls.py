"""How a server is asked for one digit, and how its answer is read."""

import base64
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.sent import File

BOUNDARY = "----benchmark"
HEADER_LENGTH = "Inference-Header-Content-Length"
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Body:
    """A request's body with the headers that belong to it."""

    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """
    One endpoint of a server.

    Attributes:
        title: The row's name in the table.
        path: Where to post.
        encode: Makes the body of a picture.
        read: Finds the ten probabilities in an answer; None for an endpoint that computes nothing.
    """

    title: str
    path: str
    encode: Callable[[File], Body]
    read: Callable[[bytes], npt.ArrayLike] | None

    def is_right(self, answer: bytes, file: File) -> bool:
        """Tell whether an answer of status 200 holds the network's probabilities, where these are known."""
        if self.read is None or file.probabilities is None:
            return True
        found = self._probabilities(answer)
        return found is not None and bool(np.allclose(found, file.probabilities, atol=TOLERANCE))

    def digit(self, answer: bytes) -> int | None:
        """Return the likeliest digit of an answer; None where no one is, as of a blank picture."""
        found = self._probabilities(answer)
        if found is None or np.count_nonzero(found == found.max()) != 1:
            return None
        return int(found.argmax())

    def _probabilities(self, answer: bytes) -> npt.NDArray[np.float64] | None:
        if self.read is None:
            return None
        try:
            found = np.asarray(self.read(answer), np.float64)
        except (ValueError, LookupError, TypeError):
            return None
        return found if found.shape == (10,) else None


def picture(file: File) -> Body:
    """Send the file as it is."""
    return Body(file.content, {"Content-Type": file.media_type})


def form(file: File) -> Body:
    """Send the file in a form, in the field ``file``."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="digit"\r\n'
    content = (
        f"{head}Content-Type: {file.media_type}\r\n\r\n".encode()
        + file.content
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    return Body(content, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def json_bytes(file: File) -> Body:
    """Send the file by the Open Inference Protocol, as base64 in JSON."""
    given = {
        "name": "image",
        "shape": [1, 1],
        "datatype": "BYTES",
        "parameters": {"content_type": "base64"},
        "data": [base64.b64encode(file.content).decode()],
    }
    content = json.dumps({"inputs": [given]}, separators=(",", ":")).encode()
    return Body(content, {"Content-Type": "application/json"})


def binary_bytes(file: File) -> Body:
    """Send the file by the Open Inference Protocol, binary in both directions."""
    content = struct.pack("<I", len(file.content)) + file.content
    size = {"binary_data_size": len(content)}
    given = {"name": "image", "shape": [1, 1], "datatype": "BYTES", "parameters": size}
    wanted = {"name": "probabilities", "parameters": {"binary_data": True}}
    head = json.dumps({"inputs": [given], "outputs": [wanted]}).encode()
    headers = {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(head))}
    return Body(head + content, headers)


def listed(answer: bytes) -> Sequence[float]:
    """Read a JSON object with ``probabilities``."""
    found: Sequence[float] = json.loads(answer)["probabilities"]
    return found


def predicted(answer: bytes) -> Sequence[float]:
    """Read this service's answer: the first of its predictions."""
    found: Sequence[float] = json.loads(answer)["predictions"][0]["probabilities"]
    return found


def output(answer: bytes) -> Sequence[float]:
    """Read a JSON answer of the Open Inference Protocol: the first of its outputs."""
    found: Sequence[float] = json.loads(answer)["outputs"][0]["data"]
    return found


def raw_tensor(answer: bytes) -> npt.NDArray[np.float32]:
    """Read the float32 that end a binary answer of the Open Inference Protocol."""
    return np.frombuffer(answer[-40:], np.float32)

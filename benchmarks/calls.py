"""How a server is asked for one digit, and how its answer is read."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.drawn import TOLERANCE, Drawn

BOUNDARY = "----benchmark"
HEADER_LENGTH = "Inference-Header-Content-Length"


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
        encode: Makes the body of a drawn digit.
        read: Finds the ten probabilities in an answer; None for an endpoint that computes nothing.
    """

    title: str
    path: str
    encode: Callable[[Drawn], Body]
    read: Callable[[bytes], npt.ArrayLike] | None

    def is_right(self, answer: bytes, drawn: Drawn) -> bool:
        """Tell whether an answer of status 200 holds the network's probabilities."""
        if self.read is None:
            return True
        try:
            found = np.asarray(self.read(answer), np.float64)
        except (ValueError, LookupError, TypeError):
            return False
        return found.shape == (10,) and bool(np.allclose(found, drawn.probabilities, atol=TOLERANCE))


def picture(drawn: Drawn) -> Body:
    """Send the PNG as it is."""
    return Body(drawn.png, {"Content-Type": "image/png"})


def form(drawn: Drawn) -> Body:
    """Send the PNG as the file of a form, in the field ``file``."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="digit.png"\r\n'
    content = (
        f"{head}Content-Type: image/png\r\n\r\n".encode() + drawn.png + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    return Body(content, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def json_tensor(drawn: Drawn) -> Body:
    """Send the pixels by the Open Inference Protocol, as JSON."""
    shape = [1, *drawn.image.shape, 1]
    pixels = drawn.image.ravel().tolist()
    given = {"name": "image", "shape": shape, "datatype": "UINT8", "data": pixels}
    content = json.dumps({"inputs": [given]}, separators=(",", ":")).encode()
    return Body(content, {"Content-Type": "application/json"})


def tensor(drawn: Drawn) -> Body:
    """Send the pixels by the Open Inference Protocol, binary in both directions."""
    shape = [1, *drawn.image.shape, 1]
    size = {"binary_data_size": drawn.image.size}
    given = {"name": "image", "shape": shape, "datatype": "UINT8", "parameters": size}
    wanted = {"name": "probabilities", "parameters": {"binary_data": True}}
    head = json.dumps({"inputs": [given], "outputs": [wanted]}).encode()
    headers = {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(head))}
    return Body(head + drawn.image.tobytes(), headers)


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

"""The two ways to ask for a digit: what is sent, and what an answer must say."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from service.bench.pictures import SIDE, Picture

BINARY_HEADER = "Inference-Header-Content-Length"
"""Length of the JSON before the binary tensors, in requests and answers alike."""


@dataclass(frozen=True)
class Reading:
    """What a service read in the first picture."""

    digit: int | None
    confidence: float
    model: str
    version: str


class Api(Protocol):
    """
    A way to ask.

    Attributes:
        names_model: Every request names the model.
    """

    names_model: bool

    def path(self, model: str | None) -> str:
        """Give the path of requests, with the query; without a model for the service's default."""

    def request(self, picture: Picture) -> tuple[dict[str, str], bytes]:
        """Give the headers and the body that ask for one picture."""

    def reading(self, headers: Mapping[str, str], body: bytes) -> Reading:
        """
        Read an answer; the names of the headers are in lower case.

        Raises:
            ValueError: It holds no prediction.
            LookupError: The same.
            TypeError: The same.
        """


class Predict:
    """``POST /predict`` with the file as the body."""

    names_model = False

    def path(self, model: str | None) -> str:
        """Name the model unless it is the service's default."""
        return "/predict" if model is None else f"/predict?model={model}"

    def request(self, picture: Picture) -> tuple[dict[str, str], bytes]:
        """Send the file as it is."""
        return {"Content-Type": picture.media_type}, picture.file

    def reading(self, headers: Mapping[str, str], body: bytes) -> Reading:
        """Take the first prediction."""
        del headers
        answer = json.loads(body)
        first, model = answer["predictions"][0], answer["model"]
        digit = None if first["digit"] is None else int(first["digit"])
        return Reading(digit, float(first["confidence"]), model["name"], model["version"])


class InferenceProtocol:
    """``POST /v2/models/{model}/infer`` with the binary extension, both ways."""

    names_model = True

    def path(self, model: str | None) -> str:
        """Ask the newest version."""
        return f"/v2/models/{model}/infer"

    def request(self, picture: Picture) -> tuple[dict[str, str], bytes]:
        """Send pixels as a UINT8 tensor, a file as a BYTES element (its length, then itself)."""
        if picture.pixels is None:
            data = struct.pack("<I", len(picture.file)) + picture.file
            tensor: dict[str, Any] = {"datatype": "BYTES", "shape": [1]}
        else:
            data = picture.pixels
            tensor = {"datatype": "UINT8", "shape": [1, SIDE, SIDE, 1]}
        head = json.dumps(
            {
                "inputs": [{"name": "image", **tensor, "parameters": {"binary_data_size": len(data)}}],
                "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}],
            },
            separators=(",", ":"),
        ).encode()
        return {"Content-Type": "application/octet-stream", BINARY_HEADER: str(len(head))}, head + data

    def reading(self, headers: Mapping[str, str], body: bytes) -> Reading:
        """Take the largest probability, whether they came in binary or in JSON."""
        length = int(headers.get(BINARY_HEADER.lower(), len(body)))
        answer = json.loads(body[:length])
        (output,) = answer["outputs"]
        values = output.get("data")
        if values is None:
            values = struct.unpack(f"<{len(body[length:]) // 4}f", body[length:])
        elif isinstance(values[0], list):
            values = values[0]
        confidence = max(values)
        return Reading(
            values.index(confidence), float(confidence), answer["model_name"], answer["model_version"]
        )


APIS: dict[str, Api] = {"predict": Predict(), "v2": InferenceProtocol()}

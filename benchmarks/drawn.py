"""The digit that every server is asked for, and what the network says of it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

MODEL = Path(__file__).resolve().parents[1] / "service/models/lenet5/1"
DIGIT = 7
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Drawn:
    """
    One drawn digit.

    Attributes:
        image: ``(28, 28)`` uint8, light on black.
        png: The same as a file, encoded by OpenCV.
        probabilities: Of the digits 0 to 9, float32, as the network was published with.
    """

    image: npt.NDArray[np.uint8]
    png: bytes
    probabilities: npt.NDArray[np.float32]


def digit() -> Drawn:
    """Give the drawn seven from the shipped network's golden answers."""
    with np.load(MODEL / "golden.npz") as golden:
        at = int(golden["probabilities"][:, DIGIT].argmax())
        image, probabilities = golden["images"][at], golden["probabilities"][at]
    return Drawn(image, cv2.imencode(".png", image)[1].tobytes(), probabilities)

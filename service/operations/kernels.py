"""The kernels that have names: what each is for, and where the lecture prints it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from service.operations.numbers import Floats

Kind = Literal["differential", "smoothing", "other"]
CUSTOMARY = "not in the lecture; customary in image processing"


@dataclass(frozen=True)
class Preset:
    """
    A kernel with a name.

    Attributes:
        rows: Whole numbers.
        kind: ``differential`` kernels sum to 0 and ``smoothing`` ones to 1 (lecture line 121).
        purpose: What it shows or does.
        source: Where it is from.
        divisor: By which all its numbers are divided.
    """

    rows: tuple[tuple[int, ...], ...]
    kind: Kind
    purpose: str
    source: str = CUSTOMARY
    divisor: int = 1

    @property
    def values(self) -> Floats:
        """The kernel, ``(height, width)`` float32."""
        return np.array(self.rows, np.float32) / np.float32(self.divisor)

    @property
    def matrix(self) -> list[list[float]]:
        """The kernel in rows."""
        return [[number / self.divisor for number in row] for row in self.rows]

    @property
    def sum(self) -> float:
        """The sum of its numbers, which is what it makes of a constant image."""
        return float(Fraction(sum(map(sum, self.rows)), self.divisor))


PRESETS: Mapping[str, Preset] = {
    "sobel_x": Preset(
        ((1, 0, -1), (2, 0, -2), (1, 0, -1)),
        "differential",
        "change from left to right, so vertical edges; positive where it gets lighter, by true convolution",
        "lecture line 161",
    ),
    "sobel_y": Preset(
        ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
        "differential",
        "change from top to bottom, so horizontal edges; positive where it gets lighter, by true convolution",
        "lecture line 139",
    ),
    "laplacian_4": Preset(
        ((0, -1, 0), (-1, 4, -1), (0, -1, 0)),
        "differential",
        "difference to the four neighbours: edges in any direction, and points",
        "lecture line 237",
    ),
    "laplacian_8": Preset(
        ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
        "differential",
        "difference to all eight neighbours: edges in any direction, and points",
    ),
    "average_3": Preset(((1,) * 3,) * 3, "smoothing", "mean of 3x3: blur", "lecture line 198", divisor=9),
    "average_5": Preset(((1,) * 5,) * 5, "smoothing", "mean of 5x5: a stronger blur", divisor=25),
    "gaussian_3": Preset(
        ((1, 2, 1), (2, 4, 2), (1, 2, 1)),
        "smoothing",
        "blur that leaves fewer artefacts than a mean",
        divisor=16,
    ),
    "gaussian_5": Preset(
        tuple(tuple(a * b for b in (1, 4, 6, 4, 1)) for a in (1, 4, 6, 4, 1)),
        "smoothing",
        "a stronger blur that leaves fewer artefacts than a mean",
        divisor=256,
    ),
    "sharpen": Preset(
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)), "other", "the image plus its laplacian_4: stronger edges"
    ),
    "emboss": Preset(((-2, -1, 0), (-1, 1, 1), (0, 1, 2)), "other", "relief, as if lit along the diagonal"),
    "prewitt_x": Preset(
        ((1, 0, -1),) * 3,
        "differential",
        "change from left to right, so vertical edges: a sobel_x without weight on the middle row",
    ),
    "prewitt_y": Preset(
        ((1,) * 3, (0,) * 3, (-1,) * 3),
        "differential",
        "change from top to bottom, so horizontal edges: a sobel_y without weight on the middle column",
    ),
    "identity": Preset(((0, 0, 0), (0, 1, 0), (0, 0, 0)), "other", "changes nothing: the discrete delta"),
}

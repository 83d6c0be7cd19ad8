"""The input of an operation, brought to one shape for the engine and back again for the caller."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from service.errors import Fault, InvalidInputError
from service.operations import numbers
from service.operations.numbers import Floats

Layout = Literal["channels_first", "channels_last"]
POINTER = "#/input"


@dataclass(frozen=True)
class Signal:
    """
    A signal, an image or a stack of channels.

    Attributes:
        values: ``(channels, height, width)`` float32; a signal has the height 1.
        rank: Axes that the caller sent: 1 to 3.
        layout: Where the caller's channels stand.
        magnitude: The largest absolute value.
    """

    values: Floats
    rank: int
    layout: Layout
    magnitude: float

    @property
    def channels(self) -> int:
        """How many channels there are; 1 when the caller sent no axis for them."""
        return len(self.values)

    @property
    def sizes(self) -> tuple[int, int]:
        """Height and width."""
        _, height, width = self.values.shape
        return height, width

    def present(self, maps: npt.NDArray[Any], *, several: bool) -> npt.NDArray[Any]:
        """
        Shape a result as the input was.

        Args:
            maps: ``(maps, height, width)`` and axes of its own behind them.
            several: Whether there is an axis of maps although the input had none of channels.
        """
        shown: npt.NDArray[Any] = maps
        if self.rank == 1:
            shown = maps[0, 0]
        elif self.rank == 2 and not several:
            shown = maps[0]
        elif self.layout == "channels_last":
            shown = np.ascontiguousarray(np.moveaxis(maps, 0, 2))
        return shown


def of_numbers(value: Any, layout: Layout) -> Signal:  # noqa: ANN401  JSON is any of six types
    """
    Take numbers: ``(n,)``, ``(height, width)``, or three axes in the layout.

    Raises:
        InvalidInputError: No such numbers.
    """
    values = numbers.array_of(value, POINTER)
    rank = values.ndim
    if rank > 3:
        detail = "expected a signal, an image, or channels of an image: 1 to 3 axes; send images one by one"
        raise InvalidInputError(detail, Fault(POINTER, detail))
    if rank < 3:
        values = values.reshape(1, *(1, *values.shape)[-2:])
    elif layout == "channels_last":
        values = np.ascontiguousarray(np.moveaxis(values, 2, 0))
    return Signal(values, rank, layout, numbers.magnitude(values))


def of_picture(pixels: npt.NDArray[np.uint8], layout: Layout) -> Signal:
    """Take a picture, ``(height, width)`` or ``(height, width, 3)`` uint8; the layout is the answer's."""
    channels = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
    values = np.ascontiguousarray(channels, np.float32)
    return Signal(values, pixels.ndim, layout, float(pixels.max()))

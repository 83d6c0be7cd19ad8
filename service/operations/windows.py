"""A window that slides along an axis: how often it fits, told as the lecture's formula with its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn, Protocol

import numpy as np
import numpy.typing as npt

from service.errors import Fault, InvalidInputError
from service.operations.signals import Signal

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Axis:
    """
    One axis of the input and the window that slides along it.

    Attributes:
        name: ``height`` or ``width``; a signal's is ``length``.
        size: Cells of the input.
        kernel: Cells of the window.
        stride: Cells from one window to the next.
        dilation: Cells from one tap of the window to the next.
        before: Cells of padding at the start.
        after: Cells of padding at the end.
        ceil: Whether a last window may hang over the end; it has to start before it.
    """

    name: str
    size: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    ceil: bool = False

    @property
    def extent(self) -> int:
        """Cells from the window's first tap to its last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> int:
        """Cells with padding."""
        return self.size + self.before + self.after

    @property
    def output(self) -> int:
        """
        How many windows there are; 0 when not one fits.

        The lecture's formula (lines 635 to 637) is the case of equal padding on both sides:
        ``floor((n + before + after - (d (k - 1) + 1)) / s) + 1``.
        """
        starts_inside = -(-(self.size + self.before) // self.stride)
        return min(self._count, starts_inside) if self.ceil else self._count

    @property
    def _count(self) -> int:
        """The formula as it is, whether the last window starts inside or not."""
        room = self.padded - self.extent + (self.stride - 1 if self.ceil else 0)
        return max(0, room // self.stride + 1)

    @property
    def overhang(self) -> int:
        """Cells by which the last window hangs over the padded end."""
        return max(0, (self.output - 1) * self.stride + self.extent - self.padded)

    @property
    def has_empty_window(self) -> bool:
        """Whether a window has all its taps on padding: dilation can step over a small input."""
        starts = range(-self.before, min(0, self.output * self.stride - self.before), self.stride)
        # The first tap at or after 0 is the start modulo the dilation.
        return any(start % self.dilation >= self.size for start in starts)

    def window(self, index: int) -> Indices:
        """Give the input's cell under each tap of a window; below 0 and from ``size`` on there is padding."""
        return index * self.stride - self.before + self.dilation * np.arange(self.kernel)

    def taps(self) -> Indices:
        """Give the input's cell under each tap, ``(output, kernel)``; ``size`` where there is padding."""
        starts = np.arange(self.output) * self.stride - self.before
        taps = starts[:, None] + self.dilation * np.arange(self.kernel)
        return np.where((taps >= 0) & (taps < self.size), taps, self.size)

    def counts(self, *, with_padding: bool) -> Indices:
        """Count each window's cells of the input, and of its padding, but not those that hang over."""
        starts = np.arange(self.output) * self.stride - self.before
        first, end = (-self.before, self.size + self.after) if with_padding else (0, self.size)
        before = np.clip(-((starts - first) // self.dilation), 0, self.kernel)
        within = np.clip(-((starts - end) // self.dilation), 0, self.kernel)
        return within - before

    def told(self) -> dict[str, Any]:
        """Tell the formula with its numbers filled in."""
        rounding = "ceil" if self.ceil else "floor"
        formula = (
            f"{rounding}(({self.size} + {self.before} + {self.after} - ({self.dilation} * ({self.kernel} - 1)"
            f" + 1)) / {self.stride}) + 1 = {rounding}({(self.padded - self.extent) / self.stride:g}) + 1 ="
            f" {self._count}"
        )
        if self._count > self.output:
            formula = f"{formula}, but only {self.output} start inside"
        reached = (self.output - 1) * self.stride + self.extent
        unused = max(0, self.padded - reached)
        return {"axis": self.name, "size": self.output, "formula": formula, "unused": unused}


class Told(Protocol):
    """An axis of which padding and output can be told."""

    @property
    def before(self) -> int:
        """Cells of padding at the start."""

    @property
    def after(self) -> int:
        """Cells of padding at the end."""

    def told(self) -> dict[str, Any]:
        """Tell the formula of its output with its numbers filled in."""


def names(rank: int) -> tuple[str, ...]:
    """Name the axes along which a window slides."""
    return ("length",) if rank == 1 else ("height", "width")


def axes(
    signal: Signal,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    *,
    ceil: bool = False,
) -> tuple[Axis, Axis]:
    """Give height and width without padding; a signal's height is 1 and not told."""
    called = ("height", names(signal.rank)[-1])
    height, width = (
        Axis(*one, ceil=ceil) for one in zip(called, signal.sizes, kernel, strides, dilations, strict=True)
    )
    return height, width


def with_sides(free: tuple[Axis, Axis], sides: Sequence[tuple[int, int]]) -> tuple[Axis, Axis]:
    """Put padding around both axes."""
    height, width = (
        replace(axis, before=before, after=after) for axis, (before, after) in zip(free, sides, strict=True)
    )
    return height, width


def told(both: Sequence[Told], signal: Signal) -> dict[str, Any]:
    """Tell padding and sizes of the axes that the caller knows."""
    known = both[-len(names(signal.rank)) :]
    return {
        "padding": [[axis.before, axis.after] for axis in known],
        "output_size": [axis.told() for axis in known],
    }


def per_axis(
    value: int | tuple[int, ...], signal: Signal, field: str, *, neutral: int, most: int
) -> tuple[int, int]:
    """
    Give a parameter's value along height and width, within 1 (0 where that is neutral) and ``most``.

    Raises:
        InvalidInputError: Out of range, or not one for each axis.
    """
    given = (value,) * len(names(signal.rank)) if isinstance(value, int) else value
    if signal.rank == 1 and len(given) == 1:
        given = (neutral, *given)
    if len(given) != 2 or (signal.rank == 1 and given[0] != neutral):
        expected = "a number" if signal.rank == 1 else "a number, or [height, width]"
        refuse(field, f"expected {expected}: one for each axis of the input")
    if not all(neutral <= one <= most for one in given):
        refuse(field, f"expected {neutral} to {most}")
    return given[0], given[1]


def check_fits(axes: Sequence[Axis], field: str) -> None:
    """
    Refuse a window larger than the padded input: others swap the two, or answer with nothing.

    Raises:
        InvalidInputError: It does not fit.
    """
    for axis in axes:
        if not axis.output:
            extent = f"spans {axis.extent} cells of the {axis.name}, the padded input has {axis.padded}"
            refuse(field, f"larger than the padded input: it {extent}")


def refuse(field: str, detail: str) -> NoReturn:
    """
    Refuse one parameter.

    Raises:
        InvalidInputError: Always.
    """
    message = f"{field}: {detail}"
    raise InvalidInputError(message, Fault(f"#/{field}", detail))

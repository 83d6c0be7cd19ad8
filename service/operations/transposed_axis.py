"""A transposed convolution along an axis: windows that are laid down, not looked through."""

from dataclasses import dataclass
from typing import Any

from service.operations import padding, windows
from service.operations.convolution_parameters import ConvolutionParameters
from service.operations.signals import Signal
from service.operations.windows import Axis


@dataclass(frozen=True)
class TransposedAxis:
    """
    One axis of the input, and how the kernel is laid down along the output.

    Attributes:
        free: The input, the kernel, stride and dilation, without padding.
        before: Cells that are cut off at the start.
        after: Cells that are cut off at the end.
        output_padding: Cells that are added at the end before.
    """

    free: Axis
    before: int
    after: int
    output_padding: int

    @property
    def output(self) -> int:
        """
        How many cells are left: ``(n - 1) s - before - after + d (k - 1) + 1 + output_padding``.

        The formula of torch's ``ConvTranspose2d``; it may be below 1.
        """
        laid = (self.free.size - 1) * self.free.stride + self.free.extent
        return laid + self.output_padding - self.before - self.after

    @property
    def spread(self) -> Axis:
        """
        The same as a convolution of stride 1, with the kernel turned by 180 degrees.

        Its input has ``stride - 1`` zeros between its cells. Its padding is negative where cells are cut off.
        """
        free = self.free
        margin = free.extent - 1
        size = (free.size - 1) * free.stride + 1
        after = margin - self.after + self.output_padding
        return Axis(free.name, size, free.kernel, 1, free.dilation, margin - self.before, after)

    @property
    def zeros(self) -> int:
        """Cells to append to the input, so that no output padding is needed: ONNX Runtime takes little."""
        return -(-max(0, self.output_padding - self.after) // self.free.stride)

    @property
    def cut(self) -> int:
        """Cells to cut off at the end when those zeros are appended."""
        return self.after - self.output_padding + self.zeros * self.free.stride

    def told(self) -> dict[str, Any]:
        """Tell the formula with its numbers filled in."""
        free = self.free
        formula = (
            f"({free.size} - 1) * {free.stride} - {self.before} - {self.after} + {free.dilation} *"
            f" ({free.kernel} - 1) + 1 + {self.output_padding} = {self.output}"
        )
        return {"axis": free.name, "size": self.output, "formula": formula, "unused": 0}


def resolve(
    parameters: ConvolutionParameters, free: tuple[Axis, Axis], signal: Signal, *, most: int
) -> tuple[TransposedAxis, TransposedAxis]:
    """
    Give what is cut off and added along height and width.

    ``same`` is Keras' and TensorFlow's, and ONNX' ``SAME_UPPER``: the output has ``stride`` times the input's
    cells, and of an odd number of cells more is cut off at the end; with ``same_lower`` at the start.

    Raises:
        InvalidInputError: Numbers out of range, or nothing is left.
    """
    added = windows.per_axis(parameters.output_padding, signal, "output_padding", neutral=0, most=most)
    if parameters.padding in {"same", "same_lower"}:
        height, width = (_same(axis, lower=parameters.padding == "same_lower") for axis in free)
    else:
        sides = padding.resolve(parameters.padding, free, signal, most=most)
        height, width = (
            TransposedAxis(axis, *side, more) for axis, side, more in zip(free, sides, added, strict=True)
        )
        for axis in (height, width):
            bound = max(axis.free.stride, axis.free.dilation)
            if axis.output_padding >= bound:
                windows.refuse(
                    "output_padding",
                    f"expected less than stride or dilation, along its {axis.free.name} {bound}",
                )
    for axis in (height, width):
        if axis.output < 1:
            windows.refuse("padding", f"nothing is left of the output's {axis.free.name}")
    return height, width


def _same(axis: Axis, *, lower: bool) -> TransposedAxis:
    surplus = axis.extent - axis.stride
    smaller, larger = max(0, surplus) // 2, max(0, surplus) - max(0, surplus) // 2
    before, after = (larger, smaller) if lower else (smaller, larger)
    return TransposedAxis(axis, before, after, max(0, -surplus))

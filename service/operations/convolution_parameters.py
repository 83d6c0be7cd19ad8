"""How a caller says what to convolve, and what does not go together."""

from typing import Literal

import numpy as np
from pydantic import Field

from service.operations import numbers, windows
from service.operations.fields import Kernel, Pair, PairFromZero, PerMap
from service.operations.operation import Parameters
from service.operations.padding import BorderMode, Width


class ConvolutionParameters(Parameters):
    """How to convolve."""

    kernel: Kernel
    """A preset of ``GET /kernels``, a list of them, or numbers: of 1 axis for a signal, else (height, width),
    (depth, height, width) or (kernels, depth, height, width); channels first in either layout."""
    operation: Literal["convolution", "cross_correlation"] = "convolution"
    """``convolution`` turns the kernel by 180 degrees first; networks compute ``cross_correlation``."""
    padding: Width = "valid"
    """``valid``, ``same``, ``same_lower`` (an odd cell goes to the start), ``full``, or cells: a number,
    [height, width] or [[top, bottom], [left, right]]."""
    padding_mode: BorderMode = "zeros"
    """What padding is filled with; ``edge`` is ``replicate`` and ``wrap`` is ``circular``."""
    padding_value: float = 0.0
    """With ``padding_mode`` ``constant``."""
    stride: Pair = 1
    """Cells from one window to the next: a number or [height, width]."""
    dilation: Pair = 1
    """Cells from one tap of the kernel to the next: a number or [height, width]."""
    transposed: bool = False
    """Whether to compute the transpose of the convolution with this kernel, as ``conv_transpose2d`` (torch),
    ``Conv2DTranspose`` (Keras) and ``ConvTranspose`` (ONNX) do with ``cross_correlation``: each number of the
    input adds the kernel times itself to the output, ``stride`` cells from one to the next, and ``padding``
    is cut off. The kernel's first axis is the input's channels, its second the maps of a group:
    (channels, maps, height, width), or (maps, height, width) for one channel. ``same`` gives stride times
    the input's size."""
    output_padding: PairFromZero = 0
    """Cells more at the end of a transposed output, fewer than the stride or the dilation: a number or
    [height, width]. A stride makes several sizes one; this tells which of them was meant."""
    groups: int | None = None
    """Groups of channels that are filtered apart. 1 by default, but a kernel of (height, width) filters each
    channel by itself unless this is 1."""
    bias: PerMap = Field(default_factory=lambda: np.zeros(1, np.float32))
    """Added to every sum: a number, or one for each kernel; 0 by default."""


def check_together(parameters: ConvolutionParameters) -> None:
    """
    Refuse what contradicts something else.

    Raises:
        InvalidInputError: A parameter that would be ignored, or that is not what float32 can hold.
    """
    if parameters.padding_value and parameters.padding_mode != "constant":
        windows.refuse("padding_value", 'it goes with "padding_mode": "constant"')
    if abs(parameters.padding_value) > numbers.LARGEST:
        windows.refuse("padding_value", "expected a float32")
    if parameters.transposed and parameters.padding_mode != "zeros":
        windows.refuse("padding_mode", "the padding of a transposed convolution is cut off: leave this out")
    if parameters.output_padding not in {0, (0,), (0, 0)}:
        if not parameters.transposed:
            windows.refuse("output_padding", 'it goes with "transposed": true')
        if parameters.padding in {"same", "same_lower"}:
            windows.refuse("output_padding", "same gives stride times the input's size: leave this out")

"""The kernels of a request, arranged as the engine wants them, before anything is repeated or flipped."""

from dataclasses import dataclass

import numpy as np

from service.operations import windows
from service.operations.numbers import Floats
from service.operations.signals import Signal
from service.settings import Limits


@dataclass(frozen=True)
class Weights:
    """
    Kernels, and how they meet the channels.

    Attributes:
        values: ``(maps, depth, height, width)`` float32; each map sums over the depth.
        bias: ``(maps,)`` float32.
        groups: Into how many groups the channels are divided.
        given: How many kernels and numbers in them the caller gave, before any was repeated.
        several: Whether the caller gave a list of kernels.
    """

    values: Floats
    bias: Floats
    groups: int
    given: tuple[int, int]
    several: bool

    @property
    def parameters(self) -> int:
        """Numbers of a layer: the kernels' and a bias for each (lecture, line 678: 7,600)."""
        return self.given[0] + self.given[1]


def arrange(
    kernel: Floats | tuple[Floats, ...], bias: Floats, groups: int | None, signal: Signal, limits: Limits
) -> Weights:
    """
    Arrange kernels for an input.

    A 2-D kernel, or a list of them, filters each channel by itself: ``groups`` is the number of channels
    unless the caller says otherwise. Maps stand in the order of the groups, and of the kernels in each.

    Raises:
        InvalidInputError: Kernels, channels, groups and bias do not fit together, or are too large.
    """
    flat = isinstance(kernel, tuple) or kernel.ndim <= 2
    several = isinstance(kernel, tuple) or kernel.ndim == 4
    values = _four_axes(kernel, signal)
    number, depth, height, width = values.shape
    if height * width > limits.max_kernel_taps:
        detail = f"{height}x{width} taps are over the limit of {limits.max_kernel_taps}"
        windows.refuse("kernel", detail)
    groups = (signal.channels if flat else 1) if groups is None else groups
    _check_groups(groups, signal)
    elements = number * signal.channels * height * width if flat else values.size
    if elements > limits.max_kernel_elements:
        detail = f"{elements} numbers in all kernels are over the limit of {limits.max_kernel_elements}"
        windows.refuse("kernel", detail)
    if bias.size not in {1, number}:
        windows.refuse("bias", f"expected a number, or one for each kernel: {number}")
    repeats = groups if flat else 1
    if flat:
        deep = np.broadcast_to(values, (number, signal.channels // groups, height, width))
        values, given = np.tile(deep, (groups, 1, 1, 1)), values.size
    else:
        _check_depth(number, depth, groups, signal)
        given = values.size
    every_bias = np.tile(np.broadcast_to(bias, number), repeats)
    return Weights(values, every_bias, groups, (number, given), several)


def untransposed(
    kernel: Floats | tuple[Floats, ...], groups: int | None, signal: Signal
) -> Floats | tuple[Floats, ...]:
    """
    Give the kernel of a transposed convolution with the axes of any other.

    Args:
        kernel: ``(channels, maps of a group, height, width)``, ``(maps, height, width)`` of one channel, or
            flat ones, which stay as they are: each filters a channel by itself.
        groups: Into how many groups the channels are divided; 1 by default.
        signal: The input.

    Returns:
        ``(maps, depth, height, width)``: maps in the order of the groups.

    Raises:
        InvalidInputError: Kernel, channels and groups do not fit together.
    """
    if isinstance(kernel, tuple) or kernel.ndim <= 2:
        return kernel
    groups = 1 if groups is None else groups
    _check_groups(groups, signal)
    values = _four_axes(kernel, signal)
    if len(values) != signal.channels:
        expected = f"expected {signal.channels} first, the input's channels: (channels, maps, height, width)"
        windows.refuse("kernel", expected)
    by_group = values.reshape(groups, -1, *values.shape[1:])
    return by_group.swapaxes(1, 2).reshape(-1, signal.channels // groups, *values.shape[2:])


def _check_groups(groups: int, signal: Signal) -> None:
    if not 1 <= groups <= signal.channels or signal.channels % groups:
        windows.refuse("groups", f"expected a divisor of the number of channels, {signal.channels}")


def _four_axes(kernel: Floats | tuple[Floats, ...], signal: Signal) -> Floats:
    """Give kernels as ``(number, depth, height, width)``; the depth of flat ones is 1."""
    if isinstance(kernel, tuple):
        stack = np.stack(kernel)[:, None]
    else:
        stack = kernel.reshape((1,) * (4 - kernel.ndim) + kernel.shape)
    is_signal = not isinstance(kernel, tuple) and kernel.ndim == 1
    if is_signal != (signal.rank == 1):
        windows.refuse("kernel", "a signal takes a kernel of one axis, and nothing else does")
    return stack


def _check_depth(number: int, depth: int, groups: int, signal: Signal) -> None:
    if depth * groups != signal.channels:
        expected = f"a depth of {signal.channels // groups}: channels by groups"
        hint = "; several kernels for one channel are a list of 4 axes: (kernels, 1, height, width)"
        windows.refuse("kernel", f"expected {expected}{hint if signal.channels == 1 else ''}")
    if number % groups:
        windows.refuse("groups", f"expected a divisor of the number of kernels, {number}")

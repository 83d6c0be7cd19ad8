"""The lecture's formulas, one function each: the figure, and the formula with the numbers filled in."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """A whole number and how it came about."""

    value: int
    formula: str


Padding = Literal["valid", "same", "full"] | int


def padded(size: int, window: int, stride: int, padding: Padding) -> tuple[int, int]:
    """
    Give the padding before and after one axis.

    ``same`` makes ``ceil(size / stride)`` values, an odd pixel at the end, as Keras does.
    """
    if isinstance(padding, int):
        return padding, padding
    if padding == "same":
        missing = max(0, (ceil(size / stride) - 1) * stride + window - size)
        return missing // 2, missing - missing // 2
    both = window - 1 if padding == "full" else 0
    return both, both


def output_size(size: int, window: int, stride: int, padding: tuple[int, int]) -> Figure:
    """``F = floor((I - W + 2 p) / s + 1)`` along one axis (lecture, lines 635 and 637)."""
    before, after = padding
    value = (size + before + after - window) // stride + 1
    margin = f"2 × {before}" if before == after else f"{before} + {after}"
    return Figure(value, f"floor(({size} - {window} + {margin}) / {stride} + 1) = {value}")


def convolution_parameters(channels: int, kernel: tuple[int, int], filters: int, *, bias: bool) -> Figure:
    """``(C W_h W_w + 1) F``: a kernel as deep as the input and a bias, for each filter (line 678)."""
    return _parameters((channels, *kernel), filters, bias=bias)


def dense_parameters(inputs: int, units: int, *, bias: bool) -> Figure:
    """``(I + 1) U``: a weight for each input and a bias, for each unit (line 680)."""
    return _parameters((inputs,), units, bias=bias)


def convolution_multiply_adds(output: Sequence[int], channels: int, kernel: tuple[int, int]) -> Figure:
    """``F_h F_w F (C W_h W_w)``: each output sums a whole kernel's products."""
    return _equals(
        f"{_times(*output)} × ({_times(channels, *kernel)})", prod(output) * channels * prod(kernel)
    )


def connected_parameters(connections: int, kernel: tuple[int, int], filters: int, *, bias: bool) -> Figure:
    """``W_h W_w N + F``: a kernel for each of N connections and a bias for each filter (LeNet-5's C3)."""
    biases = f" + {filters}" if bias else ""
    return _equals(f"{_times(*kernel, connections)}{biases}", prod(kernel) * connections + bias * filters)


def connected_multiply_adds(sides: Sequence[int], connections: int, kernel: tuple[int, int]) -> Figure:
    """``F_h F_w (N W_h W_w)``: each output sums the products of its own connections."""
    return _equals(
        f"{_times(*sides)} × ({_times(connections, *kernel)})", prod(sides) * connections * prod(kernel)
    )


def subsampling_parameters(channels: int) -> Figure:
    """``2 C``: a coefficient and a bias for each map (LeNet-5's S2 and S4)."""
    return _equals(f"(1 + 1) × {channels}", 2 * channels)


def subsampling_multiply_adds(output: Sequence[int]) -> Figure:
    """``F_h F_w C``: each mean is multiplied once."""
    return _equals(_times(*output), prod(output))


def dense_multiply_adds(inputs: int, units: int) -> Figure:
    """``I U``: each weight is used once."""
    return _equals(_times(inputs, units), inputs * units)


def receptive_field(before: int, jump: int, window: int) -> Figure:
    """
    ``r + (W - 1) j`` along one axis: pixels of the input that one value depends on, padding included.

    Args:
        before: The receptive field of the layer's input.
        jump: Pixels between two neighbours in the layer's input: the product of all strides so far.
        window: The kernel's size; a dense layer's is its whole input.
    """
    return _equals(f"{before} + ({window} - 1) × {jump}", before + (window - 1) * jump)


def memory(output: Sequence[int], bits: int, batch: int) -> Figure:
    """Bytes of a layer's output: one number for each value and each image (lecture, line 697, corrected)."""
    total = prod(output) * bits * batch
    formula = f"{_times(*output)} × {bits} bits × {batch} image{'s' * (batch > 1)} = {total} bits"
    return Figure(total // 8, f"{formula} = {in_units(total // 8)}")


def total(figures: Sequence[int]) -> Figure:
    """Sum over the layers, leaving out those that add nothing."""
    terms = [str(figure) for figure in figures if figure]
    return (
        _equals(" + ".join(terms), sum(figures))
        if len(terms) > 1
        else Figure(sum(figures), str(sum(figures)))
    )


def in_units(size: int) -> str:
    """Write bytes with a binary prefix (IEC 80000-13): 100 MiB."""
    exponent = min(max(size.bit_length() - 1, 0) // 10, 5)
    prefix = ("", "Ki", "Mi", "Gi", "Ti", "Pi")[exponent]
    return f"{round(size / 1024**exponent, 2):g} {prefix}B" if exponent else f"{size} B"


def _parameters(weights: Sequence[int], neurons: int, *, bias: bool) -> Figure:
    each = f"({_times(*weights)} + 1)" if bias else _times(*weights)
    return _equals(f"{each} × {neurons}", (prod(weights) + bias) * neurons)


def _times(*factors: int) -> str:
    return " × ".join(map(str, factors))


def _equals(term: str, value: int) -> Figure:
    return Figure(value, f"{term} = {value}")

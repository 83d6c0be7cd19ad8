"""Max, average and Lp pooling, with LeNet-5's trainable coefficient and bias (lecture, lines 712 to 782)."""

import math

import numpy as np

from service.operations import adaptive_axis, numbers, padding, pooling_parameters, windows
from service.operations.adaptive_axis import Axes
from service.operations.operation import Operation
from service.operations.operator_pooling import OperatorPooling
from service.operations.pooling_parameters import PoolingParameters
from service.operations.pooling_plan import PoolingPlan
from service.operations.separable_pooling import SeparablePooling
from service.operations.signals import Signal
from service.operations.windows import Axis
from service.settings import Limits


def plan(parameters: PoolingParameters, signal: Signal, limits: Limits) -> PoolingPlan:
    """
    Understand a request.

    Raises:
        InvalidInputError: Parameters that do not fit the input or one another, or over a limit.
    """
    pooling_parameters.check_together(parameters)
    for field, given in (("coefficient", parameters.coefficient), ("bias", parameters.bias)):
        if given is not None and given.size not in {1, signal.channels}:
            windows.refuse(field, f"expected a number, or one for each channel: {signal.channels}")
    if parameters.output_size is None:
        axes: Axes = _sliding(parameters, signal, limits)
    else:
        axes = _adaptive(parameters.output_size, signal, limits)
    return PoolingPlan(signal, axes, parameters, _method(axes, parameters, signal))


def _adaptive(output_size: int | tuple[int, ...], signal: Signal, limits: Limits) -> Axes:
    most = limits.max_array_numbers
    outputs = windows.per_axis(output_size, signal, "output_size", neutral=1, most=most)
    height, width = map(adaptive_axis.divide, windows.axes(signal, (1, 1), (1, 1), (1, 1)), outputs)
    return height, width


def _sliding(parameters: PoolingParameters, signal: Signal, limits: Limits) -> tuple[Axis, Axis]:
    size: int | tuple[int, ...] = parameters.kernel_size
    if parameters.global_:
        kernel: tuple[int, int] = signal.sizes
    else:
        kernel = windows.per_axis(size, signal, "kernel_size", neutral=1, most=limits.max_kernel_taps)
        if kernel[0] * kernel[1] > limits.max_kernel_taps:
            detail = f"{kernel[0]}x{kernel[1]} taps are over the limit of {limits.max_kernel_taps}"
            windows.refuse("kernel_size", detail)
    if parameters.stride is None:
        strides = kernel
    else:
        strides = windows.per_axis(parameters.stride, signal, "stride", neutral=1, most=limits.max_stride)
    dilations = windows.per_axis(parameters.dilation, signal, "dilation", neutral=1, most=limits.max_dilation)
    free = windows.axes(signal, kernel, strides, dilations, ceil=parameters.ceil_mode)
    sides = padding.resolve(parameters.padding, free, signal, most=limits.max_padding)
    axes = windows.with_sides(free, sides)
    for axis in axes:
        if max(axis.before, axis.after) >= axis.extent:
            windows.refuse("padding", f"expected less than the window's {axis.extent} cells")
    windows.check_fits(axes, "kernel_size")
    if any(axis.has_empty_window for axis in axes):
        windows.refuse("dilation", "a window would have no cell of the input at all")
    return axes


def _method(axes: Axes, parameters: PoolingParameters, signal: Signal) -> OperatorPooling | SeparablePooling:
    """Choose ONNX Runtime's operator where it has one for these windows that is precise for these numbers."""
    is_precise = _is_precise(axes[0].kernel * axes[1].kernel, parameters, signal)
    height, width = axes
    if isinstance(height, Axis) and isinstance(width, Axis) and is_precise and parameters.divisor is None:
        is_dense = height.dilation == width.dilation == 1
        if parameters.operation == "max" or is_dense:
            return OperatorPooling(signal, (height, width), parameters)
    is_scaled = parameters.operation == "lp" or not is_precise
    return SeparablePooling(signal, axes, parameters, is_scaled=is_scaled)


def _is_precise(taps: int, parameters: PoolingParameters, signal: Signal) -> bool:
    """Tell whether no sum goes beyond float32, and no power of a number is lost, whatever the window."""
    if parameters.operation == "max" or not signal.magnitude:
        return True
    if parameters.operation == "average":
        return signal.magnitude * taps <= numbers.LARGEST
    magnitudes = np.abs(signal.values)
    smallest = float(magnitudes.min(initial=np.inf, where=magnitudes > 0))
    largest_sum = parameters.p * math.log2(signal.magnitude) + math.log2(taps)
    return largest_sum < _EXPONENTS[1] and parameters.p * math.log2(smallest) > _EXPONENTS[0]


_EXPONENTS = (-100, 127)
"""Powers of two between which float32 is as precise as it gets, whatever is added to them (IEEE 754)."""

_LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]

OPERATION = Operation(
    name="pool",
    summary="Pool a signal, an image or channels",
    description=(
        "To see how a picture is made smaller: max, average or Lp, in windows, over the whole input, or to an"
        " output of a given size. Padding is never a value. Run by ONNX Runtime in float32."
    ),
    parameters=PoolingParameters,
    plan=plan,
    examples={
        "max": {
            "summary": "The lecture's 5x5 image, 2x2 windows, and where each maximum was",
            "value": {"input": _LECTURE, "return_indices": True},
        },
        "average": {
            "summary": "An average at the border, explained",
            "value": {
                "input": _LECTURE,
                "operation": "average",
                "kernel_size": 3,
                "stride": 2,
                "padding": 1,
                "explain": [[0, 0]],
            },
        },
        "adaptive": {
            "summary": "Adaptive: 2x2 maxima of an input of any size",
            "value": {"input": _LECTURE, "output_size": 2},
        },
        "subsampling": {
            "summary": "LeNet-5's own: an average with a trained coefficient and bias, then a tangent",
            "value": {
                "input": _LECTURE,
                "operation": "average",
                "coefficient": 0.5,
                "bias": -1,
                "activation": "lenet_tanh",
            },
        },
    },
)

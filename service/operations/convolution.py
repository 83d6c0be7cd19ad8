"""Convolution and cross-correlation of signals, images and channels (lecture, lines 50 to 700)."""

from dataclasses import replace

import numpy as np

from service.operations import convolution_parameters, padding, transposed_axis, weights, windows
from service.operations.convolution_parameters import ConvolutionParameters
from service.operations.convolution_plan import ConvolutionPlan
from service.operations.operation import Operation
from service.operations.signals import Signal
from service.operations.transposed_plan import TransposedPlan
from service.settings import Limits


def plan(
    parameters: ConvolutionParameters, signal: Signal, limits: Limits
) -> ConvolutionPlan | TransposedPlan:
    """
    Understand a request.

    Raises:
        InvalidInputError: Parameters that do not fit the input or one another, or over a limit.
    """
    convolution_parameters.check_together(parameters)
    kernel = parameters.kernel
    if parameters.transposed:
        kernel = weights.untransposed(kernel, parameters.groups, signal)
    arranged = weights.arrange(kernel, parameters.bias, parameters.groups, signal, limits)
    strides = windows.per_axis(parameters.stride, signal, "stride", neutral=1, most=limits.max_stride)
    dilations = windows.per_axis(parameters.dilation, signal, "dilation", neutral=1, most=limits.max_dilation)
    free = windows.axes(signal, arranged.values.shape[2:], strides, dilations)
    if parameters.operation == "convolution":
        arranged = replace(arranged, values=np.ascontiguousarray(arranged.values[:, :, ::-1, ::-1]))
    if parameters.transposed:
        transposed = transposed_axis.resolve(parameters, free, signal, most=limits.max_padding)
        return TransposedPlan(signal, arranged, transposed)
    sides = padding.resolve(parameters.padding, free, signal, most=limits.max_padding)
    axes = windows.with_sides(free, sides)
    windows.check_fits(axes, "kernel")
    return ConvolutionPlan(signal, arranged, axes, parameters)


_LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]

OPERATION = Operation(
    name="convolve",
    summary="Convolve a signal, an image or channels with kernels",
    description=(
        "To see what a kernel does to numbers or to a picture, step by step with `explain`. True convolution"
        " by default: the kernel is turned by 180 degrees, as the lecture, numpy and scipy have it;"
        " `cross_correlation` is what networks compute; `transposed` computes the transpose. Run by ONNX"
        " Runtime in float32: whole numbers are exact to 2^24."
    ),
    parameters=ConvolutionParameters,
    plan=plan,
    examples={
        "lecture": {
            "summary": "The lecture's example: a 5x5 image and the Laplacian",
            "value": {"input": _LECTURE, "kernel": "laplacian_4"},
        },
        "explained": {
            "summary": "Zero padding, stride 2, and how the first cell comes about",
            "value": {
                "input": _LECTURE,
                "kernel": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
                "operation": "cross_correlation",
                "padding": "same",
                "stride": 2,
                "explain": [[0, 0]],
            },
        },
        "transposed": {
            "summary": "Twice as large: the transpose of a convolution with stride 2",
            "value": {
                "input": [[1, 2], [3, 4]],
                "kernel": [[1, 2], [3, 4]],
                "operation": "cross_correlation",
                "transposed": True,
                "stride": 2,
            },
        },
        "signal": {
            "summary": "A signal and the impulse response of an echo",
            "value": {"input": [2, 1.48, 1.1, 0.81], "kernel": [1, 0, -1], "padding": "full"},
        },
    },
)

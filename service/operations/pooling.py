"""Max, average and Lp pooling, with LeNet-5's trainable coefficient and bias (lecture, lines 712 to 782)."""

from service.operations import padding, pooling_parameters, windows
from service.operations.operation import Operation
from service.operations.pooling_parameters import PoolingParameters
from service.operations.pooling_plan import PoolingPlan
from service.operations.signals import Signal
from service.settings import Limits


def plan(parameters: PoolingParameters, signal: Signal, limits: Limits) -> PoolingPlan:
    """
    Understand a request.

    Raises:
        InvalidInputError: Parameters that do not fit the input or one another, or over a limit.
    """
    pooling_parameters.check_together(parameters)
    size: int | tuple[int, ...] = parameters.kernel_size
    if parameters.global_:
        kernel: tuple[int, int] = signal.sizes
        size = signal.sizes[-1:] if signal.rank == 1 else signal.sizes
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
    for field, given in (("coefficient", parameters.coefficient), ("bias", parameters.bias)):
        if given is not None and given.size not in {1, signal.channels}:
            windows.refuse(field, f"expected a number, or one for each channel: {signal.channels}")
    return PoolingPlan(signal, axes, parameters)


_LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]

OPERATION = Operation(
    name="pool",
    summary="Pool a signal, an image or channels",
    description=(
        "To see how a picture is made smaller: max, average or Lp, in windows or over the whole input."
        " Padding is never a value. Run by ONNX Runtime in float32."
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

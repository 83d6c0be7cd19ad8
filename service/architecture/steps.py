"""What each kind of layer makes of its input: shape, parameters, multiply-adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from service.architecture import formulas
from service.architecture.formulas import Figure, Padding
from service.architecture.vocabulary import RBF, Conv2D, Dense, Flatten, Input, Layer, Pooling, Subsampling2D
from service.errors import Fault, InvalidInputError

NO_WEIGHTS = Figure(0, "0: there is nothing to learn")
NO_PRODUCTS = Figure(0, "0: no weight is multiplied with")


@dataclass(frozen=True)
class Step:
    """
    A layer's output.

    Attributes:
        shape: Of one image, channels last.
        size: How the shape came about.
        parameters: Weights and biases.
        multiply_adds: For one image.
        window: Height and width of what one value is made of, in the layer's input.
        strides: Between two neighbours, in the layer's input.
    """

    shape: tuple[int, ...]
    size: str
    parameters: Figure = NO_WEIGHTS
    multiply_adds: Figure = NO_PRODUCTS
    window: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)


def take(layer: Layer, before: Step | None, pointer: str) -> Step:
    """
    Apply a layer.

    Args:
        layer: The layer.
        before: The output of the layer before it; None at the first.
        pointer: Where the layer stands, for faults.

    Raises:
        InvalidInputError: The layer does not fit its input.
    """
    if before is None or isinstance(layer, Input):
        return _input(layer, before, pointer)
    if isinstance(layer, Flatten):
        units = prod(before.shape)
        return Step((units,), f"{' × '.join(map(str, before.shape))} = {units}")
    if isinstance(layer, Dense | RBF):
        return _dense(layer, before, pointer)
    if len(before.shape) == 1:
        raise refused(
            pointer, "type", f"{layer.type} takes feature maps, and the layer before gives a vector"
        )
    return (
        _convolution(layer, before, pointer)
        if isinstance(layer, Conv2D)
        else _pooling(layer, before, pointer)
    )


def refused(pointer: str, parameter: str, detail: str) -> InvalidInputError:
    """Make the error for a layer that cannot be, by its pointer and the parameter that is wrong."""
    message = "the layers do not make a network"
    return InvalidInputError(message, Fault(f"{pointer}/{parameter}", detail))


def _input(layer: Layer, before: Step | None, pointer: str) -> Step:
    if before is not None or not isinstance(layer, Input):
        raise refused(pointer, "type", "the first layer is the Input, and no other is")
    if len(layer.shape) == 2:
        raise refused(pointer, "shape", "an image is [height, width, channels], a vector [units]")
    return Step(layer.shape, "as given")


def _dense(layer: Dense | RBF, before: Step, pointer: str) -> Step:
    if len(before.shape) > 1:
        raise refused(pointer, "type", f"{layer.type} takes a vector: put Flatten before it")
    (inputs,) = before.shape
    learned = (
        NO_WEIGHTS
        if isinstance(layer, RBF)
        else formulas.dense_parameters(inputs, layer.units, bias=layer.use_bias)
    )
    return Step(
        (layer.units,),
        f"{layer.units}: one value a unit",
        learned,
        formulas.dense_multiply_adds(inputs, layer.units),
    )


def _convolution(layer: Conv2D, before: Step, pointer: str) -> Step:
    *_, channels = before.shape
    window, strides = layer.kernel_size, layer.strides
    sides, text = _slide(before, window, strides, layer.padding, (pointer, "kernel_size"))
    shape = (*sides, layer.filters)
    if layer.connections is None:
        parameters = formulas.convolution_parameters(channels, window, layer.filters, bias=layer.use_bias)
        multiply_adds = formulas.convolution_multiply_adds(shape, channels, window)
    else:
        connections = _connections(layer.connections, layer.filters, channels, pointer)
        parameters = formulas.connected_parameters(connections, window, layer.filters, bias=layer.use_bias)
        multiply_adds = formulas.connected_multiply_adds(sides, connections, window)
    return Step(shape, f"{text}; {layer.filters} filters", parameters, multiply_adds, window, strides)


def _connections(table: Sequence[Sequence[int]], filters: int, channels: int, pointer: str) -> int:
    """Count the connections of a table that fits."""
    if len(table) != filters:
        raise refused(
            pointer, "connections", f"expected the channels of {filters} filters, not of {len(table)}"
        )
    for number, seen in enumerate(table):
        if len(set(seen)) < len(seen) or max(seen, default=0) >= channels:
            detail = f"expected different channels from 0 to {channels - 1}"
            raise refused(pointer, f"connections/{number}", detail)
    return sum(map(len, table))


def _pooling(layer: Pooling, before: Step, pointer: str) -> Step:
    *_, channels = before.shape
    window = layer.pool_size
    strides = layer.strides or window
    if isinstance(layer.padding, int) and layer.padding >= min(window):
        raise refused(pointer, "padding", "the padding is less than the patch, or patches would be empty")
    sides, text = _slide(before, window, strides, layer.padding, (pointer, "pool_size"))
    shape, size = (*sides, channels), f"{text}; {channels} maps as before"
    if isinstance(layer, Subsampling2D):
        parameters = formulas.subsampling_parameters(channels)
        return Step(shape, size, parameters, formulas.subsampling_multiply_adds(shape), window, strides)
    return Step(shape, size, window=window, strides=strides)


def _slide(
    before: Step, window: tuple[int, int], strides: tuple[int, int], padding: Padding, place: tuple[str, str]
) -> tuple[list[int], str]:
    """Give height and width of the output, and how they came about."""
    figures = []
    for size, width, stride in zip(before.shape, window, strides, strict=False):
        margin = formulas.padded(size, width, stride, padding)
        if size + sum(margin) < width:
            raise refused(*place, f"{width} is larger than the input with its padding, {size + sum(margin)}")
        figures.append(formulas.output_size(size, width, stride, margin))
    down, across = figures
    text = down.formula if down == across else f"height {down.formula}; width {across.formula}"
    return [down.value, across.value], text

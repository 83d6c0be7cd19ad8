"""Whether what a card says of layers fits: one to the other, and to the outputs and weights of their file."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NoReturn

from service.cards.card import Layer, Pair
from service.engine.weights import Array
from service.errors import ModelError

Shape = tuple[int, ...]
Output = tuple[str, Sequence[int | None]]
"""Type and shape; a symbolic size is None."""


def check(
    layers: Sequence[Layer],
    *,
    parameters: int,
    image: Pair,
    outputs: Mapping[str, Output],
    constants: Mapping[str, Array],
) -> None:
    """
    See that nothing about layers contradicts anything else.

    Of operations that are not known here only outputs and weights are compared.

    Args:
        layers: In the order of the card.
        parameters: Of all of them together, as the card has it.
        image: Height and width of what the first layer reads.
        outputs: Of the layers' file, in its order; shapes with the batch.
        constants: Of that file, by name.

    Raises:
        ModelError: Something contradicts something else; the message says what.
    """
    names = tuple(layer.name for layer in layers)
    if names != tuple(outputs):
        _refuse(f"its layers are {names}, but the outputs of its layers' file are {tuple(outputs)}")
    shapes: dict[str, Shape] = {"": (*image, 1)} | {layer.name: layer.output_shape for layer in layers}
    before = ""
    for layer in layers:
        _check_output(layer, outputs[layer.name])
        weights = _weights(layer, constants)
        _check_parameters(layer, weights)
        # A step of the graph that is no layer has a name too, and a shape that the card does not tell.
        inputs = (before,) if layer.inputs is None else layer.inputs
        read = shapes.get(inputs[0]) if len(inputs) == 1 else None
        _check_connections(layer, read)
        _check_operation(layer, read, weights)
        before = layer.name
    together = sum(layer.parameters for layer in layers)
    if together != parameters:
        _refuse(f"its layers have {together} parameters together, but the card says {parameters}")


def _check_operation(layer: Layer, read: Shape | None, weights: Mapping[str, Array]) -> None:
    match layer.type:
        case "Conv2D":
            _check_convolution(layer, read, weights)
        case "AveragePooling2D" | "MaxPooling2D" | "Subsampling2D":
            _check_window(layer, read)
            if read and read[-1] != layer.output_shape[-1]:
                _refuse(f"{layer.name} pools {read[-1]} maps, but its output is {layer.output_shape}")
        case "Dense":
            _check_dense(layer, read, weights)
        case "RBF":
            _check_distances(layer, read, weights)
        case "ZeroPadding2D" | "Flatten" | "Softmax" | "Softmin" if read:
            made = _reshaped(layer, read)
            if layer.output_shape != made:
                _refuse(f"{layer.name} makes {made} of {read}, but its output is {layer.output_shape}")


def _reshaped(layer: Layer, read: Shape) -> Shape:
    """Give the shape of what a layer makes that only puts values in other places, or gives as many."""
    if layer.type == "Flatten":
        return (prod(read),)
    if layer.margins is None or len(read) != 3:
        return read
    height, width, channels = read
    (top, bottom), (left, right) = layer.margins
    return height + top + bottom, width + left + right, channels


def _check_output(layer: Layer, output: Output) -> None:
    kind, shape = output
    sizes = zip(shape[1:], layer.output_shape, strict=False)
    if len(shape) - 1 != len(layer.output_shape) or any(size not in {None, one} for size, one in sizes):
        _refuse(f"the output of {layer.name} has the shape {shape}, not (batch, {layer.output_shape})")
    if kind != "float":
        _refuse(f"the output of {layer.name} is {kind}, not float")


def _weights(layer: Layer, constants: Mapping[str, Array]) -> dict[str, Array]:
    """Give a layer's weights, which have as many axes as the card names."""
    found = {}
    for name, axes in (layer.weights or {}).items():
        constant = constants.get(f"{layer.name}.{name}")
        if constant is None or constant.ndim != len(axes):
            _refuse(f"the layers' file has no float32 {layer.name}.{name} with the axes {axes}")
        found[name] = constant
    return found


def _check_parameters(layer: Layer, weights: Mapping[str, Array]) -> None:
    if layer.parameters and not weights:
        _refuse(f"{layer.name} has {layer.parameters} parameters and no weights")
    # Some weights may not be trainable, such as the means of a normalisation: bit n tells that some of them
    # have n numbers together.
    sums = 1
    for name, weight in weights.items():
        more = sums << weight.size
        if name == "kernel" and layer.connections is not None:
            # Where there is no connection nothing is trained.
            more |= sums << sum(map(len, layer.connections)) * prod(weight.shape[2:])
        sums |= more
    if not sums >> layer.parameters & 1:
        sizes = " and ".join(f"{weight.size} numbers of {name}" for name, weight in weights.items())
        _refuse(f"{layer.name} has {layer.parameters} parameters, but its weights are {sizes}")


def _check_connections(layer: Layer, read: Shape | None) -> None:
    if layer.connections is None:
        return
    if (len(layer.connections),) != layer.output_shape[-1:]:
        _refuse(
            f"{layer.name} has connections of {len(layer.connections)} filters,"
            f" but its output is {layer.output_shape}"
        )
    for number, channels in enumerate(layer.connections):
        if len(set(channels)) < len(channels):
            _refuse(f"{layer.name} connects filter {number} to a channel twice: {channels}")
        if read and not all(0 <= channel < read[-1] for channel in channels):
            _refuse(f"{layer.name} connects filter {number} to {channels}, but reads {read[-1]} channels")


def _check_convolution(layer: Layer, read: Shape | None, weights: Mapping[str, Array]) -> None:
    _check_window(layer, read)
    kernel = _kernel(layer, weights, ("filters", "channels", "height", "width"), outputs=0)
    if kernel is None:
        return
    channels, size = kernel[1], kernel[2:]
    if layer.kernel_size not in {None, size}:
        _refuse(f"{layer.name} has the kernel_size {layer.kernel_size}, but its kernel is {kernel}")
    # In groups a filter sees a part of the channels; connections are of a kernel that has them all.
    is_grouped = layer.connections is None and channels and read and read[-1] % channels == 0
    if read and read[-1] != channels and not is_grouped:
        _refuse(f"{layer.name} reads {read[-1]} channels, but its kernel is {kernel}")


def _check_dense(layer: Layer, read: Shape | None, weights: Mapping[str, Array]) -> None:
    kernel = _kernel(layer, weights, ("inputs", "units"), outputs=1)
    # Keras' takes the last axis; that of other programs what the layer before gives in one line.
    if kernel and read and kernel[0] not in {read[-1], prod(read)}:
        _refuse(f"{layer.name} reads {read}, but its kernel is {kernel}")


def _check_distances(layer: Layer, read: Shape | None, weights: Mapping[str, Array]) -> None:
    bitmap = weights.get("bitmap")
    if bitmap is not None and read and bitmap.shape != (*layer.output_shape, *read):
        _refuse(f"{layer.name} makes {layer.output_shape} of {read}, but its bitmap is {bitmap.shape}")


def _kernel(
    layer: Layer, weights: Mapping[str, Array], axes: tuple[str, ...], *, outputs: int
) -> tuple[int, ...] | None:
    """Give the shape of a layer's kernel, of which the axis ``outputs`` and a bias fit the layer's output."""
    kernel = weights.get("kernel")
    if kernel is None or layer.weights is None:
        return None
    if layer.weights["kernel"] != axes:
        _refuse(
            f"{layer.name} has a kernel with the axes {layer.weights['kernel']}; a {layer.type}'s are {axes}"
        )
    number = kernel.shape[outputs]
    if (number,) != layer.output_shape[-1:]:
        _refuse(f"{layer.name} has a kernel {kernel.shape} of {axes}, but its output is {layer.output_shape}")
    bias = weights.get("bias")
    if bias is not None and bias.shape != (number,):
        _refuse(f"{layer.name} has a kernel of {number} {axes[outputs]}, but a bias {bias.shape}")
    return kernel.shape


def _check_window(layer: Layer, read: Shape | None) -> None:
    """Compare an output with what a window makes that slides over what is read, as TensorFlow pads."""
    if len(layer.output_shape) != 3:
        _refuse(f"{layer.name} is a {layer.type}, but its output is {layer.output_shape}")
    if not (read and len(read) == 3 and layer.kernel_size and layer.strides):
        return
    dilations = layer.dilations or (1, 1)
    if layer.padding == "same":
        lengths: Sequence[int] = read[:2]
    elif layer.padding == "valid":
        kernel = zip(read[:2], layer.kernel_size, dilations, strict=True)
        lengths = [length - step * (size - 1) for length, size, step in kernel]
    else:
        return
    made = tuple(-(-length // stride) for length, stride in zip(lengths, layer.strides, strict=True))
    if made != layer.output_shape[:2]:
        _refuse(
            f"{layer.name} makes {made} of {read[:2]} with kernel_size {layer.kernel_size}, strides"
            f" {layer.strides}, dilations {dilations} and padding {layer.padding}, but its output is"
            f" {layer.output_shape}"
        )


def _refuse(message: str) -> NoReturn:
    raise ModelError(message)

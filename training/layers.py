"""What the card says of each layer: its geometry, its activation, its weights by name and axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training import card

FILTER_AXES = ("filters", "channels", "height", "width")

MOST_SHOWN = 2048
"""Numbers of the first convolution's kernels that the card has, for each epoch that it shows."""

KERNEL_AXES = (3, 2, 0, 1)
"""Keras' axes of a convolution's kernel in the file's order: filters, channels, height, width."""


@dataclass(frozen=True)
class Weight:
    """
    What a layer has learnt, or was given.

    Attributes:
        name: ``<layer>.<weight>``: its name in ``layers.onnx``.
        variable: Keras' own.
        axes: What each of its axes is, in the order of the file.
        shape: In the file.
        places: Where each of the variable's numbers is among the file's; the others there are zero.
    """

    name: str
    variable: keras.Variable
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    places: npt.NDArray[np.int64]

    @property
    def value(self) -> npt.NDArray[np.float32]:
        """The values, as the file has them."""
        values = np.zeros(int(np.prod(self.shape)), np.float32)
        values[self.places] = self.variable.numpy()
        return values.reshape(self.shape)


def visible(network: keras.Model) -> list[keras.Layer]:
    """Give the layers that the card and ``layers.onnx`` have: all but the input."""
    return [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]


def weights(layer: keras.Layer) -> list[Weight]:
    """
    Give a layer's weights.

    A layer of a network's own names their axes by an attribute ``axes``, ``{weight: names}``, and has by an
    attribute ``places`` what ``Weight`` has as ``shape`` and ``places``, where the file has more numbers.
    """
    named, placed = _axes(layer), getattr(layer, "places", {})
    found = []
    for variable in layer.weights:
        name, shape = variable.name, tuple(variable.shape)
        axes = named.get(name, tuple(f"axis_{axis}" for axis in range(len(shape))))
        is_kernel = isinstance(layer, keras.layers.Conv2D) and name == "kernel"
        places = placed.get(name) or _in_order(shape, KERNEL_AXES if is_kernel else range(len(shape)))
        found.append(Weight(f"{layer.name}.{name}", variable, axes, *places))
    return found


def first_kernels(network: keras.Model) -> tuple[str, list[Any]] | None:
    """Give the first convolution's name and kernels as the card shows them; None when there is none."""
    for layer in visible(network):
        for weight in weights(layer):
            if weight.axes == FILTER_AXES:
                return layer.name, shown(weight.value)
    return None


def shown(kernels: npt.NDArray[np.float32]) -> list[Any]:
    """Give kernels, ``(filters, channels, height, width)``, to four decimals; of many the first filters."""
    number = max(1, MOST_SHOWN // kernels[0].size)
    return list(np.round(kernels[:number].astype(np.float64), 4).tolist())


def table(network: keras.Model) -> tuple[card.Layer, ...]:
    """Give the rows of the lecture's summary, with how each layer computes."""
    layers = visible(network)
    before = ["", *(layer.name for layer in layers)]
    return tuple(_described(layer, name) for layer, name in zip(layers, before, strict=False))


def _described(layer: keras.Layer, before: str) -> card.Layer:
    """Give a layer's row of the card; what a layer does not have is None."""
    read = tuple(_origin(tensor) for tensor in keras.tree.flatten(layer.input))
    activation, padding = (getattr(layer, name, None) for name in ("activation", "padding"))
    return card.Layer(
        name=layer.name,
        # A convolution with a table of connections is one.
        type="Conv2D" if isinstance(layer, keras.layers.Conv2D) else type(layer).__name__,
        output_shape=tuple(layer.output.shape[1:]),
        parameters=sum(int(np.prod(variable.shape)) for variable in layer.trainable_variables),
        kernel_size=_pair(layer, "kernel_size") or _pair(layer, "pool_size"),
        strides=_pair(layer, "strides"),
        dilations=_pair(layer, "dilation_rate"),
        padding=padding if isinstance(padding, str) else None,
        margins=padding if isinstance(layer, keras.layers.ZeroPadding2D) else None,
        activation=activation and activation.__name__,
        connections=getattr(layer, "connections", None),
        inputs=None if read == (before,) else read,
        weights={weight.variable.name: weight.axes for weight in weights(layer)},
    )


def _origin(tensor: keras.KerasTensor) -> str:
    """Name the layer that a tensor comes from; the image has none."""
    operation = tensor._keras_history.operation  # noqa: SLF001  Keras has no other way to ask
    return "" if isinstance(operation, keras.layers.InputLayer) else str(operation.name)


def _axes(layer: keras.Layer) -> dict[str, tuple[str, ...]]:
    if isinstance(layer, keras.layers.Conv2D):
        return {"kernel": FILTER_AXES, "bias": ("filters",)}
    if isinstance(layer, keras.layers.Dense):
        return {"kernel": ("inputs", "units"), "bias": ("units",)}
    return dict(getattr(layer, "axes", {}))


def _in_order(shape: tuple[int, ...], order: Sequence[int]) -> tuple[tuple[int, ...], npt.NDArray[np.int64]]:
    """Give the shape and the places of a variable whose axes the file has in another order."""
    turned = tuple(shape[axis] for axis in order)
    return turned, np.arange(np.prod(turned)).reshape(turned).transpose(np.argsort(order))


def _pair(layer: Any, name: str) -> tuple[int, int] | None:  # noqa: ANN401  any attribute may be missing
    value = getattr(layer, name, None)
    return tuple(value) if isinstance(value, tuple | list) and len(value) == 2 else None

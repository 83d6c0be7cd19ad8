"""Cards of the first round, which describe no layer: what they left out, from their network's own weights."""

from collections.abc import Mapping, Sequence

from service.cards.card import Layer, Pair
from service.engine.weights import Array

_AXES = {
    ("kernel", 4): ("filters", "channels", "height", "width"),
    ("kernel", 2): ("inputs", "units"),
    ("bias", 1): ("units",),
}


def completed(layers: Sequence[Layer], constants: Mapping[str, Array], size: Pair) -> tuple[Layer, ...]:
    """
    Describe layers as the only network of the first round had them.

    Kernels have the size of their arrays and go cell by cell; padding and the patches of pooling follow from
    the shapes; every layer with weights is rectified, and the last is a softmax.

    Args:
        layers: As they stand on the card.
        constants: Of ``layers.onnx``, by name.
        size: Height and width of the image.
    """
    found = []
    for layer in layers:
        weights = {
            name: axes
            for (name, number), axes in _AXES.items()
            if (array := constants.get(f"{layer.name}.{name}")) is not None and array.ndim == number
        }
        activation = "softmax" if layer is layers[-1] else "relu"
        known: dict[str, object] = {"weights": weights, "activation": activation if weights else None}
        is_map = len(layer.output_shape) == 3
        if layer.type == "Conv2D" and is_map and len(weights.get("kernel", ())) == 4:
            known["weights"] = {name: ("filters", *axes[1:]) for name, axes in weights.items()}
            height, width = known["kernel_size"] = constants[f"{layer.name}.kernel"].shape[2:]
            known["strides"] = known["dilations"] = (1, 1)
            inside = (size[0] - height + 1, size[1] - width + 1)
            known["padding"] = "valid" if layer.output_shape[:2] == inside else "same"
        elif layer.type == "AveragePooling2D" and is_map:
            down, across = layer.output_shape[:2]
            known["kernel_size"] = known["strides"] = (max(1, size[0] // down), max(1, size[1] // across))
            known["padding"] = "valid"
        found.append(layer.model_copy(update=known))
        if is_map:
            size = layer.output_shape[0], layer.output_shape[1]
    return tuple(found)

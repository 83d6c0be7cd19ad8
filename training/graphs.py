"""The network as ONNX graphs: a quick one for answers, and one that shows every layer."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from training.familiarity import Familiarity

OPSET = 18
"""ONNX operator set: the last but a few, which every ONNX Runtime of recent years knows."""

INPUT = "image"
BATCH = "batch"
IMAGE_AXES = 4
"""Batch, height, width, channels; a convolution's kernel has as many."""

ANSWERS = ("probabilities", "logits", "familiarity")


def answers_graph(network: keras.Model, familiarity: Familiarity) -> onnx.ModelProto:
    """
    Give ``image`` uint8 ``(batch, 28, 28, 1)`` -> ``probabilities``, ``logits``, ``familiarity``.

    Convolutions are channels first in ONNX, and the lecture's Flatten is channels last. The
    rows of the dense layer behind it are put in ONNX's order here, so that no image is transposed.
    """
    score = {name: value.astype(np.float32) for name, value in vars(familiarity).items()}
    *convolutions, flatten, hidden, last = network.layers
    hidden_kernel, hidden_bias = hidden.get_weights()
    last_kernel, last_bias = last.get_weights()
    rows = np.arange(len(hidden_kernel)).reshape(flatten.input.shape[1:])
    hidden_kernel = hidden_kernel[rows.transpose(2, 0, 1).ravel()]

    def answer(image: tf.Tensor) -> dict[str, tf.Tensor]:
        x = _scaled(image)
        for layer in convolutions:
            x = layer(x)
        x = tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (-1, len(hidden_kernel)))
        x = tf.nn.relu(tf.matmul(x, hidden_kernel) + hidden_bias)
        logits = tf.matmul(x, last_kernel) + last_bias
        probabilities = tf.nn.softmax(logits)
        z = tf.matmul(x, score["whitening"]) + score["shift"]
        nearest = tf.reduce_max(tf.matmul(z, score["centres"]) + score["offsets"], axis=1)
        # logsumexp(l) = max(l) - log(max(softmax(l))): exact, stable, and in operators that ONNX has.
        energy = tf.reduce_max(logits, axis=1) - tf.math.log(tf.reduce_max(probabilities, axis=1))
        total = energy + (nearest - tf.reduce_sum(tf.square(z), axis=1))
        return dict(zip(ANSWERS, (probabilities, logits, total), strict=True))

    return _converted(answer, ANSWERS, network)


def layers_graph(network: keras.Model) -> onnx.ModelProto:
    """Give ``image`` uint8 ``(batch, 28, 28, 1)`` -> every layer's output by its name, channels last."""

    def outputs(image: tf.Tensor) -> dict[str, tf.Tensor]:
        x, seen = _scaled(image), {}
        for layer in network.layers:
            # Keras' own Flatten asks for the batch size at run time; a constant shape says the same.
            x = (
                tf.reshape(x, (-1, int(np.prod(x.shape[1:]))))
                if isinstance(layer, keras.layers.Flatten)
                else layer(x)
            )
            seen[layer.name] = x
        return seen

    return _converted(outputs, tuple(layer.name for layer in network.layers), network)


def _scaled(image: tf.Tensor) -> tf.Tensor:
    # Flat, for ONNX Runtime multiplies along the last axis, which is 1 in an image: 12 us against 1.
    flat = tf.reshape(image, (-1, int(np.prod(image.shape[1:]))))
    return tf.reshape(tf.cast(flat, tf.float32) / 255.0, (-1, *image.shape[1:]))


def _converted(
    function: Callable[[tf.Tensor], dict[str, tf.Tensor]], outputs: tuple[str, ...], network: keras.Model
) -> onnx.ModelProto:
    signature = [tf.TensorSpec((None, 28, 28, 1), tf.uint8, name=INPUT)]
    model, _ = tf2onnx.convert.from_function(
        tf.function(function, input_signature=signature, autograph=False),
        input_signature=signature,
        opset=OPSET,
    )
    return _tidied(model, outputs, network)


def _tidied(model: onnx.ModelProto, outputs: tuple[str, ...], network: keras.Model) -> onnx.ModelProto:
    """Put the outputs in their order, call the batch ``batch`` and the weights by their layers."""
    graph: Any = model.graph
    by_name = {output.name: output for output in graph.output}
    ordered = [by_name[name] for name in outputs]
    del graph.output[:]
    graph.output.extend(ordered)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    del graph.value_info[:]
    _cancel_transposes(graph)
    _name_weights(graph, network)
    graph.name = network.name
    onnx.checker.check_model(model, full_check=True)
    return model


def _cancel_transposes(graph: onnx.GraphProto) -> None:
    """Leave out each transpose that undoes the one before; tf2onnx keeps those around an output."""
    before = {node.output[0]: node for node in graph.node if node.op_type == "Transpose"}
    for node in list(before.values()):
        first = before.get(node.input[0])
        if first and [_order(first)[axis] for axis in _order(node)] == list(range(len(_order(node)))):
            for reader in graph.node:
                reader.input[:] = [
                    first.input[0] if name == node.output[0] else name for name in reader.input
                ]
            graph.node.remove(node)


def _order(transpose: onnx.NodeProto) -> list[int]:
    return list(transpose.attribute[0].ints)


def _name_weights(graph: onnx.GraphProto, network: keras.Model) -> None:
    """Call the layers' weights ``<layer>.kernel`` and ``<layer>.bias``, so that a reader finds them."""
    names = {}
    for layer in network.layers:
        for kind, weight in zip(("kernel", "bias"), layer.get_weights(), strict=False):
            channels_first = weight.transpose(3, 2, 0, 1) if weight.ndim == IMAGE_AXES else weight
            names[channels_first.shape, channels_first.tobytes()] = f"{layer.name}.{kind}"
    renamed = {}
    for tensor in graph.initializer:
        value = onnx.numpy_helper.to_array(tensor)
        name = names.get((value.shape, value.tobytes()))
        if name is not None:
            renamed[tensor.name], tensor.name = name, name
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]

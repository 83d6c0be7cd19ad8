"""The network as ONNX graphs: a quick one for answers, and one that shows every layer."""

from collections.abc import Callable, Collection
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from training import graph_passes
from training.familiarity import Familiarity
from training.family import Head, input_size, seen
from training.layers import visible, weights

OPSET = 18
"""ONNX operator set: the last but a few, which every ONNX Runtime of recent years knows."""

INPUT = "image"
BATCH = "batch"
ANSWERS = ("probabilities", "logits", "familiarity")
INK_ANSWERS = ("ink", "count")


def answers_graph(network: keras.Model, head: Head, familiarity: Familiarity) -> onnx.ModelProto:
    """Give probabilities, logits and familiarity of ``image`` uint8 ``(batch, height, width, 1)``."""
    *hidden, (kernel, bias) = familiarity.layers

    def answer(image: tf.Tensor) -> dict[str, tf.Tensor]:
        x = _scaled(image)
        features = head.features(x)
        logits = head.logits(features)
        h = seen(x, features, logits)
        for each, offsets in hidden:
            h = tf.nn.relu(tf.matmul(h, each) + offsets)
        score = tf.reshape(tf.matmul(h, kernel) + bias, (-1,))
        return dict(zip(ANSWERS, (tf.nn.softmax(logits), logits, score), strict=True))

    return _converted(answer, ANSWERS, network)


def layers_graph(network: keras.Model) -> onnx.ModelProto:
    """Give ``image`` uint8 ``(batch, height, width, 1)`` to every layer's output by name, channels last."""
    layers = visible(network)
    names = tuple(layer.name for layer in layers)
    every = keras.Model(network.inputs, [layer.output for layer in layers])

    def outputs(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(names, every(_scaled(image)), strict=True))

    return _converted(outputs, names, network)


def ink_graph(network: keras.Model) -> onnx.ModelProto:
    """Give ``ink`` and ``count``, probabilities both, of ``image`` uint8 ``(batch, height, width, 1)``."""

    def answer(image: tf.Tensor) -> dict[str, tf.Tensor]:
        ink, count = network(_scaled(image), training=False)
        return dict(zip(INK_ANSWERS, (tf.sigmoid(ink), tf.nn.softmax(count)), strict=True))

    signature = [tf.TensorSpec((None, *input_size(network), 1), tf.uint8, name=INPUT)]
    # Its weights as constants: no layer is shown, and the conversion leaves out what they make needless.
    model, _ = tf2onnx.convert.from_function(
        tf.function(answer, input_signature=signature, autograph=False),
        input_signature=signature,
        opset=OPSET,
    )
    _finish(model, INK_ANSWERS, network)
    return model


def _scaled(image: tf.Tensor) -> tf.Tensor:
    # Flat, for ONNX Runtime multiplies along the last axis, which is 1 in an image: 12 us against 1.
    flat = tf.reshape(image, (-1, int(np.prod(image.shape[1:]))))
    return tf.reshape(tf.cast(flat, tf.float32) / 255.0, (-1, *image.shape[1:]))


def _converted(
    function: Callable[[tf.Tensor], dict[str, tf.Tensor]], outputs: tuple[str, ...], network: keras.Model
) -> onnx.ModelProto:
    """Convert a function of the image; the network's weights go through as inputs, and keep their names."""
    held = [weight for layer in visible(network) for weight in weights(layer)]
    image = tf.TensorSpec((None, *input_size(network), 1), tf.uint8, name=INPUT)
    signature = [image, *(tf.TensorSpec(weight.shape, tf.float32, name=weight.name) for weight in held)]

    def with_weights(image: tf.Tensor, *values: tf.Tensor) -> dict[str, tf.Tensor]:
        # As Keras has them; what gives them ONNX's order again cancels out.
        state = [
            (weight.variable, tf.gather(tf.reshape(value, (-1,)), weight.places))
            for weight, value in zip(held, values, strict=True)
        ]
        with keras.StatelessScope(state_mapping=state):
            return function(image)

    model, _ = tf2onnx.convert.from_function(
        tf.function(with_weights, input_signature=signature, autograph=False),
        input_signature=signature,
        opset=OPSET,
    )
    graph: Any = model.graph
    del graph.input[1:]
    graph.initializer.extend(onnx.numpy_helper.from_array(weight.value, weight.name) for weight in held)
    kept = {weight.name for weight in held} if outputs != ANSWERS else set()
    _finish(model, outputs, network, kept=kept)
    return model


def _finish(
    model: onnx.ModelProto, outputs: tuple[str, ...], network: keras.Model, *, kept: Collection[str] = ()
) -> None:
    """Name a graph, its batch and the order of its outputs, and leave it with what it computes."""
    graph: Any = model.graph
    by_name = {output.name: output for output in graph.output}
    del graph.output[:]
    graph.output.extend(by_name[name] for name in outputs)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    graph_passes.tidy(model, kept=kept)
    graph.name = network.name
    onnx.checker.check_model(model, full_check=True)

"""A network made for the tests: 32x32, other layers, one of a kind that nobody knows, a head of its own."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import layers

from training.family import Family


@keras.saving.register_keras_serializable("ridges")
class Gain(layers.Layer):
    """Multiplies each map by a number that is learnt."""

    axes = {"gain": ("maps",)}  # noqa: RUF012  as ``training.layers`` reads it

    def build(self, shape: Iterable[int]) -> None:
        self.gain = self.add_weight(shape=(tuple(shape)[-1],), initializer="ones", name="gain")

    def call(self, x: Any) -> Any:  # noqa: ANN401  a tensor
        return x * self.gain


class Head:
    """The logits are a layer's output; the softmax behind it has no weights."""

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        self._dense = network.get_layer("dense_2")
        self._body = keras.Model(network.inputs, self._dense.input)

    def features(self, x: Any) -> Any:  # noqa: ANN401  a tensor
        return self._body(x)

    def logits(self, features: Any) -> Any:  # noqa: ANN401  likewise
        return self._dense(features)

    def calibrated(self, temperature: float) -> keras.Model:
        copy = keras.models.clone_model(self._network)
        copy.set_weights(self._network.get_weights())
        dense = copy.get_layer("dense_2")
        dense.set_weights([weight / np.float32(temperature) for weight in dense.get_weights()])
        return copy


def build() -> keras.Model:
    image = x = keras.Input((32, 32, 1), name="image")
    x = layers.Conv2D(4, 5, strides=2, activation="tanh", name="conv2d_1")(x)
    x = skipped = Gain(name="gain_1")(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv2d_2")(x)
    x = layers.Add(name="add_1")([x, skipped])
    x = layers.MaxPooling2D(2, name="max_pooling2d_1")(x)
    x = layers.BatchNormalization(momentum=0.5, name="batch_normalization_1")(x)
    x = layers.Flatten(name="flatten_1")(x)
    x = layers.Dense(24, activation="sigmoid", name="dense_1")(x)
    x = layers.Dense(10, name="dense_2")(x)
    x = layers.Softmax(name="softmax_1")(x)
    return keras.Model(image, x, name="ridges")


FAMILY = Family("ridges", build, loss="categorical_crossentropy", head=Head)

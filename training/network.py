"""The lecture's LeNet-5 (lecture.txt, line 800), layer for layer and name for name."""

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from training.data import Images

PARAMETERS = 257_546
"""Trainable parameters, as the lecture's summary prints them (line 824)."""


def lenet5() -> keras.Sequential:
    """
    Build the network on images in 0..1, ``(batch, 28, 28, 1)``, float32.

    The answer is ``(batch, 10)`` float32 probabilities. The third convolution is 1x1 as
    the lecture writes it; LeCun's C5 is 5x5, which would give 61,706 parameters.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(6, 5, padding="same", activation="relu", name="conv2d_1"),
            layers.AveragePooling2D(2, name="average_pooling2d_1"),
            layers.Conv2D(16, 5, activation="relu", name="conv2d_2"),
            layers.AveragePooling2D(2, name="average_pooling2d_2"),
            layers.Conv2D(120, 1, activation="relu", name="conv2d_3"),
            layers.Flatten(name="flatten_1"),
            layers.Dense(84, activation="relu", name="dense_1"),
            layers.Dense(10, activation="softmax", name="dense_2"),
        ],
        name="lenet5",
    )


@dataclass(frozen=True)
class Answers:
    """What the network says of images, float32: ``(number, 84)``, ``(number, 10)`` and ``(number, 10)``."""

    features: npt.NDArray[np.float32]
    logits: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]


def answers(network: keras.Model, images: Images) -> Answers:
    """Ask the network about images, ``(number, 28, 28)`` uint8."""
    last = network.layers[-1]
    both = keras.Model(network.inputs, [last.input, last.output])
    features, probabilities = both.predict(scaled(images), batch_size=1000, verbose=0)
    kernel, bias = last.get_weights()
    return Answers(features, features @ kernel + bias, probabilities)


def scaled(images: Images) -> npt.NDArray[np.float32]:
    """Give images, ``(number, 28, 28)`` uint8, as the network takes them: 0..1, ``(number, 28, 28, 1)``."""
    return images[..., None].astype(np.float32) / np.float32(255)

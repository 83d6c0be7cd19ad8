"""The lecture's LeNet-5 (lecture.txt, line 800), layer for layer and name for name."""

import keras
from keras import layers

from framing.mnist import SIDE_PX
from training.family import DenseHead, Family

PARAMETERS = 257_546
"""Trainable parameters, as the lecture's summary prints them (line 824)."""


def build() -> keras.Sequential:
    """
    Build the network on images in 0..1, ``(batch, 28, 28, 1)``, float32.

    The answer is ``(batch, 10)`` float32 probabilities. The third convolution is 1x1 as
    the lecture writes it; LeCun's C5 is 5x5, which would give 61,706 parameters.
    """
    return keras.Sequential(
        [
            keras.Input((SIDE_PX, SIDE_PX, 1), name="image"),
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


FAMILY = Family(
    "lenet5",
    build,
    loss="categorical_crossentropy",
    head=DenseHead,
    about="It is the LeNet-5 of one lecture on convolutional networks, layer for layer.",
    published={"the lecture's slides": 119},  # lines 894 and 913
)

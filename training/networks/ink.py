"""A network that finds a digit's ink, and tells whether there is none, one, or several."""

import keras
from keras import layers, ops

from framing.looks import VIEW_PX
from training.family import InkFamily

PARAMETERS = 340_308
"""Trainable parameters."""

STEM, AT_16, AT_8, AT_4 = 16, 32, 64, 96
"""Channels of the encoder, where its maps are 32, 16, 8 and 4 pixels wide."""

BACK_AT_8, BACK_AT_16, BACK_AT_32 = 48, 32, 16
"""Channels of the decoder."""

COUNT_WEIGHT = 0.1
"""Of the number's loss beside the ink's."""

_SMOOTH = 8.0
"""Pixels that are added to both sides of Dice's ratio: views without ink have one."""


def build() -> keras.Model:
    """
    Build the network on views in 0..1, ``(batch, 64, 64, 1)`` float32.

    It gives ``ink`` ``(batch, 64, 64)`` and ``count`` ``(batch, 3)``, logits both. An encoder and a decoder
    with skip connections (Ronneberger et al. 2015), which are added (Chaurasia and Culurciello 2017), for
    half the products of those that are put beside. The entry halves the resolution, and only the last layer
    works at the full one.
    """
    image = x = keras.Input((VIEW_PX, VIEW_PX, 1), name="image")
    # Each view by its own level and contrast.
    x = layers.LayerNormalization((1, 2, 3), center=False, scale=False, epsilon=1e-3, name="contrast")(x)
    # Keras' "same" would pad one side only of what is halved.
    x = layers.ZeroPadding2D(2, name="room")(x)
    at_32 = _block(x, STEM, "stem", kernel=5, strides=2)
    at_16 = _twice(at_32, AT_16, "encode_16")
    at_8 = _twice(at_16, AT_8, "encode_8")
    at_4 = _twice(at_8, AT_4, "encode_4")
    at_4 = layers.Add(name="deeper_4")([at_4, _block(at_4, AT_4, "deepen_4")])
    x = _joined(at_4, at_8, BACK_AT_8, "8")
    x = _joined(x, at_16, BACK_AT_16, "16")
    x = _joined(x, at_32, BACK_AT_32, "32")
    x = layers.Conv2DTranspose(1, 4, 2, padding="same", name="full")(x)
    ink = layers.Reshape((VIEW_PX, VIEW_PX), name="ink")(x)
    pooled = [
        layers.GlobalAveragePooling2D(name="mean_4")(at_4),
        layers.GlobalMaxPooling2D(name="most_4")(at_4),
    ]
    count = layers.Dense(3, name="count")(layers.Concatenate(name="pooled_4")(pooled))
    return keras.Model(image, [ink, count], name="ink")


@keras.saving.register_keras_serializable("ink")  # type: ignore[untyped-decorator]  # no types
def stroke_loss(stroke: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """
    Give the loss of each view, ``(batch,)``: binary cross-entropy and Dice's (Milletari et al. 2016).

    Args:
        stroke: The part of each pixel that is covered, ``(batch, 64, 64)``, 0 to 1.
        logits: What the network gives, likewise.
    """
    # log(1 + exp(-|x|)) + max(x, 0) - x t: stable.
    entropy = ops.softplus(-ops.abs(logits)) + ops.relu(logits) - logits * stroke
    found = ops.sigmoid(logits)
    both = ops.sum(found * stroke, axis=(1, 2))
    either = ops.sum(found, axis=(1, 2)) + ops.sum(stroke, axis=(1, 2))
    return ops.mean(entropy, axis=(1, 2)) + 1 - (2 * both + _SMOOTH) / (either + _SMOOTH)


def _block(
    x: keras.KerasTensor, filters: int, name: str, *, kernel: int = 3, strides: int = 1
) -> keras.KerasTensor:
    """Convolve without bias, normalise the batch, and leave out what is negative."""
    padding = "same" if strides == 1 else "valid"
    x = layers.Conv2D(filters, kernel, strides, padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _twice(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Halve the resolution, and convolve twice."""
    x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    return _block(_block(x, filters, f"{name}_1"), filters, f"{name}_2")


def _joined(
    deep: keras.KerasTensor, skipped: keras.KerasTensor, filters: int, name: str
) -> keras.KerasTensor:
    """Double the resolution of maps, add those of that resolution, and convolve."""
    x = _block(deep, skipped.shape[-1], f"fit_{name}", kernel=1)
    x = layers.UpSampling2D(2, interpolation="bilinear", name=f"double_{name}")(x)
    x = layers.Add(name=f"join_{name}")([x, skipped])
    return _block(x, filters, f"decode_{name}")


FAMILY = InkFamily(
    "ink",
    build,
    loss=(stroke_loss, keras.losses.CategoricalCrossentropy(from_logits=True)),
    loss_weights=(1.0, COUNT_WEIGHT),
    metrics=(None, "accuracy"),
)

"""
LeNet-5 as it was published, 60,000 trainable parameters.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proceedings of
the IEEE 86 (11), 1998, section II.B; the loss is that of section II.C. Layers have the paper's names.
"""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from framing.mnist import SIDE_PX
from training.bitmaps import bitmaps
from training.family import Family

PARAMETERS = 60_000
"""Trainable parameters, as the paper counts them."""

PAPER, INK = -0.1, 1.175
"""Values of background and foreground, which the paper wants to have a mean of 0 and a variance of 1."""

AMPLITUDE, STEEPNESS = 1.7159, 2 / 3
"""Of the squashing function: it leaves 1 and -1 as they are (appendix A)."""

REJECTION = 20.0
"""``j`` of the loss: the distance of a class that is none of the ten."""

CONNECTIONS = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)
"""For each map of C3 the maps of S2 that it sees (table I): three neighbours, four, two pairs, and all."""

Shape = Iterable[int]


@keras.saving.register_keras_serializable("lenet5_1998")  # type: ignore[untyped-decorator]  # no types
def lenet_tanh(x: Any) -> Any:  # noqa: ANN401  a tensor
    """Return ``1.7159 tanh(2x/3)``."""
    return AMPLITUDE * ops.tanh(STEEPNESS * x)


@keras.saving.register_keras_serializable("lenet5_1998")
class Normalisation(layers.Layer):  # type: ignore[misc]  # Keras ships no types.
    """Pixels in 0..1 to the paper's values: ``x scale + offset``; neither is trained."""

    axes = {"scale": ("channels",), "offset": ("channels",)}  # noqa: RUF012  as ``training.layers`` reads it

    def build(self, shape: Shape) -> None:
        """Take scale and offset as weights that are not trained."""
        del shape
        self.scale, self.offset = (
            self.add_weight(
                shape=(1,), initializer=keras.initializers.Constant(value), trainable=False, name=name
            )
            for name, value in (("scale", INK - PAPER), ("offset", PAPER))
        )

    def call(self, x: Any) -> Any:  # noqa: ANN401  a tensor
        """Return as many values."""
        return x * self.scale + self.offset


@keras.saving.register_keras_serializable("lenet5_1998")
class Subsampling2D(layers.Layer):  # type: ignore[misc]  # Keras ships no types.
    """
    The mean of 2x2 pixels by one coefficient a map, plus one bias a map, squashed.

    The paper adds the four pixels: its coefficient is a quarter of this one.
    """

    axes = {"coefficient": ("channels",), "bias": ("channels",)}  # noqa: RUF012  as ``training.layers`` reads it
    pool_size = strides = (2, 2)
    padding = "valid"
    activation = staticmethod(lenet_tanh)

    def build(self, shape: Shape) -> None:
        """Make one coefficient and one bias for each map."""
        *_, channels = shape
        self.coefficient = self.add_weight(shape=(channels,), initializer="ones", name="coefficient")
        self.bias = self.add_weight(shape=(channels,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:  # noqa: ANN401  a tensor
        """Make ``(batch, height / 2, width / 2, channels)``."""
        return lenet_tanh(ops.average_pool(x, self.pool_size) * self.coefficient + self.bias)


@keras.saving.register_keras_serializable("lenet5_1998")
class ConnectedConv2D(layers.Conv2D):  # type: ignore[misc]  # Keras ships no types.
    """
    A convolution whose filters see some channels each: a kernel for every connection, none for the others.

    Attributes:
        connections: For each filter the channels that it sees.
        places: As ``training.layers`` reads it.
    """

    def __init__(self, *, connections: Iterable[Iterable[int]], **others: Any) -> None:  # noqa: ANN401  Keras' own
        """Take the table and what ``keras.layers.Conv2D`` takes, but the number of filters."""
        self.connections = tuple(map(tuple, connections))
        others.pop("filters", None)
        super().__init__(len(self.connections), **others)

    def build(self, shape: Shape) -> None:
        """Make a kernel for every connection."""
        *_, channels = shape
        height, width = self.kernel_size
        pairs = [(channel, filter_) for filter_, seen in enumerate(self.connections) for channel in seen]
        whole = (self.filters, channels, height, width)
        at = np.arange(np.prod(whole)).reshape(whole)
        self.places = {
            "kernel": (whole, np.stack([at[filter_, channel] for channel, filter_ in pairs], axis=2))
        }
        self._spread = np.zeros((len(pairs), channels, self.filters), np.float32)
        for number, pair in enumerate(pairs):
            self._spread[number, *pair] = 1
        self._kernel = self.add_weight(
            shape=(height, width, len(pairs)), initializer=self.kernel_initializer, name="kernel"
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer=self.bias_initializer, name="bias")
        self.built = True

    def call(self, x: Any) -> Any:  # noqa: ANN401  a tensor
        """Convolve with kernels that are zero where there is no connection."""
        number, *whole = self._spread.shape
        kernel = ops.reshape(
            ops.matmul(self._kernel, self._spread.reshape(number, -1)), (*self.kernel_size, *whole)
        )
        return self.activation(self.convolution_op(x, kernel) + self.bias)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of."""
        return super().get_config() | {"connections": self.connections}


@keras.saving.register_keras_serializable("lenet5_1998")
class RBF(layers.Layer):  # type: ignore[misc]  # Keras ships no types.
    """
    Euclidean radial basis functions: ``y_i = sum_j (x_j - w_ij)^2``, the distance to each class's bitmap.

    The bitmaps stay as they were drawn.
    """

    axes = {"bitmap": ("units", "inputs")}  # noqa: RUF012  as ``training.layers`` reads it

    def build(self, shape: Shape) -> None:
        """Take the bitmaps as weights that are not trained."""
        del shape
        drawn = bitmaps()
        self.bitmap = self.add_weight(
            shape=drawn.shape,
            initializer=lambda *_, **__: ops.convert_to_tensor(drawn),
            trainable=False,
            name="bitmap",
        )

    def call(self, x: Any) -> Any:  # noqa: ANN401  a tensor
        """Return ``(batch, classes)``, 0 and more."""
        return ops.sum(ops.square(ops.expand_dims(x, 1) - self.bitmap), axis=2)


@keras.saving.register_keras_serializable("lenet5_1998")
class Softmin(layers.Layer):  # type: ignore[misc]  # Keras ships no types.
    """Probabilities of distances: ``softmax(-y / temperature)``."""

    def __init__(self, temperature: float = 1.0, **others: Any) -> None:  # noqa: ANN401  Keras' own
        """Take the temperature."""
        super().__init__(**others)
        self.temperature = temperature

    def call(self, x: Any) -> Any:  # noqa: ANN401  a tensor
        """Return ``(batch, classes)``."""
        return ops.softmax(-x / self.temperature)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of."""
        return super().get_config() | {"temperature": self.temperature}


@keras.saving.register_keras_serializable("lenet5_1998")  # type: ignore[untyped-decorator]  # no types
def equation_9(labels: Any, distances: Any) -> Any:  # noqa: ANN401  tensors
    """
    Return the loss of each image: ``y_D + log(exp(-j) + sum_i exp(-y_i))``.

    Its first term draws the right class near, its second pushes all others away, as long as they are nearer
    than ``j``.

    Args:
        labels: One-hot, ``(batch, classes)``; they choose ``D``.
        distances: ``y``, likewise.
    """
    rejection = ops.full_like(distances[:, :1], -REJECTION)
    others = ops.logsumexp(ops.concatenate([-distances, rejection], axis=1), axis=1)
    return ops.sum(labels * distances, axis=1) + others


@keras.saving.register_keras_serializable("lenet5_1998")  # type: ignore[untyped-decorator]  # no types
def accuracy(labels: Any, distances: Any) -> Any:  # noqa: ANN401  tensors
    """Tell of each image whether the nearest bitmap is that of its digit."""
    return ops.equal(ops.argmin(distances, axis=1), ops.argmax(labels, axis=1))


class DistanceHead:
    """The head of a network of this kind: its logits are the distances with a minus, by the temperature."""

    def __init__(self, network: keras.Model) -> None:
        """Take the network, with or without its softmin."""
        self._network = network
        self._distances = network.get_layer("rbf")
        self._body = keras.Model(network.inputs, self._distances.input)
        self._temperature = getattr(network.layers[-1], "temperature", 1.0)

    def features(self, x: Any) -> Any:  # noqa: ANN401  see Head
        """Return what F6 gives."""
        return self._body(x)

    def logits(self, features: Any) -> Any:  # noqa: ANN401  see Head
        """Return ``-y / temperature``."""
        return -self._distances(features) / self._temperature

    def calibrated(self, temperature: float) -> keras.Model:
        """Return the network with its softmin."""
        probabilities = Softmin(temperature, name="softmin")(self._network.outputs[0])
        return keras.Model(self._network.inputs[0], probabilities, name=self._network.name)


def build() -> keras.Sequential:
    """
    Build the network on images in 0..1, ``(batch, 28, 28, 1)`` float32.

    It gives the distances to the bitmaps, ``(batch, 10)`` float32, by which it learns; see ``DistanceHead``.
    """
    return keras.Sequential(
        [
            keras.Input((SIDE_PX, SIDE_PX, 1), name="image"),
            layers.ZeroPadding2D(2, name="padding"),
            Normalisation(name="normalisation"),
            layers.Conv2D(6, 5, activation=lenet_tanh, kernel_initializer="lecun_uniform", name="c1"),
            Subsampling2D(name="s2"),
            ConnectedConv2D(
                connections=CONNECTIONS,
                kernel_size=5,
                activation=lenet_tanh,
                kernel_initializer="lecun_uniform",
                name="c3",
            ),
            Subsampling2D(name="s4"),
            layers.Conv2D(120, 5, activation=lenet_tanh, kernel_initializer="lecun_uniform", name="c5"),
            layers.Flatten(name="flatten"),
            layers.Dense(84, activation=lenet_tanh, kernel_initializer="lecun_uniform", name="f6"),
            RBF(name="rbf"),
        ],
        name="lenet5-1998",
    )


FAMILY = Family(
    "lenet5-1998",
    build,
    loss=equation_9,
    metrics=(accuracy,),
    head=DistanceHead,
    about=(
        'It is LeNet-5 of LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to'
        ' document recognition" (1998): trainable sub-sampling in S2 and S4, C3 by table I, tangents,'
        " and as output the squared distances to ten bitmaps. Other than there: the bitmaps were drawn"
        " by this project; the coefficients of S2 and S4 are of the mean of four pixels, not of their"
        " sum, and so four times the paper's; j of the loss, which the paper does not tell, is 20; a"
        " last layer without parameters makes probabilities of the distances; and it was trained by"
        " today's means: AdamW, a cosine schedule, averaged weights, and drawn scenes beside distorted"
        " images."
    ),
    published={"the paper": 95, "the paper, with distorted images": 80},
)

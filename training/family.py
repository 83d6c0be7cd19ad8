"""A kind of network: how it is built, by which loss it learns, and how it comes to its answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from framing.mnist import padded
from training.data import Images

BATCH = 1000
"""Images that a network is asked about at a time."""


class Head(Protocol):
    """
    How a network comes to its answer, in Keras' operations: they are trained, measured and exported alike.

    ``softmax(logits(features(x)))`` is what the last layer of a calibrated network gives.
    """

    def features(self, x: Any) -> Any:  # noqa: ANN401  a tensor of TensorFlow's or a symbol of Keras'
        """Give what enters the last layer with weights, ``(batch, features)``, for images in 0..1."""

    def logits(self, features: Any) -> Any:  # noqa: ANN401  likewise
        """Give what enters the softmax, ``(batch, classes)``."""

    def calibrated(self, temperature: float) -> keras.Model:
        """Give a copy of the network whose logits are divided by the temperature."""


@dataclass(frozen=True)
class Kind:
    """
    A kind of network, as ``training/networks/<name>.py`` has it.

    Layers, variables and activations of its own describe themselves: see ``training.layers``. Custom classes
    are registered with Keras (``keras.saving.register_keras_serializable``), so that a run can be resumed.

    Attributes:
        name: What ``--network`` calls it, and by default the model's folder.
        build: Makes a new network: one input, grey images in 0..1, ``(batch, height, width, 1)`` float32.
        loss: As ``keras.Model.compile`` takes it; of several outputs one for each.
        loss_weights: Of several outputs; None for 1 each.
        metrics: Likewise.
    """

    name: str
    build: Callable[[], keras.Model]
    loss: str | Callable[..., Any] | Sequence[Any]
    loss_weights: Sequence[float] | None = None
    metrics: Sequence[Any] = ("accuracy",)


@dataclass(frozen=True)
class Family(Kind):
    """
    A kind of network that reads digits.

    Its input is at least 28x28. Its loss is of one-hot labels and of what it gives, ``(batch, 10)``. The last
    layer of a calibrated copy gives the probabilities.

    Attributes:
        head: Takes a network of this kind.
        about: What it is and where it comes from, in sentences for its card.
        published: Errors of MNIST's 10,000 test images that others had with it, and who.
    """

    head: Callable[[keras.Model], Head] = field(kw_only=True)
    about: str = ""
    published: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class InkFamily(Kind):
    """
    A kind of network that finds ink.

    Its input is a view, 64x64. It gives logits: of the ink ``(batch, 64, 64)``, and of the number of digits
    ``(batch, 3)``: none, one, several.
    """


class DenseHead:
    """The head of a network whose last layer is dense with a softmax: ``softmax(x W + b)``."""

    def __init__(self, network: keras.Model) -> None:
        """Take the network."""
        self._network = network
        self._last = network.layers[-1]
        self._body = keras.Model(network.inputs, self._last.input)

    def features(self, x: Any) -> Any:  # noqa: ANN401  see Head
        """Give what enters the last layer."""
        return self._body(x)

    def logits(self, features: Any) -> Any:  # noqa: ANN401  see Head
        """Give ``x W + b``."""
        return keras.ops.add(keras.ops.matmul(features, self._last.kernel), self._last.bias)

    def calibrated(self, temperature: float) -> keras.Model:
        """
        Give a copy whose last layer's weights and bias are divided by the temperature.

        ``softmax((x W + b) / T)`` is ``softmax(x (W/T) + b/T)``: nobody downstream needs to know ``T``.
        """
        folded = keras.models.clone_model(self._network)
        folded.set_weights(self._network.get_weights())
        last = folded.layers[-1]
        last.set_weights([weight / np.float32(temperature) for weight in last.get_weights()])
        return folded


@dataclass(frozen=True)
class Answers:
    """
    What a network says of images, float32.

    Attributes:
        seen: What tells digits from strangers, ``(number, inputs)``: see ``seen``.
        logits: ``(number, classes)``.
        probabilities: Likewise.
    """

    seen: npt.NDArray[np.float32]
    logits: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]

    @classmethod
    def of(cls, family: Family, network: keras.Model, images: Images) -> Self:
        """Ask a network about images, ``(number, 28, 28)`` uint8."""
        head = family.head(network)

        def ask(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            features = head.features(x)
            logits = head.logits(features)
            return seen(x, features, logits), logits, keras.ops.softmax(logits)

        traced = tf.function(ask, reduce_retracing=True)
        starts = range(0, len(images), BATCH)
        parts = [traced(scaled(images[start : start + BATCH], network)) for start in starts]
        return cls(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def seen(x: tf.Tensor, features: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """
    Put side by side what tells digits from strangers: features, logits, and the image at half its size.

    Args:
        x: Images in 0..1, ``(batch, height, width, 1)``; an odd row or column at the end is left out.
        features: ``(batch, features)``.
        logits: ``(batch, classes)``.

    Returns:
        ``(batch, features + classes + height/2 * width/2)``.
    """
    coarse = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    return tf.concat([features, logits, tf.reshape(coarse, (-1, coarse.shape[1] * coarse.shape[2]))], axis=1)


def input_size(network: keras.Model) -> tuple[int, int]:
    """Give height and width of the images that a network takes."""
    _, height, width, _ = network.input_shape
    return height, width


def scaled(images: Images, network: keras.Model) -> npt.NDArray[np.float32]:
    """
    Give images as a network takes them.

    Args:
        images: ``(number, 28, 28)`` uint8.
        network: It takes them in 0..1, ``(number, height, width, 1)``, framed to the middle.
    """
    return padded(images, *input_size(network))[..., None].astype(np.float32) / np.float32(255)

"""An exported network must answer as the trained one does, or it is not published."""

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import onnxruntime

from framing.mnist import padded
from training.card import InkParity, Parity
from training.data import Images
from training.errors import ExportError
from training.evaluation import Probabilities
from training.export import LAYERS, MODEL
from training.family import input_size, scaled
from training.graphs import INK_ANSWERS
from training.ink.evaluation import FOUND, InkAnswers, dice
from training.layers import visible

TOLERANCE = 1e-5
"""Largest difference of a probability between Keras and ONNX Runtime that is put down to rounding."""

LAYER_TOLERANCE = 1e-4
"""The same for the output of a layer, in parts of that layer's largest value."""

INK_TOLERANCE = 1e-3
"""The same for ink and for a count: more layers, and views of one level, whose noise is made contrast."""

MOST_IMAGES = 2000
"""So many images are compared: every layer's output of more would fill the memory."""


def parity(network: keras.Model, images: Images, folder: Path) -> Parity:
    """
    Compare both files with the network that they came from.

    Args:
        network: With its temperature folded in.
        images: ``(number, 28, 28)`` uint8; the first 2,000 are used.
        folder: Of the version.

    Raises:
        ExportError: A difference is more than rounding.
    """
    chosen = padded(images[:MOST_IMAGES], *input_size(network))[..., None]
    layers = visible(network)
    every_layer = keras.Model(network.inputs, [layer.output for layer in layers])
    expected = every_layer.predict(scaled(images[:MOST_IMAGES], network), batch_size=500, verbose=0)
    probabilities = _session(folder / MODEL).run(["probabilities"], {"image": chosen})[0]
    shown = _session(folder / LAYERS).run([layer.name for layer in layers], {"image": chosen})
    found = Parity(
        max_abs_difference=max(_difference(expected[-1], each) for each in (probabilities, shown[-1])),
        max_layer_difference=max(
            _difference(keras_s, onnx_s) / max(float(np.abs(keras_s).max()), 1e-6)
            for keras_s, onnx_s in zip(expected, shown, strict=True)
        ),
        images=len(chosen),
    )
    if not (found.max_abs_difference <= TOLERANCE and found.max_layer_difference <= LAYER_TOLERANCE):
        message = (
            f"ONNX Runtime differs from Keras by {found.max_abs_difference:.2g} in a probability "
            f"(allowed: {TOLERANCE:g}), by {found.max_layer_difference:.2g} in a layer ({LAYER_TOLERANCE:g})"
        )
        raise ExportError(message)
    return found


def ink_parity(network: keras.Model, views: Images, folder: Path) -> InkParity:
    """
    Compare the file of a network that finds ink with the network that it came from.

    Args:
        network: Gives logits.
        views: ``(number, 64, 64)`` uint8; the first 2,000 are used.
        folder: Of the version.

    Raises:
        ExportError: A difference is more than rounding.
    """
    chosen = views[:MOST_IMAGES]
    expected = InkAnswers.of(network, chosen)
    ink, count = _session(folder / MODEL).run(list(INK_ANSWERS), {"image": chosen[..., None]})
    found = InkParity(max(_difference(expected.ink, ink), _difference(expected.count, count)), len(chosen))
    if not found.max_abs_difference <= INK_TOLERANCE:
        message = (
            f"ONNX Runtime differs from Keras by {found.max_abs_difference:.2g} in the ink or in a count "
            f"(allowed: {INK_TOLERANCE:g})"
        )
        raise ExportError(message)
    return found


def require_golden_ink(answers: InkAnswers, stroke: npt.NDArray[np.float32]) -> None:
    """
    Demand that the ink of the golden views is found.

    Raises:
        ExportError: That of one is not.
    """
    wrong = np.flatnonzero(dice(answers.ink, stroke) < FOUND).tolist()
    if wrong:
        message = (
            f"the network does not find the ink of golden views ({', '.join(map(str, wrong))}); train longer"
        )
        raise ExportError(message)


def require_golden(probabilities: Probabilities) -> None:
    """
    Demand that the ten golden digits, 0 to 9 in order, are read right.

    Raises:
        ExportError: One is not.
    """
    read = enumerate(probabilities.argmax(axis=1))
    wrong = [f"{digit} as {answer}" for digit, answer in read if answer != digit]
    if wrong:
        message = f"the network reads golden digits wrong ({', '.join(wrong)}); train longer"
        raise ExportError(message)


def _session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _difference(expected: npt.NDArray[np.float32], found: npt.NDArray[np.float32]) -> float:
    if expected.shape != found.shape:
        message = f"ONNX Runtime gives the shape {found.shape}, Keras {expected.shape}"
        raise ExportError(message)
    return float(np.abs(expected - found).max())

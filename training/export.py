"""What a version holds: both graphs, the golden digits, and the facts that travel in them."""

import json
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import onnx

from framing.mnist import padded
from training.card import Tensor
from training.data import Images
from training.evaluation import Probabilities
from training.familiarity import Familiarity
from training.family import Head, input_size
from training.graphs import ANSWERS, INPUT, answers_graph, layers_graph

MODEL = "model.onnx"
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"
FILES = (MODEL, LAYERS, GOLDEN)


def input_tensor(network: keras.Model) -> Tensor:
    """Describe the input: grey levels, light on black."""
    return Tensor(INPUT, "UINT8", (None, *input_size(network), 1))


def output_tensors(network: keras.Model) -> tuple[Tensor, ...]:
    """Describe the outputs of ``model.onnx``."""
    classes = network.output_shape[-1]
    return tuple(
        Tensor(name, "FP32", shape)
        for name, shape in zip(ANSWERS, ((None, classes), (None, classes), (None,)), strict=True)
    )


def write_graphs(
    folder: Path, network: keras.Model, head: Head, score: Familiarity, facts: Mapping[str, object]
) -> None:
    """
    Write ``model.onnx`` and ``layers.onnx``.

    Args:
        folder: Of the version.
        network: With its temperature folded in.
        head: Its own.
        score: The familiarity that the answers carry.
        facts: Written into both files' metadata; what is no text, as JSON.
    """
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}
    for name, graph in ((MODEL, answers_graph(network, head, score)), (LAYERS, layers_graph(network))):
        onnx.helper.set_model_props(graph, texts)
        onnx.save(graph, folder / name)


def write_golden(folder: Path, network: keras.Model, images: Images, probabilities: Probabilities) -> None:
    """
    Write ``golden.npz``: ``images (10, height, width)`` uint8 and Keras' ``probabilities (10, 10)`` float32.

    Args:
        folder: Of the version.
        network: It takes images of this height and width.
        images: ``(10, 28, 28)`` uint8.
        probabilities: Its answers.
    """
    framed = padded(images, *input_size(network))
    np.savez(folder / GOLDEN, images=framed, probabilities=probabilities.astype(np.float32))

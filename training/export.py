"""What a version holds: both graphs, the golden digits, and the facts that travel in them."""

import json
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import onnx

from framing.looks import SEVERAL, VIEW_PX
from framing.mnist import padded
from training import publication
from training.card import Tensor
from training.data import Images
from training.evaluation import Probabilities
from training.familiarity import Familiarity
from training.family import Head, input_size
from training.graphs import ANSWERS, INK_ANSWERS, INPUT, answers_graph, ink_graph, layers_graph
from training.ink.evaluation import InkAnswers

MODEL = publication.MODEL
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"
FILES = (MODEL, LAYERS, GOLDEN)
INK_FILES = (MODEL, GOLDEN)


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


def ink_tensors() -> tuple[Tensor, ...]:
    """Describe the outputs of the ``model.onnx`` of a network that finds ink."""
    ink, count = INK_ANSWERS
    return Tensor(ink, "FP32", (None, VIEW_PX, VIEW_PX)), Tensor(count, "FP32", (None, SEVERAL + 1))


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
    for name, graph in ((MODEL, answers_graph(network, head, score)), (LAYERS, layers_graph(network))):
        _save(graph, folder / name, facts)


def write_ink(
    folder: Path, network: keras.Model, views: Images, answers: InkAnswers, facts: Mapping[str, object]
) -> None:
    """
    Write the ``model.onnx`` of a network that finds ink, and its ``golden.npz``.

    Args:
        folder: Of the version.
        network: Gives logits.
        views: ``(number, 64, 64)`` uint8, golden ones.
        answers: The network's of them.
        facts: As in ``write_graphs``.
    """
    _save(ink_graph(network), folder / MODEL, facts)
    np.savez(folder / GOLDEN, images=views, ink=answers.ink, count=answers.count)


def _save(graph: onnx.ModelProto, path: Path, facts: Mapping[str, object]) -> None:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}
    onnx.helper.set_model_props(graph, texts)
    onnx.save(graph, path)


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

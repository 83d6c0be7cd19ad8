"""What a version holds: both graphs, the golden digits, and the facts that travel in them."""

import json
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import onnx

from training.card import Layer, Tensor
from training.data import Images
from training.evaluation import Probabilities
from training.familiarity import Familiarity
from training.graphs import answers_graph, layers_graph

MODEL = "model.onnx"
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"
FILES = (MODEL, LAYERS, GOLDEN)

INPUT = Tensor("image", "UINT8", (None, 28, 28, 1))
OUTPUTS = (
    Tensor("probabilities", "FP32", (None, 10)),
    Tensor("logits", "FP32", (None, 10)),
    Tensor("familiarity", "FP32", (None,)),
)


def write_graphs(folder: Path, network: keras.Model, score: Familiarity, facts: Mapping[str, object]) -> None:
    """
    Write ``model.onnx`` and ``layers.onnx``.

    Args:
        folder: Of the version.
        network: With its temperature folded in.
        score: The familiarity that the answers carry.
        facts: Written into both files' metadata; what is no text, as JSON.
    """
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}
    for name, graph in ((MODEL, answers_graph(network, score)), (LAYERS, layers_graph(network))):
        onnx.helper.set_model_props(graph, texts)
        onnx.save(graph, folder / name)


def write_golden(folder: Path, images: Images, probabilities: Probabilities) -> None:
    """Write ``golden.npz``: ``images (10, 28, 28)`` uint8 and Keras' ``probabilities (10, 10)`` float32."""
    np.savez(folder / GOLDEN, images=images, probabilities=probabilities.astype(np.float32))


def layer_table(network: keras.Model) -> tuple[Layer, ...]:
    """Give the rows of the lecture's summary."""
    return tuple(
        Layer(layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in network.layers
    )

"""The network is the lecture's, to the last parameter."""

import numpy as np
import pytest
from scipy import special

from training.family import Answers, scaled
from training.networks.lenet5 import FAMILY, PARAMETERS, build

SUMMARY = """
conv2d_1 (Conv2D)	(None, 28, 28, 6)	156
average_pooling2d_1 (Average)	(None, 14, 14, 6)	0
conv2d_2 (Conv2D)	(None, 10, 10, 16)	2416
average_pooling2d_2 (Average)	(None, 5, 5, 16)	0
conv2d_3 (Conv2D)	(None, 5, 5, 120)	2040
flatten_1 (Flatten)	(None, 3000)	0
dense_1 (Dense)	(None, 84)	252084
dense_2 (Dense)	(None, 10)	850
"""
"""The lecture's own table, lines 814 to 821."""


def test_the_summary_is_the_lectures() -> None:
    found = [
        f"{layer.name} ({type(layer).__name__[:7]})\t{layer.output.shape}\t{layer.count_params()}"
        for layer in build().layers
    ]
    expected = [line.replace("Conv2D)", "Conv2D)") for line in SUMMARY.strip().splitlines()]

    assert found == [line.replace("(Average)", "(Average)") for line in expected]


def test_the_parameters_are_the_lectures() -> None:
    assert build().count_params() == PARAMETERS == 257_546


def test_images_are_scaled_to_one() -> None:
    images = np.arange(256, dtype=np.uint8).repeat(784).reshape(256, 28, 28)

    found = scaled(images, build())

    assert (found.shape, found.dtype) == ((256, 28, 28, 1), np.float32)
    assert (found.min(), found.max()) == (0, 1)
    assert found[51, 0, 0, 0] == pytest.approx(0.2)


def test_answers_agree_with_the_network_and_with_each_other() -> None:
    network = build()
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)

    found = Answers.of(FAMILY, network, images)

    np.testing.assert_allclose(found.probabilities, network(scaled(images, network)).numpy(), atol=1e-6)
    np.testing.assert_allclose(found.probabilities, special.softmax(found.logits, axis=1), atol=1e-6)
    assert found.seen.shape == (7, 84 + 10 + 14 * 14)
    assert found.seen[:, :84].min() >= 0

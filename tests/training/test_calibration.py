"""The temperature is the one that a general optimiser finds, and folding it changes nothing else."""

import keras
import numpy as np
import pytest
from scipy import optimize, special

from training.calibration import temperature, temperature_interval
from training.family import Answers
from training.networks.lenet5 import FAMILY


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_minimises_the_nll(sharpness: float) -> None:
    random = np.random.default_rng(2)
    honest = random.normal(0, 2, (2000, 10))
    labels = np.array([random.choice(10, p=special.softmax(row)) for row in honest], np.uint8)
    logits = sharpness * honest

    def nll(candidate: float) -> float:
        return -special.log_softmax(logits / candidate, axis=1)[np.arange(2000), labels].mean()

    expected = optimize.minimize_scalar(nll, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-9}).x

    assert temperature(logits, labels) == pytest.approx(expected, rel=1e-4)
    assert temperature(logits, labels) == pytest.approx(sharpness, rel=0.1)


def test_logits_without_a_mistake_are_sharpened_no_further_than_twentyfold() -> None:
    assert temperature(10 * np.eye(10), np.arange(10, dtype=np.uint8)) == pytest.approx(1 / 20)


def test_the_interval_is_that_of_temperatures_fitted_to_images_drawn_with_replacement() -> None:
    random = np.random.default_rng(4)
    logits = random.normal(0, 2, (400, 10))
    labels = np.array([random.choice(10, p=special.softmax(row / 1.4)) for row in logits], np.uint8)
    drawn = random.integers(0, 400, (400, 400))
    fitted = [temperature(logits[each], labels[each]) for each in drawn]

    low, high = temperature_interval(logits, labels)

    assert (low, high) == pytest.approx(np.quantile(fitted, (0.025, 0.975)), rel=0.03)
    assert low < temperature(logits, labels) < high
    assert (low, high) == temperature_interval(logits, labels)


def test_the_interval_of_logits_without_a_mistake_is_where_the_fit_ends() -> None:
    interval = temperature_interval(10 * np.eye(10), np.arange(10, dtype=np.uint8))

    assert interval == pytest.approx((1 / 20, 1 / 20))


def test_a_folded_temperature_divides_the_logits_and_nothing_else() -> None:
    keras.utils.set_random_seed(3)
    network = FAMILY.build()
    images = np.random.default_rng(3).integers(0, 256, (5, 28, 28), np.uint8)

    calibrated = FAMILY.head(network).calibrated(2.5)
    before, after = (Answers.of(FAMILY, each, images) for each in (network, calibrated))

    np.testing.assert_allclose(after.logits, before.logits / 2.5, atol=1e-6)
    np.testing.assert_array_equal(after.seen[:, :84], before.seen[:, :84])
    np.testing.assert_allclose(after.probabilities, special.softmax(before.logits / 2.5, axis=1), atol=1e-6)

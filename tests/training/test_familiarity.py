"""The score is the one of the papers, and it tells digits from strangers."""

import numpy as np
import pytest
from scipy import special, stats
from scipy.spatial import distance

from training import familiarity
from training.family import Answers


def made(random: np.random.Generator, number: int, centre: float = 3.0) -> tuple[Answers, np.ndarray]:
    """Features around ten centres, and logits that follow from them."""
    labels = np.arange(number, dtype=np.uint8) % 10
    features = random.normal(0, 1, (number, 84)) * np.linspace(0.2, 2, 84)
    features[np.arange(number), labels] += centre
    logits = 4 * features[:, :10]
    return Answers(features, logits, special.softmax(logits, axis=1)), labels


@pytest.fixture
def fitted() -> tuple[familiarity.Familiarity, Answers, np.ndarray]:
    random = np.random.default_rng(4)
    train, labels = made(random, 2000)
    return familiarity.fit(train.features, labels, made(random, 500)[0]), train, labels


def test_the_distance_is_mahalanobis_up_to_its_scale(
    fitted: tuple[familiarity.Familiarity, Answers, np.ndarray],
) -> None:
    score, train, labels = fitted
    means = np.stack([train.features[labels == digit].mean(axis=0) for digit in range(10)])
    within = np.concatenate([train.features[labels == digit] - means[digit] for digit in range(10)])
    covariance = np.cov(within.T, bias=True)
    shrunk = 0.9 * covariance + 0.1 * np.trace(covariance) / 84 * np.eye(84)
    strangers = np.random.default_rng(5).normal(0, 3, (50, 84))
    expected = (distance.cdist(strangers, means, "mahalanobis", VI=np.linalg.inv(shrunk)) ** 2).min(axis=1)

    ratio = score.distance(strangers) / -expected

    assert ratio == pytest.approx([ratio[0]] * 50, rel=1e-6)


def test_energy_and_distance_weigh_the_same(
    fitted: tuple[familiarity.Familiarity, Answers, np.ndarray],
) -> None:
    score, *_ = fitted
    known, _ = made(np.random.default_rng(6), 5000)

    spread = familiarity.energy(known.logits).std() / score.distance(known.features).std()

    assert spread == pytest.approx(1, rel=0.15)


def test_the_energy_is_the_logsumexp() -> None:
    logits = np.random.default_rng(7).normal(0, 300, (20, 10))

    assert familiarity.energy(logits) == pytest.approx(special.logsumexp(logits, axis=1))


def test_the_threshold_rejects_one_digit_in_a_hundred_and_most_strangers(
    fitted: tuple[familiarity.Familiarity, Answers, np.ndarray],
) -> None:
    random = np.random.default_rng(8)
    known, strangers = made(random, 1000)[0], made(random, 1000, centre=0.0)[0]

    found = familiarity.measure(fitted[0], known, {"strange": strangers})

    assert (fitted[0](known.features, known.logits) < found.threshold).mean() == pytest.approx(0.01)
    assert found.auroc["strange"] > 0.6
    assert found.rejected["strange"] > 0.01
    assert set(found.mean_auroc) == {"energy + mahalanobis", "energy", "mahalanobis"}


def test_classes_that_are_absent_and_features_that_never_vary_do_no_harm() -> None:
    train, labels = made(np.random.default_rng(9), 40)
    train.features[:, 50:] = 0
    few = labels < 3

    score = familiarity.fit(train.features[few], labels[few], train)

    assert np.isfinite(score(train.features, train.logits)).all()


def test_the_auroc_is_mann_whitneys() -> None:
    random = np.random.default_rng(10)
    known, unknown = random.integers(2, 9, 200).astype(float), random.integers(0, 7, 150).astype(float)
    expected = stats.mannwhitneyu(known, unknown).statistic / (200 * 150)

    assert familiarity.auroc(known, unknown) == pytest.approx(expected)

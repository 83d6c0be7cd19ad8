"""A head learns to tell digits from strangers, and its threshold keeps what it promises."""

import numpy as np
import pytest
from scipy import special, stats

from training import familiarity
from training.family import Answers
from training.nondigits import LETTERS, LOOKALIKES


def pictures(number: int, level: int, seed: int) -> np.ndarray:
    """Pictures around a grey level, as stand-ins: digits are dark here, and strangers light."""
    random = np.random.default_rng(seed)
    return np.clip(random.normal(level, 30, (number, 28, 28)), 0, 255).astype(np.uint8)


def seen(images: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """What a network might see of them: seven pixels, and two inputs that never vary."""
    found = images[:, ::4, 5] / 255
    return np.column_stack([found, np.zeros(len(images)), np.ones(len(images))]).astype(np.float32) * scale


def answered(images: np.ndarray, scale: float = 1.0) -> Answers:
    logits = np.zeros((len(images), 10), np.float32)
    return Answers(seen(images, scale), logits, special.softmax(logits, axis=1))


def drawn(number: int) -> tuple[np.ndarray, np.ndarray]:
    return pictures(3000, 110, 2 * number), pictures(1500, 140, 2 * number + 1)


@pytest.fixture(scope="module")
def fitted() -> familiarity.Familiarity:
    return familiarity.fit(answered, drawn, seed=3)


def test_it_tells_what_it_did_not_learn_from(fitted: familiarity.Familiarity) -> None:
    digits, strangers = fitted(seen(pictures(400, 110, 90))), fitted(seen(pictures(400, 140, 91)))
    # Seven normal pixels each, a standard deviation apart: no score does better than their sum.
    best = stats.norm.cdf(np.sqrt(7 / 2))

    assert best - 0.03 < familiarity.auroc(digits, strangers) < best + 0.02


def test_its_score_is_the_log_of_how_much_likelier_a_digit_is(fitted: familiarity.Familiarity) -> None:
    # Both kinds weigh the same, though there were twice as many digits.
    digits, strangers = fitted(seen(pictures(2000, 110, 92))), fitted(seen(pictures(2000, 140, 93)))
    every, is_digit = np.concatenate([digits, strangers]), np.arange(4000) < 2000
    sure = (special.expit(every) > 0.6) & (special.expit(every) < 0.9)

    assert is_digit[sure].mean() == pytest.approx(special.expit(every[sure]).mean(), abs=0.1)
    assert np.median(digits) == pytest.approx(-np.median(strangers), abs=1)


def test_the_same_seed_gives_the_same_head(fitted: familiarity.Familiarity) -> None:
    again, other = (familiarity.fit(answered, drawn, seed=seed) for seed in (3, 4))

    for (kernel, bias), (same_kernel, same_bias) in zip(fitted.layers, again.layers, strict=True):
        np.testing.assert_array_equal(kernel, same_kernel)
        np.testing.assert_array_equal(bias, same_bias)
    assert not np.array_equal(fitted.layers[0][0], other.layers[0][0])


def test_the_scale_of_what_is_seen_does_not_matter(fitted: familiarity.Familiarity) -> None:
    enlarged = familiarity.fit(lambda images: answered(images, scale=64), drawn, seed=3)
    images = pictures(200, 125, 94)

    assert stats.spearmanr(enlarged(seen(images, scale=64)), fitted(seen(images))).statistic > 0.99


def test_the_threshold_calls_at_most_one_validation_digit_in_a_hundred_none_and_few_of_others() -> None:
    random = np.random.default_rng(8)
    scores = {
        familiarity.VALIDATION: random.normal(5, 1, 5000),
        "hands": random.normal(3, 2, 1000),
        "photos": random.standard_t(3, 1000) + 6,
    }

    below = {source: (each < familiarity.threshold(scores)).mean() for source, each in scores.items()}
    alone = familiarity.threshold({familiarity.VALIDATION: scores[familiarity.VALIDATION]})

    assert below[familiarity.VALIDATION] <= 0.01
    assert below["photos"] <= 0.015
    assert below["hands"] == pytest.approx(0.015, abs=0.001)
    assert (scores[familiarity.VALIDATION] < alone).mean() == pytest.approx(0.01, abs=0.0002)


@pytest.fixture(scope="module")
def report() -> familiarity.FamiliarityReport:
    """By the mean level as a score: an energy that knows nothing beside it."""

    def score(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return -images.mean(axis=(1, 2)), np.zeros(len(images))

    return familiarity.measure(
        score,
        digits={familiarity.VALIDATION: pictures(100, 60, 1), "hands": pictures(100, 90, 2)},
        strangers={"noise": pictures(50, 200, 3)},
        letters={
            letter: pictures(10, 60 if letter in LOOKALIKES else 200, 100 + at)
            for at, letter in enumerate(LETTERS)
        },
    )


def test_every_letter_is_told_and_so_are_all_and_those_unlike_digits(
    report: familiarity.FamiliarityReport,
) -> None:
    every, distinct = report.rejected[familiarity.ALL], report.rejected[familiarity.DISTINCT]

    assert list(report.letters) == list(LETTERS)
    assert every == pytest.approx(np.mean(list(report.letters.values())))
    assert {report.letters[letter] for letter in LOOKALIKES} == {0.0}
    assert (every, distinct) == (pytest.approx(33 / 52), 1.0)
    assert report.auroc[familiarity.ALL] < report.auroc[familiarity.DISTINCT] == 1.0


def test_every_source_and_kind_is_told_beside_what_no_training_gives(
    report: familiarity.FamiliarityReport,
) -> None:
    assert list(report.digits) == [familiarity.VALIDATION, "hands"]
    assert report.digits["hands"] <= 0.02
    assert list(report.auroc) == list(report.rejected) == [familiarity.ALL, familiarity.DISTINCT, "noise"]
    assert report.mean_auroc == {"head": pytest.approx(np.mean(list(report.auroc.values()))), "energy": 0.5}


def test_a_threshold_that_is_given_is_kept() -> None:
    found = familiarity.measure(
        lambda images: (images.mean(axis=(1, 2)), np.zeros(len(images))),
        digits={familiarity.VALIDATION: pictures(20, 60, 1)},
        strangers={},
        letters={letter: pictures(2, 60, 2) for letter in LETTERS},
        below=70.0,
    )

    assert found.threshold == 70.0
    assert found.digits == {familiarity.VALIDATION: 1.0}


def test_the_energy_is_the_logsumexp() -> None:
    logits = np.random.default_rng(7).normal(0, 300, (20, 10))

    assert familiarity.energy(logits) == pytest.approx(special.logsumexp(logits, axis=1))


def test_the_auroc_is_mann_whitneys() -> None:
    random = np.random.default_rng(10)
    known, unknown = random.integers(2, 9, 200).astype(float), random.integers(0, 7, 150).astype(float)
    expected = stats.mannwhitneyu(known, unknown).statistic / (200 * 150)

    assert familiarity.auroc(known, unknown) == pytest.approx(expected)

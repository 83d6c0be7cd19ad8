"""The figures of the model card, against their definitions as loops and against scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from training import evaluation


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are right about four times out of five."""
    random = np.random.default_rng(1)
    labels = random.integers(0, 10, 500).astype(np.uint8)
    logits = random.normal(0, 1.5, (500, 10))
    logits[np.arange(500), labels] += 3
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=1, keepdims=True), labels


def test_errors_and_halves_count_the_wrong_answers(answers: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = answers
    wrong = [
        max(range(10), key=row.__getitem__) != label for row, label in zip(probabilities, labels, strict=True)
    ]

    found = evaluation.evaluate(probabilities, labels)

    assert (found.images, found.errors) == (500, sum(wrong))
    assert found.halves == (sum(wrong[:250]), sum(wrong[250:]))
    assert found.accuracy == pytest.approx(1 - sum(wrong) / 500)


@pytest.mark.parametrize(("errors", "written"), [(4_704, "0.5296"), (33, "0.9967"), (119, "0.9881")])
def test_an_accuracy_is_written_as_it_is_meant(errors: int, written: str) -> None:
    labels = np.repeat(np.array([0, 1], np.uint8), [10_000 - errors, errors])

    assert str(evaluation.evaluate(np.eye(10)[np.zeros(10_000, int)], labels).accuracy) == written


def test_nll_is_the_mean_surprise(answers: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = answers
    expected = -sum(math.log(row[label]) for row, label in zip(probabilities, labels, strict=True)) / 500

    assert evaluation.nll(probabilities, labels) == pytest.approx(expected)


def test_one_certain_mistake_leaves_the_nll_finite() -> None:
    found = evaluation.nll(np.eye(10)[:1], np.array([3], np.uint8))

    assert found == pytest.approx(-math.log(1e-12))


def test_brier_is_the_mean_squared_distance_to_the_truth(answers: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = answers
    expected = 0.0
    for row, label in zip(probabilities, labels, strict=True):
        expected += sum((p - (digit == label)) ** 2 for digit, p in enumerate(row)) / 500

    assert evaluation.brier(probabilities, labels) == pytest.approx(expected)
    assert evaluation.brier(np.eye(10)[[0]], np.array([1], np.uint8)) == 2


def test_ece_is_the_weighted_gap_of_fifteen_bins(answers: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = answers
    bins: dict[int, list[tuple[float, bool]]] = {}
    for row, label in zip(probabilities, labels, strict=True):
        bins.setdefault(math.ceil(max(row) * 15) - 1, []).append((max(row), np.argmax(row) == label))
    expected = sum(
        abs(sum(sure for sure, _ in each) - sum(right for _, right in each)) for each in bins.values()
    )

    found = evaluation.reliability(probabilities, labels)

    assert [len(bins[index]) for index in sorted(bins)] == [each.count for each in found]
    assert evaluation.ece(found) == pytest.approx(expected / 500)


def test_a_confidence_of_one_falls_into_the_last_bin() -> None:
    (only,) = evaluation.reliability(np.eye(10), np.arange(10, dtype=np.uint8))

    assert (only.count, only.upper, only.confidence, only.accuracy) == (10, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ([], 1.0),
        ([999], 1.0),  # One error in 1,000 is 99.9 %.
        ([998], 1.0),
        ([500, 999], 0.5),
        ([0], 1.0),
        ([0, 1], 0.0),
    ],
)
def test_coverage_is_the_largest_share_that_keeps_its_promise(wrong: list[int], expected: float) -> None:
    confidence = np.linspace(0.99, 0.6, 1000)
    probabilities = np.full((1000, 10), 0.0)
    probabilities[:, 0], probabilities[:, 1] = confidence, 1 - confidence
    labels = np.zeros(1000, np.uint8)
    labels[wrong] = 1

    assert evaluation.coverage(probabilities, labels, accuracy=0.999) == expected


def test_the_confusion_matrix_has_truth_in_rows(answers: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = answers
    expected = [
        [sum((labels == true) & (probabilities.argmax(axis=1) == read)) for read in range(10)]
        for true in range(10)
    ]

    np.testing.assert_array_equal(expected, evaluation.confusion_matrix(probabilities, labels))


@pytest.mark.parametrize(("right", "number"), [(9881, 10_000), (9960, 10_000), (10, 10), (0, 10), (1, 2)])
def test_the_interval_is_wilsons(right: int, number: int) -> None:
    expected = stats.binomtest(right, number).proportion_ci(0.95, method="wilson")

    assert evaluation.wilson_interval(right, number) == pytest.approx((expected.low, expected.high))


def test_the_lectures_accuracy_has_the_interval_that_is_published_for_it() -> None:
    # 119 errors of 10,000, line 913: plus and minus about 21.
    low, high = evaluation.wilson_interval(9881, 10_000)

    assert pytest.approx((100 * low, 100 * high), abs=0.01) == (98.58, 99.00)


def test_nothing_cannot_be_evaluated() -> None:
    with pytest.raises(ValueError, match="no images"):
        evaluation.evaluate(np.empty((0, 10)), np.empty(0, np.uint8))

"""How good the probabilities are: errors, proper scores, calibration, in plain numpy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data import Labels

Probabilities = npt.NDArray[np.floating]
"""Probabilities of the ten digits, ``(number, 10)``, 0 to 1, each row summing to 1."""

BINS = 15
"""Bins of the reliability diagram and of ECE, as Guo et al. (2017) use."""

NORMAL_97_5 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""

TINY = 1e-12
"""Smallest probability that enters a logarithm."""


@dataclass(frozen=True)
class ReliabilityBin:
    """The answers whose confidence lies in ``(lower, upper]``: how many, how sure, how right."""

    lower: float
    upper: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Evaluation:
    """
    Every figure of one set of images; nothing here was chosen by looking at it.

    Attributes:
        images: Images evaluated.
        errors: Images whose most probable digit is not their label.
        accuracy: Share of the others.
        accuracy_interval_95: Wilson's interval for it.
        halves: Errors among the first and the second half of the images.
        nll: Mean negative logarithm of the true digit's probability, nats.
        brier: Mean squared distance between probabilities and truth, 0 to 2.
        ece: Expected calibration error over 15 bins.
        coverage_at_999: Share answered at 99.9 % accuracy, the surest first.
        confusion_matrix: Counts, a row for each true digit, a column for each answer.
        reliability: The bins behind ``ece``, only those that hold images.
    """

    images: int
    errors: int
    accuracy: float
    accuracy_interval_95: tuple[float, float]
    halves: tuple[int, int]
    nll: float
    brier: float
    ece: float
    coverage_at_999: float
    confusion_matrix: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]


def evaluate(probabilities: Probabilities, labels: Labels) -> Evaluation:
    """
    Measure probabilities, ``(number, 10)``, against the true digits, ``(number,)``.

    Raises:
        ValueError: There is no image.
    """
    if not len(labels):
        message = "no images to evaluate"
        raise ValueError(message)
    wrong = probabilities.argmax(axis=1) != labels
    right = int((~wrong).sum())
    bins = reliability(probabilities, labels)
    return Evaluation(
        images=len(labels),
        errors=int(wrong.sum()),
        # The nearest float of the share, which prints as it is meant: 1 - 0.4704 is 0.5296000000000001.
        accuracy=right / len(labels),
        accuracy_interval_95=wilson_interval(right, len(labels)),
        halves=(int(wrong[: len(wrong) // 2].sum()), int(wrong[len(wrong) // 2 :].sum())),
        nll=nll(probabilities, labels),
        brier=brier(probabilities, labels),
        ece=ece(bins),
        coverage_at_999=coverage(probabilities, labels, accuracy=0.999),
        confusion_matrix=tuple(tuple(row) for row in confusion_matrix(probabilities, labels).tolist()),
        reliability=bins,
    )


def nll(probabilities: Probabilities, labels: Labels) -> float:
    """
    Give the mean negative log-likelihood, ``-mean(log p[true])``, in nats.

    Probabilities below 1e-12 count as 1e-12, so that one certain mistake stays finite.
    """
    true = np.float64(probabilities[np.arange(len(labels)), labels])
    return float(-np.log(np.maximum(true, TINY)).mean())


def brier(probabilities: Probabilities, labels: Labels) -> float:
    """Give Brier's score (1950), ``mean(sum_k (p_k - [k is true])^2)``, 0 (best) to 2."""
    truth = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def reliability(probabilities: Probabilities, labels: Labels) -> tuple[ReliabilityBin, ...]:
    """
    Group the answers by confidence into 15 bins of equal width, ``(lower, upper]``.

    Confidence is the largest probability (Guo et al., On Calibration of Modern Neural
    Networks, 2017). Bins without an answer are left out.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, BINS + 1)
    place = np.searchsorted(edges[1:-1], confidence, side="left")
    return tuple(
        ReliabilityBin(
            float(edges[index]),
            float(edges[index + 1]),
            int(inside.sum()),
            float(confidence[inside].mean()),
            float(right[inside].mean()),
        )
        for index in range(BINS)
        if (inside := place == index).any()
    )


def ece(bins: tuple[ReliabilityBin, ...]) -> float:
    """
    Give the expected calibration error, ``sum_b n_b/n |accuracy_b - confidence_b|``.

    After Naeini et al. (2015). Of 10,000 images of a perfectly calibrated network it is
    still 0.001 to 0.002, by chance.
    """
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.accuracy - each.confidence) for each in bins) / total


def coverage(probabilities: Probabilities, labels: Labels, *, accuracy: float) -> float:
    """
    Give the largest share of images that can be answered, the surest first, at this accuracy.

    It is ``max k/n`` over the ``k`` whose ``k`` most confident answers hold at most
    ``(1 - accuracy) k`` errors (the risk-coverage curve, El-Yaniv and Wiener 2010).
    """
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")
    wrong = np.cumsum((probabilities.argmax(axis=1) != labels)[surest])
    # A hair of room, for 0.001 * 1000 is not 1 in binary.
    allowed = (1 - accuracy) * np.arange(1, len(labels) + 1) + 1e-9
    good = np.flatnonzero(wrong <= allowed)
    return float((good[-1] + 1) / len(labels)) if len(good) else 0.0


def confusion_matrix(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.int64]:
    """Count, ``(10, 10)`` int64, how often each digit (row) is read as each (column)."""
    matrix = np.zeros((probabilities.shape[1],) * 2, np.int64)
    np.add.at(matrix, (labels, probabilities.argmax(axis=1)), 1)
    return matrix


def wilson_interval(right: int, number: int) -> tuple[float, float]:
    """
    Give Wilson's 95 % interval (1927) for the share of which ``right / number`` was seen.

    With ``p = right/number`` and ``z = 1.96``: ``(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``.
    """
    z2 = NORMAL_97_5**2 / number
    share = right / number
    middle = share + z2 / 2
    reach = (z2 * share * (1 - share) + z2**2 / 4) ** 0.5
    return max(0.0, (middle - reach) / (1 + z2)), min(1.0, (middle + reach) / (1 + z2))

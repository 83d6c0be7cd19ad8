"""How much an image is like a digit: a small head beside the network, its threshold, and what it is worth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training.data import Images
from training.family import Answers
from training.nondigits import LOOKALIKES

Scores = npt.NDArray[np.floating]
"""One score an image, ``(number,)``, higher for what is more like a digit."""

Dense = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Kernel ``(inputs, units)`` and bias ``(units,)``."""

METHOD = "head"

ALL = "letters, all 52"
DISTINCT = "letters unlike digits"

HIDDEN = (64, 32)
"""Units of the layers before the last."""

ROUNDS = 6
"""Times that digits and strangers are drawn anew."""

PASSES = 2
"""Times that each round's are gone through: to draw them takes longer than to learn from them."""

BATCH = 256
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-2

VALIDATION = "MNIST, validation"

REJECTED_DIGITS = 0.01
"""Share of validation digits that the threshold may take for strangers."""

REJECTED_OTHERS = 0.015
"""Share of any other source's digits: half of the 3 % that no unknown source's should exceed."""

_LEAST_SPREAD = 1e-2
"""An input that varies less is not enlarged: some features are never active."""


@dataclass(frozen=True)
class Familiarity:
    """
    A head beside the network's last layer: one number for what it sees, ``relu(relu(x A + a) B + b) c + d``.

    It sees what enters the last layer, the logits, and the image at half its size (``Answers.seen``); the
    network's own answers stay as they are. It learns by the cross-entropy of ``sigmoid(s)``, digits and
    strangers weighing the same, so that ``s`` comes near ``log p(x | digit) - log p(x | stranger)``: no score
    tells those two apart better (Neyman and Pearson 1933). That made strangers teach about others is outlier
    exposure (Hendrycks, Mazeika and Dietterich, ICLR 2019).

    Why the image too: features keep what tells digits from each other, and lose some of what tells them from
    the signs of other scripts, noise and textures.

    Attributes:
        layers: Kernel and bias of each.
    """

    layers: tuple[Dense, ...]

    def __call__(self, seen: npt.NDArray[np.floating]) -> Scores:
        """Score what was seen, ``(number, inputs)``."""
        *hidden, (kernel, bias) = self.layers
        for weights, offsets in hidden:
            seen = np.maximum(seen @ weights + offsets, 0)
        return np.asarray((seen @ kernel + bias)[:, 0])


@dataclass(frozen=True)
class FamiliarityReport:
    """
    What the score is worth, by pictures that no head has learnt from.

    Attributes:
        method: Name of the score.
        threshold: Below it an image is taken for no digit: see ``threshold``.
        auroc: For each kind of stranger the chance that a validation digit scores higher than a stranger.
        rejected: For each kind the share under the threshold.
        mean_auroc: Over the kinds, of this score, and of the logits' energy, which needs no training.
        letters: For each letter of both cases the share under the threshold; empty when not measured.
        digits: For each source of digits likewise.
    """

    method: str
    threshold: float
    auroc: dict[str, float]
    rejected: dict[str, float]
    mean_auroc: dict[str, float]
    letters: dict[str, float] = field(default_factory=dict)
    digits: dict[str, float] = field(default_factory=dict)


def fit(
    answer: Callable[[Images], Answers], draw: Callable[[int], tuple[Images, Images]], seed: int
) -> Familiarity:
    """
    Train a head.

    Args:
        answer: Asks the network, which stays as it is.
        draw: Gives digits and strangers to learn from, ``(number, 28, 28)`` uint8 each, anew for each number
            of a round.
        seed: Of weights and order.
    """
    keras.utils.set_random_seed(seed)
    network: Any = None
    for number in range(ROUNDS):
        digits, strangers = draw(number)
        seen = answer(np.concatenate([digits, strangers])).seen
        is_digit = np.arange(len(seen)) < len(digits)
        if network is None:
            mean, spread = seen.mean(axis=0), np.maximum(seen.std(axis=0), _LEAST_SPREAD)
            network = _untrained(seen.shape[1], steps=ROUNDS * PASSES * -(-len(seen) // BATCH))
        network.fit(
            (seen - mean) / spread,
            is_digit.astype(np.float32),
            sample_weight=len(seen) / 2 / np.where(is_digit, len(digits), len(strangers)),
            batch_size=BATCH,
            epochs=PASSES,
            verbose=0,
        )
    (kernel, bias), *others = [tuple(layer.get_weights()) for layer in network.layers]
    kernel = kernel / spread[:, None]
    return Familiarity(((kernel, bias - mean @ kernel), *others))


def _untrained(inputs: int, steps: int) -> keras.Model:
    """Build a head for standardised inputs, compiled for so many steps."""
    network = keras.Sequential(
        [
            keras.Input((inputs,)),
            *(keras.layers.Dense(units, activation="relu") for units in HIDDEN),
            keras.layers.Dense(1),
        ]
    )
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), weight_decay=WEIGHT_DECAY
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return network


def threshold(digits: Mapping[str, Scores]) -> float:
    """
    Choose the score below which an image is taken for no digit.

    At most 1 % of validation digits are below it, and at most 1.5 % of any other source's. Others' digits are
    less like MNIST's, and they are why there is a service: a digit that is called none costs its user more
    than a letter that is read.

    Args:
        digits: Scores of the digits of each source; that of ``VALIDATION`` is MNIST's.
    """
    return min(
        float(np.quantile(scores, REJECTED_DIGITS if source == VALIDATION else REJECTED_OTHERS))
        for source, scores in digits.items()
    )


def measure(
    score: Callable[[Images], tuple[Scores, Scores]],
    *,
    digits: Mapping[str, Images],
    strangers: Mapping[str, Images],
    letters: Mapping[str, Images],
    below: float | None = None,
) -> FamiliarityReport:
    """
    Measure a score.

    Args:
        score: Gives familiarity and energy of images.
        digits: Of each source; ``VALIDATION`` is one.
        strangers: Of each kind.
        letters: Of each letter; together they are two kinds more, ``ALL`` and ``DISTINCT``.
        below: The threshold; None chooses it by the digits.
    """
    known, unlike, by_letter = _scored(score, digits, strangers, letters)
    unknown = {
        ALL: _joined(by_letter),
        DISTINCT: _joined({each: by_letter[each] for each in by_letter if each not in LOOKALIKES}),
        **unlike,
    }
    if below is None:
        below = threshold({source: scores for source, (scores, _) in known.items()})
    separation, by_energy = (
        {kind: auroc(known[VALIDATION][which], scores[which]) for kind, scores in unknown.items()}
        for which in (0, 1)
    )
    return FamiliarityReport(
        method=METHOD,
        threshold=below,
        auroc=separation,
        rejected={kind: share(scores, below) for kind, (scores, _) in unknown.items()},
        mean_auroc={
            METHOD: float(np.mean(list(separation.values()))),
            "energy": float(np.mean(list(by_energy.values()))),
        },
        letters={letter: share(scores, below) for letter, (scores, _) in by_letter.items()},
        digits={source: share(scores, below) for source, (scores, _) in known.items()},
    )


def share(scores: Scores, below: float) -> float:
    """Give the share of scores under a threshold."""
    return float((scores < below).mean())


def _scored(
    score: Callable[[Images], tuple[Scores, Scores]], *groups: Mapping[str, Images]
) -> list[dict[str, tuple[Scores, Scores]]]:
    """Score the pictures of all groups at once: a network is not asked quickly for the first time."""
    parts = [images for group in groups for images in group.values()]
    ends = np.cumsum([len(images) for images in parts])[:-1]
    found = iter(zip(*(np.split(each, ends) for each in score(np.concatenate(parts))), strict=True))
    return [{name: next(found) for name in group} for group in groups]


def _joined(scores: Mapping[str, tuple[Scores, Scores]]) -> tuple[Scores, Scores]:
    familiarity, energies = zip(*scores.values(), strict=True)
    return np.concatenate(familiarity), np.concatenate(energies)


def energy(logits: npt.NDArray[np.floating]) -> Scores:
    """Give ``logsumexp(logits)``, ``(number,)``: minus the free energy of Liu et al. (2020)."""
    exact = logits.astype(np.float64)
    top = exact.max(axis=1)
    return np.asarray(top + np.log(np.exp(exact - top[:, None]).sum(axis=1)), np.float64)


def auroc(known: Scores, unknown: Scores) -> float:
    """
    Give the area under the ROC curve: the chance that a known image scores higher than an unknown one.

    It is Mann and Whitney's ``U / (n m)``, ties counting half.
    """
    ordered = np.sort(unknown)
    below, upto = np.searchsorted(ordered, known, "left"), np.searchsorted(ordered, known, "right")
    return float((below + upto).sum() / 2 / (len(known) * len(unknown)))

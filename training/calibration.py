"""One temperature that makes confidence honest, and how surely it is known."""

import numpy as np
import numpy.typing as npt

from training.data import Labels

MOST = 20
"""The temperature lies between this and its inverse."""

RESAMPLES = 1000
"""Of the bootstrap."""

_STEPS = 601
"""Temperatures at which the slope is computed once for all resamples, 1 % apart."""


def temperature(logits: npt.NDArray[np.floating], labels: Labels) -> float:
    """
    Find the temperature ``T`` that minimises the NLL of ``softmax(logits / T)``.

    Platt scaling's one-parameter form (Guo et al. 2017). The NLL is convex in ``1/T``, so the root of
    its slope, ``mean(E[logit] - logit[true])``, is found by bisection in ``log(1/T)``, between 1/20 and 20.

    Args:
        logits: ``(number, 10)``, of images that were not trained on.
        labels: Their digits, ``(number,)``.
    """
    low, high = -np.log(MOST), np.log(MOST)
    for _ in range(60):
        middle = (low + high) / 2
        if _slopes(logits, labels, middle).mean() > 0:
            high = middle
        else:
            low = middle
    return float(np.exp(-middle))


def temperature_interval(
    logits: npt.NDArray[np.floating], labels: Labels, *, seed: int = 0
) -> tuple[float, float]:
    """
    Find the bootstrap's 95 % interval of the temperature.

    The percentile interval of Efron (1979; Efron and Tibshirani 1993, chapter 13): 1,000 times as many images
    as there are are drawn from them with replacement, the temperature is fitted to each such sample, and the
    2.5 % and 97.5 % quantiles are given. A sample's slope is the mean of its images' slopes, which are
    computed once at temperatures 1 % apart; in between its root is interpolated.

    Args:
        logits: ``(number, 10)``, those that the temperature was fitted to.
        labels: Their digits, ``(number,)``.
        seed: Of the samples.
    """
    random = np.random.default_rng(seed)
    number = len(labels)
    drawn = random.multinomial(number, np.full(number, 1 / number), RESAMPLES) / number
    steps = np.linspace(-np.log(MOST), np.log(MOST), _STEPS)
    slopes = np.stack([drawn @ _slopes(logits, labels, step) for step in steps], axis=1)
    # The slope rises with 1/T; without a root the nearer end is the answer, as it is of the fit.
    roots = [float(np.interp(0, slope, steps)) for slope in np.maximum.accumulate(slopes, axis=1)]
    low, high = np.quantile(np.exp(-np.array(roots)), (0.025, 0.975)).tolist()
    return low, high


def _slopes(logits: npt.NDArray[np.floating], labels: Labels, step: float) -> npt.NDArray[np.float64]:
    """Give each image's ``E[logit] - logit[true]`` at ``log(1/T) = step``, ``(number,)``."""
    exact = logits.astype(np.float64)
    exact -= exact.max(axis=1, keepdims=True)
    weights = np.exp(np.exp(step) * exact)
    expected = (weights * exact).sum(axis=1) / weights.sum(axis=1)
    return np.asarray(expected - exact[np.arange(len(labels)), labels])

"""One temperature that makes confidence honest."""

import numpy as np
import numpy.typing as npt

from training.data import Labels


def temperature(logits: npt.NDArray[np.floating], labels: Labels) -> float:
    """
    Find the temperature ``T`` that minimises the NLL of ``softmax(logits / T)``.

    Platt scaling's one-parameter form (Guo et al. 2017). The NLL is convex in ``1/T``, so the root of
    its slope, ``mean(E[logit] - logit[true])``, is found by bisection in ``log(1/T)``, between 1/20 and 20.

    Args:
        logits: ``(number, 10)``, of images that were not trained on.
        labels: Their digits, ``(number,)``.
    """
    exact = logits.astype(np.float64)
    exact -= exact.max(axis=1, keepdims=True)
    true = exact[np.arange(len(labels)), labels]
    low, high = np.log(1 / 20), np.log(20)
    for _ in range(60):
        middle = (low + high) / 2
        weights = np.exp(np.exp(middle) * exact)
        expected = (weights * exact).sum(axis=1) / weights.sum(axis=1)
        if (expected - true).mean() > 0:
            high = middle
        else:
            low = middle
    return float(np.exp(-middle))

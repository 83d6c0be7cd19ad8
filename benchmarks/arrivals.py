"""When requests come: three ways in which traffic is not even, from one seed each."""

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]
"""Seconds at which requests come, in order."""


def poisson(per_s: float, seconds: float, rng: np.random.Generator) -> Times:
    """Independent users: a Poisson process of one rate."""
    return _uniform(0, seconds, rng.poisson(per_s * seconds), rng)


def bursts(
    per_s: tuple[float, float], mean_s: tuple[float, float], seconds: float, rng: np.random.Generator
) -> Times:
    """
    Users who come together: a Markov-modulated Poisson process of two states.

    Args:
        per_s: The rate in each state; it begins in the first.
        mean_s: How long each lasts on average, exponentially distributed.
        seconds: How long in all.
        rng: Where chance comes from.
    """
    parts, began, state = [], 0.0, 0
    while began < seconds:
        ended = min(seconds, began + rng.exponential(mean_s[state]))
        parts.append(_uniform(began, ended, rng.poisson(per_s[state] * (ended - began)), rng))
        began, state = ended, 1 - state
    return np.concatenate(parts)


def day(per_s: tuple[float, float], seconds: float, rng: np.random.Generator) -> Times:
    """A day: a Poisson process whose rate goes from its least to its most and back, as a cosine."""
    least, most = per_s
    times = poisson(most, seconds, rng)
    rate = least + (most - least) * (1 - np.cos(2 * np.pi * times / seconds)) / 2
    return times[rng.random(len(times)) * most < rate]


def _uniform(began: float, ended: float, number: int, rng: np.random.Generator) -> Times:
    """Given their number, the times of a Poisson process are uniform."""
    return np.sort(rng.uniform(began, ended, number))

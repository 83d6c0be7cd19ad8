"""What may be asked of one run, and the checks of it."""

import argparse
import math
import re

MOST_CONNECTIONS = 1_000
"""Most connections: a process may open 1,024 files on most systems."""

MOST_DURATION_S = 3_600
"""Longest measurement, and longest warm-up."""

MOST_RATE_PER_S = 100_000
"""Highest rate of the open loop: above what this tool can send."""

MOST_PICTURE_BYTES = 256 * 2**20
"""Most bytes of all pictures together: they stay in memory."""

DRAIN_S = 5.0
"""How long the last answers are waited for when the time is over."""


def connections(text: str) -> int:
    """Read a number of connections."""
    return int(_within(int(text), 1, MOST_CONNECTIONS))


def duration_s(text: str) -> float:
    """Read the length of a measurement."""
    return _within(float(text), 0.1, MOST_DURATION_S)


def warmup_s(text: str) -> float:
    """Read the length of a warm-up, which may be left out."""
    return _within(float(text), 0, MOST_DURATION_S)


def rate_per_s(text: str) -> float:
    """Read a rate."""
    return _within(float(text), 0.01, MOST_RATE_PER_S)


def model(text: str) -> str:
    """Read a model's name: it becomes a part of a path."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        message = f"{text!r} is no name of a model: letters, digits, dots, dashes and underscores only"
        raise argparse.ArgumentTypeError(message)
    return text


def header(text: str) -> tuple[str, str]:
    """Read a header: a token, a colon, and visible characters (RFC 9110, 5.1 and 5.5)."""
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not (colon and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) and re.fullmatch(r"[ -~]*", value)):
        message = "a header is NAME:VALUE, in ASCII"
        raise argparse.ArgumentTypeError(message)
    return name, value


def _within(number: float, low: float, high: float) -> float:
    if not (math.isfinite(number) and low <= number <= high):
        message = f"{number:g} is not between {low:g} and {high:,}"
        raise argparse.ArgumentTypeError(message)
    return number

"""Whether the client of a piece of work is still there: what nobody waits for is not computed."""

from collections.abc import Callable
from typing import TypeAlias

Gone: TypeAlias = Callable[[], bool]
"""Tells that the client has left."""


def stays() -> bool:
    """Tell of a client that it has not left: the answer where nobody can know."""
    return False

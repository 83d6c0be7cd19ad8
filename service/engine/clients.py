"""Whether the client of a piece of work is still there: what nobody waits for is not computed."""

from collections.abc import Callable
from typing import TypeAlias

IsDisconnected: TypeAlias = Callable[[], bool]
"""Tells whether the client has left."""


def never_disconnected() -> bool:
    """Tell of a client that it has not left: the answer where it cannot be known."""
    return False

"""Where a piece of work comes from: whose it is, and whether its answer is still wanted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

IsDisconnected: TypeAlias = Callable[[], bool]
"""Tells whether the client has left."""


def never_disconnected() -> bool:
    """Tell of a client that it has not left: the answer where it cannot be known."""
    return False


class Origin(Protocol):
    """
    Where a piece of work comes from.

    Attributes:
        client: Whose it is; clients have turns and shares.
        is_disconnected: Tells whether the client has left: then the work is not begun.
    """

    @property
    def client(self) -> str: ...  # noqa: D102  an attribute

    @property
    def is_disconnected(self) -> IsDisconnected: ...  # noqa: D102  likewise


@dataclass(slots=True)
class Client:
    """Origin of work that no request asked for, or a test's."""

    client: str = ""
    is_disconnected: IsDisconnected = never_disconnected


ITSELF = Client()
"""Origin of the service's own work."""

"""What keeps one client from taking all: a share of what there is, and a turn like everybody's."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

NEWCOMERS = 1 / 8
"""The part of everything that a client which is alone leaves free for the next one."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Share:
    """
    How much one client may have.

    Attributes:
        of_several: The part that it may have while there are others, over 0 and at most 1.
    """

    of_several: float

    def of(self, most: int, *, is_alone: bool) -> int:
        """Return how many of ``most`` one client may have."""
        part = max(self.of_several, 1 - NEWCOMERS) if is_alone else self.of_several
        return math.ceil(most * part)


WHOLE = Share(1.0)
"""All of it, for anybody."""


class FairQueue(Generic[Item]):
    """
    A queue in which clients take turns; what one client brings is taken in its order.

    Round-robin queueing (Nagle, RFC 970): who brings much waits behind what he brought himself.
    """

    def __init__(self) -> None:
        """Begin empty."""
        # Only clients that have something; the one whose turn is next stands first.
        self._of_clients: dict[str, deque[Item]] = {}
        self._length = 0

    def __len__(self) -> int:
        """Return how many items there are."""
        return self._length

    @property
    def clients(self) -> int:
        """The number of clients that have something here."""
        return len(self._of_clients)

    def of(self, client: str) -> Iterator[Item]:
        """Iterate over what a client has here, in its order."""
        return iter(self._of_clients.get(client, ()))

    def push(self, client: str, item: Item) -> None:
        """Put an item behind those of its client."""
        items = self._of_clients.get(client)
        if items is None:
            items = self._of_clients[client] = deque()
        items.append(item)
        self._length += 1

    def pop(self, condition: Callable[[Item], bool] | None = None) -> Item | None:
        """
        Take the first item of the client whose turn it is, or of the next one whose first item will do.

        Returns:
            The item, or None when there is none that meets the condition.
        """
        for client, items in self._of_clients.items():
            if condition is None or condition(items[0]):
                item = items.popleft()
                if not items:
                    del self._of_clients[client]
                elif len(self._of_clients) > 1:
                    self._of_clients[client] = self._of_clients.pop(client)
                self._length -= 1
                return item
        return None

    def firsts(self) -> list[Item]:
        """Return the first item of every client."""
        return [items[0] for items in self._of_clients.values()]

    def pop_while(self, condition: Callable[[Item], bool]) -> list[Item]:
        """Take the first items of every client, as long as they meet a condition."""
        taken: list[Item] = []
        for client, items in list(self._of_clients.items()):
            while items and condition(items[0]):
                taken.append(items.popleft())
            if not items:
                del self._of_clients[client]
        self._length -= len(taken)
        return taken

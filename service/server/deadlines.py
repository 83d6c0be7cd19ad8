"""One timer for all connections, instead of three for each request: what is overdue is told so."""

import asyncio
from typing import Protocol

NEVER = float("inf")
INTERVAL_S = 0.1
"""How late a deadline may be noticed; the shortest that is set by default is a hundred times as long."""


class Watched(Protocol):
    """Something with a deadline that moves."""

    due: float
    """When to call ``overdue``, by the event loop's clock in seconds; ``NEVER`` while nothing is awaited."""

    def overdue(self) -> None:
        """Learn that the deadline passed."""


class Deadlines:
    """Looks at every connection ten times a second while there are any."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._watched: set[Watched] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, one: Watched) -> None:
        """Watch one more."""
        self._watched.add(one)
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.call_later(INTERVAL_S, self._sweep)

    def forget(self, one: Watched) -> None:
        """Watch one less."""
        self._watched.discard(one)

    def _sweep(self) -> None:
        assert self._loop is not None  # noqa: S101  it scheduled this call
        if not self._watched:
            self._loop = None
            return
        self._loop.call_later(INTERVAL_S, self._sweep)
        now = self._loop.time()
        for one in [one for one in self._watched if one.due <= now]:
            try:
                one.overdue()
            except Exception as error:  # noqa: BLE001  the event loop logs it; the others' deadlines hold
                self._loop.call_exception_handler({"message": "a deadline was not kept", "exception": error})

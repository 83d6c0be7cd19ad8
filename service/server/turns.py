"""Turns at the event loop: what one client sends keeps no other client's requests from being begun."""

import asyncio
import time
from collections import deque
from typing import Protocol

TURN_S = 0.001
"""Work for one client in a turn of the event loop, after which the others have theirs: that of some fifteen
small pictures. A step that is begun is ended: others wait for one turn and one step of each client."""


class Waiting(Protocol):
    """Something that has a step to do for a client."""

    client: str

    def proceed(self) -> None:
        """Do one step."""

    def abort(self) -> None:
        """Give up: a step failed."""


class Turns:
    """Shares the time of the event loop among clients, whatever number of connections each has."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: dict[str, deque[Waiting]] = {}
        # Seconds of work in this turn of the event loop.
        self._used: dict[str, float] = {}
        self._is_scheduled = False

    def take(self, one: Waiting) -> None:
        """Let something do a step: now, or when its client has its next turn."""
        if self._used.get(one.client, 0.0) < TURN_S:
            self._step(one)
        else:
            self.queue(one)

    def queue(self, one: Waiting) -> None:
        """Let something do a step in its client's next turn."""
        self._waiting.setdefault(one.client, deque()).append(one)
        if not self._is_scheduled:
            self._schedule()

    def end(self, client: str) -> None:
        """End a client's turn: it has begun work of which the event loop will do more than this step."""
        self._used[client] = TURN_S

    def _step(self, one: Waiting) -> None:
        started = time.perf_counter()
        one.proceed()
        client = one.client
        self._used[client] = self._used.get(client, 0.0) + time.perf_counter() - started
        if not self._is_scheduled:
            self._schedule()

    def _schedule(self) -> None:
        self._is_scheduled = True
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Give each client its next turn."""
        self._is_scheduled = False
        self._used.clear()
        waiting, self._waiting = self._waiting, {}
        for client, ones in waiting.items():
            while ones and self._used.get(client, 0.0) < TURN_S:
                self._try(ones.popleft())
            if ones:
                ones.extend(self._waiting.get(client, ()))
                self._waiting[client] = ones

    def _try(self, one: Waiting) -> None:
        try:
            self._step(one)
        except Exception as error:  # noqa: BLE001  the event loop logs it; the others have their turns
            message = "a step of a connection failed"
            asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})
            one.abort()

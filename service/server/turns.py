"""Turns at the event loop: what one client sends keeps no other client's requests from being begun."""

import asyncio
import time
from collections import deque
from typing import NamedTuple, Protocol

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


class _Queue(NamedTuple):
    """What waits for one client's turn: what is urgent, and the rest, each in its order."""

    urgent: deque[Waiting]
    rest: deque[Waiting]

    def put(self, one: Waiting, *, is_urgent: bool) -> None:
        (self.urgent if is_urgent else self.rest).append(one)


class Turns:
    """Shares the time of the event loop among clients, whatever number of connections each has."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: dict[str, _Queue] = {}
        # Seconds of work in this turn of the event loop.
        self._used: dict[str, float] = {}
        self._is_scheduled = False

    def take(self, one: Waiting, *, is_urgent: bool = False) -> None:
        """Let something do a step: now, or when its client has its next turn, the urgent before the rest."""
        if self._used.get(one.client, 0.0) < TURN_S:
            self._step(one)
        else:
            self.queue(one, is_urgent=is_urgent)

    def queue(self, one: Waiting, *, is_urgent: bool = False) -> None:
        """Let something do a step in its client's next turn."""
        self._queue(one.client).put(one, is_urgent=is_urgent)
        if not self._is_scheduled:
            self._schedule()

    def end(self, client: str) -> None:
        """End a client's turn: it has begun work of which the event loop will do more than this step."""
        self._used[client] = TURN_S

    def _queue(self, client: str) -> _Queue:
        queue = self._waiting.get(client)
        if queue is None:
            queue = self._waiting[client] = _Queue(deque(), deque())
        return queue

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
        for client, (urgent, rest) in waiting.items():
            while (urgent or rest) and self._used.get(client, 0.0) < TURN_S:
                self._try((urgent or rest).popleft())
            # What has come meanwhile is behind what was left.
            queue = self._queue(client)
            queue.urgent.extendleft(reversed(urgent))
            queue.rest.extendleft(reversed(rest))
            if not (queue.urgent or queue.rest):
                del self._waiting[client]

    def _try(self, one: Waiting) -> None:
        try:
            self._step(one)
        except Exception as error:  # noqa: BLE001  the event loop logs it; the others have their turns
            message = "a step of a connection failed"
            asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})
            one.abort()

"""Sends what is due on connections that are free, and opens and replaces connections."""

import asyncio
import math
import time
from collections.abc import Iterator

from service.bench.alarm import Alarm
from service.bench.connection import Connection
from service.bench.measurements import NO_ANSWER, NOT_SENT, Measurements
from service.bench.schedule import Schedule
from service.bench.target import Target, reason_of

PAUSE_S = 0.1
"""How long a place for a connection stays empty when it could not be opened."""


MOST_OPENING = 16
"""Most connections opened at once: what piles up in a stall is sent sooner on those that are there."""


class Load:
    """
    Requests on their way: on a free connection, else a new one, else they wait for one, the oldest first.

    Attributes:
        peak: The most connections that were open at once.
    """

    def __init__(
        self,
        target: Target,
        messages: Iterator[bytes],
        schedule: Schedule,
        measurements: Measurements,
        *,
        most_connections: int,
    ) -> None:
        self.peak = 0
        self._target = target
        self._messages = messages
        self._schedule = schedule
        self._measurements = measurements
        self._most, self._places = most_connections, 0
        self._alarm = Alarm(self._dispatch)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._unsettled = 0
        self._over: asyncio.Event | None = None

    def begin(self) -> None:
        """Send the first requests; the others follow."""
        self._alarm.start()
        self._dispatch()

    def tell_when_settled(self, over: asyncio.Event) -> None:
        """Set the event once nothing more is due and nothing more is awaited."""
        self._over = over
        self._settle(0)

    async def end(self) -> None:
        """Close every connection; what was not answered never will be."""
        self._alarm.stop()
        self._most = 0
        self._idle.clear()
        for task in self._connecting:
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        for connection in self._open:
            if connection.busy:
                self._measurements.failed(connection.due, NO_ANSWER)
            connection.abort()
        self._measurements.failed(self._measurements.window.start, NOT_SENT, self._schedule.left())

    def answered(self, connection: Connection) -> None:
        """Record an answer, and send what is due on the connection."""
        now = time.perf_counter()
        self._measurements.answered(connection, now)
        if not connection.reusable:
            self._vacate(connection)
        else:
            due = self._schedule.due(now)
            if due is not None:
                self._send(connection, due)
                return  # one is settled, another has begun
            self._idle.append(connection)
            self._alarm.set(self._schedule.upcoming())
        self._settle(1)

    def lost(self, connection: Connection, reason: str | None) -> None:
        """Record what became of the request on a connection that is gone, and free its place."""
        if reason is not None:
            self._measurements.failed(connection.due, reason)
            self._settle(1)
        elif connection in self._idle:
            self._idle.remove(connection)
        self._vacate(connection)

    def _dispatch(self) -> None:
        now = time.perf_counter()
        while self._idle or (self._places < self._most and len(self._connecting) < MOST_OPENING):
            due = self._schedule.due(now)
            if due is None:
                self._alarm.set(self._schedule.upcoming())
                return
            self._unsettled += 1
            if self._idle:
                self._send(self._idle.pop(), due)
            else:
                self._places += 1
                self.peak = max(self.peak, self._places)
                task = asyncio.create_task(self._connect(due))
                self._connecting.add(task)
                task.add_done_callback(self._connected)

    async def _connect(self, due: float) -> None:
        try:
            _, connection = await self._target.connect(lambda: Connection(self))
        except asyncio.CancelledError:
            self._measurements.failed(due, NO_ANSWER)
            raise
        except OSError as error:
            self._measurements.failed(due, reason_of(error))
            self._settle(1)
            await asyncio.sleep(PAUSE_S)
            self._places -= 1
        else:
            self._open.add(connection)
            self._send(connection, due)

    def _connected(self, task: asyncio.Task[None]) -> None:
        self._connecting.discard(task)
        self._dispatch()

    def _send(self, connection: Connection, due: float) -> None:
        self._measurements.sent(due)
        connection.send(next(self._messages), due)

    def _vacate(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
            self._places -= 1
            self._dispatch()

    def _settle(self, number: int) -> None:
        self._unsettled -= number
        if self._over and not self._unsettled and self._schedule.upcoming() == math.inf:
            self._over.set()

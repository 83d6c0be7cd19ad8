"""What is measured while the load lasts, in constant memory."""

import math
import time
from collections import Counter

from service.bench.connection import Connection
from service.bench.histogram import Histogram
from service.bench.schedule import Window

NO_ANSWER = "no answer"
NOT_SENT = "not sent: no connection was free"

MOST_STAGES = 16
"""Most stages that are kept: their names come from the service."""


class Measurements:
    """
    The account of one run; of requests that were due during the warm-up it keeps nothing.

    Attributes:
        window: When to count.
        latency: From when a request was due until its answer was complete, of those answered 2xx.
        wait: From when a request was due until it was sent.
        stages: What the service says of its own stages, by name.
        statuses: How many answers had which status.
        failures: How many requests were not answered 2xx, by what became of them.
        in_time: How many were answered 2xx before the time was over.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.latency = Histogram()
        self.wait = Histogram()
        self.stages: dict[str, Histogram] = {}
        self.statuses: Counter[int] = Counter()
        self.failures: Counter[str] = Counter()
        self.in_time = 0

    def sent(self, due: float) -> None:
        """Record that a request is sent now."""
        if due >= self.window.start:
            self.wait.record(time.perf_counter() - due)

    def answered(self, connection: Connection, now: float) -> None:
        """Record an answer."""
        if connection.due < self.window.start:
            return
        status = connection.status
        self.statuses[status] += 1
        if not 200 <= status < 300:
            self.failures[f"status {status}"] += 1
            return
        self.latency.record(now - connection.due)
        self.in_time += now < self.window.end
        if connection.server_timing is not None:
            self._record_stages(connection.server_timing)

    def failed(self, due: float, reason: str, number: int = 1) -> None:
        """Record a request that was not answered."""
        if due >= self.window.start and number:
            self.failures[reason] += number

    def _record_stages(self, header: bytes) -> None:
        # Server Timing, section 3: metrics apart by commas, their parameters by semicolons.
        for metric in header.decode("latin-1").split(","):
            name, *parameters = metric.split(";")
            for parameter in parameters:
                key, _, value = parameter.partition("=")
                if key.strip() == "dur" and name.isprintable():
                    self._record_stage(name.strip(), value)

    def _record_stage(self, name: str, milliseconds: str) -> None:
        try:
            time_s = float(milliseconds) / 1e3
        except ValueError:
            return
        if 0 <= time_s < math.inf and (name in self.stages or len(self.stages) < MOST_STAGES):
            if name not in self.stages:
                self.stages[name] = Histogram()
            self.stages[name].record(time_s)

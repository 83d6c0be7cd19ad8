"""What is known of the request in flight: its id, its clock, and what goes into its log line."""

import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope

SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids of the caller's that may be repeated in headers and logs."""

UUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(slots=True)
class Trace:
    """
    The running account of one request.

    Attributes:
        request_id: The caller's id when it is safe, else a new UUID.
        started: When it came, by the monotonic clock, seconds.
        stages_ms: Milliseconds of each stage, for ``Server-Timing`` and the log.
        facts: What else belongs into the log line; never pixels, never keys.
    """

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    stages_ms: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls, scope: Scope) -> "Trace":
        """Begin the account of a request and leave it where ``of`` finds it."""
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        trace = cls(given.decode() if SAFE_ID.fullmatch(given) else str(uuid.uuid4()))
        scope.setdefault("state", {})["trace"] = trace
        return trace

    @staticmethod
    def of(scope: Scope) -> "Trace":
        """Give the account of the request with this scope."""
        trace: Trace = scope["state"]["trace"]
        return trace

    @property
    def instance(self) -> str:
        """The request as a URN: a UUID's (RFC 9562) when the id is one."""
        kind = "uuid" if UUID.fullmatch(self.request_id) else "request-id"
        return f"urn:{kind}:{self.request_id}"

    @property
    def server_timing(self) -> str:
        """The stages as a ``Server-Timing`` header (W3C Server Timing, section 3)."""
        return ", ".join(f"{stage};dur={ms:.3f}" for stage, ms in self.stages_ms.items())


class Stopwatch:
    """Times consecutive stages; it may be handed from thread to thread."""

    def __init__(self, trace: Trace) -> None:
        """Start at the beginning of the first stage."""
        self._trace = trace
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage and begin the next."""
        now = time.perf_counter()
        self._trace.stages_ms[stage] = (now - self._last) * 1e3
        self._last = now

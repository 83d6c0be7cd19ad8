"""What is known of the request in flight: its id, its clock, and what goes into its log line."""

import itertools
import re
import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope

from service.engine.clients import Gone, stays

SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids of the caller's that may be repeated in headers and logs."""

_PROCESS = str(uuid.uuid4())[:-12]
_COUNT = itertools.count(secrets.randbits(48))

UUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

CLIENT_GONE = "client_gone"
"""Under this name a server that knows it leaves, in the scope's extensions, how to ask."""


@dataclass(slots=True)
class Trace:
    """
    The running account of one request.

    Attributes:
        request_id: The caller's id when it is safe, else a new UUID.
        headers: The request's headers by their lower-case names; of repeated ones the last.
        gone: Tells whether the client has left.
        started: When it came, by the monotonic clock, seconds.
        noted: When its last stage was noted, by the same clock.
        route: The template of its path, when it is known before the search for it.
        facts: What else belongs into the log line, with the milliseconds of a stage as ``<stage>_ms``;
            never pixels, never keys.
    """

    request_id: str
    headers: Mapping[bytes, bytes]
    gone: Gone = stays
    started: float = field(default_factory=time.perf_counter)
    noted: float = 0.0
    route: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls, scope: Scope) -> "Trace":
        """Begin the account of a request and leave it where ``of`` finds it."""
        extensions = scope.get("extensions") or {}
        trace = cls.open(scope["headers"], extensions.get(CLIENT_GONE, stays))
        trace.leave_in(scope)
        return trace

    @classmethod
    def open(cls, headers: Iterable[tuple[bytes, bytes]], gone: Gone) -> "Trace":
        """Begin the account of a request with these headers."""
        by_name = dict(headers)
        given = by_name.get(b"x-request-id")
        return cls(given.decode() if given and SAFE_ID.fullmatch(given) else _new_id(), by_name, gone)

    def leave_in(self, scope: Scope) -> None:
        """Leave this where ``of`` finds it."""
        scope.setdefault("state", {})["trace"] = self

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

    def stage(self, name: str, ms: float) -> None:
        """Note how long a stage took."""
        self.note({f"{name}_ms": round(ms, 3)})

    def note(self, facts: Mapping[str, Any]) -> None:
        """Note facts, of which some tell how long the latest stages took."""
        self.noted = time.perf_counter()
        self.facts.update(facts)

    def timing(self) -> bytes:
        """Give the stages as ``Server-Timing`` has them (W3C Server Timing, 3); empty without any."""
        stages = [f"{fact[:-3]};dur={ms}" for fact, ms in self.facts.items() if fact[-3:] == "_ms"]
        return ", ".join(stages).encode()


class Stopwatch:
    """Times consecutive stages; it may be handed from thread to thread."""

    def __init__(self, trace: Trace) -> None:
        """Start at the beginning of the first stage."""
        self._trace = trace
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage and begin the next."""
        now = time.perf_counter()
        self._trace.stage(stage, (now - self._last) * 1e3)
        self._last = now


def _new_id() -> str:
    """
    Make a UUID (RFC 9562): random bits of this process, then a count from a random begin.

    It tells requests apart and keeps no secret.
    """
    return f"{_PROCESS}{next(_COUNT) & 0xFFFFFFFFFFFF:012x}"

"""What is known of the request under way: its id, its clock, its client, and what goes into its log line."""

import functools
import itertools
import re
import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.engine.origin import IsDisconnected, never_disconnected

SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids of the caller's that may be repeated in headers and logs."""

_PROCESS = str(uuid.uuid4())[:-12]
_COUNT = itertools.count(secrets.randbits(48))

UUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(slots=True)
class RequestContext:
    """
    What is known of one request.

    Attributes:
        request_id: The caller's id when it is safe, else a new UUID.
        fields: The request's headers by their lower-case names; those of a repeated name joined by commas.
        is_disconnected: Tells whether the client has left.
        client: Who sent it, as far as shares are concerned: a key's digest, or an address.
        started: When it came, by the monotonic clock, seconds.
        noted: When its last stage was noted, by the same clock.
        route: The template of its path, when there is something at it.
        is_probe: It is from who watches the service.
        log_fields: What else belongs into the log line, with the milliseconds of a stage as ``<stage>_ms``;
            never pixels, never keys.
    """

    request_id: str
    fields: Mapping[bytes, bytes]
    is_disconnected: IsDisconnected = never_disconnected
    client: str = ""
    started: float = 0.0
    noted: float = 0.0
    route: str | None = None
    is_probe: bool = False
    log_fields: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, fields: Mapping[bytes, bytes], is_disconnected: IsDisconnected = never_disconnected
    ) -> "RequestContext":
        """Begin with the headers of a request."""
        given = fields.get(b"x-request-id")
        request_id = given.decode() if given and SAFE_ID.fullmatch(given) else _new_id()
        return cls(request_id, fields, is_disconnected, "", time.perf_counter())

    @property
    def instance(self) -> str:
        """The request as a URN: a UUID's (RFC 9562) when the id is one."""
        kind = "uuid" if UUID.fullmatch(self.request_id) else "request-id"
        return f"urn:{kind}:{self.request_id}"

    def stage(self, name: str, ms: float) -> None:
        """Note how long a stage took."""
        self.note({f"{name}_ms": round(ms, 3)})

    def note(self, log_fields: Mapping[str, Any]) -> None:
        """Note fields, of which some tell how long the latest stages took."""
        self.noted = time.perf_counter()
        self.log_fields.update(log_fields)

    def timing(self) -> bytes:
        """Give the stages as ``Server-Timing`` has them (W3C Server Timing, 3); empty without any."""
        text, stages = _server_timing(tuple(self.log_fields))
        return text % tuple([self.log_fields[stage] for stage in stages])


class Stopwatch:
    """Times consecutive stages; it may be handed from thread to thread."""

    def __init__(self, context: RequestContext) -> None:
        """Start at the beginning of the first stage."""
        self._context = context
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage and begin the next."""
        now = time.perf_counter()
        self._context.stage(stage, (now - self._last) * 1e3)
        self._last = now


def fields_of(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Give headers by their names; the values of a repeated name joined by commas (RFC 9110, section 5.3)."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        fields[name] = b"%b, %b" % (fields[name], value) if name in fields else value
    return fields


@functools.lru_cache(maxsize=64)
def _server_timing(log_fields: tuple[str, ...]) -> tuple[bytes, list[str]]:
    """Give the header's value without its numbers, and the fields that have these, in their order."""
    stages = [name for name in log_fields if name.endswith("_ms")]
    return ", ".join(f"{stage.removesuffix('_ms')};dur=%.3f" for stage in stages).encode(), stages


def _new_id() -> str:
    """
    Make a UUID (RFC 9562): random bits of this process, then a count from a random begin.

    It tells requests apart and keeps no secret.
    """
    return f"{_PROCESS}{next(_COUNT) & 0xFFFFFFFFFFFF:012x}"

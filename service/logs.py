"""Structured logs on standard output: one JSON object a line for machines, plain lines on a terminal."""

import functools
import logging
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from service.lines import Lines

ROOT = "service"
"""Loggers of this service are named ``service.<part>``."""

FACTS = "facts"
"""Under this name in ``extra`` go the facts of an entry, a dict."""


_HANDLERS: "list[_Handler]" = []
"""The one that ``configure`` made: looking for it takes longer than many an entry."""


def configure(
    log_format: Literal["auto", "json", "console"],
    level: str,
    *,
    most_lines: int = 10_000,
    is_shared: bool = True,
) -> None:
    """
    Set up every logger of this process, uvicorn's included; a second call replaces the first.

    Args:
        log_format: ``auto`` writes for people on a terminal and JSON elsewhere.
        level: Entries below it are left out.
        most_lines: Lines that may wait for a slow reader.
        is_shared: Other processes write to the same stream.
    """
    for_people = log_format == "console" or (log_format == "auto" and sys.stdout.isatty())
    handler = _Handler(
        Lines(sys.stdout, most_lines, is_shared=is_shared), _for_people if for_people else _for_machines
    )
    _HANDLERS[:] = [handler]
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # It warns of every damaged form; the client is told, and the request has its line.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def get(part: str) -> logging.Logger:
    """Give the logger of a part of the service; write facts as ``extra={FACTS: {...}}``."""
    return logging.getLogger(f"{ROOT}.{part}")


def note(logger: logging.Logger, event: str, facts: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    """
    Write an entry of the level info, with these facts and those.

    Without the standard library's record of file, line, thread and process: a request has an entry, and
    there are thousands a second.
    """
    if logger.isEnabledFor(logging.INFO):
        now = _clock(time.time_ns() // 1_000_000)
        entry = {"time": now, "level": "info", "logger": logger.name, "event": event, **facts, **more}
        for handler in _HANDLERS:
            handler.write(entry)


def flush() -> None:
    """Write what waits."""
    for handler in _HANDLERS:
        handler.lines.flush()


def dropped() -> int:
    """Count the lines that were left out because nobody read them in time."""
    return sum(handler.lines.dropped for handler in _HANDLERS)


def _clock(ms: int) -> str:
    """Write milliseconds since 1970 as ISO 8601 has it, in UTC."""
    seconds, rest = divmod(ms, 1_000)
    return f"{_second(seconds)}.{rest:03d}+00:00"


@functools.lru_cache(maxsize=2)
def _second(since_1970: int) -> str:
    return datetime.fromtimestamp(since_1970, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class _Handler(logging.Handler):
    def __init__(self, lines: Lines, render: Callable[[dict[str, Any]], bytes]) -> None:
        super().__init__()
        self.lines = lines
        self._render = render

    def emit(self, record: logging.LogRecord) -> None:
        entry = {
            "time": _clock(int(record.created * 1e3)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, FACTS, {}),
        }
        if record.exc_info:
            entry["exception"] = (self.formatter or logging.Formatter()).formatException(record.exc_info)
        self.write(entry)

    def write(self, entry: dict[str, Any]) -> None:
        self.lines.write(self._render(entry))


def _for_machines(entry: dict[str, Any]) -> bytes:
    """One object; JSON escapes line ends and control characters, whatever a client sent."""
    return orjson.dumps(entry, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


def _for_people(entry: dict[str, Any]) -> bytes:
    """Time, level and event, then ``key=value``."""
    entry = dict(entry)
    time, level, event = entry.pop("time")[11:19], entry.pop("level"), entry.pop("event")
    trace = entry.pop("exception", None)
    facts = " ".join(f"{name}={value!s}" for name, value in entry.items())
    return (f"{time} {level:<7} {event:<12} {facts}" + (f"\n{trace}" if trace else "") + "\n").encode()

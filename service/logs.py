"""Structured logs on standard output: one JSON object a line for machines, plain lines on a terminal."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

ROOT = "service"
"""Loggers of this service are named ``service.<part>``."""

FACTS = "facts"
"""Under this name in ``extra`` go the facts of an entry, a dict."""


def configure(log_format: Literal["auto", "json", "console"], level: str) -> None:
    """Set up every logger of this process, uvicorn's included; a second call replaces the first."""
    for_people = log_format == "console" or (log_format == "auto" and sys.stdout.isatty())
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LineFormatter() if for_people else _JSONFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # It warns of every damaged form; the client is told, and the request has its line.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def get(part: str) -> logging.Logger:
    """Give the logger of a part of the service; write facts as ``extra={FACTS: {...}}``."""
    return logging.getLogger(f"{ROOT}.{part}")


class _JSONFormatter(logging.Formatter):
    """One object a line; JSON escapes line ends and control characters, whatever a client sent."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(_entry(self, record), default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()


class _LineFormatter(logging.Formatter):
    """Time, level and event, then ``key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        entry = _entry(self, record)
        time, level, event = entry.pop("time")[11:19], entry.pop("level"), entry.pop("event")
        trace = entry.pop("exception", None)
        facts = " ".join(f"{name}={value!s}" for name, value in entry.items())
        return f"{time} {level:<7} {event:<12} {facts}" + (f"\n{trace}" if trace else "")


def _entry(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, Any]:
    entry = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
        **getattr(record, FACTS, {}),
    }
    if record.exc_info:
        entry["exception"] = formatter.formatException(record.exc_info)
    return entry

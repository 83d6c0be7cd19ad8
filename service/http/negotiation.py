"""Which form of an answer the client wants (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterator, Sequence

from service.errors import NotAcceptableError

MOST_RANGES = 20
"""Media ranges that are looked at: browsers send eight."""

_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


def accepted(accept: str, offered: Sequence[str]) -> str:
    """
    Choose among media types: the one of most weight; of equal ones the first offered.

    Args:
        accept: The ``Accept`` header; a request without one takes anything.
        offered: Media types, the default first.

    Raises:
        NotAcceptableError: None of them is wanted.
    """
    if not accept.strip():
        return offered[0]
    ranges = list(_ranges(accept))
    best = max(offered, key=lambda media_type: _weight(media_type, ranges))
    if _weight(best, ranges) <= 0:
        message = f"this path answers in {' or '.join(offered)}"
        raise NotAcceptableError(message)
    return best


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Give each media range and its weight; one that cannot be read is not wanted."""
    for part in header.split(",", MOST_RANGES)[:MOST_RANGES]:
        media_range, *parameters = (text.strip().lower() for text in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        yield media_range, float(quality) if _WEIGHT.fullmatch(quality) else 0.0


def _weight(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Give the weight by the most specific range that covers a media type; 0 when none does."""
    weights = dict(ranges)
    covering = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((weights[media_range] for media_range in covering if media_range in weights), 0.0)

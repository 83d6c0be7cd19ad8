"""JSON without surprises: RFC 8259 in UTF-8, no NaN, bounded depth."""

from typing import Any

import numpy as np
import orjson

from service.errors import SyntaxRefusedError


def parse(body: bytes, *, max_depth: int) -> Any:  # noqa: ANN401  JSON is any of six types
    """
    Parse a body. Of duplicate keys the last one holds.

    Raises:
        SyntaxRefusedError: It is no JSON, or nested deeper than the limit.
    """
    if body.count(b"[") + body.count(b"{") > max_depth and _depth(body) > max_depth:
        message = f"the JSON is nested deeper than {max_depth} levels"
        raise SyntaxRefusedError(message)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = (
            f"the body is no JSON: {error.msg.split(':')[0]} at line {error.lineno}, column {error.colno}"
        )
        raise SyntaxRefusedError(message) from None


def _depth(body: bytes) -> int:
    """Count how deeply brackets outside of texts are nested: of valid JSON its depth."""
    # Without what is escaped every second quote ends a text.
    characters = np.frombuffer(body.replace(rb"\\", b"").replace(rb"\"", b""), np.uint8)
    inside = np.cumsum(characters == ord('"'), dtype=np.uint8) & 1
    # In ASCII the opening brackets are 0x5B and 0x7B, the closing ones two above.
    kinds = characters & 0xDF
    steps = ((kinds == 0x5B).astype(np.int8) - (kinds == 0x5D)) * (1 - inside).astype(np.int8)
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))

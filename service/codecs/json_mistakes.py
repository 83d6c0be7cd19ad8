"""What is wrong with a JSON body and where, in orjson's words."""

import codecs

import numpy as np
import orjson

from service.errors import SyntaxRefusedError

_BLOCK_BYTES = 65_536
_NO_UTF_8 = "str is not valid UTF-8"


def whole(error: orjson.JSONDecodeError) -> SyntaxRefusedError:
    """Tell of a body that was parsed at once."""
    return _refusal(error.msg, error.lineno, error.colno)


def part(body: bytes, error: orjson.JSONDecodeError, start: int) -> SyntaxRefusedError:
    """
    Tell of a body that was parsed in pieces.

    Args:
        body: All of it.
        error: What orjson says of a piece.
        start: Where that piece, with whatever was put before it, would begin in the body.
    """
    # As orjson does, this looks at the bytes before the grammar.
    if not _is_utf_8(body):
        return _refusal(_NO_UTF_8, 1, 1)
    return _refusal(error.msg, *position(body, start + len(error.doc[: error.pos].encode())))


def position(body: bytes, place: int) -> tuple[int, int]:
    """Give the line and the column of a byte, both counted from 1; columns are characters."""
    line = body.rfind(b"\n", 0, place) + 1
    # Of a character beyond ASCII all bytes but the first are 10xxxxxx.
    before = np.count_nonzero(np.frombuffer(body, np.int8)[line:place] >= -64)
    return body.count(b"\n", 0, line) + 1, int(before) + 1


def _refusal(message: str, line: int, column: int) -> SyntaxRefusedError:
    what, _, _ = message.partition(":")
    return SyntaxRefusedError(f"the body is no JSON: {what} at line {line}, column {column}")


def _is_utf_8(body: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), _BLOCK_BYTES):
            decoder.decode(body[start : start + _BLOCK_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True

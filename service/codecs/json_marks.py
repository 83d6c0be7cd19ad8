"""Where a JSON text can be cut: its brackets, its commas, and what else is no number, found by NumPy."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.errors import SyntaxRefusedError

COMMA = ord(",")
_QUOTE = ord('"')

# No number has one of these letters, and each of the other literals begins with one.
_MARKED = bytes(character in b"[]{},tfn" for character in range(256))

STEPS = np.zeros(256, np.int8)
"""By how much a character changes the depth."""
STEPS[list(b"[{")] = 1
STEPS[list(b"]}")] = -1

NOT_NUMERIC = np.ones(256, bool)
"""Marks that a list of numbers, or of lists of them, has not."""
NOT_NUMERIC[list(b"[],")] = False


class Marks(NamedTuple):
    """
    Brackets, commas, texts and literals in the order in which they stand, and then the end of the body.

    Attributes:
        places: Where each stands, ``(n,)`` int32.
        levels: In how many brackets, ``(n,)`` int16; a bracket does not stand in itself.
        kinds: The character, ``(n,)`` uint8; a quote begins a text, a letter a literal, 0 is the end.
    """

    places: npt.NDArray[np.int32]
    levels: npt.NDArray[np.int16]
    kinds: npt.NDArray[np.uint8]


def find(body: bytes, *, max_depth: int, block_bytes: int) -> Marks:
    """
    Find the marks of a body; of valid JSON these are all, and of any other those before its first mistake.

    Args:
        body: In UTF-8, where no part of a character beyond ASCII looks like one of ASCII.
        max_depth: How deeply brackets may be nested.
        block_bytes: How many bytes are looked at together, at least 2; each of NumPy's passes over 64 KiB
            takes some 50 µs.

    Raises:
        SyntaxRefusedError: They are nested deeper.
    """
    parts = []
    start, depth, inside = 0, 0, 0
    while start < len(body):
        text = _without_escapes(body[start : start + block_bytes])
        if text.endswith(b"\\") and start + len(text) < len(body):
            # What it escapes is in the next block.
            text = text[:-1]
        found, inside = _marked(text, inside)
        kinds = np.frombuffer(text, np.uint8)[found]
        steps = STEPS[kinds]
        after = np.cumsum(steps, dtype=np.int32) + np.int32(depth)
        if after.max(initial=0) > max_depth:
            message = f"the JSON is nested deeper than {max_depth} levels"
            raise SyntaxRefusedError(message)
        # Below zero is no JSON, and how far is nobody's concern.
        levels = (after - (steps > 0)).astype(np.int16)
        parts.append(Marks((found + start).astype(np.int32), levels, kinds))
        depth = int(after[-1]) if len(after) else depth
        start += len(text)
    parts.append(Marks(np.array([len(body)], np.int32), np.array([-1], np.int16), np.zeros(1, np.uint8)))
    return Marks(*map(np.concatenate, zip(*parts, strict=True)))


def _without_escapes(block: bytes) -> bytes:
    """Put other characters for escaped backslashes and quotes: then every second quote ends a text."""
    return block.replace(rb"\\", b"__").replace(rb"\"", b"__") if b"\\" in block else block


def _marked(text: bytes, inside: int) -> tuple[npt.NDArray[np.intp], int]:
    """
    Find the marks of a block.

    Args:
        text: The block, without escapes.
        inside: 1 when it begins in a text of JSON, else 0.

    Returns:
        Where they stand in it, and whether the next block begins in a text.
    """
    # NumPy's own tables are slower by half.
    marked = np.frombuffer(text.translate(_MARKED), bool)
    quotes = np.frombuffer(text, np.uint8) == _QUOTE
    if not quotes.any():
        return np.flatnonzero(marked) if not inside else np.empty(0, np.intp), inside
    # A text begins with its first quote and ends before its last.
    within = (np.cumsum(quotes, dtype=np.uint8) & 1) ^ np.uint8(inside)
    return np.flatnonzero(np.where(within, quotes, marked)), int(within[-1])

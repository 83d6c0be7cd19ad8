"""Picture files in base64, as encoders, mail programs, browsers and shells write it."""

import binascii
from typing import Any, NoReturn

import numpy as np

from service.errors import Fault, InvalidInputError

_PIECE_BYTES = 2**18
"""So much takes half a millisecond."""

_LINE_BREAKS = b"\t\n\f\r "
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_ESCAPES = {b"%2B": b"+", b"%2F": b"/", b"%3D": b"=", b"%0D": b"\r", b"%0A": b"\n", b"%20": b" "}
_EXPECTED = "expected a picture as base64 text, or as a data URL with ;base64"


def decode(value: Any, pointer: str) -> bytes:  # noqa: ANN401  JSON is any of six types
    """
    Decode a file in base64 (RFC 4648): standard or URL-safe, in lines or in one, padded or not.

    It may also be a data URL (RFC 2397), percent-encoded or not.

    Args:
        value: What was sent as base64.
        pointer: Where in the request it stands.

    Returns:
        The file's bytes; at least one.

    Raises:
        InvalidInputError: It is no base64; the detail says why not.
    """
    if not isinstance(value, str):
        _refuse(pointer, _EXPECTED)
    try:
        text = value.encode("ascii").strip()
    except UnicodeEncodeError:
        _refuse(pointer, f"{_EXPECTED}; it has characters beyond ASCII")
    scheme = text[:8].lower()
    if scheme.startswith(b"data:"):
        text = _content(text, pointer)
    elif scheme.startswith((b"http://", b"https://", b"file://", b"blob:")):
        _refuse(pointer, f"{_EXPECTED}; no address is ever fetched: send the picture itself")
    if b" " in text and b"\n" not in text and b"\r" not in text and not _is_in_lines(text):
        message = (
            "a blank within it; forms and addresses make blanks of +, so send + as %2B, or URL-safe base64"
        )
        _refuse(pointer, f"{_EXPECTED}; there is {message}")
    # How much padding there was tells nothing that the length does not.
    data = _decoded(text.rstrip(b"=" + _LINE_BREAKS), pointer)
    if not data:
        _refuse(pointer, f"{_EXPECTED}; it is empty")
    return data


def _content(url: bytes, pointer: str) -> bytes:
    """Return what stands behind the comma of a data URL."""
    head, _, text = url.partition(b",")
    if head.rpartition(b";")[2].strip().lower() != b"base64":
        _refuse(pointer, f"{_EXPECTED}; this data URL has no ;base64 before its comma")
    if b"%" in text:
        for escape, character in _ESCAPES.items():
            text = text.replace(escape, character).replace(escape.lower(), character)
    return text.strip()


def _is_in_lines(text: bytes) -> bool:
    """Tell whether blanks stand where line breaks would: shells put them there."""
    blanks = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(" "))
    line = int(blanks[0])
    is_regular = line % 4 == 0 and bool((np.diff(blanks) == line + 1).all())
    return is_regular and len(text) - int(blanks[-1]) - 1 <= line


def _decoded(text: bytes, pointer: str) -> bytes:
    """Decode base64 without its padding, a piece at a time: nothing else is done while one is decoded."""
    pieces, rest = [], b""
    for start in range(0, len(text), _PIECE_BYTES):
        piece = rest + text[start : start + _PIECE_BYTES].translate(_TO_STANDARD, _LINE_BREAKS)
        if b"=" in piece:
            _refuse(pointer, f"{_EXPECTED}; there is padding within it: send each file by itself")
        whole = len(piece) // 4 * 4
        pieces.append(_of_alphabet(piece[:whole], pointer))
        rest = piece[whole:]
    if len(rest) == 1:
        _refuse(pointer, f"{_EXPECTED}; it is cut off: no base64 has this length")
    pieces.append(_of_alphabet(rest.ljust(4, b"=") if rest else b"", pointer))
    return b"".join(pieces)


def _of_alphabet(text: bytes, pointer: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        _refuse(pointer, f"{_EXPECTED}; it has characters that base64 has not")


def _refuse(pointer: str, message: str) -> NoReturn:
    raise InvalidInputError(message, Fault(pointer, message)) from None

"""Who may ask, when the operator wants keys."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

from service.errors import KeyRefusedError, SettingsError

HEADER = "X-API-Key"
SHORTEST = 16
"""Characters of a key: 16 random ones cannot be guessed, a word can."""

_HEADER = HEADER.lower().encode()


class Keys:
    """Digests of the keys; the keys themselves are not kept."""

    def __init__(self, keys: Iterable[str]) -> None:
        """Take the keys."""
        self._digests = [_digest(key.encode()) for key in keys]

    @classmethod
    def of_file(cls, file: Path) -> "Keys":
        """
        Read keys, one a line; empty lines and those that begin with ``#`` say nothing.

        Raises:
            SettingsError: The file cannot be read, or has no keys, or one that can be guessed.
        """
        try:
            lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
            message = f"LENET_API_KEYS_FILE: {file} cannot be read: {reason}"
            raise SettingsError(message) from None
        keys = [line for line in lines if line and not line.startswith("#")]
        if not keys or min(map(len, keys)) < SHORTEST:
            message = (
                f"LENET_API_KEYS_FILE: {file} needs a key a line, each of at least {SHORTEST} characters"
            )
            raise SettingsError(message)
        return cls(keys)

    def check(self, fields: Mapping[bytes, bytes]) -> str:
        """
        Check the key of a request.

        Args:
            fields: The request's headers by their lower-case names.

        Returns:
            A name for whoever has the key, that does not tell it.

        Raises:
            KeyRefusedError: It has none of the keys.
        """
        given = _digest(fields.get(_HEADER, b""))
        # In constant time each: how long it takes does not tell how nearly right a key was.
        if sum(hmac.compare_digest(given, known) for known in self._digests) == 0:
            message = f"send a key that is known here as {HEADER}"
            raise KeyRefusedError(message)
        return f"key {given.hex()}"


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()

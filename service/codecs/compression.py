"""Bodies that are compressed (``Content-Encoding``: RFC 9110, section 8.4), unpacked as they arrive."""

from zlib_ng import zlib_ng

from service.errors import MediaTypeError, SyntaxRefusedError

CODINGS = ("gzip", "deflate")
"""Content codings that are taken where bodies may be compressed."""

_ZLIB, _GZIP = 15, 31
"""By zlib's ``windowBits``: the formats of RFC 1950 and RFC 1952."""
_WINDOW_BITS = {"deflate": _ZLIB, "gzip": _GZIP, "x-gzip": _GZIP}
_MOST_MEMBERS = 8
"""Of a gzip file: the rest is copied behind each."""


class Unpacker:
    """Unpacks one body, and never more of it than is asked for."""

    def __init__(self, coding: str) -> None:
        """
        Begin with a body.

        Args:
            coding: The value of ``Content-Encoding``.

        Raises:
            MediaTypeError: It is none that is taken.
        """
        window_bits = _WINDOW_BITS.get(coding.strip().lower())
        if window_bits is None:
            message = f"send the body with Content-Encoding {' or '.join(CODINGS)}, or without"
            raise MediaTypeError(message)
        self._window_bits = window_bits
        self._stream = zlib_ng.decompressobj(window_bits)
        self._members = 1

    def take(self, data: bytes, most: int) -> bytes:
        """
        Unpack what has arrived.

        Args:
            data: The next bytes of the body, at least one.
            most: Bytes that are wanted; when there are as many, there may be more.

        Raises:
            SyntaxRefusedError: The body is not of its coding.
        """
        unpacked = []
        try:
            while data and most > 0:
                if self._stream.eof:
                    self._begin_member()
                unpacked.append(self._stream.decompress(data, most))
                most -= len(unpacked[-1])
                data = self._stream.unused_data
        except zlib_ng.error:  # type: ignore[misc]  # its stub has an instance for the class
            raise _damaged() from None
        return b"".join(unpacked)

    def end(self) -> None:
        """
        See that the body is whole.

        Raises:
            SyntaxRefusedError: It is cut off.
        """
        if not self._stream.eof:
            raise _damaged()

    def _begin_member(self) -> None:
        """Go on with the next member of a gzip file (RFC 1952, section 2.2)."""
        self._members += 1
        if self._window_bits != _GZIP or self._members > _MOST_MEMBERS:
            raise _damaged()
        self._stream = zlib_ng.decompressobj(self._window_bits)


def _damaged() -> SyntaxRefusedError:
    return SyntaxRefusedError("the body is not what its Content-Encoding says, or is damaged")

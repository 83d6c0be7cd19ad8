"""Request bodies, read whole and within a limit; ``http.protocol`` sees to their time."""

from starlette.requests import ClientDisconnect, Request

from service.errors import MediaTypeError, SyntaxRefusedError, TooLargeError
from service.http.trace import Trace


async def read(request: Request, *, limit: int, may_be_empty: bool = False) -> bytes:
    """
    Read the body.

    Args:
        request: Its body must not have been read.
        limit: Most bytes, whether the client declares their number or not.
        may_be_empty: A request without a body says something too.

    Raises:
        MediaTypeError: The body is compressed: what it expands to has no bound.
        TooLargeError: More bytes than the limit are declared or arrive.
        SyntaxRefusedError: There is no body.
    """
    headers = Trace.of(request.scope).headers
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.lower() != b"identity":
        message = "send the body without Content-Encoding; pictures are compressed already"
        raise MediaTypeError(message)
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        event = await request.receive()
        if event["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = event.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        more = event.get("more_body", False)
    if not size and not may_be_empty:
        message = "the body is empty"
        raise SyntaxRefusedError(message)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {limit} bytes")

"""Request bodies, read whole, within a limit and in time."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request

from service.errors import MediaTypeError, SlowBodyError, SyntaxRefusedError, TooLargeError


async def read(request: Request, *, limit: int, deadline_s: float, may_be_empty: bool = False) -> bytes:
    """
    Read the body.

    Args:
        request: Its stream is used up.
        limit: Most bytes, whether the client declares their number or not.
        deadline_s: Most seconds until the last byte.
        may_be_empty: A request without a body says something too.

    Raises:
        MediaTypeError: The body is compressed: what it expands to has no bound.
        TooLargeError: More bytes than the limit are declared or arrive.
        SlowBodyError: The deadline passed.
        SyntaxRefusedError: There is no body.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        message = "send the body without Content-Encoding; pictures are compressed already"
        raise MediaTypeError(message)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(deadline_s):
            body = b"".join([chunk async for chunk in _bounded(request, limit)])
    except TimeoutError:
        message = f"the body did not arrive within {deadline_s:g} seconds"
        raise SlowBodyError(message) from None
    if not body and not may_be_empty:
        message = "the body is empty"
        raise SyntaxRefusedError(message)
    return body


async def _bounded(request: Request, limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {limit} bytes")

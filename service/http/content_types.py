"""What a body is said to be (RFC 9110, section 8.3)."""

from starlette.requests import Request

from service.http.trace import Trace


def declared(request: Request) -> str:
    """Give a request's content type with its parameters; empty when it has none."""
    return Trace.of(request.scope).headers.get(b"content-type", b"").decode("latin-1")


def media_type(content_type: str) -> str:
    """Give a content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()

"""What a body is: its content type says so, or else its first bytes do."""

from service import media_types
from service.codecs import npy
from service.errors import MediaTypeError
from service.images import headers
from service.images.headers import OFFERED
from service.media_types import FORM, JSON, NPY, OCTETS

FILES = (*OFFERED, OCTETS)
"""Content types of a picture file, as the OpenAPI document lists them; more are taken."""

PICTURES = frozenset(OFFERED)
"""Content types that say that a body is a picture file."""

_DECLARED = frozenset({FORM, JSON, NPY})
_HINTS = (
    (b"{", f"the body looks like JSON: send it as {JSON}"),
    (b"[", f"the body looks like JSON: send it as {JSON}"),
    (
        b"--",
        f"the body looks like a form: send it as {FORM} with its boundary, as HTTP libraries do",
    ),
    (b"data:", f'the body looks like a data URL: send it as {JSON}, {{"image": "data:..."}}'),
    (b"PK\3\4", "the body looks like a ZIP or .npz archive: send what is in it"),
)
_BLANK = b" \t\r\n"
_URLENCODED = "application/x-www-form-urlencoded"


def of(content_type: str, body: bytes) -> str:
    """
    Tell what a body is: a picture whatever it is declared to be, for no other body begins as one.

    JSON and forms have to be declared; JSON alone also comes without any content type.

    Args:
        content_type: Of the request; empty when it has none.
        body: Its bytes.

    Returns:
        ``FORM``, ``JSON`` or ``NPY``, or ``OCTETS`` for a picture file.

    Raises:
        MediaTypeError: It is none of them.
    """
    if content_type in PICTURES:
        return OCTETS
    declared = media_types.essence(content_type)
    if declared in PICTURES or headers.is_picture(body):
        return OCTETS
    if declared in _DECLARED:
        return declared
    if body.startswith(npy.MAGIC):
        return NPY
    if not content_type and body[:256].lstrip(_BLANK).startswith(b"{"):
        return JSON
    raise MediaTypeError(headers.refusal(body) or _hint(declared, body))


def _hint(declared: str, body: bytes) -> str:
    """Say what to send instead of a body that is nothing known."""
    begin = body[:256].lstrip(_BLANK).lower()
    looks = next((hint for prefix, hint in _HINTS if begin.startswith(prefix.lower())), None)
    if declared == _URLENCODED:
        looks = f"the body is declared as {_URLENCODED}: send fields and files as {FORM}, as curl -F does"
    offered = f"send pictures as {FORM}, {JSON}, {NPY} or {', '.join(FILES)}"
    return f"{looks}; or {offered}" if looks else offered

"""Base64 as encoders, mail programs, browsers and shells write it; what is none is refused with the cause."""

import base64 as encoders
import random
import textwrap
from urllib.parse import quote

import pytest

from service.codecs import base64
from service.errors import Fault, InvalidInputError

PIECE = base64._PIECE_BYTES
PICTURE = random.Random(7).randbytes(3_001)  # noqa: S311  no secret
TEXT = encoders.b64encode(PICTURE).decode()

WRITTEN = {
    "in one line": TEXT,
    "as mail has it": encoders.encodebytes(PICTURE).decode(),
    "with CRLF": "\r\n".join(textwrap.wrap(TEXT, 64)) + "\r\n",
    "indented": textwrap.indent("\n".join(textwrap.wrap(TEXT, 76)), "    "),
    "in lines of any length": "\n".join(textwrap.wrap(TEXT, 37)),
    "as an unquoted shell variable has it": " ".join(textwrap.wrap(TEXT, 76)),
    "URL-safe": encoders.urlsafe_b64encode(PICTURE).decode(),
    "unpadded": TEXT.rstrip("="),
    "URL-safe and unpadded": encoders.urlsafe_b64encode(PICTURE).decode().rstrip("="),
    "padded too much": TEXT + "==",
    "with blanks around it": f"  {TEXT}\n",
    "data URL": f"data:image/png;base64,{TEXT}",
    "data URL of no type": f"data:;base64,{TEXT}",
    "data URL in capitals": f"DATA:IMAGE/PNG;BASE64,{TEXT}",
    "data URL with parameters": f"data:image/png;charset=utf-8;base64,{TEXT}",
    "data URL with blanks": f" data:image/png; base64, {TEXT}",
    "data URL, percent-encoded": f"data:image/png;base64,{quote(TEXT, safe='')}",
    "data URL, percent-encoded in small letters": f"data:image/png;base64,{quote(TEXT, safe='').lower()}",
    "data URL, URL-safe, in lines": "data:image/png;base64," + "\n".join(textwrap.wrap(TEXT, 76)),
}
# Of base64 itself capitals matter.
WRITTEN["data URL, percent-encoded in small letters"] = f"data:image/png;base64,{TEXT}".replace("+", "%2b")


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_what_encoders_write_is_the_file_again(text: str) -> None:
    assert base64.decode(text, "#") == PICTURE


REFUSED = {
    "": "empty",
    "  \n": "empty",
    "====": "empty",
    "data:image/png;base64,": "empty",
    "data:image/png,abcd": "no ;base64",
    "data:image/png;base64": "empty",
    "data:": "no ;base64",
    "abcde": "cut off",
    "abcd!efg": "characters that base64 has not",
    "abc\0": "characters that base64 has not",
    "YWJj\u00e9": "beyond ASCII",
    "YQ==YWJj": "padding within",
    "YWJj YWJjYWJj YWJj": "make blanks of +",
    "https://example.org/seven.png": "no address is ever fetched",
    "file:///etc/hostname": "no address is ever fetched",
}


@pytest.mark.parametrize(("text", "cause"), REFUSED.items(), ids=map(repr, REFUSED))
def test_what_is_none_is_refused_with_the_cause(text: str, cause: str) -> None:
    with pytest.raises(InvalidInputError, match=cause) as refusal:
        base64.decode(text, "#/images/3")

    assert refusal.value.faults == (Fault("#/images/3", refusal.value.detail),)


@pytest.mark.parametrize("value", [None, True, 7, 1.5, [], {}, b"YWJj"], ids=repr)
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match="base64 text"):
        base64.decode(value, "#")


@pytest.mark.parametrize("size", [PIECE // 4 * 3 * 2, PIECE // 4 * 3 * 2 + 1, PIECE // 4 * 3 - 1, 1_000_000])
@pytest.mark.parametrize("is_in_lines", [False, True], ids=["one line", "lines"])
def test_a_large_file_comes_through_as_it_was(size: int, *, is_in_lines: bool) -> None:
    data = random.Random(0).randbytes(size)  # noqa: S311  no secret
    text = (encoders.encodebytes if is_in_lines else encoders.b64encode)(data).decode()

    assert base64.decode(text, "#") == data


@pytest.mark.parametrize("place", [0, PIECE - 4, PIECE - 2, PIECE, 2 * PIECE - 1, 2 * PIECE])
@pytest.mark.parametrize("wound", ["=", "==", "====", "!", "A", "\u00e9"])
def test_a_large_text_that_is_no_base64_is_refused(place: int, wound: str) -> None:
    text = "A" * (2 * PIECE + 4)

    with pytest.raises(InvalidInputError):
        base64.decode(text[:place] + wound + text[place:], "#")

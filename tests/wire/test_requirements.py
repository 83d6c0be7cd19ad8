"""
What RFC 9110, 9111 and 9112 require of an origin server, rule by rule, in the bytes that try each.

A rule is tried with every case of bytes; which rules no bytes can try here, and why, stands at the end. What
senders have to do is held against each answer to any case: ``conftest`` lists the breaches of every one.
"""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

Connect = Callable[..., Any]
Check = Callable[[Any], None]
Bytes = str | tuple[str, ...]

RULE = re.compile(
    r"(911[012] (?:[0-9.]+|B)) (MUST|MUST NOT|SHOULD|SHOULD NOT|RECOMMENDED|ought to|MAY): (.+)"
)
"""RFC and section, keyword, and what it says, in other words."""

OPEN, GUARDED = "open", "guarded"
"""Which service is asked: see ``ports``."""

KEY = "X-API-Key: correct-horse-battery"
LIVE = "/health/live"
SCRIPT = "/web/lab.js"
"""A resource with a validator."""

NUMBERS = '{"input":[[1,2],[3,4]],"kernel":[[1]]}'
"""Sent to ``/convolve``, it is answered with the same numbers: so it was read, and read rightly."""

BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
).decode("latin-1")
"""A picture of one black pixel."""

PAST, TO_COME = "Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 31 Dec 2100 00:00:00 GMT"

FAR = 8 * 2**20
"""Bytes of the largest body that is taken."""

H2C = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")


# What is sent.


def request(method: str, target: str, *lines: str, version: str = "HTTP/1.1", host: str | None = "a") -> str:
    hosts = [] if host is None else [f"Host: {host}"]
    return "\r\n".join([f"{method} {target} {version}", *hosts, *lines, "", ""])


def get(target: str = LIVE, *lines: str, version: str = "HTTP/1.1", host: str | None = "a") -> str:
    return request("GET", target, *lines, version=version, host=host)


def old(*lines: str, target: str = LIVE) -> str:
    return request("GET", target, *lines, version="HTTP/1.0", host=None)


def post(
    *lines: str,
    body: str = NUMBERS,
    length: str | None = None,
    kind: str = "application/json",
    target: str = "/convolve",
    version: str = "HTTP/1.1",
) -> str:
    """Post a body with a length, its own when none is given."""
    told = str(len(body)) if length is None else length
    fields = [f"Content-Type: {kind}", f"Content-Length: {told}"]
    return request("POST", target, *fields, *lines, version=version) + body


def bare(*lines: str, body: str = NUMBERS, version: str = "HTTP/1.1") -> str:
    """Post a body with no other word on its length than these lines."""
    return request("POST", "/convolve", "Content-Type: application/json", *lines, version=version) + body


def coded(*sizes: int) -> str:
    """Code the numbers in chunks of these sizes, and one of the rest, without the last."""
    chunks, rest = "", NUMBERS
    for size in (*sizes, len(NUMBERS)):
        chunk, rest = rest[:size], rest[size:]
        chunks += f"{len(chunk):x}\r\n{chunk}\r\n" if chunk else ""
    return chunks


WHOLE = coded() + "0\r\n\r\n"


def stream(chunks: str = WHOLE, *lines: str, coding: str = "chunked", version: str = "HTTP/1.1") -> str:
    return bare(f"Transfer-Encoding: {coding}", *lines, body=chunks, version=version)


def sized(size: str, data: str = NUMBERS) -> str:
    """Post one chunk, whose line of a size reads like this, and the last."""
    return stream(f"{size}\r\n{data}\r\n0\r\n\r\n")


def each(*texts: str, of: Callable[[str], Bytes]) -> dict[str, Bytes]:
    """Make a case of each text."""
    return {repr(text)[1:-1] or "nothing": of(text) for text in texts}


def form(boundary: str, kind: str = "multipart/form-data; boundary=") -> str:
    part = f'Content-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n{BLANK}'
    body = f"--xyz\r\n{part}\r\n--xyz--\r\n"
    return post(body=body, kind=kind + boundary, target="/predict")


# What has to come back.


def answered(*statuses: int, method: str = "GET") -> Check:
    """Each request is answered with its status, and the connection is kept."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answers = [wire.answer(method) for _ in statuses]

        assert [answer.status for answer in answers] == list(statuses)
        assert not any(answer.closing or answer.interim for answer in answers)
        assert wire.is_kept()

    return check


def closed(*statuses: int, old: bool = False) -> Check:
    """Each request is answered with its status, the last one says that it is the last, and it is."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answers = [wire.answer(old=old) for _ in statuses]

        assert [answer.status for answer in answers] == list(statuses)
        assert [answer.closing for answer in answers] == [False] * (len(statuses) - 1) + [True]
        assert not any(answer.interim for answer in answers)
        assert wire.is_closed()

    return check


def refused(*statuses: int, before: int = 0, method: str = "GET", old: bool = False) -> Check:
    """After so many good ones comes one answer with one of the statuses, and the close that it announces."""

    def check(wire: Any) -> None:  # noqa: ANN401
        good = [wire.answer().status for _ in range(before)]
        answer = wire.answer(method, old=old)

        assert good == [200] * before
        assert answer.status in statuses
        assert answer.closing
        assert not answer.interim
        assert wire.is_closed()

    return check


def rejected(*statuses: int, method: str = "GET") -> Check:
    """The answer has one of the statuses; the connection is closed or kept, as the answer says."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer(method)

        assert answer.status in statuses
        assert not answer.interim
        assert wire.is_closed() if answer.closing else wire.is_kept()

    return check


def read(wire: Any) -> None:  # noqa: ANN401
    """The body was read as what it is, and the connection is kept."""
    _has_numbers(wire.answer())
    assert wire.is_kept()


def _has_numbers(answer: Any) -> None:  # noqa: ANN401
    assert answer.status == 200
    assert json.loads(answer.content)["output"] == [[1, 2], [3, 4]]


def read_and_closed(wire: Any) -> None:  # noqa: ANN401
    """The body was read as what it is, of HTTP/1.0, and the connection closed."""
    answer = wire.answer(old=True)
    _has_numbers(answer)
    assert answer.closing
    assert wire.is_closed()


def read_or(*statuses: int) -> Check:
    """The body was read as what it is, or the request was refused and the connection closed."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer()
        if answer.status == 200:
            _has_numbers(answer)
            assert wire.is_kept()
        else:
            assert answer.status in statuses
            assert answer.closing
            assert wire.is_closed()

    return check


def finished(*statuses: int, old: bool = False) -> Check:
    """The client sends no more, and gets the answers to all that it has sent, then the close."""

    def check(wire: Any) -> None:  # noqa: ANN401
        wire.finish()

        assert [wire.answer(old=old).status for _ in statuses] == list(statuses)
        assert wire.is_closed()
        assert not wire.was_reset

    return check


def incomplete(before: int = 0) -> Check:
    """The client sends no more; what it has begun is not done, and that is noticed at once."""

    def check(wire: Any) -> None:  # noqa: ANN401
        wire.finish()
        began = time.monotonic()

        assert [wire.answer().status for _ in range(before)] == [200] * before
        if not wire.is_closed():
            assert wire.answer().status in {400, 408}
            assert wire.is_closed()
        assert time.monotonic() - began < 0.8

    return check


def continued(body: str = NUMBERS, *, final: int = 200) -> Check:
    """The body is asked for, then answered."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer(continuing=body.encode("latin-1"))

        assert answer.interim == [100]
        assert answer.status == final
        assert wire.is_closed() if answer.closing else wire.is_kept()

    return check


def not_asked_for(*statuses: int, body: str = NUMBERS) -> Check:
    """The answer does not wait for the body, and says what becomes of it: unread, or read and thrown away."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer()

        assert answer.status in statuses
        assert not answer.interim
        if answer.closing:
            assert wire.is_closed()
        else:
            wire.send(body.encode("latin-1"))
            assert wire.is_kept()

    return check


def immediate(status: int) -> Check:
    """The body is asked for or the answer given, before any of it comes."""

    def check(wire: Any) -> None:  # noqa: ANN401
        began = time.monotonic()
        answer = wire.answer(continuing=NUMBERS.encode())

        assert answer.status == status
        assert time.monotonic() - began < 0.8
        if answer.closing:
            assert wire.is_closed()
        else:
            wire.send(b"" if answer.interim else NUMBERS.encode())
            assert wire.is_kept()

    return check


def asked_for_or_not(wire: Any) -> None:  # noqa: ANN401
    """The body is there already: to ask for it is not wrong, and not needed."""
    answer = wire.answer()
    _has_numbers(answer)
    assert answer.interim in ([], [100])
    assert wire.is_kept()


def drained(*statuses: int) -> Check:
    """The answer to what was far too much is read by a client that sent all of it before it began to read."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer()
        wire.finish()

        assert answer.status in statuses
        assert wire.is_closed()
        assert not wire.was_reset

    return check


def idle(wire: Any) -> None:  # noqa: ANN401
    """After its answer the connection is closed by and by."""
    assert wire.answer().status == 200
    assert wire.is_closed()
    assert not wire.was_reset


def cut_off(wire: Any) -> None:  # noqa: ANN401
    """A client that does not stop sending after its answer is not listened to for ever."""
    assert wire.answer().status == 413
    until = time.monotonic() + 10
    while not wire.was_reset and time.monotonic() < until:
        wire.send(b" " * 1000)
        time.sleep(0.01)

    assert wire.was_reset


def conditional(status: int, *lines: str, method: str) -> Check:
    """The next request, with these lines, has the status; ``{tag}`` in them is the tag of this answer."""

    def check(wire: Any) -> None:  # noqa: ANN401
        plain = wire.answer()
        tag = plain.headers["etag"]
        sent = request(method, SCRIPT, *[line.replace("{tag}", tag) for line in lines])
        answer = wire.send(sent.encode("latin-1")).answer(method)

        assert answer.status == status
        if status == 200:
            assert answer.content == plain.content
        if status == 304:
            assert not answer.content
            assert answer.headers.get("content-length", str(len(plain.content))) == str(len(plain.content))
            for name in {"etag", "cache-control", "expires", "content-location", "vary"} & {*plain.headers}:
                assert answer.headers[name] == plain.headers[name]
        assert wire.is_kept()

    return check


def like_get(wire: Any) -> None:  # noqa: ANN401
    """HEAD is answered as GET is, but for the content and what is of each request alone."""
    lone = {"date", "x-request-id", "server-timing"}
    head = wire.answer("HEAD")
    got = wire.send(wire.sent.replace(b"HEAD", b"GET", 1)).answer()

    assert head.status == got.status
    assert head.headers.keys() == got.headers.keys()
    assert {name: value for name, value in head.headers.items() if name not in lone} == {
        name: value for name, value in got.headers.items() if name not in lone
    }
    assert wire.is_kept()


def kept_old(wire: Any) -> None:  # noqa: ANN401
    """A client of HTTP/1.0 that asks for it keeps its connection, and is told so."""
    for _ in range(2):
        answer = wire.answer(old=True)

        assert answer.status == 200
        assert answer.headers["connection"].lower() == "keep-alive"
        wire.send(wire.sent)
    assert wire.answer(old=True).status == 200


def well_sent(status: int) -> Check:
    """The answer is as its sender has to make it; what that is, ``conftest`` knows."""

    def check(wire: Any) -> None:  # noqa: ANN401
        method = "HEAD" if wire.sent.startswith(b"HEAD") else "GET"
        answer = wire.answer(method, old=b" HTTP/1.0\r\n" in wire.sent)

        # What is refused for its coding or version may be a 400 as well.
        assert answer.status in {status, 400}
        assert not wire.breaches

    return check


def has(name: str, value: str | None = None, *, status: int) -> Check:
    """The answer has the status and the field, with the value if one is given."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer()

        assert answer.status == status
        assert name in answer.headers
        assert value in {None, answer.headers[name]}

    return check


def has_not(*names: str, status: int, without: str = "") -> Check:
    """The answer has the status and none of the fields, nor a text anywhere."""

    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer()

        assert answer.status == status
        assert not {*names} & {*answer.headers}
        assert not without or without not in answer.heads[-1] + answer.content.decode("latin-1")

    return check


def is_version_1_1(wire: Any) -> None:  # noqa: ANN401
    answer = wire.answer(old=b" HTTP/1.0\r\n" in wire.sent)
    assert answer.heads[-1].startswith("HTTP/1.1 200 ")


def no_mistake(wire: Any) -> None:  # noqa: ANN401
    """Whatever the answer is, it is no mistake of the service's own."""
    assert wire.answer().status not in {500, 502, 504}


def options(wire: Any) -> None:  # noqa: ANN401
    """OPTIONS for the server as a whole: granted, or not allowed and told what is."""
    answer = wire.answer()

    assert answer.status in {200, 204, 405}
    assert "allow" in answer.headers or answer.status != 405
    assert wire.is_kept()


def chosen(kind: str) -> Check:
    def check(wire: Any) -> None:  # noqa: ANN401
        answer = wire.answer()

        assert answer.status == 200
        assert answer.headers["content-type"] == kind
        assert wire.is_kept()

    return check


# The table.


@dataclass(frozen=True)
class Requirement:
    """
    A rule and bytes that try it.

    Attributes:
        case: Tells its bytes from others that try the same.
        on: The service that is asked.
    """

    rule: str
    case: str
    sent: tuple[bytes, ...]
    check: Check
    on: str

    def __str__(self) -> str:
        return f"{RULE.fullmatch(self.rule)[1]} {self.case}"


def rule(text: str, check: Check, cases: dict[str, Bytes], *, on: str = OPEN) -> list[Requirement]:
    """Try a rule with bytes, which are sent in pieces if they are pieces."""
    assert RULE.fullmatch(text), text
    pieces = {case: (sent,) if isinstance(sent, str) else sent for case, sent in cases.items()}
    return [
        Requirement(text, case, tuple(piece.encode("latin-1") for piece in sent), check, on)
        for case, sent in pieces.items()
    ]


def conditions(
    text: str, status: int, cases: dict[str, tuple[str, ...]], method: str = "GET"
) -> list[Requirement]:
    """Try a rule with requests under conditions; ``{tag}`` is the entity tag of what they are about."""
    return [
        row
        for case, lines in cases.items()
        for row in rule(text, conditional(status, *lines, method=method), {case: get(SCRIPT)})
    ]


MESSAGES = [
    # RFC 9112, 2: messages.
    *rule(
        "9112 2.2 MUST: reads a message as octets, whatever they are in another encoding",
        answered(200),
        {
            "octets over 127 in a value": get(LIVE, "X-Name: \xe9\xff\x80"),
            "what UTF-16 has for a line end": get(LIVE, "X-Name: \u00c4\u008a\u00c4\u008d"),
        },
    ),
    *rule(
        "9112 2.2 MUST: a CR without its LF is invalid",
        refused(400),
        {
            "in the target": get("/health\r/live"),
            "in the method": request("GE\rT", LIVE),
            "before the version": request("GET", LIVE, version="\rHTTP/1.1"),
            "in a name": get(LIVE, "X-\rA: b"),
            "in a value": get(LIVE, "X-A: b\rX-B: c"),
            "at the end of a value": get(LIVE, "X-A: b\r"),
            "for the line end of a header": f"GET {LIVE} HTTP/1.1\r\nHost: a\rX-A: b\r\n\r\n",
            "before the last line end": f"GET {LIVE} HTTP/1.1\r\nHost: a\r\n\r\r\n",
        },
    ),
    *rule(
        "9112 2.2 MUST: nor is it a line end by itself",
        refused(400, 408),
        {"every one": get().replace("\r\n", "\r"), "the last": get()[:-1]},
    ),
    *rule(
        "9112 2.2 MAY: takes a lone LF for a line end; here it does not, as what stands before it may not",
        refused(400),
        {
            "request line": get().replace("\r\n", "\n", 1),
            "header": f"GET {LIVE} HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n",
            "last line": f"GET {LIVE} HTTP/1.1\r\nHost: a\r\n\n",
            "every line": get().replace("\r\n", "\n"),
            "a length after it": f"GET {LIVE} HTTP/1.1\r\nHost: a\r\nX-A: b\nContent-Length: 5\r\n\r\nxyzzy",
        },
    ),
    *rule(
        "9112 2.2 SHOULD: an empty line before a request line is ignored",
        answered(200),
        {"one": "\r\n" + get(), "two": "\r\n\r\n" + get(), "in a piece of its own": ("\r\n", get())},
    ),
    *rule(
        "9112 2.2 SHOULD: also one that follows a body, as old clients send it",
        answered(200, 200),
        {"after a length": post() + "\r\n" + get(), "after chunks": stream() + "\r\n" + get()},
    ),
    *rule(
        "9112 2.2 MUST: a line that begins with whitespace before the first field is rejected",
        refused(400),
        {
            "a field after a space": f"GET {LIVE} HTTP/1.1\r\n Host: a\r\n\r\n",
            "a field after a tab": f"GET {LIVE} HTTP/1.1\r\n\tX-A: b\r\nHost: a\r\n\r\n",
            "nothing but a space": f"GET {LIVE} HTTP/1.1\r\n \r\nHost: a\r\n\r\n",
            "a coding": f"POST /convolve HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: a\r\n\r\n{WHOLE}",
        },
    ),
    *rule(
        "9112 2.2 SHOULD: what is no HTTP gets a 400 and a close",
        refused(400),
        {
            "a word": "xyzzy\r\n\r\n",
            "a greeting of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            "a greeting of SSH": "SSH-2.0-OpenSSH_9.6\r\n",
            "random bytes": "\x83\xfa\x00\x01\xde\xad\xbe\xef\r\n\r\n",
            "a blank line": " \r\n" + get(),
            "a field for a request line": "Host: a\r\n\r\n",
            "an answer": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "NULs": "\x00" * 64 + "\r\n\r\n",
        },
    ),
    *rule(
        "9112 2.2 SHOULD: so does what follows good requests, which are answered first and in order",
        refused(400, before=5),
        {
            "a word": post() * 5 + "GARBAGE\r\n\r\n",
            "a bad header": get() * 5 + get(LIVE, "X A: b"),
            "in pieces": (post() * 4 + post()[:-5], post()[-5:] + "GARB", "AGE\r\n\r\n"),
            "a body with bytes left over": get() * 4 + post() + "x y z" + get(),
        },
    ),
    *rule(
        "9112 2.3 MUST: a version is written as it is written, in one case and with one digit each",
        refused(400, 505),
        each(
            *("http/1.1", "Http/1.1", "HTTP/01.1", "HTTP/1.01", "HTTP/1.10", "HTTP/1", "HTTP/1.", "HTTP/.1"),
            *(
                "HTTP/ 1.1",
                "HTTP /1.1",
                "HTTP/1,1",
                "HTTP-1.1",
                "HTTP/1.1x",
                "HTTP/A.B",
                "HTTP/-1.1",
                "HTTP/1.1.1",
            ),
            *("HTTPS/1.1", "XTTP/1.1", "HTTP/\xb9.1", "ICE/1.0", "RTSP/1.0", "HTTP/", "HTTP"),
            of=lambda version: get(version=version),
        ),
    ),
    *rule(
        "9112 2.3 MUST: other protocols that look alike are not spoken",
        refused(400, 501, 505),
        {
            "Icecast": f"SOURCE {LIVE} ICE/1.0\r\nHost: a\r\n\r\n",
            "RTSP": f"DESCRIBE {LIVE} RTSP/1.0\r\nHost: a\r\n\r\n",
        },
    ),
    *rule(
        "9110 6.2 MAY: another major version is refused with 505",
        refused(400, 505),
        {
            **each(
                *("HTTP/0.9", "HTTP/0.0", "HTTP/2.0", "HTTP/2.1", "HTTP/3.0", "HTTP/9.9"),
                of=lambda version: get(version=version),
            ),
            "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "a body after it": request("POST", "/convolve", "Content-Length: 5", version="HTTP/2.0")
            + "xyzzy",
        },
    ),
    *rule(
        "9110 6.2 SHOULD: a higher minor version is processed as the highest that is known",
        answered(200),
        each("HTTP/1.2", "HTTP/1.9", of=lambda version: get(version=version)),
    ),
    *rule(
        "9110 6.2 SHOULD: and with all that HTTP/1.1 has",
        read,
        {"chunked": stream(version="HTTP/1.2")},
    ),
    *rule(
        "9110 6.2 SHOULD: an answer has the highest version that the server has of the same major one",
        is_version_1_1,
        {"to HTTP/1.0": old(), "to HTTP/1.1": get(), "to HTTP/1.2": get(version="HTTP/1.2")},
    ),
    # RFC 9112, 3: the request line.
    *rule(
        "9112 3 RECOMMENDED: a request line of 8,000 octets is taken",
        answered(200),
        {"8000": get(f"{LIVE}?{'a' * (8000 - len('GET /health/live? HTTP/1.1'))}")},
    ),
    *rule(
        "9112 3 SHOULD: an invalid request line is a 400",
        refused(400),
        {
            "a tab before the target": f"GET\t{LIVE} HTTP/1.1\r\nHost: a\r\n\r\n",
            "a tab before the version": f"GET {LIVE}\tHTTP/1.1\r\nHost: a\r\n\r\n",
            "a vertical tab": f"GET\x0b{LIVE} HTTP/1.1\r\nHost: a\r\n\r\n",
            "a form feed": f"GET {LIVE}\x0cHTTP/1.1\r\nHost: a\r\n\r\n",
            "a space at the end": get(version="HTTP/1.1 "),
            "a space at the beginning": " " + get(),
            "no target": "GET HTTP/1.1\r\nHost: a\r\n\r\n",
            "an empty target": "GET  HTTP/1.1\r\nHost: a\r\n\r\n",
            "a method alone": "GET\r\nHost: a\r\n\r\n",
            "no version": f"GET {LIVE}\r\nHost: a\r\n\r\n",
            "HTTP/0.9": f"GET {LIVE}\r\n\r\n",
            "a space in the target": get("/health /live"),
            "one word more": get(version="HTTP/1.1 xyzzy"),
            "no method": f" {LIVE} HTTP/1.1\r\nHost: a\r\n\r\n",
            "NUL in the target": get("/health/live\x00"),
            "NUL in the method": request("GET\x00", LIVE),
            "a control character in the target": get("/health/live\x01"),
            "DEL in the target": get("/health/live\x7f"),
        },
    ),
    *rule(
        "9112 3 MAY: two spaces are taken for one, or refused as no more than one is right",
        rejected(200, 400),
        {"before the target": request("GET ", LIVE), "before the version": request("GET", LIVE + " ")},
    ),
    *rule(
        "9112 3 MUST: a target that is longer than any that it wishes to read is a 414",
        refused(414),
        {
            "10,000 octets": get(f"{LIVE}?{'a' * 10_000}"),
            "an absolute one": get(f"http://a{LIVE}?{'a' * 10_000}"),
            "without an end": f"GET /{'a' * 10_000}",
        },
    ),
    *rule(
        "9112 3.1 SHOULD: a method that is longer than any that it implements is a 501",
        rejected(501),
        {"40 letters": request("A" * 40, LIVE), "300 letters": request("GET" * 100, LIVE)},
    ),
    *rule(
        "9110 9.1 SHOULD: a method that it does not know, or not in that case, is a 501",
        rejected(501),
        each(
            *("get", "Get", "XYZZY", "G", "GETX", "G3T", "GET!", "*", "|~", "123"),
            of=lambda method: request(method, LIVE),
        ),
    ),
    *rule(
        "9110 9.1 SHOULD: a method of other protocols is not implemented, or not allowed",
        rejected(405, 501),
        each(
            *("PROPFIND", "M-SEARCH", "PURGE", "LINK", "QUERY", "SOURCE", "BREW"),
            of=lambda method: request(method, LIVE),
        ),
    ),
    *rule(
        "9110 9.1 MUST: a method is a token",
        refused(400),
        each(
            *("G(T", "G@T", "<GET>", "G,T", 'G"T', "G/T", "G\xc9T", "G:T", "G=T"),
            of=lambda method: request(method, LIVE),
        ),
    ),
]

TARGETS = [
    # RFC 9112, 3.2, and RFC 9110, 4 and 7: targets and hosts.
    *rule(
        "9112 3.2 MUST: HTTP/1.1 without a Host is a 400",
        rejected(400),
        {
            "origin form": get(host=None),
            "absolute form": get(f"http://a{LIVE}", host=None),
            "asterisk form": request("OPTIONS", "*", host=None),
            "with a body": f"POST /convolve HTTP/1.1\r\nContent-Length: {len(NUMBERS)}\r\n\r\n{NUMBERS}",
            "HTTP/1.2": get(host=None, version="HTTP/1.2"),
            "a name that is nearly it": get(LIVE, "Hosts: a", "X-Host: a", host=None),
        },
    ),
    *rule(
        "9112 3.2 MUST: more than one Host is a 400",
        rejected(400),
        {
            "two": get(LIVE, "Host: b"),
            "the same twice": get(LIVE, "Host: a"),
            "in another case": get(LIVE, "hOST: a"),
            "the second is empty": get(LIVE, "Host:"),
            "far apart": get(LIVE, *[f"X-{number}: a" for number in range(50)], "Host: b"),
            "absolute form": get(f"http://a{LIVE}", "Host: b"),
            "HTTP/1.0": request("GET", LIVE, "Host: b", version="HTTP/1.0"),
        },
    ),
    *rule(
        "9112 3.2 MUST: a Host that is no host is a 400",
        rejected(400),
        {
            **each(
                *(
                    "a/b",
                    "/",
                    "a?b",
                    "a#b",
                    "user@a",
                    "u:p@a",
                    "a b",
                    "a, b",
                    "http://a",
                    "a:b",
                    "a:80:80",
                    "a:-1",
                ),
                *(
                    "a:+80",
                    "::1",
                    "[::1",
                    "[::1]x",
                    "[xyzzy]",
                    "[]",
                    "a]",
                    "a\\b",
                    "<a>",
                    '"a"',
                    "a^b",
                    "{a}",
                    "a|b",
                ),
                *("a%zz", "a%", "\xe9", "a\x01", "a`b"),
                of=lambda host: get(host=host),
            ),
            "absolute form": get(f"http://a{LIVE}", host="a/b"),
            "HTTP/1.0": request("GET", LIVE, version="HTTP/1.0", host="a b"),
        },
    ),
    *rule(
        "9110 7.2 MUST: any host is one: the service does not know its names",
        answered(200),
        each(
            *(
                "localhost",
                "localhost:8000",
                "127.0.0.1",
                "[::1]",
                "[::1]:80",
                "example.com.",
                "EXAMPLE.com",
                "a_b",
            ),
            *("a:", "a%41", "xn--nxasmq6b", "a-b.c~d", "a!$&'()*+;=b"),
            of=lambda host: get(host=host),
        ),
    ),
    *rule(
        "9112 3.3 MAY: an empty authority is rejected, or a default holds",
        rejected(200, 400),
        each("", ":80", "a,b", "a:99999", "[v1.a:b]", of=lambda host: get(host=host)),
    ),
    *rule(
        "9112 3.2 MUST: HTTP/1.0 needs no Host",
        closed(200, old=True),
        {"without": old(), "absolute form": old(target=f"http://a{LIVE}"), "with": old("Host: a")},
    ),
    *rule(
        "9112 3.2 SHOULD: a target of no form, or of one that is not for its method, is a 400",
        rejected(400),
        {
            **each(
                *(
                    "health/live",
                    "?x=1",
                    "#",
                    "/health/live#a",
                    "/#a",
                    "/health/live?x#a",
                    "http://a/health/live#a",
                ),
                *("*", "a:443", "localhost", "localhost:80", "[::1]:80", ":80", "**", "*/", "@a/health/live"),
                *(
                    "http:/health/live",
                    "http:health/live",
                    "http:",
                    "http",
                    "://a/",
                    "1http://a/",
                    "\\health\\live",
                ),
                of=get,
            ),
            "POST *": request("POST", "*"),
            "PUT *": request("PUT", "*"),
            "OPTIONS of an authority": request("OPTIONS", "a:80"),
        },
    ),
    *rule(
        "9112 3.2.1 MUST: a path is taken as it is: as what is not there it is not found, or refused",
        rejected(400, 404),
        each(
            *(
                "//health/live",
                "///",
                "/HEALTH/live",
                "/health/live/",
                "/health//live",
                "/health/live/..",
                "/health/%",
            ),
            *(
                "/%2e%2e/health/live",
                "/health%2flive/",
                "/%zz",
                "/%00",
                "/health/live%00",
                "/%0d%0aX-A:%20b",
                "/\xc3\xa9",
            ),
            *("/%c0%af", "/health/live;a", "/health/live%0d%0a", "/.", "/health/live%20"),
            of=get,
        ),
    ),
    *rule(
        "9110 4.2.3 MUST: what is encoded without need is the same",
        answered(200),
        each("/%68ealth/live", "/health/liv%65", "http://a/%68ealth/live", of=get),
    ),
    *rule(
        "9112 3.2.2 MUST: the absolute form is taken, and counts instead of Host",
        answered(200),
        {
            **each(
                *("http://a/health/live", "http://other/health/live", "http://other:81/health/live?x=1"),
                *(
                    "HTTP://a/health/live",
                    "Http://A/health/live",
                    "http://[::1]/health/live",
                    "http://a:/health/live",
                ),
                *("http://127.0.0.1:80/health/live", "http://h", "http://h/", "http://h?x=1", "http://h:80"),
                of=get,
            ),
            "an empty Host": get(f"http://h{LIVE}", host=""),
        },
    ),
    *rule(
        "9112 3.2.2 MUST: also of a request with a body",
        read,
        {"POST": post(target="http://other/convolve")},
    ),
    *rule(
        "9110 4.2.1 MUST: http without a host is rejected",
        rejected(400),
        each("http://", "http:///", "http:///health/live", "http://:80/health/live", "http://?x=1", of=get),
    ),
    *rule(
        "9110 4.2.4 SHOULD: a user in a target is an error",
        rejected(400),
        each("http://user@a/health/live", "http://u:p@a/health/live", "http://@a/health/live", of=get),
    ),
    *rule(
        "9112 3.2.2 SHOULD: an authority that is none is an error",
        rejected(400),
        each(
            *(
                "http://h:99999/",
                "http://h:80x/",
                "http://h:-1/",
                "http://[::1/",
                "http://[xyzzy]/",
                "http://a b/",
            ),
            *("http://a\\b/", "http://a%zz/", "http://h:80:80/", "http://a<b/"),
            of=get,
        ),
    ),
    *rule(
        "9110 7.4 MUST: https over a plain connection is misdirected",
        rejected(421),
        {
            "GET": get(f"https://a{LIVE}"),
            "in capitals": get(f"HTTPS://a:443{LIVE}"),
            "POST": post(target="https://a/convolve"),
        },
    ),
    *rule(
        "9110 7.4 MUST: so is a scheme that is not served, if it is not an error",
        rejected(400, 421),
        each("ftp://a/health/live", "ws://a/health/live", "urn:a:b", "file:///etc/passwd", "data:,a", of=get),
    ),
    *rule(
        "9112 3.2.3 MUST: the authority form is for CONNECT, which is refused, and nothing is read behind it",
        refused(400, 405, 501),
        {
            "a tunnel": request("CONNECT", "a:443") + "\x16\x03\x01",
            "an address": request("CONNECT", "[::1]:443"),
            "with a request in it": request("CONNECT", "a:443") + get(),
            "with a body": request("CONNECT", "a:443", "Content-Length: 5") + "xyzzy",
        },
    ),
    *rule(
        "9112 3.2.3 MUST: and CONNECT has no other",
        rejected(400, 405, 501),
        {"origin form": request("CONNECT", LIVE), "absolute form": request("CONNECT", "http://a/")},
    ),
    *rule(
        "9110 9.3.6 MUST: CONNECT to no port is rejected",
        refused(400, 405, 501),
        each("a", "a:", "a:99999", "a:0", ":443", "a:b", of=lambda target: request("CONNECT", target)),
    ),
    *rule(
        "9112 3.2.4 MUST: the asterisk form is for OPTIONS of the server as a whole",
        options,
        {
            "asterisk": request("OPTIONS", "*"),
            "an absolute target without a path": request("OPTIONS", "http://a"),
            "with a body": request("OPTIONS", "*", "Content-Length: 5") + "xyzzy",
            "with Max-Forwards": request("OPTIONS", "*", "Max-Forwards: 0"),
        },
    ),
]

FIELDS = [
    # RFC 9112, 5, and RFC 9110, 5: fields.
    *rule(
        "9112 5.1 MUST: whitespace before the colon is a 400",
        refused(400),
        {
            "a space": get(LIVE, "X-A : b"),
            "a tab": get(LIVE, "X-A\t: b"),
            "Host": get(LIVE, "Host : a", host=None),
            "Content-Length": bare(f"Content-Length : {len(NUMBERS)}"),
            "Transfer-Encoding": bare("Transfer-Encoding : chunked", body=WHOLE),
            "in a trailer": stream(coded() + "0\r\nX-A : b\r\n\r\n"),
        },
    ),
    *rule(
        "9112 5 MUST: a field has a name, which is a token, and a colon",
        refused(400),
        {
            **each(
                *(
                    "X A: b",
                    "X\x00A: b",
                    "X(A): b",
                    "X@A: b",
                    "X[A]: b",
                    "X{A}: b",
                    "X/A: b",
                    '"X": b',
                    "X;A: b",
                ),
                *(
                    "X,A: b",
                    "X<A: b",
                    "X=A: b",
                    "X?A: b",
                    "X\\A: b",
                    "X\tA: b",
                    "X\xe9: b",
                    "X\x7f: b",
                    "X\x01: b",
                ),
                *(": b", ":", "xyzzy", "X-A", "=b"),
                of=lambda line: get(LIVE, line),
            ),
            "the first line": get(LIVE, "xyzzy", "Host: a", host=None),
            "in a trailer": stream(coded() + "0\r\nxyzzy\r\n\r\n"),
        },
    ),
    *rule(
        "9112 5.2 MUST: a line that continues the one before is a 400, or a space",
        refused(400),
        {
            "a space": get(LIVE, "X-A: b\r\n c"),
            "a tab": get(LIVE, "X-A: b\r\n\tc"),
            "after Host": get(LIVE, " b"),
            "a length in two": bare("Content-Length:\r\n " + str(len(NUMBERS))),
            "a coding in two": bare("Transfer-Encoding:\r\n chunked", body=WHOLE),
            "nothing but blanks": get(LIVE, "X-A: b\r\n  "),
            "in a trailer": stream(coded() + "0\r\nX-A: b\r\n c\r\n\r\n"),
        },
    ),
    *rule(
        "9110 5.1 MUST: names are the same in any case",
        read,
        {
            "capitals": post().replace("Content-Length", "CONTENT-LENGTH").replace("Host", "HOST"),
            "small": post()
            .replace("Content-Length", "content-length")
            .replace("Content-Type", "content-type"),
            "chunked": stream().replace("Transfer-Encoding", "tRANSFER-eNCODING"),
        },
    ),
    *rule(
        "9110 5.1 SHOULD: fields that are not known are ignored, and are none of those that look alike",
        answered(200),
        {
            "unknown": get(LIVE, "X-Xyzzy: a", "!#$%&'*+.^_`|~1: b"),
            "Content_Length": get(LIVE, "Content_Length: 5"),
            "Transfer_Encoding": get(LIVE, "Transfer_Encoding: chunked"),
            "Content-Lengths": get(LIVE, "Content-Lengths: 5", "X-Content-Length: 5"),
            "of proxies": get(LIVE, "Proxy-Authorization: Basic YTpi", "Via: 1.1 b", "Max-Forwards: 0"),
            "of a forwarder": get(LIVE, "X-Forwarded-Proto: https", "X-Forwarded-For: b", "Forwarded: for=b"),
            "another method in a field": get(LIVE, "X-HTTP-Method-Override: DELETE"),
        },
    ),
    *rule(
        "9110 5.3 MUST NOT: a request is not applied before all of its header section has come",
        answered(200),
        {
            "in pieces": (f"GET {LIVE} HTTP/1.1\r\n", "Host: a\r\n", "X-A: b\r\n", "\r\n"),
            "byte by byte": tuple(get()),
        },
    ),
    *rule(
        "9110 5.3 MUST NOT: not even by the key, when that is the last field",
        closed(200),
        {"models": ("GET /models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", f"{KEY}\r\n", "\r\n")},
        on=GUARDED,
    ),
    *rule(
        "9110 5.4 MUST: more header fields than it wishes to process are a 4xx",
        refused(431),
        {
            "20,000 octets in a value": get(LIVE, f"X-A: {'a' * 20_000}"),
            "20,000 octets in a name": get(LIVE, f"{'X' * 20_000}: a"),
            "20,000 octets together": get(LIVE, *[f"X-{number}: {'a' * 400}" for number in range(50)]),
            "200 fields": get(LIVE, *[f"X-{number}: a" for number in range(200)]),
            "without an end": f"GET {LIVE} HTTP/1.1\r\nHost: a\r\nX-A: {'a' * 40_000}",
        },
    ),
    *rule(
        "9110 2.3 MUST: as many as clients send are processed",
        answered(200),
        {
            "90 fields": get(LIVE, *[f"X-{number}: a" for number in range(90)]),
            "8,000 octets in a value": get(LIVE, f"Cookie: {'a' * 8_000}"),
            "a long name": get(LIVE, f"{'X' * 200}: a"),
        },
    ),
    *rule(
        "9110 5.5 MUST: NUL, CR and LF in a value are rejected",
        refused(400),
        {
            "NUL": get(LIVE, "X-A: b\x00c"),
            "NUL in Host": get(host="a\x00"),
            "NUL at the end": get(LIVE, "X-A: b\x00"),
            "NUL in a coding": stream(coding="chunked\x00"),
            "NUL in a length": post(length=f"{len(NUMBERS)}\x00"),
            "NUL in a trailer": stream(coded() + "0\r\nX-A: \x00\r\n\r\n"),
        },
    ),
    *rule(
        "9110 5.5 MAY: other control characters are rejected, or do no harm",
        rejected(200, 400),
        each("\x01", "\x08", "\x0b", "\x1b[31m", "\x7f", of=lambda text: get(LIVE, f"X-A: b{text}c")),
    ),
    *rule(
        "9110 5.5 SHOULD: other octets mean nothing",
        answered(200),
        {
            "UTF-8": get(LIVE, "User-Agent: \xc3\xa9"),
            "Latin-1": get(LIVE, "User-Agent: \xe9"),
            "a tab inside": get(LIVE, "X-A: b\tc"),
            "no value": get(LIVE, "X-A:", "X-B: ", "X-C:\t \t"),
            "no space after the colon": get(LIVE, "X-A:b"),
        },
    ),
    *rule(
        "9110 5.5 MUST: whitespace around a value is none of it",
        read,
        {
            "spaces around a length": post(length=f"  {len(NUMBERS)}  "),
            "tabs around a length": post(length=f"\t{len(NUMBERS)}\t"),
            "no space before a length": post().replace("Content-Length: ", "Content-Length:"),
            "around a coding": stream(coding=" \t  chunked  "),
            "around a type": post(kind="  application/json \t"),
        },
    ),
    *rule(
        "9110 5.5 MUST: a tab behind a coding neither, unless that is refused",
        read_or(400, 501),
        {"tab": stream(coding="chunked\t")},
    ),
    *rule(
        "9110 5.6.1 MUST: empty elements of a list are ignored",
        closed(200),
        each(
            *(", close", "close,", ",,close,,", " , ,\t, close", "x,,close"),
            of=lambda value: get(LIVE, f"Connection: {value}"),
        ),
    ),
    *rule(
        "9110 5.6.1 MUST: also where they hide the length of a body, unless that is refused",
        read_or(400, 501),
        each("chunked,", ",chunked", ", chunked ,", of=lambda coding: stream(coding=coding)),
    ),
    *rule(
        "9110 5.6.4 MUST: a quoted string is what is quoted, and a pair in it is its second octet",
        answered(200),
        {"quoted": form('"xyz"'), "a pair": form('"x\\yz"'), "a token": form("xyz")},
    ),
    *rule(
        "9110 5.6.6 MUST: names of parameters are the same in any case, with blanks before them",
        answered(200),
        {
            "capitals": form("xyz", "multipart/form-data; BOUNDARY="),
            "blanks": form("xyz", "multipart/form-data \t;\t boundary="),
            "an empty one": form("xyz", "multipart/form-data;; ;boundary="),
        },
    ),
    *rule(
        "9110 8.3.1 MUST: types are the same in any case, and with parameters",
        read,
        each(
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json; a=b",
            of=lambda kind: post(kind=kind),
        ),
    ),
    *rule(
        "9110 5.3 MUST NOT: a field that is sent twice and may not be is no mistake of the service's",
        no_mistake,
        {
            "Content-Type": post("Content-Type: text/plain"),
            "Accept": post("Accept: application/json", "Accept: image/png"),
            "X-Request-ID": get(LIVE, "X-Request-ID: a", "X-Request-ID: b"),
            "Authorization": get(LIVE, "Authorization: a", "Authorization: b"),
            "Expect": post("Expect: 100-continue", "Expect: 100-continue"),
        },
    ),
]

BODIES = [
    # RFC 9112, 6, and RFC 9110, 8.6: where a body ends.
    *rule(
        "9112 6.3 MUST: a length says where a body ends",
        read,
        {
            "at once": post(),
            "in pieces": (post()[:-20], post()[-20:-3], post()[-3:]),
            "byte by byte": tuple(post()),
            "HEAD and body apart": tuple(
                piece + end for piece, end in zip(post().split("\r\n\r\n"), ("\r\n\r\n", ""), strict=True)
            ),
        },
    ),
    *rule(
        "9112 6.3 MUST: so the next request begins behind it",
        answered(200, 200, 200),
        {"length": post() * 3, "chunked": stream() * 3, "mixed": post() + stream() + get()},
    ),
    *rule(
        "9112 6.3 MUST: without a length or coding there is no body",
        rejected(400, 411, 415, 422),
        {
            "POST": request("POST", "/convolve", "Content-Type: application/json"),
            "no type": request("POST", "/convolve"),
        },
    ),
    *rule(
        "9112 6.3 MUST: nor with a length of nothing",
        rejected(400, 415, 422),
        {"0": post(body="", length="0"), "00": post(body="", length="00"), "no chunk": stream("0\r\n\r\n")},
    ),
    *rule(
        "9112 6.3 MUST: a length that is none is a 400 and a close",
        refused(400),
        each(
            *(
                "+38",
                "-38",
                "-0",
                "0x26",
                "3_8",
                "3 8",
                "",
                "38.0",
                "1e2",
                "38;",
                "38a",
                "a38",
                "\xb2",
                "38\x0b",
                "'38'",
            ),
            *("38, 39", "38,39", "38, xyzzy", "38, -38", "38 38", ",", "38;38"),
            of=lambda length: post(length=length),
        ),
    ),
    *rule(
        "9112 6.3 MUST: so are two lengths that differ",
        refused(400),
        {
            "two": post("Content-Length: 5"),
            "the first too short": bare("Content-Length: 5", f"Content-Length: {len(NUMBERS)}"),
            "one is nothing": post("Content-Length: 0"),
            "one is none": post("Content-Length: xyzzy"),
            "one is empty": post("Content-Length:"),
            "of GET": get(LIVE, "Content-Length: 0", "Content-Length: 5") + "xyzzy",
        },
    ),
    *rule(
        "9110 8.6 MAY: one that is said twice holds, or is rejected",
        read_or(400),
        {
            "a list": post(length="38, 38"),
            "without a space": post(length="38,38"),
            "two lines": post("Content-Length: 38"),
            "with zeros before": post(length="0038"),
        },
    ),
    *rule(
        "9110 8.6 MUST: a large number is not taken for a small one",
        refused(400, 413),
        each(
            *(
                "9" * 30,
                str(2**31),
                str(2**32 + 38),
                str(2**63),
                str(2**64 - 1),
                str(2**64 + 38),
                "1" + "0" * 400,
            ),
            of=lambda length: post(length=length),
        ),
    ),
    *rule(
        "9112 6.3 MUST: a body that ends before its length is not taken for whole",
        incomplete(),
        {
            "a length": post(length="100"),
            "chunks without the last": stream(coded()),
            "half a chunk": stream(coded()[:-10]),
            "no line after the last chunk": stream(coded() + "0\r\n"),
            "in the trailers": stream(coded() + "0\r\nX-A: b\r\n"),
            "nothing of it": post(body="", length="38"),
        },
    ),
    *rule(
        "9112 8 MAY: nor is a head that ends before its end",
        incomplete(),
        {"half a line": get()[:20], "no last line": get()[:-2], "nothing": "", "a letter": "G"},
    ),
    *rule(
        "9112 8 MAY: what came whole before it is answered",
        incomplete(before=2),
        {"a head": get() * 2 + get()[:30], "a body": post() * 2 + post(length="100")},
    ),
    *rule(
        "9112 6.3 MUST: a body that does not come in time is given up",
        refused(408),
        {"a length": post(length="100"), "chunks": stream(coded())},
    ),
    *rule(
        "9112 6.1 MUST: the chunked coding is decoded",
        read,
        {
            "one chunk": stream(),
            "many chunks": stream(coded(1, 2, 3, 4, 5) + "0\r\n\r\n"),
            "one octet each": stream(coded(*[1] * 38) + "0\r\n\r\n"),
            "in pieces": (stream()[:-30], stream()[-30:-9], stream()[-9:-2], stream()[-2:]),
            "byte by byte": tuple(stream()),
            "in capitals": stream(coding="CHUNKED"),
            "in mixed letters": stream(coding="Chunked"),
        },
    ),
    *rule(
        "9112 6.1 SHOULD: a coding that is not known is a 501",
        refused(400, 501),
        each(
            *("gzip, chunked", "deflate, chunked", "x-gzip,chunked", "compress, chunked", "xyzzy, chunked"),
            *("identity, chunked", "xyzzy", "identity", "gzip"),
            of=lambda coding: stream(coding=coding),
        ),
    ),
    *rule(
        "9112 6.3 MUST: chunked that is not the last coding is a 400 and a close",
        refused(400, 501),
        {
            **each(
                *(
                    "chunked, gzip",
                    "chunked, identity",
                    "chunked, xyzzy",
                    "chunked, chunked",
                    "chunked chunked",
                ),
                *(
                    "xchunked",
                    "chunkedx",
                    "chunk",
                    "'chunked'",
                    '"chunked"',
                    "chunked\x0b",
                    "\x0cchunked",
                    "",
                    ",",
                    "\xe9",
                ),
                of=lambda coding: stream(coding=coding),
            ),
            "two lines": stream(WHOLE, "Transfer-Encoding: identity"),
            "chunked in two lines": stream(WHOLE, "Transfer-Encoding: chunked"),
            "an empty second line": stream(WHOLE, "Transfer-Encoding: xyzzy"),
        },
    ),
    *rule(
        "9112 7 SHOULD: parameters of chunked are an error",
        refused(400, 501),
        each("chunked;q=1", "chunked; a=b", "chunked;", of=lambda coding: stream(coding=coding)),
    ),
    *rule(
        "9112 6.1 ought to: a length beside a coding is an error; it must be closed after",
        refused(400),
        {
            "length first": bare(f"Content-Length: {len(WHOLE)}", "Transfer-Encoding: chunked", body=WHOLE),
            "coding first": bare("Transfer-Encoding: chunked", f"Content-Length: {len(WHOLE)}", body=WHOLE),
            "a request in the body": bare(
                "Content-Length: 4", "Transfer-Encoding: chunked", body="0\r\n\r\n" + get()
            ),
            "a length of nothing": bare("Content-Length: 0", "Transfer-Encoding: chunked", body=WHOLE),
            "a coding not known": bare(f"Content-Length: {len(NUMBERS)}", "Transfer-Encoding: xchunked"),
            "identity": bare(f"Content-Length: {len(NUMBERS)}", "Transfer-Encoding: identity"),
            "an empty coding": bare(f"Content-Length: {len(NUMBERS)}", "Transfer-Encoding:"),
            "with a close": bare(
                "Content-Length: 4", "Transfer-Encoding: chunked", "Connection: close", body=WHOLE
            ),
        },
    ),
    *rule(
        "9112 6.1 MUST: a coding in HTTP/1.0 is faulty framing, and the connection is closed",
        refused(400, 501, old=True),
        {
            "chunked": stream(version="HTTP/1.0"),
            "with a length": bare("Content-Length: 38", "Transfer-Encoding: chunked", version="HTTP/1.0"),
            "to be kept": stream(WHOLE, "Connection: keep-alive", version="HTTP/1.0"),
            "of GET": request("GET", LIVE, "Transfer-Encoding: chunked", version="HTTP/1.0") + "0\r\n\r\n",
        },
    ),
    # RFC 9112, 7: chunks.
    *rule(
        "9112 7.1 MUST: a size is hexadecimal, in any case and with any zeros before it",
        read,
        each("26", "026", "00000026", of=sized)
        | {
            "a capital": stream("A\r\n" + NUMBERS[:10] + "\r\n1C\r\n" + NUMBERS[10:] + "\r\n0\r\n\r\n"),
            "a small letter": stream("a\r\n" + NUMBERS[:10] + "\r\n1c\r\n" + NUMBERS[10:] + "\r\n0\r\n\r\n"),
            "many zeros at the end": stream(coded() + "0000\r\n\r\n"),
        },
    ),
    *rule(
        "9112 7.1 MUST: a size that is none is an error",
        refused(400),
        each(
            *(
                "xyz",
                "-26",
                "+26",
                "0x26",
                "2_6",
                " 26",
                "",
                "2 6",
                "26,",
                "26.0",
                "\xb2",
                "26:",
                "'26'",
                "g",
                "26\t26",
            ),
            of=sized,
        )
        | {"nothing": stream("\r\n\r\n"), "a word": stream("xyzzy\r\n\r\n")},
    ),
    *rule(
        "9112 7.1 MUST: a large size is not taken for a small one",
        refused(400, 408, 413),
        each(
            "f" * 16,
            "f" * 17,
            "1" + "0" * 15 + "26",
            "100000026",
            "8000000000000000",
            "7fffffffffffffff",
            of=sized,
        ),
    ),
    *rule(
        "9112 7.1 MUST: a chunk ends with CRLF, where its size says",
        refused(400),
        {
            "more than its size": stream("5\r\n" + NUMBERS + "\r\n0\r\n\r\n"),
            "less than its size": stream("27\r\n" + NUMBERS + "\r\n0\r\n\r\n" + " " * 60),
            "no line end": stream(f"26\r\n{NUMBERS}0\r\n\r\n"),
            "LF after the data": stream(f"26\r\n{NUMBERS}\n0\r\n\r\n"),
            "CR after the data": stream(f"26\r\n{NUMBERS}\r0\r\n\r\n"),
            "LF after the size": stream(f"26\n{NUMBERS}\r\n0\r\n\r\n"),
            "CR after the size": stream(f"26\r{NUMBERS}\r\n0\r\n\r\n"),
            "LF after the last": stream(coded() + "0\n\r\n"),
            "LF at the end": stream(coded() + "0\r\n\n"),
            "LF in a trailer": stream(coded() + "0\r\nX-A: b\n\r\n"),
            "CR in a trailer": stream(coded() + "0\r\nX-A: b\rX-B: c\r\n\r\n"),
        },
    ),
    *rule(
        "9112 7.1.1 MUST: extensions that are not known are ignored",
        read,
        each(
            *("26;a", "26;a=b", '26;a="b c"', "26;a=b;c;d=e", '26;a="b;c"', "0026;a=1", f"26;a={'b' * 200}"),
            of=sized,
        )
        | {
            "of the last": stream(coded() + "0;a=b\r\n\r\n"),
            "of each": stream(coded(1, 2).replace("\r\n", ";a\r\n", 1) + "0\r\n\r\n"),
        },
    ),
    *rule(
        "9112 7.1.1 MUST: also with bad whitespace, unless that is refused",
        read_or(400),
        each("26 ;a", "26; a", "26;a =b", "26;a= b", "26 ; a = b", "26\t;a", "26 ", "26;", of=sized),
    ),
    *rule(
        "9112 7.1.1 MUST: what cannot be an extension is an error",
        refused(400),
        each("26;\x00", "26;a\x01", "26;a\rb", "26;a\nb", "26;\r", '26;a="\x00"', "26 a", of=sized),
    ),
    *rule(
        "9112 7.1.1 ought to: extensions that are too long are a 4xx",
        refused(400, 413, 431),
        {
            "64 KiB": sized("26;" + "a" * 65_536),
            "1 KiB with each octet": stream(
                "".join(f"1;{'a' * 1024}\r\n{octet}\r\n" for octet in f"{NUMBERS:>150}") + "0\r\n\r\n"
            ),
        },
    ),
    *rule(
        "9112 7.1.2 MUST NOT: trailers are read to their end, and are none of the header fields",
        read,
        {
            "one": stream(coded() + "0\r\nX-A: b\r\n\r\n"),
            "announced": stream(coded() + "0\r\nX-A: b\r\n\r\n", "Trailer: X-A"),
            "Connection": stream(coded() + "0\r\nConnection: close\r\n\r\n"),
            "Content-Length": stream(coded() + "0\r\nContent-Length: 50\r\n\r\n"),
            "Transfer-Encoding": stream(coded() + "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "Host": stream(coded() + "0\r\nHost: b\r\n\r\n"),
            "Content-Type": stream(coded() + "0\r\nContent-Type: text/plain\r\n\r\n"),
            "Content-Encoding": stream(coded() + "0\r\nContent-Encoding: gzip\r\n\r\n"),
            "Expect": stream(coded() + "0\r\nExpect: 100-continue\r\n\r\n"),
            "Upgrade": stream(coded() + "0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
            "Accept": stream(coded() + "0\r\nAccept: image/png\r\n\r\n"),
        },
    ),
    *rule(
        "9110 6.5.1 MUST NOT: a trailer gives no access",
        rejected(401),
        {"key": stream(coded() + f"0\r\n{KEY}\r\n\r\n")},
        on=GUARDED,
    ),
    *rule(
        "9110 6.5.1 ought to: trailers that are too many or too long are a 4xx",
        refused(400, 413, 431),
        {
            "1,000": stream(coded() + "0\r\n" + "X-A: bbbbbbbbbbbbbbbbbbbbbbbbbb\r\n" * 1000 + "\r\n"),
            "64 KiB": stream(coded() + f"0\r\nX-A: {'b' * 65_536}\r\n\r\n"),
        },
    ),
    *rule(
        "9112 7.4 MUST: what codings a client would take is no matter where none are sent",
        answered(200),
        each("trailers", "gzip;q=0.5", "", of=lambda value: get(LIVE, f"TE: {value}", "Connection: TE")),
    ),
    # RFC 9110, 9.3 and 6.4: bodies where none is looked for.
    *rule(
        "9112 9.3 MUST: a body that is not wanted is read, or the connection closed; none of it is a request",
        rejected(200, 400),
        {
            "GET": get(LIVE, f"Content-Length: {len(get())}") + get(),
            "GET in chunks": get(LIVE, "Transfer-Encoding: chunked")
            + f"{len(get()):x}\r\n{get()}\r\n0\r\n\r\n",
            "GET in pieces": (get(LIVE, f"Content-Length: {len(get())}"), get()[:10], get()[10:]),
        },
    ),
    *rule(
        "9112 9.3 MUST: nor where the answer is an error",
        rejected(404, 405, 415, 501),
        {
            "not found": post(body=get(), target="/nothing"),
            "not found, in pieces": (request("POST", "/nothing", f"Content-Length: {len(get())}"), get()),
            "not found, in chunks": request("POST", "/nothing", "Transfer-Encoding: chunked")
            + f"{len(get()):x}\r\n{get()}\r\n0\r\n\r\n",
            "not allowed": request("DELETE", "/convolve", f"Content-Length: {len(get())}") + get(),
            "of no type": post(body=get(), kind="text/plain"),
            "not implemented": request("XYZZY", LIVE, f"Content-Length: {len(get())}") + get(),
            "OPTIONS": request("OPTIONS", "/convolve", f"Content-Length: {len(get())}") + get(),
        },
    ),
    *rule(
        "9112 9.3 MUST: nor that of HEAD",
        rejected(200, 400, method="HEAD"),
        {"length": request("HEAD", LIVE, f"Content-Length: {len(get())}") + get()},
    ),
]

METHODS = [
    # RFC 9110, 9: methods.
    *rule(
        "9110 9.1 MUST: GET is supported",
        answered(200),
        {"live": get(), "ready": get("/health/ready"), "page": get("/"), "models": get("/models")},
    ),
    *rule(
        "9110 9.1 MUST: HEAD is supported wherever GET is",
        answered(200, method="HEAD"),
        each(
            "/health/live",
            "/",
            SCRIPT,
            "/models",
            "/metrics",
            "/kernels",
            of=lambda target: request("HEAD", target),
        ),
    ),
    *rule(
        "9110 9.3.2 SHOULD: HEAD has the same header fields as GET",
        like_get,
        each(
            *(
                "/health/live",
                "/health/ready",
                "/",
                SCRIPT,
                "/docs",
                "/openapi.json",
                "/models",
                "/kernels",
                "/v2",
            ),
            *("/nothing", "/predict", "/web/nothing.js", "/models/nothing", "/problems/overloaded"),
            of=lambda target: request("HEAD", target),
        ),
    ),
    *rule(
        "9110 9.3.2 MUST NOT: HEAD has no content, whatever is wrong",
        rejected(400, 404, 405, 414, 421, 431, method="HEAD"),
        {
            "no Host": request("HEAD", LIVE, host=None),
            "two Hosts": request("HEAD", LIVE, "Host: b"),
            "a space before the colon": request("HEAD", LIVE, "X-A : b"),
            "a line that continues": request("HEAD", LIVE, "X-A: b\r\n c"),
            "a bad length": request("HEAD", LIVE, "Content-Length: x"),
            "a fragment": request("HEAD", f"{LIVE}#a"),
            "a long target": request("HEAD", f"/{'a' * 10_000}"),
            "large fields": request("HEAD", LIVE, f"X-A: {'a' * 20_000}"),
            "https": request("HEAD", f"https://a{LIVE}"),
            "nothing there": request("HEAD", "/nothing"),
            "POST alone": request("HEAD", "/convolve"),
        },
    ),
    *rule(
        "9110 9.3.2 MUST NOT: nor without a key",
        rejected(401, method="HEAD"),
        {"models": request("HEAD", "/models")},
        on=GUARDED,
    ),
    *rule(
        "9110 9.3.8 SHOULD: TRACE, which would show what it got, is not offered",
        has_not(status=405, without="xyzzy"),
        {
            "with a secret": request("TRACE", LIVE, "Cookie: xyzzy", "X-API-Key: xyzzy"),
            "with Max-Forwards": request("TRACE", LIVE, "Max-Forwards: 0", "Cookie: xyzzy"),
        },
    ),
    *rule(
        "9110 15.5.6 MUST: 405 tells what is allowed",
        has("allow", status=405),
        {
            "GET of POST": get("/convolve"),
            "POST of GET": post(target=LIVE),
            "PUT": request("PUT", "/convolve", "Content-Length: 0"),
            "DELETE": request("DELETE", LIVE),
            "PATCH": request("PATCH", "/predict", "Content-Length: 0"),
            "OPTIONS": request("OPTIONS", "/predict"),
            "TRACE": request("TRACE", LIVE),
            "under the protocol": request("DELETE", "/v2"),
            "a page": post(target="/"),
        },
    ),
    *rule(
        "9110 10.2.1 MUST: and HEAD is where GET is",
        has("allow", "GET, HEAD", status=405),
        {"live": request("DELETE", LIVE), "page": request("DELETE", "/")},
    ),
    # RFC 9110, 7.8: other protocols.
    *rule(
        "9110 7.8 MAY: an upgrade is ignored, its body is read as any other",
        read,
        {
            "h2c": post(*H2C),
            "h2c, body apart": (post(*H2C)[: -len(NUMBERS)], NUMBERS),
            "h2c, in pieces": (post(*H2C)[:-30], post(*H2C)[-30:-10], post(*H2C)[-10:]),
            "h2c, in chunks": stream(WHOLE, *H2C),
            "h2c, chunks apart": (stream("", *H2C), coded(), "0\r\n", "\r\n"),
            "websocket": post("Connection: Upgrade", "Upgrade: websocket"),
            "TLS": post("Connection: upgrade", "Upgrade: TLS/1.2, HTTP/2.0"),
            "not known": post("Connection: keep-alive, Upgrade", "Upgrade: xyzzy"),
            "without Connection": post("Upgrade: h2c"),
            "without Upgrade": post("Connection: Upgrade"),
            "on two lines": post(
                "Connection: HTTP2-Settings", "Connection: Upgrade", "Upgrade: h2c", "Upgrade: h3"
            ),
        },
    ),
    *rule(
        "9110 7.8 MUST NOT: what its body holds is no request",
        rejected(400, 422),
        {
            "a request": post(*H2C, body=get("/metrics")),
            "a request, apart": (post(*H2C, body=get("/metrics"))[: -len(get("/metrics"))], get("/metrics")),
            "a preface": post(*H2C, body="PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        },
    ),
    *rule(
        "9110 7.8 MAY: what follows it is the next request",
        answered(200, 200, 200),
        {
            "h2c": get(LIVE, *H2C) + post(*H2C) + get(),
            "apart": (get(LIVE, *H2C), post(*H2C), get()),
            "websocket": get(
                LIVE,
                *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            )
            + get() * 2,
        },
    ),
    *rule(
        "9110 7.8 MUST: an upgrade of HTTP/1.0 is ignored",
        closed(200, old=True),
        {"h2c": old(*H2C), "websocket": old("Connection: Upgrade", "Upgrade: websocket")},
    ),
    *rule(
        "9110 7.8 MUST: an upgrade that waits to be asked for its body is asked",
        continued(),
        {"h2c": post("Expect: 100-continue", *H2C, body="", length="38")},
    ),
    # RFC 9110, 10.1.1: expectations.
    *rule(
        "9110 10.1.1 MUST: a client that waits to be asked for its body is asked at once",
        continued(),
        {
            **each(
                *("100-continue", "100-Continue", "100-CONTINUE", " 100-continue \t"),
                of=lambda value: post(f"Expect: {value}", body="", length="38"),
            ),
            "without a space": post("Expect:100-continue", body="", length="38"),
            "as the first field": post(body="", length="38").replace("Host", "expect: 100-continue\r\nHost"),
        },
    ),
    *rule(
        "9110 10.1.1 MUST: also when its body has no length",
        continued(WHOLE),
        {"chunked": stream("", "Expect: 100-continue")},
    ),
    *rule(
        "9110 10.1.1 MUST: it gets its answer, also when the body is none of the right ones",
        continued("xyzzy", final=400),
        {"JSON": post("Expect: 100-continue", body="", length="5")},
    ),
    *rule(
        "9110 10.1.1 MUST: or when it does not come",
        continued("", final=408),
        {"JSON": post("Expect: 100-continue", body="", length="5")},
    ),
    *rule(
        "9110 10.1.1 MAY: a body that is there is not asked for",
        asked_for_or_not,
        {"at once": post("Expect: 100-continue"), "chunked": stream(WHOLE, "Expect: 100-continue")},
    ),
    *rule(
        "9110 10.1.1 MUST: HTTP/1.0 is never asked",
        read_and_closed,
        {
            "apart": (post("Expect: 100-continue", version="HTTP/1.0")[: -len(NUMBERS)], NUMBERS),
            "at once": post("Expect: 100-continue", version="HTTP/1.0"),
        },
    ),
    *rule(
        "9110 10.1.1 MUST: what is known from the head is told instead, and whether the rest will be read",
        not_asked_for(404, 405, 413),
        {
            "not found": post("Expect: 100-continue", body="", length="38", target="/nothing"),
            "not allowed": post("Expect: 100-continue", body="", length="38", target=LIVE),
            "too large": post("Expect: 100-continue", body="", length=str(FAR + 1)),
            "far too large": post(
                "Expect: 100-continue", body="", length=str(10**15), kind="image/png", target="/predict"
            ),
        },
    ),
    *rule(
        "9110 10.1.1 MUST: so is a missing key",
        not_asked_for(401),
        {"no key": post("Expect: 100-continue", body="", length="38")},
        on=GUARDED,
    ),
    *rule(
        "9110 10.1.1 MUST: so may be a type, or the body is asked for at once",
        immediate(415),
        {"type": post("Expect: 100-continue", kind="text/html", body="", length="38")},
    ),
    *rule(
        "9110 10.1.1 MUST: and what is wrong with the head itself",
        refused(400, 501),
        {
            "two lengths": bare("Expect: 100-continue", "Content-Length: 38", "Content-Length: 39", body=""),
            "a coding": bare("Expect: 100-continue", "Transfer-Encoding: gzip", body=""),
        },
    ),
    *rule(
        "9110 10.1.1 MAY: another expectation is refused or ignored",
        rejected(200, 417),
        each("200-ok", "xyzzy", "100-continued", "a=b", of=lambda value: get(LIVE, f"Expect: {value}")),
    ),
    *rule(
        "9110 10.1.1 MAY: where there is no body, none is asked for",
        answered(200),
        {"GET": get(LIVE, "Expect: 100-continue")},
    ),
]

CONNECTIONS = [
    # RFC 9112, 9: connections.
    *rule(
        "9112 9.3 SHOULD: a connection of HTTP/1.1 is kept",
        answered(200, 200),
        {
            "without a word": get() * 2,
            "keep-alive": get(LIVE, "Connection: keep-alive") * 2,
            "another option": get(LIVE, "Connection: X-A") * 2,
            "an empty option": get(LIVE, "Connection:") * 2,
            "nearly close": get(LIVE, "Connection: closed, xclose, close-x") * 2,
            "Keep-Alive": get(LIVE, "Keep-Alive: timeout=1, max=1") * 2,
            "after errors": get() + post(),
        },
    ),
    *rule(
        "9112 9.3 SHOULD: also after an answer that was an error and left nothing unread",
        answered(404, 405, 400, 404),
        {"errors": get("/nothing") + get("/convolve") + post(body="xyzzy") + get("/models/nothing")},
    ),
    *rule(
        "9112 9.6 MUST: close is done, and told, and what follows is not processed",
        closed(200),
        {
            "close": get(LIVE, "Connection: close"),
            "in capitals": get(LIVE, "Connection: CLOSE"),
            "in mixed letters": get(LIVE, "connection: Close"),
            "in a list": get(LIVE, "Connection: keep-alive, close"),
            "first in a list": get(LIVE, "Connection: close, keep-alive"),
            "without a space": get(LIVE, "Connection: x,close,y"),
            "over two lines": get(LIVE, "Connection: keep-alive", "Connection: close"),
            "in the first of two lines": get(LIVE, "Connection: close", "Connection: keep-alive"),
            "with an upgrade": get(LIVE, "Connection: Upgrade, close", "Upgrade: h2c"),
            "before another request": get(LIVE, "Connection: close") + get(),
            "before another, apart": (get(LIVE, "Connection: close"), get()),
            "before garbage": get(LIVE, "Connection: close") + "xyzzy\r\n\r\n",
            "POST": post("Connection: close"),
            "POST before another": post("Connection: close") + post(),
            "chunked": stream(WHOLE, "Connection: close"),
        },
    ),
    *rule(
        "9112 9.6 MUST: also in a row of requests",
        closed(200, 200),
        {"the second": get() + post("Connection: close") + get()},
    ),
    *rule(
        "9112 9.3 MUST: a connection of HTTP/1.0 is closed",
        closed(200, old=True),
        {
            "without a word": old(),
            "close": old("Connection: close"),
            "keep-alive and close": old("Connection: keep-alive, close"),
            "Keep-Alive alone": old("Keep-Alive: 300"),
            "before another request": old() + old(),
        },
    ),
    *rule(
        "9112 9.3 MAY: but kept when it asks for that, and told so (C.2.2)",
        kept_old,
        {
            "keep-alive": old("Connection: keep-alive"),
            "in mixed letters": old("Connection: Keep-Alive"),
            "in a list": old("Connection: X-A, keep-alive"),
            "POST": post("Connection: keep-alive", version="HTTP/1.0"),
        },
    ),
    *rule(
        "9112 9.3 MUST: its body has a length",
        read_and_closed,
        {"POST": post(version="HTTP/1.0"), "apart": (post(version="HTTP/1.0")[:-10], NUMBERS[-10:])},
    ),
    *rule(
        "9110 7.6.1 MUST: options that name fields of the message take nothing from it",
        read,
        {
            "Content-Length": post("Connection: Content-Length, Content-Type, Host"),
            "Transfer-Encoding": stream(WHOLE, "Connection: Transfer-Encoding"),
        },
    ),
    *rule(
        "9112 9.3.2 MUST: answers come in the order of their requests",
        answered(200, 404, 200, 405, 200),
        {
            "fast behind slow": post() + get("/nothing") + post() + get("/predict") + get(),
            "in pieces": (
                post()[:-9],
                post()[-9:] + get("/nothing") + post()[:50],
                post()[50:] + get("/predict"),
                get(),
            ),
        },
    ),
    *rule(
        "9112 9.3.2 MUST: also a hundred",
        answered(*[200, 404] * 50),
        {"pairs": (get() + get("/nothing")) * 50},
    ),
    *rule(
        "9112 9.6 MAY: a client that has sent all that it will, and said so, gets its answers",
        finished(200),
        {
            "GET": get(),
            "POST": post(),
            "chunked": stream(),
            "page": get("/"),
            "keep-alive": get(LIVE, "Connection: keep-alive"),
        },
    ),
    *rule(
        "9112 9.6 MAY: all of them",
        finished(200, 200, 200),
        {"three": get() + post() + stream()},
    ),
    *rule(
        "9112 9.6 MAY: also of HTTP/1.0",
        finished(200, old=True),
        {"GET": old(), "POST": post(version="HTTP/1.0")},
    ),
    *rule(
        "9112 9.6 ought to: a close comes in steps: a client that is still sending can read the answer",
        drained(413),
        {
            "a length": post(body=" " * (FAR + 4 * 2**20)),
            "chunks": stream(f"100000\r\n{' ' * 2**20}\r\n" * 12 + "0\r\n\r\n"),
        },
    ),
    *rule(
        "9112 9.6 ought to: whatever the error is",
        drained(400, 404, 405, 414, 415, 431, 501),
        {
            "garbage": "xyzzy\r\n\r\n" + "a" * 2**20,
            "a bad header": get(LIVE, "X A: b") + "a" * 2**20,
            "not found": post(body=" " * 2**22, target="/nothing"),
            "not allowed": post(body=" " * 2**22, target=LIVE),
            "a long target": get("/" + "a" * 2**20),
            "large fields": get(LIVE, f"X-A: {'a' * 2**20}"),
            "a coding": stream("a" * 2**20, coding="gzip"),
        },
    ),
    *rule(
        "9112 9.6 ought to: also for want of a key",
        drained(401),
        {"no key": post(body=" " * 2**22)},
        on=GUARDED,
    ),
    *rule(
        "9112 9.6 MUST: but it comes, however long a client goes on",
        cut_off,
        {"a body": post(body=" " * 1000, length=str(10**12))},
    ),
    *rule(
        "9112 9.5 SHOULD: what has not come in time is refused, and closed with grace",
        refused(408),
        {"a head": get()[:-2], "half a line": "GET"},
    ),
    *rule(
        "9112 9.5 SHOULD: also on a connection that was kept",
        refused(408, before=1),
        {"a second head": get() + get()[:-2]},
    ),
    *rule(
        "9112 9.5 SHOULD: one on which nothing happens is closed with grace, and without a word",
        idle,
        {"kept": get()},
    ),
    *rule(
        "9110 3.3 MUST NOT: who sent one request on a connection need not have sent the next",
        rejected(401),
        {"no key": get("/models")},
        on=GUARDED,
    ),
]

REPRESENTATIONS = [
    # RFC 9110, 8, 12, 13 and 14.
    *rule(
        "9110 8.4 MAY: a content coding that is not known is a 415, and tells which are",
        has("accept-encoding", status=415),
        {"xyzzy": post("Content-Encoding: xyzzy"), "two": post("Content-Encoding: gzip, xyzzy")},
    ),
    *rule(
        "9110 8.3 MAY: without a type the octets are looked at, or refused",
        rejected(200, 415),
        {"a picture": request("POST", "/predict", f"Content-Length: {len(BLANK)}") + BLANK},
    ),
    *rule("9110 8.4.1 MUST: identity is none", read, {"identity": post("Content-Encoding: identity")}),
    *rule(
        "9110 15.5.16 ought to: a type that is not taken is a 415, and tells which are",
        has("accept", status=415),
        {"text": post(kind="text/html")},
    ),
    *rule(
        "9110 8.8.3 SHOULD: what can be told to have changed has an entity tag",
        has("etag", status=200),
        each("/", "/docs", SCRIPT, "/favicon.ico", of=get),
    ),
    *rule(
        "9110 12.5.1 MAY: what would not be accepted is a 406, or sent all the same",
        rejected(200, 406),
        each(
            "text/html",
            "image/png;q=0, application/json;q=0",
            "x",
            "",
            of=lambda value: post(f"Accept: {value}"),
        ),
    ),
    *rule(
        "9110 12.5.1 SHOULD: the form that a client likes best is chosen, the nearer range over the wider",
        chosen("application/x-npy"),
        {
            "weights": post("Accept: application/json;q=0.5, application/x-npy"),
            "zero": post("Accept: application/json;q=0, application/x-npy;q=0.1"),
            "two lines": post("Accept: application/json;q=0.1", "Accept: application/x-npy"),
            "a range": post("Accept: application/*;q=0.2, application/x-npy, application/json;q=0.3"),
            "empty elements": post("Accept: ,, application/x-npy ,"),
        },
    ),
    *rule(
        "9110 12.5.3 MAY: content is not coded",
        has_not("content-encoding", status=200),
        each(
            *("gzip", "br, gzip;q=0.5", "*", "", "identity"),
            of=lambda value: get(SCRIPT, f"Accept-Encoding: {value}"),
        ),
    ),
    *rule(
        "9110 12.5 MAY: preferences for what there is only one of are ignored",
        answered(200),
        {
            "charset": get(LIVE, "Accept-Charset: utf-16;q=1, *;q=0"),
            "language": get(LIVE, "Accept-Language: xy, *;q=0"),
        },
    ),
    *conditions(
        "9110 13.1.2 MUST: what has not changed is a 304 without content, by weak comparison",
        304,
        {
            "exact": ("If-None-Match: {tag}",),
            "weak": ("If-None-Match: W/{tag}",),
            "in a list": ('If-None-Match: "a", {tag}, "b"',),
            "in a list without spaces": ('If-None-Match: "a",W/{tag},"b"',),
            "tags with commas": ('If-None-Match: "a,b", "", {tag}',),
            "over two lines": ('If-None-Match: "a"', "If-None-Match: {tag}"),
            "over two lines, the first": ("If-None-Match: {tag}", 'If-None-Match: "a"'),
            "empty elements": ("If-None-Match: ,, {tag} ,",),
            "anything": ("If-None-Match: *",),
            "with an old date": ("If-None-Match: {tag}", f"If-Modified-Since: {PAST}"),
        },
    ),
    *conditions(
        "9110 13.1.2 MUST: also for HEAD",
        304,
        {"HEAD": ("If-None-Match: {tag}",), "anything for HEAD": ("If-None-Match: *",)},
        method="HEAD",
    ),
    *conditions(
        "9110 13.1.2 MUST: another tag is not it, whatever the date is",
        200,
        {
            "another tag": ('If-None-Match: "a"',),
            "without quotes": ("If-None-Match: a",),
            "empty": ("If-None-Match:",),
            "another weak tag": ('If-None-Match: W/"a", W/"b"',),
            "a part of the tag": ('If-None-Match: "a{tag}',),
            "another tag and a date to come": ('If-None-Match: "a"', f"If-Modified-Since: {TO_COME}"),
        },
    ),
    *conditions(
        "9110 13.1.3 MUST: a date is ignored where there is none of modification, or when it is none",
        200,
        {
            "to come": (f"If-Modified-Since: {TO_COME}",),
            "past": (f"If-Modified-Since: {PAST}",),
            "in RFC 850's form": ("If-Modified-Since: Saturday, 01-Jan-00 00:00:00 GMT",),
            "in asctime's form": ("If-Modified-Since: Sat Jan  1 00:00:00 2000",),
            "none": ("If-Modified-Since: xyzzy",),
        },
    ),
    *conditions(
        "9110 13.1.4 MUST: so is a date for what is unmodified since",
        200,
        {"past": (f"If-Unmodified-Since: {PAST}",), "none": ("If-Unmodified-Since: xyzzy",)},
    ),
    *conditions(
        "9110 13.1.1 MUST: If-Match is evaluated before the method is done, by strong comparison",
        412,
        {
            "another tag": ('If-Match: "a"',),
            "a weak tag": ("If-Match: W/{tag}",),
            "over two lines": ('If-Match: "a"', 'If-Match: "b"'),
        },
    ),
    *conditions(
        "9110 13.1.1 MUST: what matches is sent",
        200,
        {
            "the tag": ("If-Match: {tag}",),
            "anything": ("If-Match: *",),
            "in a list": ('If-Match: "a", {tag}',),
            "on the second line": ('If-Match: "a"', "If-Match: {tag}"),
        },
    ),
    *conditions(
        "9110 13.2.2 MUST: If-Match comes first",
        412,
        {"not matched": ('If-Match: "a"', "If-None-Match: {tag}")},
    ),
    *conditions(
        "9110 13.2.2 MUST: then comes If-None-Match",
        304,
        {"matched": ("If-Match: {tag}", "If-None-Match: {tag}")},
    ),
    *conditions(
        "9110 13.2.2 MUST: and no date beside If-Match",
        200,
        {"past": ("If-Match: {tag}", f"If-Unmodified-Since: {PAST}")},
    ),
    *rule(
        "9110 13.2.1 MUST: conditions count only where the answer would have been a good one",
        answered(404, 405),
        {
            "none": get("/web/nothing.js", "If-None-Match: *") + get("/convolve", "If-None-Match: *"),
            "some": get("/web/nothing.js", 'If-Match: "a"') + get("/convolve", 'If-Match: "a"'),
        },
    ),
    *rule(
        "9110 13.2.1 MUST: and not for methods that select nothing",
        options,
        {"OPTIONS": request("OPTIONS", "*", 'If-Match: "a"', "If-None-Match: *")},
    ),
    *rule(
        "9112 6.3 MUST: a 304 ends with its head: what follows it is the next answer",
        answered(304, 200, 304, 200),
        {"in a row": (get(SCRIPT, "If-None-Match: *") + get()) * 2},
    ),
    *rule(
        "9110 14.2 MAY: ranges are ignored, of any unit and method, with any condition",
        has_not("content-range", status=200),
        {
            **each(
                *(
                    "bytes=0-0",
                    "bytes=-1",
                    "bytes=5-",
                    "bytes=0-0,2-2",
                    "bytes=9-0",
                    "bytes=99999999-",
                    "xyzzy=1-2",
                    "x",
                ),
                of=lambda value: get(SCRIPT, f"Range: {value}"),
            ),
            "POST": post("Range: bytes=0-0"),
            "with a tag": get(SCRIPT, "Range: bytes=0-0", 'If-Range: "a"'),
            "a tag alone": get(SCRIPT, 'If-Range: "a"'),
        },
    ),
]

KINDS: dict[str, Bytes] = {
    "200": get(),
    "200 to POST": post(),
    "200 to HEAD": request("HEAD", LIVE),
    "200 of a page": get("/"),
    "200 to HTTP/1.0": old(),
    "304": get(SCRIPT, "If-None-Match: *"),
    "400": get(LIVE, "X A: b"),
    "400 for Host": get(host=None),
    "400 for no HTTP": "xyzzy\r\n\r\n",
    "400 for a length": post(length="x"),
    "400 for a chunk": stream("xyzzy\r\n\r\n"),
    "400 of JSON": post(body="xyzzy"),
    "400 to HTTP/1.0": old("X A: b"),
    "404": get("/nothing"),
    "405": get("/predict"),
    "406": post("Accept: text/html"),
    "408": get()[:-2],
    "408 of a body": post(length="100"),
    "413": post(length="99999999"),
    "414": get("/" + "a" * 10_000),
    "415": post(kind="text/html"),
    "421": get(f"https://a{LIVE}"),
    "422": post(body='{"input":[[1]],"kernel":[[1,2],[3,4]]}'),
    "431": get(LIVE, f"X-A: {'a' * 20_000}"),
    "501": request("XYZZY", LIVE),
    "501 for a coding": stream(coding="gzip, chunked"),
    "505": get(version="HTTP/2.0"),
    "404 under the protocol": get("/v2/models/nothing"),
    "400 under the protocol": get("/v2", "X A: b"),
}
"""A request for every kind of answer there is, by its status."""

SENDERS = [
    *[
        row
        for case, sent in KINDS.items()
        for row in rule(
            "9110 6.6.1 MUST: every answer is dated, and is in all else as its sender has to make it",
            well_sent(int(case[:3])),
            {case: sent},
        )
    ],
    *rule(
        "9110 15.5.2 MUST: 401 has a challenge",
        has("www-authenticate", status=401),
        {
            "no key": get("/models"),
            "another key": get("/models", "X-API-Key: xyzzy"),
            "an empty key": get("/models", "X-API-Key:"),
            "a key in the query": get("/models?x-api-key=correct-horse-battery"),
            "the key as a password": get("/models", "Authorization: Bearer correct-horse-battery"),
            "POST": post(),
            "nothing there": get("/nothing"),
        },
        on=GUARDED,
    ),
    *rule(
        "9110 15.6.4 MAY: 503 tells when to come again",
        has("retry-after", status=503),
        {
            "full": post(
                KEY, body='{"pixels":[[[1]],[[1]]]}'.replace("[[1]]", str([[1] * 28] * 28)), target="/predict"
            )
        },
        on=GUARDED,
    ),
    *rule(
        "9110 8.6 MUST NOT: no length that GET would not have, none in a 304 but that of the 200",
        like_get,
        {"script": request("HEAD", SCRIPT), "condition": request("HEAD", SCRIPT, "If-None-Match: *")},
    ),
    *rule(
        "9110 8.6 SHOULD: a length wherever it is known",
        has("content-length", status=200),
        {"live": get(), "page": get("/"), "POST": post(), "metrics": get("/metrics"), "docs": get("/docs")},
    ),
    *rule(
        "9112 6.1 MUST NOT: no coding to HTTP/1.0",
        read_and_closed,
        {"POST": post(version="HTTP/1.0")},
    ),
    *rule(
        "9112 11.1 MUST NOT: nothing that a client sends splits an answer",
        has_not("x-a", status=200, without="xyzzy"),
        {
            "in an id": get(LIVE, "X-Request-ID: a%0d%0aX-A: xyzzy"),
            "octets in an id": get(LIVE, "X-Request-ID: \x85X-A: xyzzy"),
            "in a query": get(f"{LIVE}?a=%0d%0aX-A:%20xyzzy"),
            "an origin": get(LIVE, "Origin: http://xyzzy%0d%0aX-A: b"),
        },
    ),
    *rule(
        "9110 10.2.4 SHOULD NOT: no answer tells more of its software than is needed",
        has_not("server", "x-powered-by", status=200, without="uvicorn"),
        {"live": get()},
    ),
    *rule(
        "9111 5 MUST NOT: no origin server sends the age of a cache, or its warnings",
        has_not("age", "warning", "pragma", status=200),
        {"page": get("/"), "script": get(SCRIPT), "live": get()},
    ),
    *rule(
        "9111 5.2.2 SHOULD: what may be stored says so",
        has("cache-control", status=200),
        {"page": get("/"), "script": get(SCRIPT), "live": get(), "POST": post()},
    ),
    *rule(
        "9111 3.5 MUST NOT: what a key gives is stored by nobody else",
        has("cache-control", "no-store", status=200),
        {"models": get("/models", KEY)},
        on=GUARDED,
    ),
]

REQUIREMENTS = [
    *MESSAGES,
    *TARGETS,
    *FIELDS,
    *BODIES,
    *METHODS,
    *CONNECTIONS,
    *REPRESENTATIONS,
    *SENDERS,
]

NOT_APPLICABLE = {
    "9110 2.2 MUST NOT: nothing is generated that is known to be false": "no bytes tell what it knows",
    "9110 4.2.2 MUST: https resources are served by a certificate of theirs": "TLS ends before it: see 7.4",
    "9110 4.3.3 MUST: requests to an https origin are secured": "TLS ends before it",
    "9110 5.1 MUST: fields that are not known are forwarded": "forwards nothing",
    "9110 6.5.1 MUST NOT: no trailer is sent that could be no trailer": "sends none",
    "9110 6.6.1 MUST NOT: no Date without a clock": "has one",
    "9110 6.6.2 SHOULD: trailers are announced": "sends none",
    "9110 7.4 MUST: hosts that are not its own are rejected": "knows no names: any host is its own",
    "9110 7.6.1 MUST: fields of a connection are removed": "forwards nothing",
    "9110 7.6.2 MUST: Max-Forwards is counted down": "forwards nothing",
    "9110 7.6.3 MUST: Via is added": "is no gateway",
    "9110 7.7 MUST NOT: content is not transformed": "forwards nothing",
    "9110 7.8 MUST: 101 and 426 name their protocols, and 100 comes before 101": "switches to none",
    "9110 8.4 MUST: the codings of a content are listed": "codes none",
    "9110 8.5 MAY: Content-Language tells for whom it is": "numbers have no language",
    "9110 8.7 MUST: Content-Location identifies what was sent": "sends none",
    "9110 8.8.2 SHOULD: Last-Modified tells when": "files of a package are as old as its installation",
    "9110 8.8.2.1 MUST NOT: it is not later than Date": "sends none",
    "9110 8.8.3.3 MUST: each coding has an entity tag of its own": "codes none",
    "9110 9.3.3 SHOULD: POST that creates is a 201 with its Location": "creates nothing",
    "9110 9.3.4 MUST: PUT is a 201 or a 200 without validators, Content-Range in it a 400": "offers no PUT",
    "9110 9.3.5 SHOULD: DELETE is a 202, 204 or 200": "offers no DELETE",
    "9110 9.3.6 MUST NOT: a 2xx to CONNECT has no length or coding": "implements no CONNECT",
    "9110 9.3.8 SHOULD: TRACE leaves out what is sensitive": "offers no TRACE",
    "9110 10.1.1 MUST: expectations are forwarded": "forwards nothing",
    "9110 10.2.2 MUST: Location is resolved against the target": "sends none",
    "9110 10.2.3 MAY: Retry-After as a date": "sends seconds",
    "9110 11.5 MUST: a realm is a space of protection": "has one space, without a name",
    "9110 11.6.3 MUST: Authentication-Info is of its scheme": "its scheme has none",
    "9110 11.7.1 MUST: 407 has a challenge": "is no proxy",
    "9110 12.5.5 SHOULD: Vary tells what a stored answer depends on": "what is negotiated is never stored",
    "9110 13.1.5 MUST NOT: If-Range compares strongly": "offers no ranges: see 14.2",
    "9110 14.1 MUST: ranges of a known unit are validated": "offers no ranges",
    "9110 14.4 MUST: Content-Range tells which part": "offers no ranges",
    "9110 14.5 MUST: partial PUT is rejected or supported": "offers no PUT",
    "9110 15.3.6 MUST NOT: 205 has no content": "never sent",
    "9110 15.3.7 MUST: 206 describes its parts": "offers no ranges",
    "9110 15.4 SHOULD: a redirect has its Location": "redirects nowhere",
    "9110 15.5.8 MUST: 407 has Proxy-Authenticate": "is no proxy",
    "9110 15.5.12 MAY: 411 asks for a length": "takes chunks",
    "9110 15.5.17 SHOULD: 416 tells the length": "offers no ranges",
    "9110 15.5.20 MUST NOT: 421 is not of a proxy": "is no proxy",
    "9110 15.5.22 MUST: 426 has Upgrade": "upgrades to nothing",
    "9110 15.6.5 MAY: 504 of a gateway": "its 504 is of its own queue",
    "9110 16 MUST: new elements follow rules": "defines none",
    "9111 3 MUST NOT: what may not be stored is not stored": "is no cache",
    "9111 4 MUST: stored answers are validated, and have an age": "is no cache",
    "9111 4.4 MUST: unsafe methods invalidate": "is no cache",
    "9111 5.2.2.4 SHOULD NOT: no-cache of fields is quoted": "names no fields",
    "9111 5.2.2.7 SHOULD NOT: private of fields is quoted": "names no fields",
    "9111 5.3 MUST NOT: no Expires without a clock, or in more than a year": "sends none",
    "9112 6.1 MUST: codings of an answer end with chunked or a close": "applies none but chunked",
    "9112 7.1.1 MUST: extensions that are sent are known to whom they are sent": "sends none",
    "9112 7.2 SHOULD: x-gzip is gzip": "understands neither: see 6.1",
    "9112 9.3 MUST NOT: no connection of an HTTP/1.0 proxy is kept": "it looks like any client",
    "9112 9.8 MUST: TLS is closed by its alert": "TLS ends before it",
    "9112 10.1 MUST: message/http is bounded": "neither sends nor takes it",
    "9112 B MUST: MIME-Version and its relatives are generated": "is no gateway to MIME",
}
"""Section, keyword and what it says of those that no bytes can try here, and why."""


def test_what_is_not_tried_is_not_tried_for_a_reason() -> None:
    tried = {requirement.rule for requirement in REQUIREMENTS}

    for rule_text, reason in NOT_APPLICABLE.items():
        assert RULE.fullmatch(rule_text)
        assert reason
        assert rule_text not in tried


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_a_requirement_is_met(requirement: Requirement, ports: dict[str, int], connect: Connect) -> None:
    wire = connect(ports[requirement.on]).send(*requirement.sent)
    requirement.check(wire)

    assert not wire.breaches

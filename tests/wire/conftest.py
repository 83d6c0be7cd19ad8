"""The service on both event loops, connections whose every byte is the test's, and a judge of answers."""

import re
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import h11
import numpy as np
import pytest

LOOPS = ("uvloop", "asyncio")

DEADLINES = {"LENET_HEADER_DEADLINE_S": "1", "LENET_BODY_DEADLINE_S": "1", "LENET_KEEP_ALIVE_S": "2"}
KEY = "correct-horse-battery"

SILENCE_S = 5
"""A server that says nothing for so long will say nothing: all its deadlines are far shorter."""

LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  RFC 9110, 5.6.2
QUOTED = r'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'  # RFC 9110, 5.6.4
STATUS_LINE = re.compile(
    r"HTTP/1\.1 ([1-5][0-9]{2}) [\t -~\x80-\xff]*"
)  # RFC 9112, 4: the space is not optional
FIELD_LINE = re.compile(rf"({TOKEN}):[ \t]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*")
DAYS, MONTHS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun", "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
GRAMMAR = {
    "accept": rf"(?:{TOKEN}/{TOKEN}(?:, {TOKEN}/{TOKEN})*)",
    "accept-encoding": rf"{TOKEN}(?:, {TOKEN})*",
    "allow": rf"(?:{TOKEN}(?:, ?{TOKEN})*)?",
    "cache-control": rf"{TOKEN}(?:=(?:{TOKEN}|{QUOTED}))?(?:, ?{TOKEN}(?:=(?:{TOKEN}|{QUOTED}))?)*",
    "connection": r"(?i:close|keep-alive)",
    "content-length": r"[0-9]+",
    "content-type": rf"{TOKEN}/{TOKEN}(?: ?; ?{TOKEN}=(?:{TOKEN}|{QUOTED}))*",
    "date": rf"(?:{DAYS}), [0-9]{{2}} (?:{MONTHS}) [0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} GMT",
    "etag": r'(?:W/)?"[!#-~\x80-\xff]*"',
    "retry-after": r"[0-9]+",
    "transfer-encoding": r"chunked",
    "www-authenticate": rf"{TOKEN}(?: .+)?",
}
"""Fields whose values are held to their grammar, as senders have to write it: no empty elements of lists."""

SINGLE = {*GRAMMAR} - {"accept", "accept-encoding", "allow", "cache-control", "www-authenticate"}
"""Fields that no answer may have twice."""

OWED = {401: "www-authenticate", 405: "allow", 415: "accept", 426: "upgrade", 503: "retry-after"}
"""What an answer of a status has to bring along."""

FOREIGN = {"age", "warning", "proxy-authenticate", "content-range", "upgrade", "trailer"}
"""Fields of caches and proxies, and of what is not offered here: ranges, other protocols, trailers."""


@dataclass
class Answer:
    """
    A final answer, and what came before it.

    Attributes:
        interim: Statuses of the answers before it, 1xx.
        heads: All heads as they came, the last is its own.
        sent: When it was complete, in seconds since the epoch.
    """

    status: int
    headers: dict[str, str]
    content: bytes
    interim: list[int]
    heads: list[str]
    lines: list[tuple[str, str]] = field(default_factory=list)
    sent: float = field(default_factory=time.time)

    @property
    def closing(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"

    def breaches(self, method: str, *, old: bool) -> list[str]:
        """List what a sender of this answer to that request had to do otherwise, each with its section."""
        found = [
            f"9112 4: {head.partition(chr(13))[0]!r}" for head in self.heads if not _is_well_formed(head)
        ]
        names = [name for name, _ in self.lines]
        found += [f"9110 5.3: {name} twice" for name in SINGLE if names.count(name) > 1]
        found += [
            f"9110 2.2: {name}: {value}"
            for name, value in self.lines
            if name in GRAMMAR and not re.fullmatch(GRAMMAR[name], value)
        ]
        found += [f"9110 10: {name}" for name in FOREIGN & {*names}]
        owed = OWED.get(self.status)
        if owed and owed not in names and not (owed == "accept" and "accept-encoding" in names):
            found.append(f"9110 15: {self.status} without {owed}")
        if self.status == 304 and {"content-type", "content-encoding", "content-language"} & {*names}:
            found.append("9110 15.4.5: 304 describes a content")
        if self.content and "content-type" not in names:
            found.append("9110 8.3: content without a type")
        if self.status >= 400 and not self.content and method != "HEAD":
            found.append("9110 15.5: an error that is not explained")
        return found + self._breaches_of_framing(old=old) + self._breaches_of_time()

    def _breaches_of_framing(self, *, old: bool) -> list[str]:
        names = {name for name, _ in self.lines}
        found = []
        framed = names & {"content-length", "transfer-encoding"}
        if any(re.search(r"(?i)\r\n(content-length|transfer-encoding):", head) for head in self.heads[:-1]):
            found.append("9110 8.6: an interim answer with framing")
        if self.interim and old:
            found.append("9110 15.2: an interim answer to HTTP/1.0")
        if len(framed) == 2:
            found.append("9112 6.2: a length beside a transfer coding")
        if self.status == 204 and framed:
            found.append(f"9110 8.6: 204 with {framed}")
        if old and "transfer-encoding" in names:
            found.append("9112 6.1: a transfer coding to HTTP/1.0")
        if not framed and self.status not in {204, 304} and not self.closing:
            found.append("9112 6.3: neither a length nor a close")
        return found

    def _breaches_of_time(self) -> list[str]:
        if "date" not in self.headers:
            return ["9110 6.6.1: no date"]
        if not re.fullmatch(GRAMMAR["date"], self.headers["date"]):
            return ["9110 5.6.7: a date of another form"]
        said = datetime.strptime(self.headers["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        return [] if abs(said.timestamp() - self.sent) < SILENCE_S else ["9110 6.6.1: another time than now"]


def _is_well_formed(head: str) -> bool:
    # h11 takes a bare LF for a line end, and a status line without its second space: this does not.
    first, *lines = head.split("\r\n")
    return bool(STATUS_LINE.fullmatch(first)) and all(map(FIELD_LINE.fullmatch, lines))


class Wire:
    """
    A connection that sends bytes as they are, and has h11 judge what comes back.

    Attributes:
        sent: What was sent first.
        breaches: What the answers until now had to be otherwise, whatever was asked.
        was_reset: Whether the server has ended the connection rudely: what was on its way may be lost.
    """

    def __init__(self, port: int, *, source: str = "127.0.0.1") -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), SILENCE_S, (source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""
        self.sent = b""
        self.breaches: list[str] = []
        self.was_reset = False

    def send(self, *pieces: bytes) -> "Wire":
        """Send pieces, each when the server has read the one before; single octets do not wait."""
        self.sent = self.sent or b"".join(pieces)
        for index, piece in enumerate(pieces):
            if index and len(piece) > 1:
                self._wait_until_read()
            try:
                self._socket.sendall(piece)
            except ConnectionError:
                self.was_reset = True
        return self

    def finish(self) -> None:
        """Send nothing more, and go on reading."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.was_reset = True

    def answer(self, method: str = "GET", *, old: bool = False, continuing: bytes = b"") -> Answer:
        """
        Read the next answer, to its end and no further.

        Args:
            method: What it is an answer to; it tells whether there is content.
            old: Whether the request was of HTTP/1.0.
            continuing: What to send when it says 100 (Continue).
        """
        judge = h11.Connection(h11.CLIENT)
        judge.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        judge.send(h11.EndOfMessage())
        data, content, interim = bytearray(self._left), bytearray(), []
        if self._left:
            judge.receive_data(self._left)
        final = None
        while not isinstance(event := judge.next_event(), h11.EndOfMessage):
            match event:
                case h11.NEED_DATA:
                    piece = self._receive()
                    assert piece or final, f"closed without an answer, after {bytes(data)!r}"
                    data += piece
                    judge.receive_data(piece)
                case h11.InformationalResponse():
                    interim.append(event.status_code)
                    self.send(continuing)
                case h11.Response():
                    final = event
                case h11.Data():
                    content += event.data
                case _:
                    pytest.fail(f"no answer, but {event}: {bytes(data[:200])!r}")
        assert final is not None
        self._left = judge.trailing_data[0]
        heads = _heads(bytes(data), len(interim) + 1)
        lines = [
            (match[1].lower(), match[2])
            for match in map(FIELD_LINE.fullmatch, heads[-1].split("\r\n"))
            if match
        ]
        answer = Answer(final.status_code, dict(lines), bytes(content), interim, heads, lines)
        self.breaches += answer.breaches(method, old=old)
        return answer

    def is_closed(self) -> bool:
        """Tell whether the connection ends without another byte."""
        if not self._left:
            try:
                self._left = self._receive()
            except TimeoutError:
                return False
        return not self._left

    def is_kept(self) -> bool:
        """Tell whether another request gets its answer here, and the connection holds nothing else."""
        answer = self.send(LIVE).answer()
        return (answer.status, answer.content, self._left) == (200, b'{"live":true}', b"")

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(1 << 20)
        except ConnectionError:
            self.was_reset = True
            return b""

    def _wait_until_read(self) -> None:
        """Wait until nothing of what was sent lies in the server's buffer; where that is not told, go on."""
        ours, theirs = self._socket.getsockname()[1], self._port
        line = re.compile(rf"[0-9A-F]+:{theirs:04X} [0-9A-F]+:{ours:04X} [0-9A-F]+ [0-9A-F]+:([0-9A-F]+)")
        until = time.monotonic() + 1
        while time.monotonic() < until:
            unread = line.search(Path("/proc/net/tcp").read_text())
            if unread is None or int(unread[1], 16) == 0:
                return


def _heads(data: bytes, number: int) -> list[str]:
    heads = []
    for _ in range(number):
        head, _, data = data.partition(b"\r\n\r\n")
        heads.append(head.decode("latin-1"))
    return heads


@pytest.fixture(scope="session", params=LOOPS)
def loop(request: pytest.FixtureRequest) -> str:
    """Name an event loop; every test runs on each."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def listen(loop: str, serve: Callable[..., str]) -> Callable[..., int]:
    """Start a service with settings of its own; give its port."""

    def listen(**settings: str) -> int:
        # Nothing here is about a busy machine, so none of it is answered that it is one.
        return int(serve(loop, LENET_QUEUE_DEADLINE_S="30", **settings).rpartition(":")[2])

    return listen


@pytest.fixture(scope="session")
def ports(listen: Callable[..., int], tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Two services with short deadlines: one is open, one wants a key and has no room for two images."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(KEY)
    guarded = {"LENET_API_KEYS_FILE": str(keys), "LENET_MAX_QUEUE_IMAGES": "1"}
    return {"open": listen(**DEADLINES), "guarded": listen(**DEADLINES, **guarded)}


@pytest.fixture
def connect() -> Iterator[Callable[..., Wire]]:
    """Open connections, which are closed at the end."""
    wires: list[Wire] = []

    def connect(port: int, *, source: str = "127.0.0.1") -> Wire:
        wires.append(Wire(port, source=source))
        return wires[-1]

    yield connect
    for wire in wires:
        wire.close()


@pytest.fixture(scope="session")
def picture(digits: np.ndarray, encode: Callable[..., bytes]) -> bytes:
    """A seven as a PNG file."""
    return encode(digits[7])


@pytest.fixture(scope="session")
def measure() -> Callable[[int, str], float]:
    """Read a number that a service tells of itself at ``/metrics``."""

    def measure(port: int, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SILENCE_S) as answer:
            text = answer.read().decode()
        (value,) = re.findall(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(value)

    return measure

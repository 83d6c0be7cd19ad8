"""What a connection may do: slow, endless, smuggled and garbled requests end in a problem and a close."""

import contextlib
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from httpx2 import Client

from service.application import Application
from service.http.endpoints import Endpoint
from service.server.messages import Response
from service.settings import Settings

Noted = Callable[..., list[dict[str, Any]]]
AssertProblem = Callable[..., dict[str, Any]]
Connect = Callable[..., Any]

LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = json.dumps({"pixels": [[1]]}).encode()
POST = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


def post(body: bytes = BODY) -> bytes:
    return POST + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_a_connection_is_kept_for_further_requests(connect: Connect) -> None:
    wire = connect()
    statuses = [wire.send(request).answer().status_code for request in (LIVE, post(), LIVE, post())]

    assert statuses == [200] * 4


def test_requests_sent_at_once_are_answered_in_order(connect: Connect) -> None:
    wire = connect().send(LIVE + post() + LIVE.replace(b"live", b"dead") + post() + LIVE)
    answers = [wire.answer() for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 200]
    assert answers[1].content == answers[3].content


def test_a_request_in_pieces_is_put_together(connect: Connect) -> None:
    wire = connect()
    for byte in post():
        wire.send(bytes([byte]))

    assert wire.answer().status_code == 200


def test_a_chunked_body_is_put_together_and_its_trailers_are_ignored(connect: Connect) -> None:
    chunks = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in BODY)
    wire = connect().send(
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-A: b\r\n\r\n" + LIVE
    )

    assert wire.answer().status_code == 200
    assert wire.answer().status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"xyzzy\r\n\r\n",
        b"GET / xyzzy\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /#xyzzy HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/xyzzy\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nxyzzyx",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 5, 5\r\n\r\nxyzzy",
        POST + b"Content-Length: 0x5\r\n\r\nxyzzy",
        POST + b"Content-Length: 99999999999999999999999\r\n\r\nxyzzy",
        POST + b"Transfer-Encoding: xyzzy\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    ],
    ids=lambda data: repr(data[-60:]),
)
def test_what_is_no_http_or_is_ambiguous_is_refused_and_closed(
    request_bytes: bytes, connect: Connect, assert_problem: AssertProblem
) -> None:
    wire = connect().send(request_bytes)
    answer = wire.answer()

    assert_problem(answer, 400, kind="bad-request")
    assert answer.headers["connection"] == "close"
    assert wire.is_closed()


@pytest.mark.parametrize(
    ("request_bytes", "status", "kind"),
    [
        (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505, "http-version-not-supported"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http-version-not-supported"),
        (b"XYZZY / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "not-implemented"),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "not-implemented"),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "not-implemented"),
        (b"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 421, "misdirected-request"),
    ],
)
def test_what_is_http_but_not_spoken_here_is_refused_and_closed(
    request_bytes: bytes, status: int, kind: str, connect: Connect, assert_problem: AssertProblem
) -> None:
    wire = connect().send(request_bytes)
    answer = wire.answer()

    assert_problem(answer, status, kind=kind)
    assert answer.headers["connection"] == "close"
    assert wire.is_closed()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"xyzzy\r\n\r\n", 400),
        (b"XYZZY /xyzzy?xyzzy HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET /xyzzy" + b"a" * 600 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /predict HTTP/1.1\r\nHost: a\r\nX: ", 408),
    ],
)
def test_what_is_no_request_is_dated_noted_and_counted_as_well(
    request_bytes: bytes, status: int, connect: Connect, noted: Noted, client: Client
) -> None:
    series = f'lenet_request_seconds_count{{method="other",route="unmatched",status="{status}"}}'

    def counted() -> float:
        lines = client.get("/metrics").text.splitlines()
        return next((float(line.split()[1]) for line in lines if line.startswith(series)), 0.0)

    before = counted()
    answer = connect().send(request_bytes).answer()
    (entry,) = noted(1, answer)

    assert parsedate_to_datetime(answer.headers["date"]).tzinfo
    assert answer.headers["x-request-id"] == entry["request_id"]
    assert (entry["method"], entry["route"], entry["status"]) == ("other", "unmatched", status)
    assert "xyzzy" not in json.dumps(entry)
    assert counted() >= before + 1


@pytest.mark.parametrize(
    "chunks", [b"xyzzy\r\n", b"-1\r\n\r\n", b"5\r\nabcdefg\r\n", b"ffffffffffffffffff\r\n"]
)
def test_a_damaged_chunk_is_refused_and_closed(
    chunks: bytes, connect: Connect, assert_problem: AssertProblem
) -> None:
    wire = connect().send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)

    assert_problem(wire.answer(), 400)
    assert wire.is_closed()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /?" + b"a" * 600 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 100_000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 2_100 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 21 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 100_000, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 3_000_000, 431),
        (b"GET / HTTP/1.1\r\n" + b"X" * 300_000, 431),
        (b"\r\n" * 100_000, 431),
    ],
    ids=[
        "target",
        "endless target",
        "header",
        "headers",
        "endless headers",
        "endless header",
        "endless name",
        "lines",
    ],
)
def test_too_much_before_the_body_is_refused_while_it_grows(
    request_bytes: bytes, status: int, connect: Connect, assert_problem: AssertProblem
) -> None:
    wire = connect()
    # The server does not wait for all of what is endless; then its answer may be lost.
    with contextlib.suppress(ConnectionError):
        wire.send(request_bytes)
    if len(request_bytes) < 50_000:
        assert_problem(wire.answer(), status)
        assert wire.is_closed()
    else:
        assert wire.rest()[:12] in {b"", b"HTTP/1.1 %d" % status}


def test_headers_within_the_limits_are_taken_on_every_request_of_a_connection(connect: Connect) -> None:
    many = b"GET /health/live HTTP/1.1\r\nHost: a\r\n" + b"X-Filler: %s\r\n" % (b"a" * 80) * 19 + b"\r\n"
    wire = connect()

    assert [wire.send(many).answer().status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    "rest", [b"0\r\n" + b"X: a\r\n" * 100_000, b"0\r\nX: " + b"a" * 600_000, b"1;" + b"x" * 600_000]
)
@pytest.mark.parametrize("path", [b"/predict", b"/health/live"])
def test_endless_trailers_and_chunk_extensions_are_refused(
    path: bytes, rest: bytes, connect: Connect
) -> None:
    head = POST.replace(b"/predict", path).replace(b"POST", b"GET" if path != b"/predict" else b"POST")
    wire = connect()
    with contextlib.suppress(ConnectionError):
        wire.send(head + b"Transfer-Encoding: chunked\r\n\r\n" + rest)

    assert wire.rest()[:12] in {b"", b"HTTP/1.1 431", b"HTTP/1.1 200"}


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_headers_that_do_not_arrive_in_time_are_not_waited_for(
    sent: bytes, connect: Connect, assert_problem: AssertProblem
) -> None:
    wire = connect().send(sent)

    assert_problem(wire.answer(), 408, kind="request-timeout")
    assert wire.is_closed()


def test_a_body_that_does_not_arrive_in_time_is_not_waited_for(
    connect: Connect, assert_problem: AssertProblem
) -> None:
    wire = connect().send(POST + b"Content-Length: 1000\r\n\r\nxyzzy")

    assert_problem(wire.answer(), 408, kind="request-timeout")
    assert wire.is_closed()


def test_a_client_that_does_not_read_its_answer_is_not_waited_for(connect: Connect) -> None:
    wire = connect()
    many = LIVE.replace(b"/health/live", b"/openapi.json")
    with contextlib.suppress(ConnectionError):
        for _ in range(10_000):
            wire.send(many)

    assert connect().send(LIVE).answer().status_code == 200


def test_the_second_request_of_a_connection_has_a_deadline_too(
    connect: Connect, assert_problem: AssertProblem
) -> None:
    wire = connect().send(LIVE)
    first = wire.answer()
    wire.send(b"GET / HTTP/1.1\r\nX:")

    assert first.status_code == 200
    assert_problem(wire.answer(), 408)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /v2/models/lenet5?a=b HTTP/1.1\r\nX: %s\r\n\r\n" % (b"x" * 3_000), 431),
        (b"GET /v2?%s HTTP/1.1\r\n\r\n" % (b"x" * 1_000), 414),
        (b"GET /v2 HTTP/1.1\r\nHo st: a\r\n\r\n", 400),
        (b"GET /v2/health/live HTTP/1.1\r\nHost: a\r\n", 408),
    ],
)
def test_what_is_refused_on_a_path_of_the_inference_protocol_is_told_in_its_form(
    request_bytes: bytes, status: int, connect: Connect
) -> None:
    wire = connect().send(request_bytes)
    answer = wire.answer()

    assert answer.status_code == status
    assert json.loads(answer.content).keys() == {"error"}
    assert answer.headers["content-type"] == "application/json"
    assert wire.is_closed()


def test_an_idle_connection_is_closed_without_a_word(connect: Connect) -> None:
    wire = connect().send(LIVE)

    assert wire.answer().status_code == 200
    assert wire.is_closed()


def test_a_body_that_nobody_waits_for_does_not_keep_a_connection(connect: Connect) -> None:
    wire = connect().send(POST.replace(b"/predict", b"/xyzzy") + b"Content-Length: 1000\r\n\r\nxyzzy")

    assert wire.answer().status_code == 404
    assert wire.is_closed()


def test_a_body_that_comes_after_its_answer_is_thrown_away_and_the_connection_kept(connect: Connect) -> None:
    wire = connect().send(POST.replace(b"/predict", b"/xyzzy") + b"Content-Length: 5\r\n\r\n")
    first = wire.answer()
    wire.send(b"xyzzy")
    second = wire.send(LIVE).answer()

    assert (first.status_code, second.status_code) == (404, 200)
    assert wire.is_closed()


def test_expectations_are_met_only_by_a_body_that_may_come(
    connect: Connect, assert_problem: AssertProblem
) -> None:
    welcome = connect().send(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
    first_line, blank = welcome.line(), welcome.line()
    unwelcome = connect().send(POST + b"Expect: 100-continue\r\nContent-Length: 999999999\r\n\r\n")

    assert (first_line, blank) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
    assert welcome.send(BODY).answer().status_code == 200
    assert_problem(unwelcome.answer(), 413)
    assert unwelcome.is_closed()


def test_a_chunked_body_over_the_limit_is_refused_while_it_comes(connect: Connect) -> None:
    wire = connect().send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 2**30:
            wire.send(chunk)
            sent += len(chunk)

    assert sent < 32 * 2**20
    assert wire.rest()[:12] in {b"", b"HTTP/1.1 413"}


def test_a_client_that_leaves_in_the_middle_harms_nobody(connect: Connect) -> None:
    for part in (b"", b"GET", POST, POST + b"Content-Length: 100\r\n\r\nabc", post()):
        connect().send(part).close()

    assert connect().send(LIVE).answer().status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        b"//health/live",
        b"http://a//health/live",
        b"/health/live/..",
        b"/%2e%2e/health/live",
        b"@a/health/live",
        b"*",
    ],
)
def test_a_target_leads_to_no_other_path(
    target: bytes, connect: Connect, assert_problem: AssertProblem
) -> None:
    answer = connect().send(b"GET " + target + b" HTTP/1.1\r\nHost: a/?x=\r\n\r\n").answer()

    assert_problem(answer, 400 if answer.status_code == 400 else 404)


def test_an_absolute_target_is_its_path(connect: Connect) -> None:
    answer = connect().send(LIVE.replace(b"GET /", b"GET http://other/")).answer()

    assert answer.status_code == 200


def test_head_has_the_length_and_no_body(connect: Connect) -> None:
    wire = connect().send(LIVE.replace(b"GET", b"HEAD") + LIVE)
    head, got = wire.answer("HEAD"), wire.answer()

    assert head.headers["content-length"] == str(len(got.content))
    assert got.status_code == 200


def test_an_old_client_gets_its_answer_and_a_close(connect: Connect) -> None:
    wire = connect().send(b"GET /health/live HTTP/1.0\r\n\r\n")

    assert wire.answer().status_code == 200
    assert wire.is_closed()


def test_an_old_client_may_ask_for_its_connection_to_be_kept(connect: Connect) -> None:
    old = b"GET /health/live HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
    wire = connect()
    answers = [wire.send(old).answer() for _ in range(3)]

    assert [(answer.status_code, answer.headers["connection"]) for answer in answers] == [
        (200, "keep-alive")
    ] * 3


def test_a_newer_minor_version_is_answered_as_the_newest_that_is_known(connect: Connect) -> None:
    wire = connect().send(LIVE.replace(b"HTTP/1.1", b"HTTP/1.2") + LIVE)

    assert wire.line() == b"HTTP/1.1 200 OK\r\n"
    assert connect().send(LIVE.replace(b"HTTP/1.1", b"HTTP/1.2")).answer().headers.get("connection") is None


def test_a_client_that_wants_no_more_is_told_that_the_connection_ends(connect: Connect) -> None:
    wire = connect().send(LIVE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + LIVE)
    answer = wire.answer()

    assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    assert wire.is_closed()


def test_an_upgrade_is_not_offered(connect: Connect) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    assert connect().send(LIVE.replace(b"\r\n\r\n", b"\r\n" + upgrade)).answer().status_code == 200


def test_the_body_of_a_request_that_offers_an_upgrade_is_read_as_ever(connect: Connect) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    wire = connect().send(post().replace(b"\r\n\r\n", b"\r\n" + upgrade) + LIVE)

    assert [wire.answer().content[:8] for _ in range(2)] == [b'{"model"', b'{"live":']


def test_who_sends_no_more_gets_the_answers_to_all_that_was_sent(connect: Connect) -> None:
    wire = connect().send(post() + LIVE + post()).finish()

    assert [wire.answer().status_code for _ in range(3)] == [200] * 3
    assert wire.is_closed()


@pytest.mark.parametrize("sent", [b"", b"GET", LIVE[:-2]])
def test_who_sends_no_more_in_the_middle_of_a_head_is_not_waited_for(sent: bytes, connect: Connect) -> None:
    assert connect().send(sent).finish().is_closed()


@pytest.mark.parametrize("is_reset", [False, True])
@pytest.mark.parametrize(
    "body", [b"Content-Length: 9\r\n\r\nxyzzy", b"Transfer-Encoding: chunked\r\n\r\n5\r\n"]
)
def test_a_client_that_leaves_in_the_middle_of_its_body_is_noted(
    body: bytes,
    connect: Connect,
    noted: Noted,
    app: Application,
    is_reset: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    wire = connect().send(POST + body)
    if is_reset:
        wire.reset()
    else:
        assert wire.finish().is_closed()
    (entry,) = noted(1)

    assert (entry["route"], entry["status"], entry["refused"]) == ("/predict", 499, "client_gone")
    assert (app.admission.requests, app.admission.bytes) == (0, 0)


def test_hundreds_of_idle_connections_do_not_delay_a_probe(connect: Connect) -> None:
    for _ in range(300):
        connect()

    assert connect().send(LIVE).answer().status_code == 200
    assert connect().send(post()).answer().status_code == 200


def test_who_sends_more_behind_the_last_request_gets_the_answers_before(connect: Connect) -> None:
    last = LIVE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    for _ in range(50):
        wire = connect().send(LIVE + last)
        with contextlib.suppress(ConnectionError):
            for _ in range(5):
                wire.send(LIVE)

        assert [wire.answer().status_code for _ in range(2)] == [200, 200]
        assert wire.is_closed()


def test_a_client_may_take_its_time_with_the_last_answer(
    assemble: Callable[..., Application],
    listen: Callable[..., AbstractContextManager[int]],
    limits: Settings,
    loop: str,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.server.connection.LINGER_S", 0.2)
    large = bytes(32 * 2**20)
    app = assemble([Endpoint("/large", lambda _: Response(200, body=large), needs_body=False)])
    with listen(app, limits, loop=loop) as port:
        wire = connect(port).send(b"POST /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        # Longer than the server lingers, and less than a client may leave an answer alone.
        time.sleep(0.6)

        assert wire.answer().content == large
        assert wire.is_closed()

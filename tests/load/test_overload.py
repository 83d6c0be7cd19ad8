"""More than the engine can do: whoever is let in is answered, the rest is told when to come again."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

ServeWith = Callable[..., Any]
Clients = Callable[..., list[Any]]
Encode = Callable[..., bytes]

WATCHED = ("/health/live", "/health/ready", "/v2/health/ready", "/metrics")


@pytest.fixture
def picture(digits: np.ndarray, encode: Encode) -> bytes:
    return encode(digits[7])


class Gate:
    """An engine that waits until it is let."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.runs = 0

    def __call__(self, run: Callable[..., Any], rows: np.ndarray) -> Any:  # noqa: ANN401
        self.runs += 1
        assert self.open.wait(30)
        return run(rows)


def assert_refused(status: int, headers: dict[str, str], body: bytes) -> None:
    assert status == 503
    assert headers["retry-after"] in {"1", "2", "3", "4", "5"}
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["type"] == "/problems/overloaded"


@pytest.mark.parametrize(
    "limit",
    [
        {"max_in_flight": 5},
        {"max_queue_requests": 4},
        {"max_queue_images": 4},
        {"max_in_flight_bytes": 5 * 400, "max_body_bytes": 400},
    ],
    ids=lambda limit: next(iter(limit)),
)
def test_who_does_not_fit_is_told_when_to_come_again_and_probes_are_answered(
    limit: dict[str, int], serve_with: ServeWith, clients: Clients, picture: bytes
) -> None:
    gate = Gate()
    picture = picture + bytes(400 - len(picture))
    # All are one client here, which may take everything.
    app, port = serve_with(gate, client_share=1, **limit)
    refused = threading.Semaphore(0)

    def work(client: Any, index: int) -> Any:  # noqa: ANN401
        if index == 0:
            # Three of the others find no room; then the watchers look.
            for _ in range(3):
                assert refused.acquire(timeout=30)
            seen = [client(path)[0] for path in WATCHED]
            gate.open.set()
            return seen
        answer = client("/predict", picture)
        if answer[0] != 200:
            refused.release()
        return answer

    seen, *answers = clients(port, 12, work)
    statuses = Counter(answer[0] for answer in answers)

    assert seen == [200] * len(WATCHED)
    assert set(statuses) == {200, 503}
    assert statuses[503] >= 3
    for answer in answers:
        if answer[0] == 503:
            assert_refused(*answer)
        else:
            assert json.loads(answer[2])["predictions"][0]["digit"] == 7
    while app.admission.requests:
        pass
    assert app.admission.bytes == 0


def test_a_client_that_takes_more_than_its_share_leaves_room_for_another(
    serve_with: ServeWith, clients: Clients, connect: Callable[..., Any], picture: bytes
) -> None:
    gate = Gate()
    app, port = serve_with(gate, max_in_flight=8)
    refused = threading.Semaphore(0)

    def work(client: Any, index: int) -> Any:  # noqa: ANN401
        if index == 0:
            for _ in range(4):
                assert refused.acquire(timeout=30)
            other = connect(port, "127.0.0.2")
            other.ask("/predict", picture)
            while app.admission.requests < 8:
                pass
            gate.open.set()
            return other.answer()
        answer = client("/predict", picture)
        if answer[0] != 200:
            refused.release()
        return answer

    other, *answers = clients(port, 12, work)
    statuses = Counter(answer[0] for answer in answers)

    assert other[0] == 200
    assert statuses == {200: 7, 429: 4}
    for status, headers, body in answers:
        if status == 429:
            assert headers["retry-after"] in {"1", "2", "3", "4", "5"}
            assert json.loads(body)["type"] == "/problems/too-many-requests"


def test_who_waited_too_long_gets_504_and_is_not_computed(
    serve_with: ServeWith, clients: Clients, picture: bytes
) -> None:
    gate = Gate()
    _, port = serve_with(gate, queue_deadline_s=1e-6)
    answers = clients(port, 4, lambda client, _: client("/predict", picture))
    gate.open.set()

    assert {answer[0] for answer in answers} == {504}
    assert {json.loads(answer[2])["type"] for answer in answers} == {"/problems/deadline"}
    assert gate.runs == 0


def test_clients_that_leave_are_not_computed(
    serve_with: ServeWith, connect: Callable[[int], Any], picture: bytes
) -> None:
    gate = Gate()
    app, port = serve_with(gate)
    network = app.served.recogniser()
    first = threading.Thread(target=lambda: connect(port)("/predict", picture))
    first.start()
    while not gate.runs:
        pass
    leaving = [connect(port) for _ in range(5)]
    for client in leaving:
        client.ask("/predict", picture)
    while network.batcher.waiting < 5:
        pass
    for client in leaving:
        client.reset()
    # A probe behind their goodbyes: the server has noticed that they left.
    assert connect(port)("/health/live")[0] == 200
    gate.open.set()
    first.join()
    while app.admission.requests:
        pass

    assert gate.runs == 1


def test_under_the_protocol_a_refusal_has_its_form(serve_with: ServeWith, clients: Clients) -> None:
    _, port = serve_with(max_in_flight_bytes=1)
    body = json.dumps({"inputs": []}).encode()
    ((status, headers, answer),) = clients(
        port, 1, lambda client, _: client("/v2/models/lenet5/infer", body, "application/json")
    )

    assert status == 503
    assert headers["retry-after"].isdigit()
    assert set(json.loads(answer)) == {"error"}


def test_operations_that_fill_their_pool_leave_predictions_alone(
    serve_with: ServeWith, clients: Clients, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr("service.operations.execution.Task.compute", lambda *_: release.wait(30) and 1 / 0)
    _, port = serve_with(max_pool_requests=1)
    heavy = np.zeros((64, 64)).tolist()
    body = json.dumps({"input": heavy, "kernel": "sobel_x"}).encode()
    refused = threading.Semaphore(0)

    def work(client: Any, index: int) -> int:  # noqa: ANN401
        if index == 0:
            assert refused.acquire(timeout=30)
            status: int = client("/predict", picture)[0]
            release.set()
            return status
        status = client("/convolve", body, "application/json")[0]
        if status == 503:
            refused.release()
        return status

    digit, *operations = clients(port, 6, work)

    assert digit == 200
    assert Counter(operations) == {503: 3, 500: 2}

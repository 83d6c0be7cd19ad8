"""What an operator of Ray is promised, by the service's own contract over HTTP."""

import contextlib
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import NamedTuple

from benchmarks import processes
from deploy.tests.ray.cluster import PYTHON, ROOT, Cluster

PICTURE = (ROOT / "docs" / "seven.jpg").read_bytes()
HEADERS = {"Content-Type": "image/jpeg"}
CLIENTS = 6
REPLACED_S = 60
NOTICED_S = 0.1
"""How long HAProxy may take to learn from the kernel that connections have gone."""


class Answer(NamedTuple):
    """When a request began and ended, and its status; 0 when there was none."""

    began: float
    ended: float
    status: int


def test_a_picture_is_answered_as_by_the_service_alone(cluster: Cluster) -> None:
    status, headers, body = answered(cluster, PICTURE, {"X-Request-ID": "from-me"})

    assert (status, headers.get_all("X-Request-ID")) == (200, ["from-me"])
    assert json.loads(body)["predictions"][0]["digit"] == 7


def test_an_error_is_a_problem_with_one_id(cluster: Cluster) -> None:
    status, headers, body = answered(cluster, b"no picture", {})
    (request_id,) = headers.get_all("X-Request-ID")

    assert (status, headers["Content-Type"]) == (415, "application/problem+json")
    assert json.loads(body)["instance"].endswith(f":{request_id}")


def answered(cluster: Cluster, body: bytes, headers: dict[str, str]) -> tuple[int, Message, bytes]:
    """Post a body as a JPEG; give status, headers and body of the answer."""
    with contextlib.closing(http.client.HTTPConnection(*cluster.address, timeout=30)) as connection:
        connection.request("POST", "/predict", body, {**HEADERS, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_what_nobody_has_room_for_is_refused_at_once_and_told_when_to_come_again(cluster: Cluster) -> None:
    # One request is let in and one may wait; with half a body they stay. While one comes in Ray counts it
    # as waiting, so it may refuse the second, too.
    head = f"POST /narrow/predict HTTP/1.1\r\nHost: ray\r\nContent-Length: {len(PICTURE)}\r\n"
    half = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + PICTURE[: len(PICTURE) // 2]
    with contextlib.ExitStack() as open_ones:
        held = [open_ones.enter_context(socket.create_connection(cluster.address, 30)) for _ in range(8)]
        for connection in held:
            connection.sendall(half)
        while len(held) > 2:
            answered, _, _ = select.select(held, [], [], 30)
            assert {received(connection) for connection in answered} == {(503, "1")}
            held = [connection for connection in held if connection not in answered]
        for connection in held:
            with contextlib.suppress(ConnectionError):
                connection.sendall(PICTURE[len(PICTURE) // 2 :])
        last = {received(connection) for connection in held}

    assert (200, None) in last
    assert last <= {(200, None), (503, "1")}


def received(connection: socket.socket) -> tuple[int, str | None]:
    """Give an answer's status and when to come again."""
    with contextlib.closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, answer.headers["Retry-After"]


def test_a_killed_replica_takes_only_its_own_requests_with_it_and_is_replaced(cluster: Cluster) -> None:
    answers: list[Answer] = []
    ended = threading.Event()
    threads = [threading.Thread(target=ask, args=(cluster.address, answers, ended)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(answers) > 10 * CLIENTS)
    victim, _ = before = sorted(cluster.replicas())
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: not alive(victim))
    # Until here it was still taking connections, in the kernel.
    gone = time.monotonic()
    wait_for(lambda: len(cluster.replicas()) == 2 and cluster.replicas() != set(before))
    wait_for(lambda: sum(answer.began > gone for answer in answers) > 50 * CLIENTS)
    ended.set()
    for thread in threads:
        thread.join()

    lost = [answer for answer in answers if answer.status != 200]
    assert [answer for answer in lost if answer.began > gone + NOTICED_S] == []
    assert len(lost) <= 2 * CLIENTS


def ask(address: tuple[str, int], answers: list[Answer], ended: threading.Event) -> None:
    """Ask again and again, on one connection while it lasts, until told to end."""
    connection = http.client.HTTPConnection(*address, timeout=30)
    while not ended.is_set():
        began = time.monotonic()
        try:
            connection.request("POST", "/predict", PICTURE, HEADERS)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            status = 0
            connection.close()
        answers.append(Answer(began, time.monotonic(), status))
    connection.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + REPLACED_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_ray_is_told_whether_the_service_is_ready() -> None:
    script = Path(__file__).with_name("health_script.py")
    told = subprocess.run([PYTHON, script], cwd=ROOT, check=False, capture_output=True, text=True)

    assert (told.returncode, told.stdout.split()) == (0, ["starting", "ready", "stopping"]), told.stderr


def test_all_of_it_ends_when_it_is_told_to(cluster: Cluster) -> None:
    family = processes.tree(cluster.process.pid)
    assert cluster.stop() == 0, cluster.said()
    logs = [path.read_text() for path in cluster.folder.glob("ray/session_2*/logs/serve/replica_*.log")]

    assert not [pid for pid in family if alive(pid)]
    assert sum("Graceful shutdown complete" in log for log in logs) == 3
    assert not [line for log in logs for line in log.splitlines() if line.startswith(("ERROR", "Traceback"))]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False

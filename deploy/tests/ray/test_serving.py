"""What an operator of Ray is promised, by the service's own contract over HTTP."""

import contextlib
import http.client
import json
import os
import re
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
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", cluster.port, timeout=30)) as connection:
        connection.request("POST", "/predict", body, {**HEADERS, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_what_nobody_has_room_for_is_refused_at_once_and_told_when_to_come_again(cluster: Cluster) -> None:
    # One request is let in, one waits, neither has all of its body; one is too many.
    head = f"POST /narrow/predict HTTP/1.1\r\nHost: ray\r\nContent-Length: {len(PICTURE)}\r\n"
    head += "Content-Type: image/jpeg\r\nConnection: close\r\n\r\n"
    connections = [socket.create_connection(("127.0.0.1", cluster.port), timeout=30) for _ in range(3)]
    for connection in connections:
        connection.sendall(head.encode() + PICTURE[:100])
    refused = first_answered(connections)
    answer = received(refused)
    assert re.match(rb"HTTP/1.1 503 ", answer)
    assert re.search(rb"(?im)^retry-after: 1\r$", answer)

    others = [connection for connection in connections if connection is not refused]
    for connection in others:
        connection.sendall(PICTURE[100:])
    assert [received(connection)[:12] for connection in others] == [b"HTTP/1.1 200"] * 2


def first_answered(connections: list[socket.socket]) -> socket.socket:
    readable, _, _ = select.select(connections, [], [], 30)
    (one,) = readable
    return one


def received(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_killed_replica_takes_only_its_own_requests_with_it_and_is_replaced(cluster: Cluster) -> None:
    answers: list[Answer] = []
    ended = threading.Event()
    threads = [threading.Thread(target=ask, args=(cluster.port, answers, ended)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    before = cluster.replicas()
    assert len(before) == 2
    wait_for(lambda: len(answers) > 10 * CLIENTS)
    os.kill(min(before), signal.SIGKILL)
    killed = time.monotonic()
    wait_for(lambda: len(cluster.replicas() - {min(before)}) == 2)
    wait_for(lambda: sum(answer.began > killed for answer in answers) > 50 * CLIENTS)
    ended.set()
    for thread in threads:
        thread.join()

    lost = [answer for answer in answers if answer.status != 200]
    print(len(answers), [(round(a.began - killed, 4), round(a.ended - killed, 4), a.status) for a in lost])
    assert all(answer.began <= killed <= answer.ended for answer in lost)
    assert len(lost) <= CLIENTS


def ask(port: int, answers: list[Answer], ended: threading.Event) -> None:
    """Ask again and again on one connection until told to end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
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
        time.sleep(0.05)


def test_ray_is_told_whether_the_service_is_ready() -> None:
    script = Path(__file__).with_name("health_script.py")
    told = subprocess.run([PYTHON, script], cwd=ROOT, check=False, capture_output=True, text=True)

    assert (told.returncode, told.stdout.split()) == (0, ["starting", "ready", "stopping"]), told.stderr


def test_all_of_it_ends_when_it_is_told_to(cluster: Cluster) -> None:
    family = processes.tree(cluster.process.pid)
    assert cluster.stop() == 0, cluster.said()
    logs = [path.read_text() for path in cluster.folder.glob("ray/session_*/logs/serve/replica_*.log")]

    assert not [pid for pid in family if alive(pid)]
    assert sum("Graceful shutdown complete" in log for log in logs) == 3
    assert not [line for log in logs for line in log.splitlines() if line.startswith(("ERROR", "Traceback"))]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False

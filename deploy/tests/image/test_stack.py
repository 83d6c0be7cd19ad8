"""The stack: confined, healthy in seconds, and stopped without losing a request."""

import concurrent.futures
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from calls import SERVICE, Calls
from engine import docker, inspect
from load import CLIENTS, Load
from stack import Stack

SERVED = {"name": "lenet5", "version": "5"}
"""The recogniser of the image."""

CONFINEMENT = """
import json, os
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "user": os.getuid(),
    "capabilities": int(status["CapEff"], 16) + int(status["CapBnd"], 16),
    "no_new_privileges": status["NoNewPrivs"].strip(),
    "seccomp": status["Seccomp"].strip(),
    "writable": sorted(
        folder for folder, _, _ in os.walk("/")
        if not folder.startswith(("/proc", "/sys", "/dev")) and os.access(folder, os.W_OK)
    ),
}))
"""


def moment(text: str) -> datetime:
    """Read the engine's time, which has nanoseconds and sometimes a zone."""
    return datetime.fromisoformat(text[:19] + "+00:00" if text.endswith("Z") else text[:19] + text[-6:])


def test_it_is_confined(stack: Stack) -> None:
    assert stack.python(CONFINEMENT) == {
        "user": 10001,
        "capabilities": 0,
        "no_new_privileges": "1",
        "seccomp": "2",
        "writable": ["/tmp"],  # noqa: S108  it is asked about, not written to
    }


def test_its_memory_and_threads_are_limited(stack: Stack) -> None:
    host = inspect(stack.container)["HostConfig"]

    assert host["Memory"] == 2**30
    assert host["PidsLimit"] == 1024
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert inspect(stack.container)["Config"]["StopTimeout"] == 35


def test_it_is_healthy_seconds_after_its_start(stack: Stack) -> None:
    docker("restart", "--time", "60", stack.container)
    stack.up()
    checks = stack.state["Health"]["Log"]
    healthy = next(check for check in checks if check["ExitCode"] == 0)

    assert (moment(healthy["End"]) - moment(stack.state["StartedAt"])).total_seconds() < 15


def test_it_reads_a_photo(stack: Stack, seven: bytes) -> None:
    status, answer = stack.post(seven, "image/jpeg")
    prediction = answer["predictions"][0]

    assert status == 200
    assert prediction["digit"] == 7
    assert prediction["is_digit"] is True


def test_it_reads_a_photo_over_grpc_as_over_http(stack: Stack, seven: bytes) -> None:
    _, answer = stack.post(seven, "image/jpeg")
    with Calls("127.0.0.1", stack.grpc_port) as calls:
        assert [calls.health(name) for name in ("", SERVICE)] == ["SERVING", "SERVING"]
        probabilities = calls.infer(seven)

    assert probabilities == pytest.approx(answer["predictions"][0]["probabilities"], abs=1e-6)
    assert probabilities.index(max(probabilities)) == 7


def test_the_largest_pictures_at_once_stay_within_the_memory(stack: Stack, largest_picture: bytes) -> None:
    before = stack.state["StartedAt"]
    with concurrent.futures.ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda _: stack.post(largest_picture, "image/png"), range(32)))

    # On a slow machine some wait for longer than their time, and are told so.
    assert {status for status, _ in answers} <= {200, 429, 503, 504}
    assert {answer["predictions"][0]["reason"] for status, answer in answers if status == 200} == {"blank"}
    assert stack.state["StartedAt"] == before
    assert stack.state["OOMKilled"] is False


@pytest.mark.parametrize("repeated", [1, 2])
def test_stopping_it_under_load_loses_no_request_that_it_accepted(
    stack: Stack, load: Load, repeated: int
) -> None:
    with load:
        for _ in range(repeated - 1):
            docker("kill", "--signal", "TERM", stack.container)
        docker("stop", "--time", "60", stack.container)
        load.join()
    outcomes = dict(load.outcomes)

    assert outcomes.pop("not accepted") == CLIENTS
    assert outcomes.pop("200") >= 10 * CLIENTS
    assert outcomes == {}
    assert stack.state["ExitCode"] == 0
    assert stack.state["OOMKilled"] is False


def test_stopping_it_answers_the_call_under_way_and_does_not_wait_for_who_watches_its_health(
    stack: Stack, seven: bytes
) -> None:
    told = threading.Event()
    with Calls("127.0.0.1", stack.grpc_port) as calls:
        request = calls.request(seven)

        def late() -> Iterator[bytes]:
            assert told.wait(30)
            yield request

        call = calls.infer_slowly(late())
        stack.until(lambda: "lenet_requests_in_flight 1.0" in stack.text("/metrics"))
        health = calls.watch()
        assert next(health) == "SERVING"
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(1) as operator:
            stopping = operator.submit(docker, "stop", "--time", "60", stack.container)
            assert next(health) == "NOT_SERVING"
            told.set()
            probabilities = calls.probabilities(call.result())
            stopping.result()
        took = time.monotonic() - begun

    assert probabilities.index(max(probabilities)) == 7
    assert took < 20
    assert stack.state["ExitCode"] == 0
    assert stack.state["OOMKilled"] is False


def test_it_is_started_again_when_it_dies(stack: Stack) -> None:
    before = stack.state
    if not Path(f"/proc/{before['Pid']}").exists():
        pytest.skip("the engine runs on another machine")
    os.kill(before["Pid"], signal.SIGKILL)
    stack.until(lambda: stack.state["StartedAt"] != before["StartedAt"])
    stack.up()

    assert stack.get("/health/ready")["ready"] is True
    assert inspect(stack.container)["RestartCount"] >= 1


def train(stack: Stack, mnist: Path, *options: str, detached: bool = False) -> str:
    """Train on few images, as the Compose file has it; give what it prints, or the container's name."""
    how = ["--detach"] if detached else ["--rm", "-T"]
    data = ["--volume", f"{mnist}:/data/mnist.npz:ro"]
    short = ["--data", "/data/mnist.npz", "--images", "300", "--epochs", "1"]
    return stack.compose("run", *how, *data, "training", *short, *options).strip()


def test_a_short_training_is_a_trial_beside_the_network_that_is_served(
    stack: Stack, mnist: Path, seven: bytes
) -> None:
    told = train(stack, mnist)
    assert "published /models/lenet5-trial/1" in told
    stack.until(lambda: {"name": "lenet5-trial", "version": "1"} in stack.get("/health/ready")["models"])

    assert SERVED in stack.get("/health/ready")["models"]
    assert stack.get("/models/lenet5")["version"] == SERVED["version"]
    _, answer = stack.post(seven, "image/jpeg")
    assert answer["predictions"][0]["digit"] == 7


def test_a_short_training_does_not_take_the_name_of_the_network_that_is_served(
    stack: Stack, mnist: Path
) -> None:
    container = train(stack, mnist, "--name", "lenet5", detached=True)
    status = int(docker("wait", container).stdout)
    told = docker("logs", container).stderr
    docker("rm", container)

    assert status == 2
    assert told.startswith(f"refused: this is a trial, and lenet5 {SERVED['version']} is for use")
    assert told.count("\n") == 1
    assert SERVED in stack.get("/health/ready")["models"]


@pytest.mark.parametrize("number", ["TERM", "INT"])
@pytest.mark.parametrize("after", ["training lenet5 by", "loading", "training on"])
def test_a_training_is_stopped_at_once_and_with_the_same_status(
    stack: Stack, mnist: Path, number: str, after: str
) -> None:
    container = train(stack, mnist, "--seed", f"{len(after)}", detached=True)
    stack.until(lambda: after in docker("logs", container).stdout)
    begun = time.monotonic()
    docker("kill", "--signal", number, container)
    status = int(docker("wait", container).stdout)
    took = time.monotonic() - begun
    told = docker("logs", container).stderr
    docker("rm", container)

    assert (status, told) == (130, "stopped; the same command goes on where it was\n")
    assert took < 2

"""The stack: confined, healthy in seconds, and stopped without losing a request."""

import concurrent.futures
import os
import signal
from datetime import datetime
from pathlib import Path

import pytest
from engine import docker, inspect
from load import CLIENTS, Load
from stack import Stack

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
    docker("restart", "--time", "35", stack.container)
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
        docker("stop", "--time", "35", stack.container)
        load.join()
    outcomes = dict(load.outcomes)

    assert outcomes.pop("not accepted") == CLIENTS
    assert outcomes.pop("200") >= 10 * CLIENTS
    assert outcomes == {}
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


def test_a_training_adds_a_version_that_the_service_picks_up(stack: Stack, mnist: Path) -> None:
    name = "lenet5-image-test"
    options = ["--data", "/data/mnist.npz", "--images", "300", "--epochs", "1", "--name", name]
    told = stack.compose("run", "--rm", "-T", "--volume", f"{mnist}:/data/mnist.npz:ro", "training", *options)
    assert f"published /models/{name}/1" in told
    stack.until(lambda: {"name": name, "version": "1"} in stack.get("/health/ready")["models"])

    assert [model["name"] for model in stack.get("/models")["models"]] == ["lenet5", name]

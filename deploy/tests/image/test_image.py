"""The image: small, without a system in it, and complete in what it tells of itself."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from calls import Calls
from engine import IMAGE, docker, inspect
from stack import Stack

INSTALLED = """
import importlib.metadata, json
print(json.dumps({found.name.lower(): found.version for found in importlib.metadata.distributions()}))
"""

PROGRAMS = """
import json, os, pathlib
folders = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/lenet5/bin"]
print(json.dumps(sorted({
    path.name for folder in folders if os.path.isdir(folder) for path in pathlib.Path(folder).iterdir()
})))
"""

DOCUMENTS = "/usr/share/doc/lenet5-service"


@pytest.fixture(scope="module")
def image() -> dict[str, Any]:
    return inspect(IMAGE)


def test_it_is_no_larger_than_what_the_service_imports(image: dict[str, Any]) -> None:
    # CPython has 45 MB; the packages 320 MB with their bytecode, half of that OpenCV with its codecs.
    assert image["Size"] < 380e6


def test_it_starts_without_a_shell_as_nobody_in_particular(image: dict[str, Any]) -> None:
    config = image["Config"]

    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["/opt/lenet5/bin/lenet5"]
    assert config["Healthcheck"]["Test"] == ["CMD", "/opt/lenet5/bin/lenet5", "health"]
    assert config["StopSignal"] == "SIGTERM"
    assert sorted(config["ExposedPorts"]) == ["8000/tcp", "8001/tcp"]


def test_its_labels_tell_what_it_is(image: dict[str, Any]) -> None:
    labels = image["Config"]["Labels"]
    version = docker(
        "run",
        "--rm",
        "--entrypoint",
        "/opt/lenet5/bin/python",
        IMAGE,
        "-c",
        "import service; print(service.__version__)",
    )

    assert labels["org.opencontainers.image.version"] == version.stdout.strip()
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert len(labels["org.opencontainers.image.revision"]) == 40


def test_it_has_no_program_but_python_and_the_service(stack: Stack) -> None:
    programs = stack.python(PROGRAMS)

    assert "lenet5" in programs
    assert [name for name in programs if name != "lenet5" and not name.startswith("python")] == []


def test_the_bill_of_materials_lists_exactly_what_is_installed(stack: Stack) -> None:
    installed = stack.python(INSTALLED)
    bill = stack.python(f"print(open('{DOCUMENTS}/sbom.cdx.json').read())")
    listed = {
        part["name"].lower(): part["version"] for part in [*bill["components"], bill["metadata"]["component"]]
    }

    assert bill["bomFormat"] == "CycloneDX"
    assert listed == installed


def test_every_package_that_is_installed_has_its_licence_told(stack: Stack) -> None:
    installed = stack.python(INSTALLED)
    notices = stack.python(
        f"import json; print(json.dumps(open('{DOCUMENTS}/THIRD-PARTY-NOTICES.txt').read().lower()))"
    )
    del installed["lenet5-service"]

    assert len(installed) > 20
    assert [
        name for name, version in installed.items() if f"\n{name} {version}\nlicence: " not in notices
    ] == []
    assert "ffmpeg" in notices  # OpenCV's package carries it, with a licence of its own


def test_it_speaks_grpc_without_being_told_to(seven: bytes) -> None:
    name = docker("run", "--detach", "--publish", "127.0.0.1::8001", IMAGE).stdout.strip()
    try:
        port = docker("port", name, "8001/tcp").stdout.strip().rpartition(":")[2]
        with Calls("127.0.0.1", int(port)) as calls:
            assert calls.health("") == "SERVING"
            probabilities = calls.infer(seven)
    finally:
        docker("rm", "--force", name)

    assert probabilities.index(max(probabilities)) == 7


def test_any_user_can_run_it() -> None:
    # OpenShift gives every project numbers of its own.
    program = "from service.app import of_environment; of_environment(); print('made')"
    python = ["--entrypoint", "/opt/lenet5/bin/python", IMAGE, "-c", program]
    done = docker("run", "--rm", "--read-only", "--network", "none", "--user", "1234567:0", *python)

    assert done.stdout.strip() == "made"
    assert not done.stderr


def test_a_wrong_setting_stops_it_and_is_named() -> None:
    done = docker("run", "--rm", "--env", "LENET_PORT=xyzzy", IMAGE, check=False)

    assert done.returncode == 3
    assert "LENET_PORT" in done.stderr


def test_cuda_that_is_not_there_stops_it() -> None:
    done = docker("run", "--rm", "--env", "LENET_DEVICE=cuda", IMAGE, check=False)

    assert done.returncode == 3
    assert "LENET_DEVICE" in done.stderr


def test_stopping_it_while_it_starts_does_not_take_the_grace() -> None:
    # To the first process of a container the kernel does not deliver a signal that it does not handle.
    name = docker("run", "--detach", IMAGE).stdout.strip()
    try:
        # The interpreter itself takes a moment before anything can handle one.
        until = time.monotonic() + 0.5
        while time.monotonic() < until and not _handles_sigterm(inspect(name)["State"]["Pid"]):
            time.sleep(0.01)
        docker("stop", "--time", "30", name)
        state = inspect(name)["State"]
    finally:
        docker("rm", "--force", name)

    assert state["ExitCode"] == 0
    assert json.dumps(state).count('OOMKilled": false') == 1


def _handles_sigterm(process: int) -> bool:
    """Tell whether a process has a handler for SIGTERM (proc(5), SigCgt); False when none can be seen."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)

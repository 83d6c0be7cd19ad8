"""Every example of docs/clients.md for the Open Inference Protocol runs as it stands, and reads the seven."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
_, _, PAGE = (
    (ROOT / "docs" / "clients.md").read_text(encoding="utf-8").partition("\n## Open Inference Protocol\n")
)
ENVIRONMENTS = {"kserve": "kserve", "open_inference": "kserve", "mlserver": "mlserver"}
"""Of the libraries that are not in this one."""

KEY = "a key of more than sixteen characters"
HURRY = "perf_analyzer --measurement-interval 500 --stability-percentage 999"
"""Its figures do not matter here."""

PATIENCE_S = 60

Addresses = tuple[str, str]
"""Of HTTP and of gRPC."""

Run = Callable[..., str]


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"the section has no example in {language}"
    return found


def environment(example: str) -> str | None:
    """Give the name of the environment that an example needs; None for this one."""
    found = re.search(rf"^(?:from )?({'|'.join(ENVIRONMENTS)})\b", example, re.MULTILINE)
    return ENVIRONMENTS[found[1]] if found else None


HERE = [block for block in blocks("python") if not environment(block)]
ELSEWHERE = [
    pytest.param(block, language, id=f"{environment(block)}-{language}")
    for language in ("python", "sh")
    for block in blocks(language)
    if environment(block)
]
TOOLS = [
    pytest.param(block, id=block.split(maxsplit=1)[0]) for block in blocks("sh") if not environment(block)
]


@pytest.fixture
def folder(tmp_path: Path, digits: np.ndarray, encode: Callable[..., bytes]) -> Path:
    """A folder with the picture that the examples name."""
    drawing = Image.fromarray(255 - digits[7]).resize((280, 280), Image.Resampling.BICUBIC)
    (tmp_path / "seven.png").write_bytes(encode(drawing))
    return tmp_path


@pytest.fixture(scope="module")
def guarded(
    serve: Callable[..., str], free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Addresses:
    """A service that wants a key, and has room for one request."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(KEY)
    port = str(free_port())
    address = serve(
        LENET_GRPC_PORT=port,
        LENET_DEVICE="cpu",
        LENET_API_KEYS_FILE=str(keys),
        LENET_MAX_IN_FLIGHT="1",
        LENET_CLIENT_SHARE="1",
        LENET_BODY_DEADLINE_S=str(PATIENCE_S),
    )
    return address, f"127.0.0.1:{port}"


@contextlib.contextmanager
def started(
    example: str, addresses: Addresses, program: str, folder: Path
) -> Iterator[subprocess.Popen[str]]:
    """Start an example in the folder by a program, which finds what is beside it."""
    text = example.replace("localhost:8000", addresses[0].removeprefix("http://"))
    (folder / "example").write_text(text.replace("localhost:8001", addresses[1]))
    with subprocess.Popen(
        [program, "example"],
        cwd=folder,
        env={
            "PATH": f"{ROOT / '.venv' / 'mlserver' / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "KEY": KEY,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def output(process: subprocess.Popen[str]) -> str:
    """Wait for the good end of an example; give what it wrote."""
    written, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, written + complaints
    return written


def count(address: str, pattern: str) -> float:
    """Add up the values of the metrics that a pattern matches."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        found = re.findall(rf"^{pattern} (\S+)$", answer.read().decode(), re.MULTILINE)
    return sum(map(float, found))


def wait_for(address: str, pattern: str, number: float) -> None:
    until = time.monotonic() + PATIENCE_S
    while count(address, pattern) < number:
        assert time.monotonic() < until


@contextlib.contextmanager
def without_room(addresses: Addresses) -> Iterator[Callable[[], None]]:
    """Be the one request that there is room for; give what waits until another is refused, and leaves."""
    ended = threading.Event()
    refused = 'lenet_request_seconds_count{.*status="503".*}'

    def nothing() -> Iterator[bytes]:
        ended.wait(PATIENCE_S)
        yield from ()

    def leave() -> None:
        wait_for(addresses[0], refused, before + 1)
        ended.set()

    before = count(addresses[0], refused)
    with grpc.insecure_channel(addresses[1]) as channel:
        infer = channel.stream_unary("/inference.GRPCInferenceService/ModelInfer", None, None)
        held = infer.future(nothing(), metadata=(("x-api-key", KEY),))
        wait_for(addresses[0], "lenet_requests_in_flight", 1)
        yield leave
        ended.set()
        assert held.exception(PATIENCE_S)


@pytest.fixture
def run(address: str, grpc_address: str, guarded: Addresses, folder: Path) -> Run:
    """Run an example in Python; one with a key where a key is wanted, and where it is refused at first."""

    def run(example: str, python: str) -> str:
        if "KEY" not in example:
            with started(example, (address, grpc_address), python, folder) as process:
                return output(process)
        with without_room(guarded) as leave, started(example, guarded, python, folder) as process:
            leave()
            return output(process)

    return run


@pytest.mark.parametrize("example", HERE)
def test_each_example_prints_the_digit(example: str, run: Run) -> None:
    assert run(example, sys.executable) == "7\n"


@pytest.mark.parametrize(("example", "language"), ELSEWHERE)
def test_each_example_of_another_environment_reads_the_digit(
    example: str, language: str, address: str, grpc_address: str, folder: Path, run: Run
) -> None:
    name = environment(example)
    python = ROOT / ".venv" / str(name) / "bin" / "python"
    if not python.exists():
        pytest.skip(f"its library is not installed; `make {name}` installs it and runs this")
    if language == "python":
        assert run(example, str(python)) == "7\n"
    else:
        with started(example, (address, grpc_address), "bash", folder) as process:
            output(process)
        (answer,) = map(json.loads, (folder / "answers.jsonl").read_text().splitlines())
        assert np.argmax(answer["outputs"][0]["data"]) == 7


@pytest.mark.parametrize("example", TOOLS)
def test_each_command_of_a_tool_ends_well_where_it_is_installed(
    example: str, address: str, grpc_address: str, folder: Path
) -> None:
    tool = example.split(maxsplit=1)[0]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not on this machine")
    script = f"set -euo pipefail\n{example.replace('perf_analyzer', HURRY)}"
    with started(script, (address, grpc_address), "bash", folder) as process:
        written = output(process)

    assert "infer/sec" in written or '"ready": true' in written

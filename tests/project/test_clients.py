"""Every example of docs/clients.md for a command line is run as it stands there, and reads the seven."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PAGE, _, _ = (
    (Path(__file__).parents[2] / "docs" / "clients.md")
    .read_text(encoding="utf-8")
    .partition("\n## Open Inference Protocol\n")  # tests/protocol/test_examples.py runs what follows
)
PATIENCE_S = 240
"""Java, Go and C# compile first."""


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"the page has no example in {language}"
    return found


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]
PYTHON = [block for block in blocks("python") if "locust" not in block]
(LOCUST,) = (block for block in blocks("python") if "locust" in block)

Write = Callable[[str, str], Path]
Run = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, digits: np.ndarray, encode: Callable[..., bytes]) -> Path:
    """A folder with the picture that the examples name; curl is told to be quiet and to fail."""
    drawing = Image.fromarray(255 - digits[7]).resize((280, 280), Image.Resampling.BICUBIC)
    (tmp_path / "seven.png").write_bytes(encode(drawing))
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 20\n")
    return tmp_path


@pytest.fixture
def write(folder: Path, address: str) -> Write:
    """Write an example to a file, with the address of the service."""

    def write(name: str, example: str) -> Path:
        file = folder / name
        file.write_text(example.replace("localhost:8000", address.removeprefix("http://")))
        return file

    return write


@pytest.fixture
def run(folder: Path) -> Run:
    """Run a command to its good end; give what it wrote."""

    def run(name: str, *arguments: object) -> str:
        command = shutil.which(name)
        if command is None:
            pytest.skip(f"{name} is not on this machine")
        done = subprocess.run(
            [command, *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            cwd=folder,
            env={
                "PATH": f"{Path(command).parent}:/usr/local/bin:/usr/bin:/bin",
                "HOME": str(folder),
                "CURL_HOME": str(folder),
                "GOCACHE": str(folder / "cache"),
            },
        )

        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_curl_is_answered(command: str, folder: Path, write: Write, run: Run) -> None:
    output = run("bash", write("command.sh", f"set -o pipefail; {command}"))

    if "--output" in command:
        with Image.open(folder / command.rpartition(" ")[2]) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 28
    else:
        assert '"digit":7' in output


@pytest.mark.parametrize("example", PYTHON)
def test_each_example_in_python_prints_the_digit(example: str, write: Write, run: Run) -> None:
    if "import httpx\n" in example and importlib.util.find_spec("httpx") is None:
        example = example.replace("import httpx\n", "import httpx2 as httpx\n")
    if "import requests\n" in example:
        pytest.importorskip("requests")

    assert run(sys.executable, write("example.py", example)) == "7\n"


def test_the_example_for_locust_is_run_where_it_is_installed(address: str, write: Write, run: Run) -> None:
    compile(LOCUST, "locustfile.py", "exec")
    pytest.importorskip("locust", reason="locust is not on this machine; its example was compiled")
    arguments = f"--headless --only-summary --host {address} --users 1 --run-time 2s".split()

    run(sys.executable, "-m", "locust", "-f", write("locustfile.py", LOCUST), *arguments)


@pytest.mark.parametrize("example", blocks("js"))
def test_each_example_for_node_prints_the_digit(example: str, write: Write, run: Run) -> None:
    assert set(run("node", write("example.mjs", example)).split()) == {"7"}


@pytest.mark.parametrize("example", blocks("java"))
def test_each_example_in_java_prints_the_answer(example: str, write: Write, run: Run) -> None:
    assert '"digit":7' in run("java", write("Predict.java", example))


@pytest.mark.parametrize("example", blocks("go"))
def test_each_example_in_go_prints_the_digit(example: str, write: Write, run: Run) -> None:
    assert run("go", "run", write("example.go", example)) == "7\n"


@pytest.mark.parametrize("example", blocks("csharp"))
def test_each_example_in_csharp_prints_the_digit(example: str, write: Write, run: Run) -> None:
    major = run("dotnet", "--version").partition(".")[0]
    write(
        "example.csproj",
        f"""<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>
        <TargetFramework>net{major}.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings>
        </PropertyGroup></Project>""",
    )
    write("Program.cs", example)

    assert run("dotnet", "run") == "7\n"

"""Real clients, each with habits of its own, post a picture several times and get the digit every time."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent / "clients"
TIMES = 6
PATIENCE_S = 120
"""Java and Go compile first."""

Run = Callable[..., str]


@pytest.fixture
def file(picture: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "seven.png"
    file.write_bytes(picture)
    return file


@pytest.fixture
def address(ports: dict[str, int]) -> str:
    return f"http://127.0.0.1:{ports['open']}/predict"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a client to its good end; give what it wrote."""

    def run(name: str, *arguments: object) -> str:
        command = shutil.which(name)
        if command is None:
            pytest.skip(f"{name} is not on this machine")
        # Go wants places to keep what it has compiled.
        places = {"HOME": str(tmp_path), "GOCACHE": str(tmp_path / "cache")}
        done = subprocess.run(
            [command, *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env={"PATH": str(Path(command).parent) + ":/usr/local/bin:/usr/bin:/bin", **places},
        )

        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def assert_sevens(output: str, number: int = TIMES) -> None:
    answers = [line.partition(" ") for line in output.splitlines() if line]

    assert [status for status, _, _ in answers] == ["200"] * number
    assert [json.loads(body)["predictions"][0]["digit"] for _, _, body in answers] == [7] * number


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--http2",),
        ("--http1.0",),
        ("--http1.0", "--header", "Connection: keep-alive"),
        ("--header", "Expect: 100-continue"),
        ("--header", "Transfer-Encoding: chunked"),
        ("--http2", "--header", "Transfer-Encoding: chunked"),
    ],
    ids=" ".join,
)
def test_curl(options: tuple[str, ...], run: Run, address: str, file: Path) -> None:
    if "--http2" in options and "HTTP2" not in run("curl", "--version"):
        pytest.skip("this curl speaks no HTTP/2, so it does not offer it")
    one = [*options, "--data-binary", f"@{file}", "--header", "Content-Type: image/png"]
    written = [
        "--silent",
        "--show-error",
        "--max-time",
        "20",
        "--output",
        "-",
        "--write-out",
        "\\n%{num_connects}\\n",
    ]
    again = [argument for _ in range(TIMES - 1) for argument in ("--next", *one, *written, address)]
    lines = run("curl", *one, *written, address, *again).splitlines()
    answers, connections = lines[::2], [int(line) for line in lines[1::2]]

    assert [json.loads(answer)["predictions"][0]["digit"] for answer in answers] == [7] * TIMES
    closes = options == ("--http1.0",)
    assert connections == ([1] * TIMES if closes else [1] + [0] * (TIMES - 1))


def test_curl_with_a_form(run: Run, address: str, file: Path) -> None:
    output = run("curl", "--silent", "--max-time", 20, "--form", f"image=@{file}", address)

    assert json.loads(output)["predictions"][0]["digit"] == 7


def test_java(run: Run, address: str, file: Path) -> None:
    assert_sevens(run("java", CLIENTS / "Predict.java", address, file, TIMES))


def test_node(run: Run, address: str, file: Path) -> None:
    assert_sevens(run("node", CLIENTS / "predict.mjs", address, file, TIMES))


def test_go(run: Run, address: str, file: Path) -> None:
    assert_sevens(run("go", "run", CLIENTS / "predict.go", address, file, TIMES))


@pytest.mark.parametrize("clients", [1, 8])
def test_ab_keeps_its_connections(clients: int, run: Run, address: str, file: Path) -> None:
    number = 200
    output = run("ab", "-k", "-v", 4, "-n", number, "-c", clients, "-p", file, "-T", "image/png", address)
    told = dict(re.findall(r"^([A-Za-z0-9 -]+):\s+(\S+)", output, re.MULTILINE))

    assert told["Complete requests"] == str(number)
    assert told["Failed requests"] == "0"
    assert "Non-2xx responses" not in told
    assert told["Keep-Alive requests"] == str(number)
    assert output.count('"digit":7') == number

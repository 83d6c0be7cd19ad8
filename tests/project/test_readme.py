"""What the README promises a stranger, done as it says."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(language: str, document: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)


CURLS = [
    line.partition("   #")[0]
    for block in blocks("sh")
    for line in block.splitlines()
    if line.startswith("curl")
]


MEASUREMENTS = [
    line.partition("   #")[0].removeprefix(".venv/bin/python ")
    for block in blocks("sh")
    for line in block.splitlines()
    if " -m service bench " in line
]


@pytest.mark.parametrize("command", CURLS)
def test_each_curl_command_is_answered_with_seven(command: str, address: str) -> None:
    bash = shutil.which("bash")
    assert bash
    command = command.replace("localhost:8000", address.removeprefix("http://"))
    answer = subprocess.run(
        [bash, "-c", f"{command} --silent --fail"], cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert answer.returncode == 0
    assert '"digit":7' in answer.stdout


@pytest.mark.parametrize("command", MEASUREMENTS)
def test_each_measurement_is_answered_throughout(command: str, address: str) -> None:
    arguments = command.replace("localhost:8000", address).split()
    run = subprocess.run(
        [sys.executable, *arguments, "--warmup", "0", "--duration", "0.5"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert "p99" in run.stdout


@pytest.mark.parametrize(
    ("example", "words"),
    [*zip(blocks("python") + blocks("python", API), ["[7]", "predictions"], strict=True)],
)
def test_each_python_example_runs(example: str, words: str, address: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", example.replace("localhost:8000", address.removeprefix("http://"))],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert answer.stderr == ""
    assert words in answer.stdout


def test_every_verb_is_in_the_makefile() -> None:
    verbs = set(re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        verb
        for document in DOCUMENTS
        for verb in re.findall(r"\bmake ([a-z]+)\b(?= |`|$)", document.read_text())
    }

    assert {"serve", "test", "kserve", "check", "train", "bench", "lock", "help"} <= verbs
    assert named & verbs >= {"serve", "test", "train", "help"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_there(document: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", document.read_text()) if "://" not in link]

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_it_is_short() -> None:
    assert len(README.split()) < 1_200


def test_every_endpoint_is_in_the_table(address: str) -> None:
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        document = json.load(answer)
    missing = [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if f"`{method.upper()} {path}`" not in API
    ]

    assert missing == []

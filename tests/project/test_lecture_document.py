"""What docs/lecture.md shows is what the service answers."""

import ast
import contextlib
import io
import json
import math
import re
import shlex
import subprocess
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from training import arguments
from training.recipes import LECTURE

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "lecture.md").read_text()
SERVICE = "localhost:8000"
ELIDED = "..."


@dataclass(frozen=True)
class Block:
    """A fenced block: under which heading, of which language."""

    section: str
    language: str
    text: str


def blocks() -> list[Block]:
    found, section = [], ""
    for heading, language, text in re.findall(
        r"^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL
    ):
        section = heading or section
        if not heading:
            found.append(Block(section, language, text))
    return found


BLOCKS = blocks()
PAIRS = list(zip(BLOCKS, [*BLOCKS[1:], Block("", "", "")], strict=True))
SETTINGS = [block.text for block in BLOCKS if block.language == "sh" and "curl" not in block.text]
CALLS = [pair for pair in PAIRS if pair[0].language == "sh" and "curl" in pair[0].text]
SCRIPTS = [pair for pair in PAIRS if pair[0].language == "python"]


def named(pairs: list[tuple[Block, Block]]) -> list[Any]:
    return [
        pytest.param(block, answer, id=f"{number}: {block.section}")
        for number, (block, answer) in enumerate(pairs, 1)
    ]


def differences(shown: Any, answered: Any, where: str = "#") -> list[str]:  # noqa: ANN401
    """Tell where an answer is not as shown; ``...`` stands for anything, and in a list for any number."""
    if shown == ELIDED:
        return []
    if isinstance(shown, dict) and isinstance(answered, dict):
        absent = [f"{where}/{name}: not in the answer" for name in shown.keys() - answered.keys()]
        shared = [name for name in shown if name in answered]
        return absent + [
            line for name in shared for line in differences(shown[name], answered[name], f"{where}/{name}")
        ]
    if isinstance(shown, list) and isinstance(answered, list):
        if ELIDED in shown:
            gap = shown.index(ELIDED)
            rest = len(shown) - gap - 1
            shown = shown[:gap] + [ELIDED] * (len(answered) - gap - rest) + shown[gap + 1 :]
        if len(shown) != len(answered):
            return [f"{where}: {len(shown)} shown, {len(answered)} answered"]
        return [
            line
            for index, pair in enumerate(zip(shown, answered, strict=True))
            for line in differences(*pair, f"{where}/{index}")
        ]
    if isinstance(shown, str) and isinstance(answered, str) and shown.endswith(ELIDED):
        same = answered.startswith(shown.removesuffix(ELIDED))
    elif type(answered) is float and type(shown) in {int, float}:
        same = math.isclose(shown, answered, rel_tol=1e-5)
    else:
        same = type(shown) is type(answered) and shown == answered
    return [] if same else [f"{where}: {shown!r} shown, {answered!r} answered"]


@pytest.fixture(scope="module")
def printed(address: str) -> dict[Block, str]:
    """What each block of Python prints, run in order in one namespace; or how it failed."""
    namespace: dict[str, Any] = {}
    outputs = {}
    for block, _ in SCRIPTS:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            try:
                exec(block.text.replace(f"http://{SERVICE}", address), namespace)  # noqa: S102
            except Exception:  # noqa: BLE001
                output.write(traceback.format_exc())
        outputs[block] = output.getvalue()
    return outputs


@pytest.mark.parametrize(("call", "answer"), named(CALLS))
def test_each_curl_is_answered_as_shown(call: Block, answer: Block, address: str, tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    # What "curl" and the address stand for in a test; the rest is the document's.
    prelude = 'curl() { command curl --silent --fail-with-body --max-time 10 "$@"; }\n' + "".join(SETTINGS)
    command = call.text.replace(SERVICE, address.removeprefix("http://"))
    run = subprocess.run(
        ["bash", "-c", prelude + command], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    shown = [answer.text] if answer.language == "text" else json.loads(answer.text)
    answered = [run.stdout] if answer.language == "text" else json.loads(run.stdout)

    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert differences(shown, answered) == []


@pytest.mark.parametrize(("script", "output"), named(SCRIPTS))
def test_each_script_prints_what_is_shown(script: Block, output: Block, printed: dict[Block, str]) -> None:
    assert printed[script] == output.text


def test_every_call_has_an_answer_and_every_answer_a_call() -> None:
    expected = {("sh", "json"), ("sh", "text"), ("python", "text")}
    answers = [block for block in BLOCKS if block.language in {"json", "text"}]

    assert {(block.language, answer.language) for block, answer in CALLS + SCRIPTS} == expected
    assert answers == [answer for _, answer in PAIRS if answer in answers]
    assert len(answers) == len(CALLS) + len(SCRIPTS)
    assert all(block.text.count("curl ") == 1 for block, _ in CALLS)


def test_its_scripts_need_numpy_and_nothing_else() -> None:
    trees = [ast.walk(ast.parse(block.text)) for block, _ in SCRIPTS]
    imported = {
        alias.name for tree in trees for node in tree if isinstance(node, ast.Import) for alias in node.names
    }

    assert imported == {"json", "urllib.request", "numpy"}


def test_its_training_command_is_the_slides_recipe() -> None:
    (command,) = [block.text for block in BLOCKS if block.language == "console"]
    program, given = shlex.split(command)[:3], shlex.split(command)[3:]

    assert program == ["python", "-m", "training"]
    assert arguments.parse(given).recipe == LECTURE


def test_every_heading_that_it_links_to_exists() -> None:
    headings = {
        heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", DOCUMENT)) <= headings


@pytest.mark.parametrize(
    ("shown", "answered", "same"),
    [
        ({"a": 1}, {"a": 1.000001, "b": 2}, True),
        (257546, 257547, False),
        ({"a": 1}, {"a": 1.001}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": "..."}, {}, False),
        ([1, "..."], [1, 2, 3], True),
        (["...", 3], [1, 2, 3], True),
        (["...", 2], [1, 2, 3], False),
        ([1, 2], [1, 2, 3], False),
        (17, -17, False),
        (0, False, False),
        ("begins ...", "begins so", True),
        ("begins ...", "ends so", False),
    ],
)
def test_a_wrong_answer_would_be_told(shown: object, answered: object, same: bool) -> None:  # noqa: FBT001
    assert (differences(shown, answered) == []) is same

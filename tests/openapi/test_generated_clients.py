"""Clients generated from the OpenAPI document: they type-check, and call the service in every form."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv" / "openapi"

LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]
LAPLACIAN = [[14, -12, 25], [17, -14, -7], [-14, 24, -3]]
"""The lecture's example (lines 277 to 301, with its two wrong signs put right)."""


def told_by(*command: str | Path, folder: Path) -> str:
    """Run a tool, and give what it printed."""
    answer = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


@pytest.fixture(scope="module")
def address(serve: Callable[..., str]) -> str:
    return serve(LENET_DEVICE="cpu", LENET_THREADS="1")


@pytest.fixture(scope="module")
def folder(
    address: str, digits: np.ndarray, encode: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with the document, a drawn seven in each form, and the lecture's picture."""
    if not ENVIRONMENT.exists():
        pytest.skip("the generators are not installed; `make openapi` installs them and runs this")
    folder = tmp_path_factory.mktemp("generated")
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        (folder / "openapi.json").write_bytes(answer.read())
    (folder / "seven.png").write_bytes(encode(digits[7]))
    np.save(folder / "seven.npy", digits[7])
    (folder / "given.json").write_text(json.dumps({"pixels": digits[7].tolist(), "lecture": LECTURE}))
    return folder


def of_python(folder: Path, address: str) -> dict[str, Any]:
    """Generate by openapi-python-client, check by mypy, and run."""
    tools = ENVIRONMENT / "bin"
    shutil.copy(HERE / "calls.py", folder)
    # It knows no picture types; the bytes tell which it is, so one type does for all.
    generate = ("generate", "--path", "openapi.json", "--output-path", "lenet5", "--meta", "none")
    told_by(tools / "openapi-python-client", *generate, folder=folder)
    told_by(tools / "mypy", "--python-executable", tools / "python", "calls.py", "lenet5", folder=folder)
    return json.loads(told_by(tools / "python", "calls.py", address, folder=folder))


def of_typescript(folder: Path, address: str) -> dict[str, Any]:
    """Generate by openapi-typescript, check by tsc, and run what it compiled with openapi-fetch."""
    tools = ENVIRONMENT / "node_modules"
    (folder / "node_modules").symlink_to(tools)
    shutil.copy(HERE / "calls.mts", folder)
    told_by(tools / ".bin" / "openapi-typescript", "openapi.json", "-o", "schema.d.ts", folder=folder)
    options = ("--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable")
    told_by(tools / ".bin" / "tsc", *options, "calls.mts", folder=folder)
    return json.loads(told_by("node", "calls.mjs", address, folder=folder))


@pytest.fixture(scope="module", params=[of_python, of_typescript])
def told(request: pytest.FixtureRequest, folder: Path, address: str) -> dict[str, Any]:
    """What the service answered, by what was asked."""
    answers: dict[str, Any] = request.param(folder, address)
    return answers


def test_every_form_of_a_picture_has_the_same_answer(told: dict[str, Any]) -> None:
    assert set(told["predict"]) >= {"image", "images", "pixels", "form", "file"}
    assert {answer["digit"] for answer in told["predict"].values()} == {7}
    assert len({answer["confidence"] for answer in told["predict"].values()}) == 1


def test_feature_maps_have_the_layers_names_and_shapes(told: dict[str, Any]) -> None:
    assert told["feature_maps"]["conv2d_1"] == [28, 28, 6]


def test_operations_give_the_lectures_numbers(told: dict[str, Any]) -> None:
    assert told["convolve"] == {"numbers": LAPLACIAN, "form": LAPLACIAN}
    assert told["pool"] == [[9, 9], [9, 8]]
    assert told["transposed"] == [[1, 2, 2, 4], [3, 4, 6, 8]]


def test_errors_are_problems_with_types(told: dict[str, Any]) -> None:
    assert told["unknown"] == {"status": 404, "title": "There is nothing of that name"}
    assert told["invalid"] == {"status": 422, "pointer": "#/stride"}
    assert told["too_long"] == {"status": 414, "type": "/problems/uri-too-long"}

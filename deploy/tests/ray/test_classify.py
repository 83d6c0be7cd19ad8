"""What somebody with a folder or a table of pictures is promised."""

import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deploy.tests.ray.cluster import PYTHON, ROOT
from service.settings import PACKAGED_RECOGNISER

WRITE = """
import sys, pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
files = sorted(Path(sys.argv[1]).iterdir())
columns = {"name": [file.name for file in files], "scan": [file.read_bytes() for file in files]}
pq.write_table(pa.table(columns), sys.argv[2])
"""
READ = "import json, sys, pyarrow.parquet as pq; print(json.dumps(pq.read_table(sys.argv[1]).to_pylist()))"


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """Each digit once, drawn by the project: ``(10, 28, 28)`` uint8."""
    with np.load(PACKAGED_RECOGNISER / "golden.npz") as golden:
        return golden["images"][golden["probabilities"].argmax(axis=1).argsort()]


@pytest.fixture(scope="module")
def folder(digits: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Picture files named for the digit that they show, one of nothing, and one that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for digit, image in enumerate(digits):
        cv2.imwrite(str(folder / f"{digit}.png"), image)
    cv2.imwrite(str(folder / "blank.png"), np.full((50, 50), 255, np.uint8))
    (folder / "text.png").write_text("no picture")
    return folder


def classified(*arguments: str | Path) -> str:
    command = [PYTHON, "-m", "deploy.ray.classify", *arguments]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def rows(output: Path, name: str) -> dict[str, dict[str, Any]]:
    """What was written, by the stem of the file's name."""
    told = json.loads(subprocess.check_output([PYTHON, "-c", READ, output]))
    return {Path(row.pop(name)).stem: row for row in told}


def assert_right(found: dict[str, dict[str, Any]]) -> None:
    assert len(found) == 12
    assert [found[str(digit)]["digit"] for digit in range(10)] == list(range(10))
    assert all(found[str(digit)]["confidence"] > 0.9 and found[str(digit)]["is_digit"] for digit in range(10))
    assert found["blank"] == {"digit": None, "confidence": None, "is_digit": False, "error": None}
    assert found["text"].pop("error").startswith("not a picture in a format that is read here")
    assert found["text"] == {"digit": None, "confidence": None, "is_digit": None}


def test_every_file_of_a_folder_has_its_row(folder: Path, tmp_path: Path) -> None:
    told = classified(folder, "--output", tmp_path / "read")

    assert "12 pictures" in told
    assert "1 could not be read" in told
    assert_right(rows(tmp_path / "read", "path"))


def test_every_row_of_a_table_keeps_its_other_columns(folder: Path, tmp_path: Path) -> None:
    subprocess.run([PYTHON, "-c", WRITE, folder, tmp_path / "scans.parquet"], check=True)
    classified(tmp_path / "scans.parquet", "--column", "scan", "--output", tmp_path / "read")

    assert_right(rows(tmp_path / "read", "name"))

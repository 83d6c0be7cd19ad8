"""``lenet5 pin`` says in a repository which version answers, or in one line why it does not."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Pin = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def models(tmp_path: Path, copy_packaged: Callable[..., Path]) -> Path:
    """A repository with the versions 1 and 2."""
    for version in ("1", "2"):
        copy_packaged(tmp_path / "models" / "lenet5" / version)
    return tmp_path / "models"


@pytest.fixture
def pin(models: Path, tmp_path: Path) -> Pin:
    def pin(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "service", "pin", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LENET_MODEL_REPOSITORY": str(models), **settings},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return pin


def test_a_version_is_pinned_and_the_latest_again(models: Path, pin: Pin) -> None:
    first = pin("lenet5", "1")

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == f"lenet5 is pinned at 1 in {models}\n"
    assert (models / "lenet5" / "pinned").read_text() == "1\n"

    again = pin("lenet5", "latest")

    assert again.returncode == 0
    assert not (models / "lenet5" / "pinned").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lenet5", "3"], "there are: 1, 2"),
        (["xyzzy", "1"], "no version of a model of that name"),
        (["../models/lenet5", "1"], "no version of a model of that name"),
        (["lenet5", "2"], "golden.npz: altered"),
    ],
)
def test_what_cannot_be_served_is_not_pinned(
    arguments: list[str], words: str, models: Path, pin: Pin
) -> None:
    (models / "lenet5" / "2" / "golden.npz").write_bytes(b"xyzzy")
    refused = pin(*arguments)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert len(refused.stderr.splitlines()) == 1
    assert words in refused.stderr
    assert not (models / "lenet5" / "pinned").exists()


def test_a_repository_that_is_not_there_is_named(models: Path, pin: Pin) -> None:
    shutil.rmtree(models)
    refused = pin("lenet5", "1")

    assert refused.returncode == 1
    assert f"{models}: cannot be read" in refused.stderr
    assert not models.exists()


def test_too_few_words_are_answered_by_the_usage(pin: Pin) -> None:
    refused = pin("lenet5")

    assert refused.returncode == 2
    assert "lenet5 pin MODEL VERSION" in refused.stderr

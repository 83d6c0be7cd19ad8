"""A run's folder serves one process at a time, and remembers where the run was published."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.errors import ResumeError, StorageError
from training.recipes import BEST, LECTURE
from training.run_folder import is_published, locked, recorded

HOLDER = """
import sys
from pathlib import Path
from training.run_folder import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused(held: subprocess.Popen[str], tmp_path: Path) -> None:
    assert held.poll() is None
    with pytest.raises(ResumeError, match="another training uses this folder"), locked(tmp_path):
        pass


def test_a_run_that_was_killed_holds_nothing(held: subprocess.Popen[str], tmp_path: Path) -> None:
    held.kill()
    held.wait()

    with locked(tmp_path) as alone:
        assert alone


def test_without_locks_the_run_goes_on_and_knows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as windows:
        windows.setattr("sys.platform", "win32")
        with locked(tmp_path) as alone:
            assert not alone


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="cannot be written"), locked(tmp_path / "file" / "run"):
        pass


def test_a_run_is_published_where_it_was_recorded_and_nowhere_else(tmp_path: Path) -> None:
    run, model, other = tmp_path / "run", tmp_path / "models" / "lenet5", tmp_path / "models" / "mine"
    run.mkdir()
    with recorded(run, model, BEST, 1):
        assert not is_published(run, model, BEST, 1)

    assert is_published(run, model, BEST, 1)
    assert not is_published(run, other, BEST, 1)
    assert not is_published(run, model, BEST, 2)
    assert not is_published(run, model, LECTURE, 1)

    with recorded(run, other, BEST, 1):
        pass
    assert is_published(run, model, BEST, 1)
    assert is_published(run, other, BEST, 1)


def test_what_failed_to_be_published_is_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), recorded(tmp_path, tmp_path / "lenet5", BEST, 1):
        raise KeyboardInterrupt

    assert not is_published(tmp_path, tmp_path / "lenet5", BEST, 1)


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "published.json").write_text("[")

    with pytest.raises(ResumeError, match=r"published\.json: damaged; remove the folder"):
        is_published(tmp_path, tmp_path / "lenet5", BEST, 1)

"""What is drawn once: whole parts or none, kept when a run is stopped, drawn by several processes at once."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from training import parts
from training.errors import ResumeError, StorageError
from training.golden import golden_images
from training.ink.scenes import ViewMaker

NUMBER = 2 * parts.PART + 20
RECORD = np.dtype([("number", np.int64), ("drawn", np.float64)])


class Stopped(Exception):  # noqa: N818  Not an error: it stands for a kill.
    """The process ends here."""


@dataclass
class Squares:
    """Draws numbers; stops before one."""

    stop_at: int = NUMBER

    def __call__(self, numbers: range) -> parts.Records:
        if self.stop_at in numbers:
            raise Stopped
        return np.array([(each, np.random.default_rng(each).random()) for each in numbers], RECORD)


def draw(folder: Path, *, title: str = "squares", stop_at: int = NUMBER) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    parts.drawn(folder, title, Squares(stop_at), NUMBER, lambda *each: told.append(each))
    return told


def read(folder: Path) -> np.ndarray:
    return np.concatenate(parts.read(folder))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One processor: nothing is drawn by other processes."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)


@pytest.mark.usefixtures("alone")
def test_what_a_stopped_run_has_drawn_is_kept(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        draw(tmp_path, stop_at=parts.PART + 3)
    first = (tmp_path / "00000.npy").stat().st_mtime_ns
    # What a kill leaves while a part is written.
    (tmp_path / "00001.new").write_bytes(b"half")

    assert draw(tmp_path) == [(2, 3), (3, 3)]
    assert (tmp_path / "00000.npy").stat().st_mtime_ns == first
    assert read(tmp_path)["number"].tolist() == list(range(NUMBER))
    assert draw(tmp_path) == []


def test_several_processes_draw_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 4)
    maker = ViewMaker(golden_images(), np.arange(10, dtype=np.uint8), seed=1)
    for processors in (2, 1):
        monkeypatch.setattr("os.cpu_count", lambda processors=processors: processors)
        parts.drawn(tmp_path / str(processors), "views", maker, 10, lambda _, __: None)

    two, one = read(tmp_path / "2"), read(tmp_path / "1")
    assert [len(each) for each in parts.read(tmp_path / "2")] == [4, 4, 2]
    for name in ("views", "count"):
        np.testing.assert_array_equal(two[name], one[name])


@pytest.mark.usefixtures("alone")
def test_what_another_run_drew_is_not_taken(tmp_path: Path) -> None:
    draw(tmp_path)

    with pytest.raises(ResumeError, match="holds what another run drew"):
        draw(tmp_path, title="cubes")


@pytest.mark.usefixtures("alone")
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="cannot be written"):
        draw(tmp_path / "file" / "folder")

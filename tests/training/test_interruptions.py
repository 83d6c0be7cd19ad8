"""One run that is stopped at every stage, and by a full disk, ends as one version."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = ["--recipe", "best", "--images", "300", "--epochs", "3"]
RUN = "runs/best-1-300-images-3-epochs"


@dataclass(frozen=True)
class Ending:
    """How a start of the run ended: status, what it said, and the time from what ended it."""

    status: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True)
class Story:
    """What became of every start of one and the same command in one folder, in their order."""

    folder: Path
    first_line_s: float
    stopped: dict[str, Ending]
    second: Ending
    disk_full: Ending
    left_by_full_disk: set[str]
    finished: Ending
    again: Ending


class Training:
    """A start of the run, as its own process."""

    def __init__(self, folder: Path, mnist: Path) -> None:
        self.begun = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "training", *COMMAND, "--data", str(mnist)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said = ""

    def until(self, line: str) -> None:
        """Wait until it prints a line that begins so."""
        assert self._process.stdout is not None
        for each in self._process.stdout:
            self._said += each
            if each.startswith(line):
                return
        raise AssertionError(self._said, self._process.communicate())

    def interrupt(self, number: signal.Signals) -> Ending:
        """Send a signal to the process that was started, and to no other."""
        self._process.send_signal(number)
        return self.ending()

    def allow(self, bytes_a_file: int) -> None:
        """From now on, the process that trains can write no more into a file."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        resource.prlimit(int(children), resource.RLIMIT_FSIZE, (bytes_a_file, bytes_a_file))

    def ending(self) -> Ending:
        """Wait for the end."""
        begun = time.monotonic()
        out, err = self._process.communicate()
        return Ending(self._process.returncode, self._said + out, err, time.monotonic() - begun)


@pytest.fixture(scope="module")
def story(mnist_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("interrupted")

    def start(line: str, after_s: float = 0) -> Training:
        training = Training(folder, mnist_path)
        training.until(line)
        # No wait for something to happen: the moment is what is tried.
        time.sleep(after_s)
        return training

    moments: dict[str, Callable[[], Ending]] = {
        "its libraries are loaded": lambda: start("loading", 0.3).interrupt(signal.SIGTERM),
        "its libraries are nearly loaded": lambda: start("loading", 4).interrupt(signal.SIGINT),
        "the network is made": lambda: start("training on").interrupt(signal.SIGTERM),
        "an epoch begins": lambda: start("epoch 1/3").interrupt(signal.SIGINT),
        "the network is evaluated": lambda: start("evaluating", 0.2).interrupt(signal.SIGTERM),
        "the network is exported": lambda: start("exporting", 0.5).interrupt(signal.SIGINT),
    }
    first = start("training lenet5 by")
    first_line_s = time.monotonic() - first.begun
    stopped = {"nothing is loaded": first.interrupt(signal.SIGINT)}
    full = start("training on")
    second = Training(folder, mnist_path).ending()
    full.allow(2**20)
    disk_full = full.ending()
    left = {path.name for path in (folder / RUN).iterdir()}
    stopped |= {moment: act() for moment, act in moments.items()}
    return Story(
        folder=folder,
        first_line_s=first_line_s,
        stopped=stopped,
        second=second,
        disk_full=disk_full,
        left_by_full_disk=left,
        finished=Training(folder, mnist_path).ending(),
        again=Training(folder, mnist_path).ending(),
    )


def test_it_is_seen_to_work_within_two_seconds(story: Story) -> None:
    assert story.first_line_s < 2


def test_a_signal_ends_it_at_once_in_every_stage_with_one_status(story: Story) -> None:
    for moment, ending in story.stopped.items():
        assert (ending.status, ending.err) == (130, "stopped; the same command goes on where it was\n"), (
            moment
        )
        assert ending.seconds < 2, moment


def test_a_second_run_in_its_folder_is_refused(story: Story) -> None:
    assert story.second.status == 2
    assert story.second.err == (
        f"refused: {RUN}: another training uses this folder; wait for its end, or give another --runs\n"
    )


def test_a_disk_that_gets_full_is_one_line_and_leaves_no_half_checkpoint(story: Story) -> None:
    assert story.disk_full.status == 2
    assert story.disk_full.err == (
        f"refused: {RUN}: cannot be written: File too large; the same command goes on from epoch 0\n"
    )
    assert story.left_by_full_disk == {"lock"}


def test_it_goes_on_where_it_was(story: Story) -> None:
    assert "epoch 1/3" in story.stopped["an epoch begins"].out
    assert "going on after epoch 1 of 3" in story.stopped["the network is evaluated"].out
    assert "epoch 1/3" not in story.stopped["the network is evaluated"].out
    assert "going on after epoch 3 of 3" in story.finished.out
    assert "epoch 3/3" not in story.finished.out


def test_it_ends_as_one_version_that_says_that_it_is_a_trial(story: Story) -> None:
    model = story.folder / "models" / "lenet5-trial"

    assert (story.finished.status, story.finished.err) == (0, "")
    assert [model / "1"] == list(model.iterdir())
    assert [model] == list(model.parent.iterdir())
    card = json.loads((model / "1" / "card.json").read_text())
    assert (card["name"], card["trial"], len(card["training"]["history"]["loss"])) == (
        "lenet5-trial",
        True,
        3,
    )


def test_a_finished_run_that_is_started_again_says_so_and_publishes_nothing(story: Story) -> None:
    assert (story.again.status, story.again.err) == (0, "")
    assert "this run is finished and was published in models/lenet5-trial: nothing is done" in story.again.out
    assert {path.name for path in (story.folder / RUN).iterdir()} == {
        "lock",
        "run.json",
        "published.json",
        "3.keras",
    }

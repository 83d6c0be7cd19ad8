"""A signal ends the process that trains at once, whatever it does; and nothing outlives its supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

SUPERVISOR = (
    "import sys\nfrom training.supervision import supervise\nsys.exit(supervise('work', sys.argv[1:]))"
)

FOLLOW = "from training.supervision import follow_supervisor\nfollow_supervisor()\nimport os, sys, time\n"

BUSY = f"{FOLLOW}print(os.getpid(), flush=True)\nwhile True: pass"

# As inside of a library that is being loaded: Python's own handlers have no turn.
DEAF = (
    f"{FOLLOW}import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
    "print(os.getpid(), flush=True)\nwhile True: time.sleep(1)"
)

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Supervise a program."""

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        (tmp_path / "work.py").write_text(program)
        return subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, *arguments],
            env={**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{tmp_path}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def wait_for_handler(process: subprocess.Popen[str]) -> None:
    """Wait until a signal is handled, which in the first hundredths of a second it is not."""
    bit = 1 << (signal.SIGTERM - 1)
    status = Path(f"/proc/{process.pid}/status")
    while True:
        masks = dict(line.split(":", 1) for line in status.read_text().splitlines())
        if (int(masks["SigBlk"], 16) | int(masks["SigCgt"], 16)) & bit:
            return


def is_running(pid: int) -> bool:
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("status", [0, 1, 2, 77])
def test_the_status_is_that_of_the_work(start: Start, status: int) -> None:
    with start(f"{FOLLOW}print(sys.argv[1])\nsys.exit({status})", "--help") as process:
        out, err = process.communicate()

    assert (process.returncode, out, err) == (status, "--help\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [False, True])
@pytest.mark.parametrize("program", [BUSY, DEAF])
def test_a_signal_ends_it_at_once(
    start: Start,
    number: signal.Signals,
    program: str,
    whole_group: bool,  # noqa: FBT001  A parameter of the test.
) -> None:
    with start(program) as process:
        assert process.stdout is not None
        work = int(process.stdout.readline())
        begun = time.monotonic()
        # Ctrl-C reaches the whole group.
        (os.killpg if whole_group else os.kill)(process.pid, number)
        _, err = process.communicate()

    assert time.monotonic() - begun < 1
    assert (process.returncode, err) == (130, "stopped; the same command goes on where it was\n")
    assert not is_running(work)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_ms", range(0, 100, 10))
def test_so_it_does_at_any_moment_of_the_start(start: Start, number: signal.Signals, after_ms: int) -> None:
    with start(BUSY) as process:
        wait_for_handler(process)
        # No wait for something to happen: the moment is what is tried.
        time.sleep(after_ms / 1000)
        os.killpg(process.pid, number)
        _, err = process.communicate()

    assert (process.returncode, err) == (130, "stopped; the same command goes on where it was\n")


def test_the_work_ends_with_a_supervisor_that_is_killed(start: Start) -> None:
    with start(BUSY) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()

        # The work has the other end of this pipe: it is closed when both have ended.
        assert process.stdout.read() == ""


def test_work_that_is_told_to_end_itself_was_stopped(start: Start) -> None:
    with start(BUSY) as process:
        assert process.stdout is not None
        os.kill(int(process.stdout.readline()), signal.SIGTERM)
        process.communicate()

    assert process.returncode == 130


def test_work_that_the_system_ends_is_told_from_that(start: Start) -> None:
    with start(BUSY) as process:
        assert process.stdout is not None
        os.kill(int(process.stdout.readline()), signal.SIGKILL)
        _, err = process.communicate()

    assert process.returncode == 1
    assert err.startswith("ended by the system with signal 9, perhaps for want of memory; the same command")

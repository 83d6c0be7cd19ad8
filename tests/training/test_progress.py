"""A terminal sees a bar, a log sees lines."""

import io

import pytest
from rich.console import Console

from training.progress import Bar, Plain, Reporter, reporter

FIGURES = {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.25, "val_accuracy": 0.875}


class Terminal(io.StringIO):
    """A stream that says somebody watches."""

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> str:
    with reporter(stream) as progress:
        _tell(progress)
    return stream.getvalue()


def _tell(progress: Reporter) -> None:
    progress.stage("training")
    progress.begin(epochs=10, steps=4, finished=0)
    progress.batch(4)
    progress.epoch(1, FIGURES)
    progress.stage("done")


def test_a_log_holds_one_line_an_epoch() -> None:
    expected = [
        "training",
        "epoch  1/10  loss 0.50000  accuracy 0.75000  validation loss 0.25000  validation accuracy 0.87500",
        "done",
    ]

    assert shown(io.StringIO()).splitlines() == expected


def test_a_terminal_holds_the_same_lines_and_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    found = shown(Terminal())

    assert "epoch 1/10" in found
    assert "0/4" in found
    assert "epoch  1/10  loss 0.50000" in found


@pytest.mark.parametrize(
    ("epoch_s", "left"), [(4, "36 s left"), (80, "12 min left"), (1340, "3 h 21 min left")]
)
def test_a_log_tells_how_long_the_rest_of_the_run_takes(epoch_s: float, left: str) -> None:
    # 4 steps an epoch; nine epochs are left after the first.
    times = iter([0.0, epoch_s * 3 / 4])
    log = io.StringIO()
    progress = Plain(log, lambda: next(times))
    progress.begin(epochs=10, steps=4, finished=0)
    progress.batch(1)
    progress.epoch(1, FIGURES)

    assert log.getvalue().endswith(f"  {left}\n")


def test_a_resumed_run_counts_only_what_is_left_of_it() -> None:
    times = iter([0.0, 1.0, 6.0])
    log = io.StringIO()
    progress = Plain(log, lambda: next(times))
    progress.begin(epochs=10, steps=6, finished=7)
    progress.batch(1)
    progress.batch(2)
    progress.epoch(8, FIGURES)

    # Five steps took 6 s; two epochs have twelve.
    assert log.getvalue().endswith("  14 s left\n")


def test_the_last_epoch_leaves_nothing_to_wait_for() -> None:
    log = io.StringIO()
    progress = Plain(log)
    progress.begin(epochs=1, steps=4, finished=0)
    progress.batch(1)
    progress.epoch(1, FIGURES)

    assert "left" not in log.getvalue()


def test_a_terminal_tells_it_for_the_epoch_and_for_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    times = iter([0.0, 60.0])
    with Bar(Console(file=terminal, width=120), lambda: next(times)) as progress:
        progress.begin(epochs=250, steps=4, finished=0)
        progress.batch(1)
        progress.batch(2)

    # A minute a step: two of this epoch, 998 of the run.
    assert "epoch 1/250" in terminal.getvalue()
    assert "epoch 2 min, run 16 h 38 min left" in terminal.getvalue()


def test_lines_reach_a_log_at_once() -> None:
    class Log(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    log = Log()
    Plain(log).stage("training")

    assert log.flushed == 1

"""A terminal sees a bar, a log sees lines."""

import io

import pytest

from training.progress import Plain, Reporter, reporter

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
    progress.begin(epochs=10, steps=4)
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

    assert "the first epoch" in found
    assert "0/4" in found
    assert "epoch  1/10  loss 0.50000" in found


def test_lines_reach_a_log_at_once() -> None:
    class Log(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    log = Log()
    Plain(log).stage("training")

    assert log.flushed == 1

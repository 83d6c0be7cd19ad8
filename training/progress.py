"""What a run shows while it goes on: a bar on a terminal, one plain line an epoch elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

Clock = Callable[[], float]
"""Gives seconds since some moment."""


class Reporter(Protocol):
    """Whoever is told how a run goes."""

    def stage(self, text: str) -> None:
        """Say what happens now."""

    def begin(self, epochs: int, steps: int, *, finished: int) -> None:
        """Say how much training there will be: epochs and their steps, and the epochs finished before."""

    def batch(self, step: int) -> None:
        """Say which step of the epoch is finished."""

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """Say which epoch is finished, and how it went."""


class RemainingTime:
    """
    How long the rest of a run takes, if it goes on as it did since its first step.

    That one is left out, for TensorFlow translates the network in it.
    """

    def __init__(self, clock: Clock, steps: int) -> None:
        self._clock, self._steps = clock, steps
        self._begun: tuple[int, float] | None = None

    def seconds(self, step: int) -> float | None:
        """Estimate, at a step of the run, what the steps behind it take; None at the first."""
        if self._begun is None:
            self._begun = step, self._clock()
        first, begun = self._begun
        if step == first:
            return None
        return (self._clock() - begun) / (step - first) * (self._steps - step)


class Plain:
    """One line for everything that matters; for logs and pipes."""

    def __init__(self, stream: TextIO, clock: Clock = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._epochs = self._steps = self._finished = 0
        self._remaining = RemainingTime(clock, 0)

    def stage(self, text: str) -> None:
        """Print the line."""
        print(text, file=self._stream, flush=True)

    def begin(self, epochs: int, steps: int, *, finished: int) -> None:
        """Remember how much there is to do."""
        self._epochs, self._steps, self._finished = epochs, steps, finished
        self._remaining = RemainingTime(self._clock, epochs * steps)

    def batch(self, step: int) -> None:
        """Take the time, and say nothing."""
        self._remaining.seconds(self._finished * self._steps + step)

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """Print the epoch's figures."""
        self._finished = number
        left = self._remaining.seconds(number * self._steps)
        self.stage(_line(number, self._epochs, figures) + (f"  {_duration(left)} left" if left else ""))


class Bar:
    """A bar for the epoch that runs, under the lines of those that are finished."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
        )
        self._clock = clock
        self._epochs = self._steps = self._finished = 0
        self._remaining = RemainingTime(clock, 0)
        self._task = self._progress.add_task("", visible=False, left="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def stage(self, text: str) -> None:
        """Print the line above the bar."""
        self._progress.update(self._task, visible=False)
        self._progress.console.print(text, highlight=False, markup=False)

    def begin(self, epochs: int, steps: int, *, finished: int) -> None:
        """Show an empty bar."""
        self._epochs, self._steps = epochs, steps
        self._remaining = RemainingTime(self._clock, epochs * steps)
        self._next(finished)

    def batch(self, step: int) -> None:
        """Move the bar, and say how long the epoch and the run will take."""
        left = self._remaining.seconds(self._finished * self._steps + step)
        self._progress.update(self._task, completed=step)
        if left is not None:
            steps = self._epochs * self._steps - self._finished * self._steps - step
            epoch = left * (self._steps - step) / steps if steps else 0
            shown = f"epoch {_duration(epoch)}, run {_duration(left)} left"
            self._progress.update(self._task, left=shown)

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """Print the epoch's figures and begin the bar anew."""
        self._progress.console.print(_line(number, self._epochs, figures), highlight=False, markup=False)
        self._next(number)

    def _next(self, finished: int) -> None:
        self._finished = finished
        self._progress.reset(
            self._task,
            total=self._steps,
            description=f"epoch {finished + 1}/{self._epochs}",
            visible=finished < self._epochs,
        )


def _line(number: int, epochs: int, figures: dict[str, float]) -> str:
    shown = "  ".join(
        f"{name.replace('val_', 'validation ')} {figures[name]:.5f}"
        for name in ("loss", "accuracy", "val_loss", "val_accuracy")
        if name in figures
    )
    return f"epoch {number:>{len(str(epochs))}}/{epochs}  {shown}"


def _duration(seconds: float) -> str:
    """Write a time as one reads it: ``3 h 20 min``, ``12 min``, ``40 s``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def reporter(stream: TextIO) -> Iterator[Reporter]:
    """Lend what suits the stream: a bar when somebody watches, lines otherwise."""
    if stream.isatty():
        with Bar(Console(file=stream)) as bar:
            yield bar
    else:
        yield Plain(stream)

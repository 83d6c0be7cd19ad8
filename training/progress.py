"""What a run shows while it goes on: a bar on a terminal, one plain line an epoch elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Reporter(Protocol):
    """Whoever is told how a run goes."""

    def stage(self, text: str) -> None:
        """Say what happens now."""

    def begin(self, epochs: int, steps: int) -> None:
        """Say how much training there will be."""

    def batch(self, step: int) -> None:
        """Say which step of the epoch is finished."""

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """Say which epoch is finished, and how it went."""


class Plain:
    """One line for everything that matters; for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._epochs = stream, 0

    def stage(self, text: str) -> None:
        """Print the line."""
        print(text, file=self._stream, flush=True)

    def begin(self, epochs: int, steps: int) -> None:
        """Remember how many epochs there are."""
        del steps
        self._epochs = epochs

    def batch(self, step: int) -> None:
        """Say nothing."""

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """Print the epoch's figures."""
        self.stage(_line(number, self._epochs, figures))


class Bar:
    """A bar for the epoch that runs, under the lines of those that are finished."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._epochs = self._steps = 0
        self._task = self._progress.add_task("", visible=False)

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
        self._progress.console.print(text, highlight=False)

    def begin(self, epochs: int, steps: int) -> None:
        """Show an empty bar."""
        self._epochs, self._steps = epochs, steps
        self._progress.reset(self._task, total=steps, description="the first epoch", visible=True)

    def batch(self, step: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=step)

    def epoch(self, number: int, figures: dict[str, float]) -> None:
        """Print the epoch's figures and begin the bar anew."""
        self._progress.console.print(_line(number, self._epochs, figures), highlight=False)
        self._progress.reset(
            self._task, total=self._steps, description=f"epoch {number + 1}", visible=number < self._epochs
        )


def _line(number: int, epochs: int, figures: dict[str, float]) -> str:
    shown = "  ".join(
        f"{name.replace('val_', 'validation ')} {figures[name]:.5f}"
        for name in ("loss", "accuracy", "val_loss", "val_accuracy")
        if name in figures
    )
    return f"epoch {number:>{len(str(epochs))}}/{epochs}  {shown}"


@contextmanager
def reporter(stream: TextIO) -> Iterator[Reporter]:
    """Lend what suits the stream: a bar when somebody watches, lines otherwise."""
    if stream.isatty():
        with Bar(Console(file=stream)) as bar:
            yield bar
    else:
        yield Plain(stream)

"""What a terminal shows while a run goes on."""

import asyncio
import io
import time

import pytest

from service.bench import progress
from service.bench.measurements import Measurements
from service.bench.schedule import Window


class Watched(io.StringIO):
    """A terminal, and an event for when something can be read on it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.written = asyncio.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text.strip("\r\x1b[K"):
            self.written.set()
        return super().write(text)


@pytest.mark.parametrize(
    ("begun_s_ago", "text"),
    [(0, "warming up"), (15, "   5 s  ██████████            "), (25, "waiting for the last answers")],
)
def test_a_terminal_shows_how_far_a_run_is_and_is_left_clean(
    begun_s_ago: float, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY_S", 0.01)
    monkeypatch.setenv("COLUMNS", "80")

    async def watch() -> str:
        terminal = Watched()
        window = Window.of(time.perf_counter() - begun_s_ago, 10, 10)
        async with progress.shown(Measurements(window), terminal):
            await asyncio.wait_for(terminal.written.wait(), 10)
        return terminal.getvalue()

    shown = asyncio.run(watch())

    assert shown.startswith(f"{progress.ERASE}  {text}")
    assert shown.endswith(progress.ERASE)


def test_a_pipe_gets_no_progress() -> None:
    async def watch() -> str:
        pipe = io.StringIO()
        async with progress.shown(Measurements(Window.of(0, 1, 1)), pipe):
            await asyncio.sleep(0)
        return pipe.getvalue()

    assert asyncio.run(watch()) == ""

"""The event loop's own watch: it sees when it was late, and shows counts to others."""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

from service.metrics import pulse
from service.metrics.ledger import Ledger
from service.metrics.sharing import Sharing


async def beat_once(ledger: Ledger, sharing: Sharing, blocked_s: float) -> None:
    beat = asyncio.create_task(pulse.beat(ledger, sharing))
    await asyncio.sleep(0)
    if blocked_s:
        time.sleep(blocked_s)  # noqa: ASYNC251  this is what is to be noticed
    while not sum(ledger.snapshot()["lenet_event_loop_lag_seconds"][()][:-1]):
        await asyncio.sleep(0.001)
    beat.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beat


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "INTERVAL_S", 0.05)


def test_a_blocked_event_loop_is_seen() -> None:
    ledger = Ledger()
    asyncio.run(beat_once(ledger, Sharing(ledger, None), 0.4))

    assert ledger.snapshot()["lenet_event_loop_lag_seconds"][()][-1] >= 0.3


def test_counts_are_shown_again_and_again(tmp_path: Path) -> None:
    ledger = Ledger()
    sharing = Sharing(ledger, tmp_path)
    ledger.request("/predict", "POST", 200, 0.01, {"images": 3})
    asyncio.run(beat_once(ledger, sharing, 0))
    reader = Sharing(Ledger(), tmp_path)

    assert reader.whole()["lenet_images_total"] == {(): [3]}


def test_a_full_disk_is_told_once_and_harms_nobody(tmp_path: Path, log_entries: Any) -> None:  # noqa: ANN401  the fixture says
    ledger = Ledger()
    sharing = Sharing(ledger, tmp_path / "gone")

    async def run() -> None:
        beat = asyncio.create_task(pulse.beat(ledger, sharing))
        while sum(ledger.snapshot()["lenet_event_loop_lag_seconds"][()][:-1]) < 3:
            await asyncio.sleep(0.001)
        beat.cancel()

    asyncio.run(run())

    assert [entry["event"] for entry in log_entries()] == ["counts are not shared"]

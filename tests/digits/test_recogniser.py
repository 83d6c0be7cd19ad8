"""Where and for how long: files are decoded by the pool, the levels of one picture told by the event loop."""

import asyncio
import io
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from framing import flat, looks
from service.digits.recogniser import Recogniser, Timings
from service.digits.recognition import Recognition
from service.engine.worker_pool import WorkerPool
from service.images.decoding import PixelLimits
from service.images.pictures import Pictures, of_files
from service.repository.repository import Repository
from service.settings import Settings

Recognise = Callable[..., list[Recognition]]
BUSY_MS = 300
Grey = np.ndarray

HERE, POOL = "event loop", "pictures"


@pytest.fixture
def pool() -> WorkerPool:
    return WorkerPool(POOL, threads=1, waiting=1, deadline_s=10)


@pytest.fixture
def recogniser(packaged: Repository, settings: Settings, pool: WorkerPool) -> Recogniser:
    return Recogniser(
        pool,
        packaged.ink,
        inline_pixels=settings.inline_pixels,
        inline_bytes=settings.inline_picture_bytes,
    )


@pytest.fixture
def recognise(packaged: Repository, recogniser: Recogniser) -> Recognise:
    """Recognise picture files that are not small."""

    def recognise(*photos: Grey) -> list[Recognition]:
        work = recogniser.recognise(packaged.recogniser(), sent(*photos), preprocess="auto")
        found, _ = asyncio.run(work)
        return found

    return recognise


@pytest.fixture
def where(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Which threads decoded, looked for flat ground, and framed what a network found."""
    threads: dict[str, set[str]] = {}

    def watch(module: ModuleType, name: str) -> None:
        work = getattr(module, name)

        def watched(*args: Any, **options: Any) -> Any:  # noqa: ANN401
            is_here = threading.current_thread() is threading.main_thread()
            threads.setdefault(name, set()).add(HERE if is_here else threading.current_thread().name[:-2])
            return work(*args, **options)

        monkeypatch.setattr(module, name, watched)

    for module, name in ((cv2, "imdecode"), (flat, "ground_of"), (looks, "whole")):
        watch(module, name)
    return threads


def photo(digits: np.ndarray, digit: int, *, is_ruled: bool = False) -> Grey:
    """A digit on paper in uneven light, with or without printed lines."""
    page = np.full((600, 800), 220, np.uint8)
    if is_ruled:
        for row in range(20, 600, 60):
            page[row : row + 5] = 110
    ink = cv2.resize(digits[digit], (300, 300), interpolation=cv2.INTER_CUBIC)
    page[150:450, 250:550] = np.minimum(page[150:450, 250:550], 255 - ink // 4 * 3)
    light = np.linspace(1.0, 0.6, 800)
    grain = np.random.default_rng(digit).normal(0, 2, page.shape)
    return np.clip(page * light + grain, 0, 255).astype(np.uint8)


def sent(*photos: Grey) -> Pictures:
    files = [(f"#/{index}", jpeg(photo)) for index, photo in enumerate(photos)]
    return of_files(files, limits=PixelLimits(1_000_000, 10_000), total=3_000_000)


def jpeg(pixels: Grey) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def test_a_photo_is_decoded_by_the_pool_and_its_levels_are_told_by_the_event_loop(
    recognise: Recognise, where: dict[str, set[str]], digits: np.ndarray
) -> None:
    assert [one.digit for one in recognise(photo(digits, 7))] == [7]

    assert where == {"imdecode": {POOL}, "ground_of": {HERE}}


def test_what_levels_do_not_tell_is_looked_at_by_the_pool(
    recognise: Recognise, where: dict[str, set[str]], digits: np.ndarray
) -> None:
    assert [one.digit for one in recognise(photo(digits, 7, is_ruled=True))] == [7]

    assert where == {"imdecode": {POOL}, "ground_of": {HERE}, "whole": {POOL}}


def test_several_photos_do_not_hold_the_event_loop(
    recognise: Recognise, where: dict[str, set[str]], digits: np.ndarray
) -> None:
    found = recognise(photo(digits, 7), photo(digits, 3, is_ruled=True))

    assert [one.digit for one in found] == [7, 3]
    assert where == {"imdecode": {POOL}, "ground_of": {POOL}, "whole": {POOL}}


def test_waiting_for_a_thread_is_told_as_waiting(
    recogniser: Recogniser, pool: WorkerPool, packaged: Repository, digits: np.ndarray
) -> None:
    async def behind_other_work() -> Timings:
        busy = asyncio.ensure_future(pool.run(lambda: time.sleep(BUSY_MS / 1e3)))
        await asyncio.sleep(0)
        _, timings = await recogniser.recognise(
            packaged.recogniser(), sent(photo(digits, 7)), preprocess="auto"
        )
        await busy
        return timings

    began = time.perf_counter()
    timings = asyncio.run(behind_other_work())
    whole_ms = (time.perf_counter() - began) * 1e3

    assert timings.queue_ms >= BUSY_MS / 2
    assert 0 < timings.decode_ms <= whole_ms - timings.queue_ms

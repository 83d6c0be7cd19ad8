"""Processes that share a folder are told as one, whoever is asked, lives or dies."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.metrics import sharing
from service.metrics.ledger import Ledger, Snapshot
from service.metrics.sharing import Sharing

ROOT = Path(__file__).resolve().parents[2]

WORKER = """
import sys
from pathlib import Path
from service.metrics.ledger import Ledger
from service.metrics.sharing import Sharing

ledger = Ledger()
ours = Sharing(ledger, Path(sys.argv[1]))
ours.join()
print("joined", flush=True)
for line in sys.stdin:
    for _ in range(int(line)):
        ledger.request("/predict", "POST", 200, 0.01, {"images": 1})
    ours.publish()
    print("published", flush=True)
"""


class Worker:
    """Another process, which counts as many requests as it is told."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._expect("joined")

    def count(self, requests: int) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{requests}\n")
        self.process.stdin.flush()
        self._expect("published")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def _expect(self, word: str) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline().strip() == word


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(tmp_path))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def images(found: Snapshot) -> float:
    return found["lenet_images_total"][()][0]


def living(found: Snapshot) -> float:
    return found["lenet_workers"][()][0]


def starts(found: Snapshot) -> float:
    return found["lenet_worker_starts_total"][()][0]


def test_one_process_needs_no_folder() -> None:
    ledger = Ledger()
    alone = Sharing(ledger, None)
    alone.join()
    ledger.request("/predict", "POST", 200, 0.01, {"images": 3})
    alone.publish()

    assert images(alone.whole()) == 3


def test_a_process_tells_what_the_others_counted_too(tmp_path: Path, start: Callable[[], Worker]) -> None:
    ledger = Ledger()
    ours = Sharing(ledger, tmp_path)
    ours.join()
    ledger.request("/predict", "POST", 200, 0.01, {"images": 1})
    start().count(10)
    start().count(20)
    whole = ours.whole()

    assert images(whole) == 31
    assert sum(whole["lenet_request_seconds"]["/predict", "POST", "200"][:-1]) == 31
    assert living(whole) == starts(whole) == 3


def test_the_dead_stay_counted_and_are_not_alive(tmp_path: Path, start: Callable[[], Worker]) -> None:
    ours = Sharing(Ledger(), tmp_path)
    ours.join()
    worker = start()
    worker.count(10)
    worker.kill()
    whole = ours.whole()

    assert images(whole) == 10
    assert living(whole) == 1
    assert starts(whole) == 2


def test_who_starts_takes_over_from_the_dead_so_that_files_do_not_pile_up(
    tmp_path: Path, start: Callable[[], Worker]
) -> None:
    ours = Sharing(Ledger(), tmp_path)
    ours.join()
    for _ in range(4):
        worker = start()
        worker.count(10)
        worker.kill()
    start().count(1)
    whole = ours.whole()

    assert images(whole) == 41
    assert starts(whole) == 6
    assert living(whole) == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_who_dies_while_taking_over_is_taken_over(tmp_path: Path, start: Callable[[], Worker]) -> None:
    first = start()
    first.count(10)
    first.kill()
    second = start()
    second.count(5)
    second.kill()
    (file,) = tmp_path.iterdir()
    third = start()
    third.kill()
    # As if the third had died after it had renamed the second's file, and before it showed its own.
    (its,) = tmp_path.iterdir()
    taker = its.name
    its.unlink()
    (tmp_path / f"{file.name}.{taker}").write_bytes(
        sharing._written(
            {"lenet_images_total": {(): [15]}, "lenet_worker_starts_total": {(): [2]}},
            [f"{first.process.pid}-00000000"],
        )
    )
    ours = Sharing(Ledger(), tmp_path)
    before = ours.whole()
    ours.join()
    after = ours.whole()

    assert images(before) == images(after) == 15
    assert [path.name for path in tmp_path.iterdir()] == [ours._name]


def test_who_died_after_taking_over_counts_once(tmp_path: Path, start: Callable[[], Worker]) -> None:
    first = start()
    first.count(10)
    first.kill()
    (file,) = tmp_path.iterdir()
    kept = file.read_bytes()
    second = start()
    second.count(5)
    second.kill()
    (its,) = tmp_path.iterdir()
    # As if the second had died before it could remove the file that it had taken over.
    (tmp_path / f"{file.name}.{its.name}").write_bytes(kept)
    ours = Sharing(Ledger(), tmp_path)
    before = ours.whole()
    ours.join()
    after = ours.whole()

    assert images(before) == images(after) == 15
    assert [path.name for path in tmp_path.iterdir()] == [ours._name]


def test_counts_never_shrink_while_processes_come_and_go(tmp_path: Path, start: Callable[[], Worker]) -> None:
    ours = Sharing(Ledger(), tmp_path)
    ours.join()
    told: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            told.append(images(ours.whole()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(5):
            worker = start()
            for _ in range(10):
                worker.count(3)
            worker.kill()
        start()
    finally:
        done.set()
        watcher.join()

    assert told == sorted(told)
    assert images(ours.whole()) == 150


def test_the_folder_is_named_for_as_long_as_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sharing.FOLDER, raising=False)
    with sharing.folder():
        folder = Path(os.environ[sharing.FOLDER])

        assert folder.is_dir()
    assert not folder.exists()
    assert sharing.FOLDER not in os.environ


def test_a_folder_that_is_gone_leaves_what_this_process_counted(tmp_path: Path) -> None:
    ledger = Ledger()
    ours = Sharing(ledger, tmp_path / "gone")
    ledger.request("/predict", "POST", 200, 0.01, {"images": 3})

    assert images(ours.whole()) == 3

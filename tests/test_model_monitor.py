"""While the service runs: new versions are served, bad ones refused, and a network that errs is found out."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.digits.network import Batching
from service.engine.worker_pool import WorkerPool
from service.model_monitor import MOST_FAILURES, ModelMonitor
from service.readiness import Readiness
from service.repository import opening
from service.repository.repository import Repository

Publish = Callable[..., Path]
Entries = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def publish(copy_packaged: Callable[..., Path], tmp_path: Path) -> Publish:
    """Put a version of the packaged network into the folder, whole and at once."""

    def publish(version: str, /, damage: str | None = None) -> Path:
        draft = copy_packaged(tmp_path / "drafts" / version, name="lenet5")
        if damage:
            data = bytearray((draft / damage).read_bytes())
            data[len(data) // 2] ^= 1
            (draft / damage).write_bytes(data)
        place = tmp_path / "models" / "lenet5" / version
        place.parent.mkdir(parents=True, exist_ok=True)
        return draft.rename(place)

    return publish


@pytest.fixture
def served(publish: Publish, tmp_path: Path, batching: Batching) -> Repository:
    publish("1")
    return opening.open_folder(tmp_path / "models", device="cpu", batching=batching, most_versions=3)


@pytest.fixture
def readiness(served: Repository) -> Readiness:
    readiness = Readiness()
    readiness.open(served.current())
    return readiness


@pytest.fixture
def monitor(served: Repository, readiness: Readiness) -> Iterator[ModelMonitor]:
    loading = WorkerPool("loading", threads=1, waiting=1, deadline_s=60)
    yield ModelMonitor(served, readiness, loading, poll_s=1, canary_s=1)
    loading.close()


def refresh(monitor: ModelMonitor) -> None:
    asyncio.run(monitor.refresh())


def test_a_version_that_came_is_served_and_the_older_one_stays_addressable(
    monitor: ModelMonitor, served: Repository, readiness: Readiness, publish: Publish, log_entries: Entries
) -> None:
    publish("2")
    refresh(monitor)

    assert served.find("lenet5").card.version == "2"
    assert served.find("lenet5", "1").card.version == "1"
    assert readiness.report["models"] == [{"name": "lenet5", "version": "2"}]
    (entry,) = log_entries()
    assert (entry["event"], entry["version"], entry["before"]) == ("version served", "2", "1")


@pytest.mark.parametrize("file", ["model.onnx", "layers.onnx", "golden.npz"])
def test_a_bad_version_is_refused_and_told_once_and_the_old_one_stays(
    file: str, monitor: ModelMonitor, served: Repository, publish: Publish, log_entries: Entries
) -> None:
    network = served.find("lenet5")
    publish("2", damage=file)
    for _ in range(3):
        refresh(monitor)

    assert served.find("lenet5") is network
    assert set(served.refused()) == {("lenet5", "2")}
    (entry,) = log_entries()
    assert (entry["event"], entry["version"]) == ("version refused", "2")
    assert file in entry["reason"]


def test_what_is_refused_at_the_start_is_told_once(
    monitor: ModelMonitor, served: Repository, publish: Publish, log_entries: Entries
) -> None:
    publish("2", damage="golden.npz")
    served.refresh()
    monitor.report()
    refresh(monitor)

    (entry,) = log_entries()
    assert (entry["event"], entry["model"], entry["version"]) == ("version refused", "lenet5", "2")


def test_no_error_ends_the_looks_at_the_folder(
    monitor: ModelMonitor,
    served: Repository,
    publish: Publish,
    log_entries: Entries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> None:
        message = "of a kind that nobody thought of"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(served, "refresh", fails)
        for _ in range(3):
            refresh(monitor)
    publish("2")
    refresh(monitor)

    told, served_again = log_entries()
    assert (told["event"], told["reason"]) == (
        "the models were not looked at",
        "of a kind that nobody thought of",
    )
    assert "RuntimeError" in told["exception"]
    assert (served_again["event"], served_again["version"]) == ("version served", "2")


def test_a_version_that_is_pinned_is_told_as_served(
    monitor: ModelMonitor, served: Repository, readiness: Readiness, publish: Publish, log_entries: Entries
) -> None:
    publish("2")
    refresh(monitor)
    served.pin("lenet5", "1")
    refresh(monitor)

    assert readiness.report["models"] == [{"name": "lenet5", "version": "1"}]
    assert [(entry["version"], entry["before"]) for entry in log_entries()] == [("2", "1"), ("1", "2")]


def test_a_version_that_was_incomplete_is_served_when_it_is_whole(
    monitor: ModelMonitor, served: Repository, publish: Publish
) -> None:
    card = publish("2") / "card.json"
    text = card.read_text()
    card.unlink()
    refresh(monitor)
    assert served.find("lenet5").card.version == "1"

    card.write_text(text)
    refresh(monitor)

    assert served.find("lenet5").card.version == "2"
    assert not served.refused()


def test_taking_a_version_away_goes_back_to_the_one_before(
    monitor: ModelMonitor, served: Repository, publish: Publish
) -> None:
    newest = publish("2")
    refresh(monitor)
    shutil.rmtree(newest)
    refresh(monitor)

    assert served.find("lenet5").card.version == "1"
    assert served.versions("lenet5") == ["1"]


def test_the_last_version_stays_although_its_folder_went(
    monitor: ModelMonitor, served: Repository, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "models")
    refresh(monitor)

    assert served.find("lenet5").card.version == "1"


def test_files_that_change_under_a_served_version_change_nothing(
    monitor: ModelMonitor, served: Repository, tmp_path: Path, digits: np.ndarray
) -> None:
    network = served.find("lenet5")
    (tmp_path / "models" / "lenet5" / "1" / "model.onnx").write_bytes(b"")
    refresh(monitor)

    assert served.find("lenet5") is network
    assert network.score(digits).digits.tolist() == list(range(10))


def test_only_the_newest_versions_are_kept(
    monitor: ModelMonitor, served: Repository, publish: Publish
) -> None:
    for version in ("2", "3", "10"):
        publish(version)
    refresh(monitor)

    assert served.versions("lenet5") == ["2", "3", "10"]


def test_an_unloaded_model_is_not_loaded_by_a_look_at_the_folder(
    monitor: ModelMonitor, served: Repository, publish: Publish, log_entries: Entries
) -> None:
    served.unload("lenet5")
    publish("2")
    for _ in range(2):
        refresh(monitor)

    assert served.current() == []
    assert [(entry["event"], entry["model"]) for entry in log_entries()] == [("model unloaded", "lenet5")]
    served.load("lenet5")
    assert served.versions("lenet5") == ["1", "2"]


def test_a_network_that_errs_makes_unready_until_it_answers_right_again(
    monitor: ModelMonitor, served: Repository, readiness: Readiness, log_entries: Entries
) -> None:
    network = served.find("lenet5")
    images, right = network._golden
    network._golden = (images, right[:, ::-1])
    asyncio.run(monitor.ask())
    assert not readiness.ready
    assert "golden" in readiness.report["reason"]

    network._golden = (images, right)
    asyncio.run(monitor.ask())

    assert readiness.ready
    assert log_entries()[0]["event"] == "canary failed"


def test_a_network_that_goes_on_failing_ends_the_process(
    monitor: ModelMonitor, served: Repository, readiness: Readiness, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *arguments: signals.append(arguments))

    def lost(_: np.ndarray) -> tuple[np.ndarray, ...]:
        message = "CUDA failure 700"
        raise RuntimeError(message)

    monkeypatch.setattr(served.find("lenet5").batcher, "_run", lost)

    async def ask() -> None:
        asking = asyncio.gather(*(monitor.ask() for _ in range(MOST_FAILURES)))
        while not signals:
            await asyncio.sleep(0)
        asking.cancel()

    asyncio.run(ask())

    assert signals == [(os.getpid(), signal.SIGTERM)]
    assert readiness.report["reason"] == "a network does not answer"


def test_it_looks_by_itself_while_it_runs(
    monitor: ModelMonitor, served: Repository, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("2")
    monkeypatch.setattr("service.model_monitor.LOOK_S", 0)
    monkeypatch.setattr(monitor, "_poll_s", 1e-9)

    async def wait() -> None:
        running = asyncio.create_task(monitor.run())
        while served.find("lenet5").card.version == "1":
            await asyncio.sleep(0)
        running.cancel()

    asyncio.run(asyncio.wait_for(wait(), 30))

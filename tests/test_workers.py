"""Several processes on one port: a dead or stuck one is replaced, and none is left behind."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import parser

ROOT = Path(__file__).resolve().parents[1]


class Service:
    """A service of two workers, by its log."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service"],
            cwd=folder,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("LENET_")},
                "PYTHONPATH": str(ROOT),
                "LENET_PORT": "0",
                "LENET_WORKERS": "2",
                **settings,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def started(self, number: int) -> tuple[str, list[int]]:
        """Wait until so many workers began; give the address, when it is told, and their process ids."""
        address, workers = "", []
        ready = 0
        assert self.process.stdout
        for line in self.process.stdout:
            event = json.loads(line)["event"]
            if "running on" in event:
                address = event.split()[-1]
            if event.startswith("Started server process"):
                workers.append(int(event.split("[")[1].rstrip("]")))
            ready += event == "Application startup complete."
            if ready == number:
                break
        return address, workers

    def alive(self, pid: int) -> bool:
        try:
            return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            return False


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path, LENET_WATCHDOG_S="3")
    yield service
    service.process.kill()
    service.process.communicate()


def answers(address: str) -> bool:
    with urllib.request.urlopen(f"{address}/health/ready", timeout=10) as answer:
        return bool(json.load(answer)["ready"])


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "stuck"])
def test_a_dead_or_stuck_worker_is_replaced_and_nothing_is_left(end: int, service: Service) -> None:
    address, first = service.started(2)
    os.kill(first[0], end)
    _, later = service.started(1)

    assert len(set(first) | set(later)) == 3
    assert not service.alive(first[0])
    assert answers(address)

    service.process.terminate()
    _, errors = service.process.communicate(timeout=30)
    assert errors == ""
    assert not any(service.alive(pid) for pid in (*first, *later))


def told(address: str) -> dict[str, float]:
    """Scrape whichever worker takes the connection."""
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        return {
            f"{sample.name}{sorted(sample.labels.values())}": sample.value
            for family in parser.text_string_to_metric_families(answer.read().decode())
            for sample in family.samples
            if family.type in {"counter", "histogram"} or family.name == "lenet_workers"
        }


def test_any_worker_tells_what_all_have_counted_the_dead_included(service: Service) -> None:
    ready = "lenet_request_seconds_count['/health/ready', '200', 'GET']"
    starts = "lenet_worker_starts_total[]"
    address, first = service.started(2)
    for _ in range(40):
        assert answers(address)
    # A worker shows what it has counted every second.
    scrapes = [told(address)]
    while scrapes[-1].get(ready, 0) < 40 or scrapes[-1][starts] < 2:
        scrapes.append(told(address))
    assert scrapes[-1]["lenet_workers[]"] == 2

    os.kill(first[0], signal.SIGKILL)
    service.started(1)
    while scrapes[-1][starts] < 3 or scrapes[-1]["lenet_workers[]"] != 2:
        scrapes.append(told(address))

    assert scrapes[-1][ready] == 40
    for before, after in itertools.pairwise(scrapes):
        smaller = [name for name in before if after.get(name, 0) < before[name] and name != "lenet_workers[]"]
        assert not smaller


def test_workers_end_when_their_supervisor_is_killed(service: Service) -> None:
    _, workers = service.started(2)
    service.process.kill()
    # The pipes end when the last of them is gone.
    service.process.communicate(timeout=30)

    assert not any(service.alive(pid) for pid in workers)


def test_workers_that_cannot_start_end_the_service_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    service = Service(tmp_path, LENET_API_KEYS_FILE="missing", LENET_WATCHDOG_S="120")
    output, errors = service.process.communicate(timeout=60)

    assert service.process.returncode == 3
    assert "Child process" not in errors
    assert all(json.loads(line) for line in output.splitlines())
    assert len(set(errors.splitlines())) == 1
    assert "cannot start" in errors
    # Two seconds; ten times as long on a busy machine. A supervisor that asked the dead took 120.
    assert time.monotonic() - began < 30


def test_a_missing_repository_ends_the_service_before_any_worker_begins(tmp_path: Path) -> None:
    service = Service(tmp_path, LENET_MODEL_REPOSITORY="missing")
    output, errors = service.process.communicate(timeout=30)

    assert service.process.returncode == 3
    assert not output
    assert errors == (
        "lenet5-service cannot start: LENET_MODEL_REPOSITORY: missing: No such file or directory\n"
    )


def test_every_worker_serves_what_can_be_served_and_takes_a_pin_up(
    tmp_path: Path, copy_packaged: Callable[..., Path]
) -> None:
    models = tmp_path / "models"
    copy_packaged(models / "lenet5" / "1")
    copy_packaged(models / "lenet5" / "2")
    (models / "lenet5" / "3").mkdir()
    os.mkfifo(models / "lenet5" / "3" / "card.json")
    service = Service(tmp_path, LENET_MODEL_REPOSITORY="models", LENET_REPOSITORY_POLL_S="0.1")
    try:
        address, _ = service.started(2)
        assert {answering(address) for _ in range(20)} == {"2"}
        pinned = subprocess.run(
            [sys.executable, "-m", "service", "pin", "lenet5", "1"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LENET_MODEL_REPOSITORY": "models"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert (pinned.returncode, pinned.stdout) == (0, "lenet5 is pinned at 1 in models\n")
        # Each connection is taken by either of them.
        while {answering(address) for _ in range(20)} != {"1"}:
            pass
    finally:
        service.process.terminate()
        output, errors = service.process.communicate(timeout=30)

    assert not errors
    refused = [json.loads(line) for line in output.splitlines() if "version refused" in line]
    assert {(one["model"], one["version"], one["reason"]) for one in refused} <= {
        ("lenet5", "3", "card.json: it is no regular file")
    }


def test_every_worker_takes_up_what_one_was_asked_to_load_and_unload(
    tmp_path: Path, copy_packaged: Callable[..., Path]
) -> None:
    models = tmp_path / "models"
    copy_packaged(models / "lenet5" / "1")
    service = Service(
        tmp_path,
        LENET_MODEL_REPOSITORY="models",
        LENET_REPOSITORY_POLL_S="0.1",
        LENET_REPOSITORY_API="on",
    )

    def request(verb: str, **parameters: str) -> None:
        body = json.dumps({"parameters": parameters}).encode()
        url = f"{address}/v2/repository/models/lenet5/{verb}"
        with urllib.request.urlopen(url, data=body, timeout=30) as answer:
            assert answer.status == 200

    def wait_for(expected: str) -> None:
        # Each connection is taken by either of them; both follow within a poll.
        deadline = time.monotonic() + 30
        while (found := {answering(address) for _ in range(20)}) != {expected}:
            assert time.monotonic() < deadline, found

    try:
        address, _ = service.started(2)
        wait_for("1")
        request("unload")
        wait_for("none")
        copy_packaged(models / "lenet5" / "2")
        request("load")
        wait_for("2")
        request("load", version="1")
        wait_for("1")
        request("load", version="latest")
        wait_for("2")
    finally:
        service.process.terminate()
        _, errors = service.process.communicate(timeout=30)

    assert not errors


def answering(address: str) -> str:
    """Give the version that answers, ``none`` where the model is not served."""
    try:
        with urllib.request.urlopen(f"{address}/models/lenet5", timeout=10) as answer:
            return str(json.load(answer)["version"])
    except urllib.error.HTTPError as error:
        assert error.code == 404  # noqa: PT017  any other is a fault
        return "none"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_all_interfaces_are_those_of_ipv4_and_ipv6_with_any_number_of_workers(
    tmp_path: Path, workers: str
) -> None:
    service = Service(tmp_path, LENET_HOST="::", LENET_WORKERS=workers)
    try:
        address, _ = service.started(int(workers))
        assert address.startswith("http://[::]:")
        for host in ("127.0.0.1", "[::1]"):
            with urllib.request.urlopen(address.replace("[::]", host) + "/health/live") as answer:
                assert answer.status == 200
    finally:
        service.process.terminate()
        service.process.communicate()

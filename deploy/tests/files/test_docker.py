"""The Dockerfiles and the Compose file, as text: what an engine cannot be asked, or none is here for."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILES = ["Dockerfile", "deploy/image/training.Dockerfile"]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


@pytest.mark.parametrize("file", DOCKERFILES)
def test_hadolint_finds_nothing(file: str) -> None:
    hadolint = ROOT / ".venv" / "deploy" / "bin" / "hadolint"
    done = subprocess.run([hadolint, ROOT / file], check=False, capture_output=True, text=True)

    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize("file", DOCKERFILES)
def test_a_base_is_named_once_and_can_be_pinned_by_its_digest(file: str) -> None:
    lines = (ROOT / file).read_text().splitlines()
    (base,) = [line for line in lines if line.startswith("ARG PYTHON=")]

    assert base.count(":") == 1
    assert "latest" not in base
    stages = {line.split()[3] for line in lines if line.startswith("FROM ") and " AS " in line}
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} <= {
        "${PYTHON}",
        "scratch",
        *stages,
    }


@pytest.mark.parametrize("file", DOCKERFILES)
def test_only_what_is_pinned_by_hash_is_installed(file: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    installs = [line.partition("&&")[0] for line in text.split(" install ")[1:]]

    assert installs
    for install in installs:
        # The one exception is the wheel that was just built from this folder.
        pinned = "--require-hashes" in install and "--only-binary :all:" in install
        assert pinned or "--no-deps --no-index" in install, install


def test_no_package_index_is_named(services: dict[str, Any]) -> None:
    texts = [(ROOT / file).read_text() for file in [*DOCKERFILES, "docker-compose.yml"]]
    texts += [file.read_text() for file in (ROOT / "requirements").glob("*.txt")]

    assert [
        text for text in texts if "index-url" in text or "://" in text.replace("http://localhost", "")
    ] == []
    assert services


def test_every_service_is_confined_and_limited(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["restart"] == ("no" if name in {"training", "models"} else "unless-stopped")
        assert not service["image"].endswith(":latest")
        assert ":" in service["image"]


def test_only_the_service_starts_without_being_asked_for(services: dict[str, Any]) -> None:
    profiles = {name: service.get("profiles") for name, service in services.items()}

    assert profiles == {
        "lenet5": None,
        "lenet5-gpu": ["gpu"],
        "models": ["models"],
        "training": ["training"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
    }


def test_only_what_adds_to_the_models_may_write_to_them(services: dict[str, Any]) -> None:
    writers = {name for name, service in services.items() if "models:/models" in service.get("volumes", [])}

    assert writers == {"training", "models"}
    assert services["models"]["environment"] == services["lenet5"]["environment"]


def test_ports_are_opened_to_this_machine_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert len(ports) == 6
    assert all(port.startswith("${ADDRESS:-127.0.0.1}:") for port in ports)


def test_every_port_is_one_that_the_image_listens_at_and_no_two_are_the_same_here(
    services: dict[str, Any],
) -> None:
    text = (ROOT / "Dockerfile").read_text()
    (exposed,) = re.findall(r"^EXPOSE (.+)$", text, re.MULTILINE)
    (spoken,) = re.findall(r"LENET_GRPC_PORT=(\d+)", text)
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    here = [
        re.sub(r"\$\{\w+:-(\d+)\}", r"\1", port.rpartition(":")[0].partition("}:")[2])
        for opened in ports.values()
        for port in opened
    ]

    assert exposed.split() == ["8000", spoken]
    for name in ("lenet5", "lenet5-gpu"):
        assert [port.rpartition(":")[2] for port in ports[name]] == exposed.split()
    assert sorted(here) == ["3000", "8000", "8001", "8002", "8003", "9090"]


def test_the_grace_is_longer_than_the_service_takes(services: dict[str, Any]) -> None:
    for name in ("lenet5", "lenet5-gpu"):
        # LENET_SHUTDOWN_S has 25 s where nothing is set.
        assert "LENET_SHUTDOWN_S" not in services[name]["environment"]
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > 25 + 5


def test_a_gpu_is_reserved_and_insisted_on(services: dict[str, Any]) -> None:
    service = services["lenet5-gpu"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]

    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    assert service["environment"]["LENET_DEVICE"] == "cuda"
    assert service["build"]["args"]["DEVICE"] == "cuda"


def test_what_is_mounted_from_this_folder_is_there(services: dict[str, Any]) -> None:
    mounted = [
        ROOT / volume.partition(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]

    assert len(mounted) == 4
    assert [path for path in mounted if not path.exists()] == []


def test_prometheus_asks_the_service_by_the_name_it_has_here(services: dict[str, Any]) -> None:
    prometheus = yaml.safe_load((ROOT / "deploy" / "monitoring" / "prometheus.yml").read_text())
    targets = {
        target.partition(":")[0]
        for job in prometheus["scrape_configs"]
        for each in job["static_configs"]
        for target in each["targets"]
    }

    assert targets <= {*services, "localhost"}

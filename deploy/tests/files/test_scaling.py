"""Whatever scales does so by the numbers of docs/capacity.md, which come from a simulation."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "capacity.md").read_text()
BUSY = 0.6

Manifests = dict[str, Any]
Render = Callable[..., Manifests]


def advice(where: str) -> str:
    """Give what the document says is to be set there."""
    (row,) = re.findall(rf"^\| {where} \| (.*) \|$", DOCUMENT, re.MULTILINE)
    return str(row)


KUBERNETES = advice("Kubernetes, `HorizontalPodAutoscaler`")
KEDA = advice("KEDA")


def numbers(row: str) -> dict[str, str]:
    return dict(re.findall(r"`(\w+): (\w+)`", row))


def seconds(pattern: str, row: str) -> int:
    (found,) = re.findall(pattern, row)
    return int(found)


@pytest.fixture
def autoscaler(overlay: str, render: Render) -> dict[str, Any]:
    spec: dict[str, Any] = render(overlay)["HorizontalPodAutoscaler"]["spec"]
    return spec


@pytest.fixture
def scaled_object(overlay: str, render: Render) -> dict[str, Any]:
    manifests = render(overlay, "keda")
    # Two autoscalers of one Deployment would fight.
    assert "HorizontalPodAutoscaler" not in manifests
    spec: dict[str, Any] = manifests["ScaledObject"]["spec"]
    return spec


def target(autoscaler: dict[str, Any]) -> str:
    (metric,) = autoscaler["metrics"]
    assert metric["resource"]["name"] == "cpu"
    assert metric["resource"]["target"]["type"] == "AverageValue"
    return str(metric["resource"]["target"]["averageValue"])


def test_a_replica_is_to_be_busy_for_the_advised_share_of_what_it_requests(
    overlay: str, autoscaler: dict[str, Any], render: Render
) -> None:
    (container,) = render(overlay)["Deployment"]["spec"]["template"]["spec"]["containers"]
    cores = float(container["resources"]["requests"]["cpu"])

    assert f"{BUSY:.0%}".replace("%", " %") in KUBERNETES
    assert f"`averageValue` {BUSY} for one" in KUBERNETES
    assert float(target(autoscaler)) == pytest.approx(BUSY * cores)


def test_replicas_come_at_once_and_go_when_they_were_not_needed_for_long(autoscaler: dict[str, Any]) -> None:
    down_s = seconds(r"down after (\d+) s, up without a window", KUBERNETES)

    assert autoscaler["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": down_s}}


def test_keda_has_the_numbers_of_the_autoscaler_whose_place_it_takes(
    scaled_object: dict[str, Any], autoscaler: dict[str, Any]
) -> None:
    assert scaled_object["scaleTargetRef"]["name"] == autoscaler["scaleTargetRef"]["name"]
    assert scaled_object["minReplicaCount"] == autoscaler["minReplicas"]
    assert scaled_object["maxReplicaCount"] == autoscaler["maxReplicas"]
    assert scaled_object["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == autoscaler["behavior"]
    assert scaled_object["triggers"][0]["metadata"]["threshold"] == target(autoscaler)


def test_keda_asks_what_the_document_says(scaled_object: dict[str, Any]) -> None:
    triggers = [trigger["metadata"] for trigger in scaled_object["triggers"]]
    waiting = seconds(r"`sum\(lenet_queue_images.*` with (\d+)", KEDA)

    assert [trigger["query"] for trigger in triggers] == re.findall(r"`(sum\([^`]+)`", KEDA)
    assert triggers[1]["threshold"] == str(waiting)
    assert f"busy {BUSY:.0%} or {waiting} waiting, 30 s" in DOCUMENT
    assert scaled_object["pollingInterval"] == seconds(r"every (\d+) s", KEDA)


def test_keda_takes_no_series_for_a_fault_and_not_for_no_load(scaled_object: dict[str, Any]) -> None:
    for trigger in scaled_object["triggers"]:
        assert trigger["type"] == "prometheus"
        assert trigger["metadata"]["ignoreNullValues"] == "false"
        # The schema of KEDA's own has a map of strings there.
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
    assert scaled_object["fallback"]["behavior"] == "currentReplicasIfHigher"


@pytest.mark.parametrize("file", ["inference-service.yaml", "inference-service-grpc.yaml"])
def test_kserve_scales_as_the_document_says(file: str) -> None:
    text = (ROOT / "deploy" / "kserve" / file).read_text()
    predictor = yaml.safe_load(text)["spec"]["predictor"]
    advised = numbers(advice("KServe"))

    assert advised
    assert {name: str(predictor[name]) for name in advised} == advised


def test_ray_scales_as_the_document_says() -> None:
    text = (ROOT / "deploy" / "ray" / "serve.yaml").read_text()
    (application,) = yaml.safe_load(text)["applications"]
    (deployment,) = application["deployments"]
    advised = numbers(advice("Ray Serve"))

    assert len(advised) == 4
    assert {name: str(deployment["autoscaling_config"][name]) for name in advised} == advised

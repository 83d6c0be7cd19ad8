"""The manifests, as kubectl renders them: valid for the API, confined, and with times that add up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
KUBERNETES = ROOT / "deploy" / "kubernetes"
COMPONENTS = sorted(path.name for path in (KUBERNETES / "components").iterdir())
KSERVE = sorted(path.stem for path in (ROOT / "deploy" / "kserve").iterdir())
LABELS = {"app.kubernetes.io/name": "lenet5"}
GRPC_PORT = int((ROOT / "Dockerfile").read_text().partition("LENET_GRPC_PORT=")[2].split()[0])
"""That of the image."""

OLDEST = "1.30"
"""The first release in which a pod sleeps before it stops without being told to allow that."""

Manifests = dict[str, Any]
Render = Callable[..., Manifests]


@pytest.fixture
def manifests(overlay: str, render: Render) -> Manifests:
    return render(overlay)


@pytest.fixture
def pod(manifests: Manifests) -> dict[str, Any]:
    return manifests["Deployment"]["spec"]["template"]["spec"]


@pytest.fixture
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod["containers"]
    return container


def of_kserve(file: str) -> dict[str, Any]:
    """Give the container of a manifest for KServe."""
    text = (ROOT / "deploy" / "kserve" / f"{file}.yaml").read_text()
    (container,) = yaml.safe_load(text)["spec"]["predictor"]["containers"]
    assert isinstance(container, dict)
    return container


def setting(container: dict[str, Any], name: str, default: str) -> str:
    return {each["name"]: each["value"] for each in container["env"]}.get(name, default)


@pytest.mark.parametrize("release", [OLDEST, kubernetes_validate.latest_version()])
def test_every_manifest_is_valid_to_the_letter(manifests: Manifests, release: str) -> None:
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, release, strict=True)


def test_the_validator_would_find_a_misspelt_field(manifests: Manifests) -> None:
    manifests["Deployment"]["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifests["Deployment"], OLDEST, strict=True)


def test_an_installation_has_all_it_needs(manifests: Manifests) -> None:
    assert set(manifests) == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
    }


def test_every_selector_chooses_the_pods_of_the_service_and_no_others(manifests: Manifests) -> None:
    deployment = manifests["Deployment"]["spec"]

    assert deployment["template"]["metadata"]["labels"] == LABELS
    assert deployment["selector"] == {"matchLabels": LABELS}
    assert manifests["Service"]["spec"]["selector"] == LABELS
    assert manifests["PodDisruptionBudget"]["spec"]["selector"] == {"matchLabels": LABELS}
    assert manifests["NetworkPolicy"]["spec"]["podSelector"] == {"matchLabels": LABELS}


def test_the_image_is_of_this_version_and_of_the_overlays_device(
    overlay: str, container: dict[str, Any]
) -> None:
    text = (ROOT / "service" / "__init__.py").read_text()
    version = text.split('__version__ = "')[1].split('"')[0]

    assert container["image"] == f"lenet5-service:{version}-{ {'cpu': 'cpu', 'gpu': 'cuda'}[overlay] }"


@pytest.mark.parametrize("file", KSERVE)
def test_kserve_is_given_the_image_of_this_version(file: str, manifests: Manifests) -> None:
    container = of_kserve(file)
    (other,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]

    assert container["image"].partition("-cpu")[0] == other["image"].rpartition("-")[0]


@pytest.mark.parametrize("file", KSERVE)
@pytest.mark.parametrize("release", [OLDEST, kubernetes_validate.latest_version()])
def test_the_container_that_kserve_runs_is_valid_to_the_letter(file: str, release: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": [of_kserve(file)]}}

    kubernetes_validate.validate(pod, release, strict=True)


@pytest.mark.parametrize(
    ("file", "speaks", "name", "protocol"),
    [
        ("inference-service", "LENET_PORT", None, "v2"),
        ("inference-service-grpc", "LENET_GRPC_PORT", "h2c", "grpc-v2"),
    ],
)
def test_kserve_is_given_the_one_port_at_which_that_protocol_is_spoken(
    file: str, speaks: str, name: str | None, protocol: str
) -> None:
    container = of_kserve(file)
    (port,) = container["ports"]
    probed = [
        asked["port"] for probe in container if probe.endswith("Probe") for asked in container[probe].values()
    ]

    assert port.get("name") == name
    assert str(port["containerPort"]) == setting(container, speaks, "")
    assert set(probed) == {port["containerPort"]}
    assert setting(container, "PROTOCOL", "") == protocol


def test_what_kserve_is_given_differs_in_the_protocol_alone() -> None:
    both = [
        {name: value for name, value in of_kserve(file).items() if name != "ports" and "Probe" not in name}
        for file in KSERVE
    ]
    for container in both:
        container["env"] = [
            each for each in container["env"] if "PORT" not in each["name"] and each["name"] != "PROTOCOL"
        ]

    assert both[0] == both[1]


def test_the_pod_is_confined_as_the_restricted_standard_asks(
    pod: dict[str, Any], container: dict[str, Any]
) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= set(container["resources"]["limits"])
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])


def test_waiting_and_finishing_fit_into_the_grace(pod: dict[str, Any], container: dict[str, Any]) -> None:
    wait_s = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    finish_s = float(setting(container, "LENET_SHUTDOWN_S", "25"))

    assert wait_s >= 5
    assert wait_s + finish_s < pod["terminationGracePeriodSeconds"]


def test_probes_ask_what_answers_however_full_the_service_is(container: dict[str, Any]) -> None:
    asked = {
        name: container[name].get("httpGet") or container[name]["grpc"]
        for name in container
        if name.endswith("Probe")
    }

    assert asked == {
        "startupProbe": {"port": GRPC_PORT},
        "readinessProbe": {"path": "/health/ready", "port": "http"},
        "livenessProbe": {"path": "/health/live", "port": "http"},
    }


def test_every_port_is_one_that_the_image_listens_at_and_is_opened_by_its_name(
    manifests: Manifests, container: dict[str, Any]
) -> None:
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    opened = {port["name"]: port for port in manifests["Service"]["spec"]["ports"]}

    assert not {"LENET_PORT", "LENET_GRPC_PORT"} & {each["name"] for each in container["env"]}
    assert ports == {"http": 8000, "grpc": GRPC_PORT}
    assert {name: port["targetPort"] for name, port in opened.items()} == {name: name for name in ports}
    assert opened["http"]["port"] == 80
    assert (opened["grpc"]["port"], opened["grpc"]["appProtocol"]) == (GRPC_PORT, "kubernetes.io/h2c")


def test_the_autoscaler_scales_what_is_deployed(manifests: Manifests) -> None:
    target = manifests["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]

    assert target == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "lenet5"}
    assert "replicas" not in manifests["Deployment"]["spec"]


def test_the_service_can_open_no_connection(manifests: Manifests) -> None:
    policy = manifests["NetworkPolicy"]["spec"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == []
    assert [rule["ports"] for rule in policy["ingress"]] == [[{"port": "http"}, {"port": "grpc"}]]


def test_a_gpu_is_asked_for_and_insisted_on(render: Render) -> None:
    (container,) = render("gpu")["Deployment"]["spec"]["template"]["spec"]["containers"]

    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert setting(container, "LENET_DEVICE", "auto") == "cuda"


def test_the_monitor_finds_the_service_and_calls_the_job_as_the_alerts_do(
    overlay: str, render: Render
) -> None:
    manifests = render(overlay, "service-monitor")
    monitor, service = manifests["ServiceMonitor"]["spec"], manifests["Service"]

    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["endpoints"][0]["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert service["metadata"]["labels"][monitor["jobLabel"]] == "lenet5"
    assert 'job="lenet5"' in (ROOT / "deploy" / "monitoring" / "alerts.yml").read_text()


def test_every_component_goes_with_every_overlay(overlay: str, render: Render) -> None:
    assert {"Deployment", "ScaledObject", "ServiceMonitor"} <= set(render(overlay, *COMPONENTS))

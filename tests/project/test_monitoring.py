"""Alerts, dashboard and KEDA speak of metrics, labels and places that there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import parser
from starlette.testclient import TestClient

from service.app import create_app
from service.application import Application
from service.settings import Settings

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RUNBOOK = ROOT / "docs" / "operations.md"
PROMTOOL = shutil.which("promtool")

PROMETHEUS_OWN = {"up": set[str]()}
"""What Prometheus itself knows of each target."""
TARGET = {"job", "instance"}
"""Labels that Prometheus gives to whatever it scrapes."""


@pytest.fixture(scope="module")
def scraped(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The labels of every sample that a service tells which has one version that it refuses."""
    models = tmp_path_factory.mktemp("models")
    shutil.copytree(settings.model_repository, models, dirs_exist_ok=True)
    (models / "lenet5" / "2").mkdir()
    with TestClient(create_app(settings.model_copy(update={"model_repository": models}))) as client:
        client.get("/health/ready")
        text = client.get("/metrics").text
    found: dict[str, set[str]] = {**PROMETHEUS_OWN}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((MONITORING / "grafana" / "dashboards" / "lenet5.json").read_text())
    return document


def shown() -> Iterator[tuple[str, str]]:
    """Give the expression of every panel, with Grafana's variables filled in."""
    board = dashboard()
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], filled_in(target["expr"])
    for annotation in board["annotations"]["list"]:
        yield annotation["name"], filled_in(annotation["expr"])


def filled_in(expression: str) -> str:
    return (
        expression.replace("$__rate_interval", "5m")
        .replace("$job", "lenet5")
        .replace("$instance", "lenet5:8000")
    )


def scaled_by() -> Iterator[tuple[str, str]]:
    """Give what KEDA asks before it decides on replicas."""
    component = ROOT / "deploy" / "kubernetes" / "components" / "keda" / "scaled-object"
    spec = yaml.safe_load((component / "scaled-object.yaml").read_text())["spec"]
    for number, trigger in enumerate(spec["triggers"], 1):
        yield f"KEDA {number}", trigger["metadata"]["query"]


EXPRESSIONS = [
    *((rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()),
    *shown(),
    *scaled_by(),
]


def parts(expression: Any) -> Iterator[Any]:  # noqa: ANN401  a node of the parser's tree
    """Give every node of an expression."""
    yield expression
    for child in ("expr", "lhs", "rhs", "param", "vector_selector"):
        node = getattr(expression, child, None)
        if isinstance(node, promql_parser.Expr):
            yield from parts(node)
    for node in getattr(expression, "args", None) or []:
        yield from parts(node)


def selectors(expression: str) -> list[Any]:
    return [
        part
        for part in parts(promql_parser.parse(expression))
        if isinstance(part, promql_parser.VectorSelector)
    ]


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS)
def test_every_metric_and_label_is_told_by_a_running_service(
    name: str, expression: str, scraped: dict[str, set[str]]
) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    found = selectors(expression)

    assert found, name
    labels = {*TARGET}
    for selector in found:
        if selector.name in recorded:
            continue
        assert selector.name in scraped
        labels |= scraped[selector.name]
        used = {matcher.name for matcher in selector.matchers.matchers}
        assert used <= scraped[selector.name] | TARGET
    for part in parts(promql_parser.parse(expression)):
        grouped = getattr(getattr(part, "modifier", None), "labels", None) or []
        assert set(grouped) <= labels


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS)
def test_every_place_that_is_selected_is_one_of_the_service(
    name: str, expression: str, app: Application, scraped: dict[str, set[str]]
) -> None:
    del name
    places = {
        "route": list(app.openapi()["paths"]),
        "status": ["200", "500", "503"],
        "job": ["lenet5"],
        "instance": ["lenet5:8000"],
        "reason": ["admission_full", "queue_full", "pool_full", "share", "deadline"],
        "le": ["0.25"],
    }
    assert set(places) - TARGET <= set.union(*scraped.values())
    for selector in selectors(expression):
        for matcher in selector.matchers.matchers:
            # Prometheus' regular expressions match as a whole; each of their branches has to find something.
            branches = matcher.value.split("|")
            for branch in branches:
                assert any(re.fullmatch(branch, place) for place in places[matcher.name]), matcher.value


def test_every_alert_has_a_section_that_it_names_and_there_are_no_others() -> None:
    sections = re.findall(r"^### (Lenet\w+)$", RUNBOOK.read_text(), re.MULTILINE)

    assert sections == list(alerts())
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"


def test_every_alert_says_what_it_is_and_how_bad() -> None:
    for name, rule in alerts().items():
        section = RUNBOOK.read_text().partition(f"### {name}\n\n")[2]

        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"].endswith(".")
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert section.startswith(f"{rule['labels']['severity'].title()}. ")


def test_every_panel_explains_itself_and_overlaps_no_other() -> None:
    panels = dashboard()["panels"]
    taken = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) == 23
    assert all(panel["title"] for panel in panels)
    assert all(panel["description"] for panel in panels if panel["type"] != "row")


def test_prometheus_and_grafana_find_their_files() -> None:
    prometheus = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    provisioning = MONITORING / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"][0]
    provider = yaml.safe_load((provisioning / "dashboards" / "lenet5.yml").read_text())["providers"][0]

    assert prometheus["rule_files"] == ["alerts.yml"]
    assert "lenet5" in {job["job_name"] for job in prometheus["scrape_configs"]}
    assert source["type"] == "prometheus"
    assert provider["type"] == "file"


@pytest.mark.skipif(not PROMTOOL, reason="promtool, of Debian's package prometheus, is not on this machine")
@pytest.mark.parametrize(
    "check",
    [
        ["check", "rules", "alerts.yml"],
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "alerts.test.yml"],
    ],
)
def test_prometheus_own_tool_agrees(check: list[str]) -> None:
    done = subprocess.run(
        [str(PROMTOOL), *check], cwd=MONITORING, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_raised_by_a_story_and_by_none_on_a_quiet_day() -> None:
    stories = yaml.safe_load((MONITORING / "alerts.test.yml").read_text())["tests"]
    quiet, *others = stories
    raised = {
        case["alertname"] for story in others for case in story["alert_rule_test"] if case.get("exp_alerts")
    }

    assert raised == set(alerts())
    assert {case["alertname"] for case in quiet["alert_rule_test"]} == set(alerts())
    assert not any(case.get("exp_alerts") for case in quiet["alert_rule_test"])

"""The card for people says what card.json says, and what it tells to do works."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml


@pytest.fixture(scope="module")
def page(trained_version: Path) -> str:
    return (trained_version / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def card(trained_version: Path) -> dict:
    return json.loads((trained_version / "card.json").read_text(encoding="utf-8"))


def test_a_model_hub_can_read_its_head(page: str, card: dict) -> None:
    head = yaml.safe_load(page.split("---\n")[1])

    assert (head["license"], head["datasets"]) == ("mit", ["ylecun/mnist"])
    assert {"tags", "metrics"} <= set(head)
    measured = head["model-index"][0]["results"][0]["metrics"]
    assert measured[0] == {"type": "accuracy", "value": round(card["evaluation"]["test"]["accuracy"], 4)}


def test_its_snippet_reads_the_golden_digits(page: str, trained_version: Path) -> None:
    snippet = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)

    told = subprocess.run(
        [sys.executable, "-c", snippet], cwd=trained_version, capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stderr
    assert re.match(r"\[\d( \d){9}\]", told.stdout)


def test_it_tells_uses_limits_figures_and_origin(page: str, card: dict) -> None:
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    rows = dict(re.findall(r"^ *\| ([^|]+) \| (.+) \|$", page, re.MULTILINE))
    test = card["evaluation"]["test"]

    assert headings == [
        "Intended use",
        "Limits",
        "Results",
        "Robustness",
        "How to use",
        "Data and licence",
        "Training",
    ]
    assert "A trial, not for use" in page
    assert rows["test"].startswith(f"{test['images']} | {test['errors']} | {test['accuracy']:.2%}")
    assert rows["seed"] == "1"
    assert rows["git revision"] == (card["training"]["revision"] or "not known")
    assert set(card["robustness"]) <= set(rows)
    assert "B D I J O Q S Z a b g i j l o q r s z" in page
    told = " ".join(page.split())
    for name, share in (card["familiarity"]["letters"] | card["familiarity"]["digits"]).items():
        assert f"{name} {share:.1%}" in told
    assert "$" not in page

"""What lies beside the archives: pins, bill of materials, licences, sums; and the changelog."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from installation import DIST, ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RULE = "=" * 79
TEXT_ELSEWHERE = re.compile(r"Its text is that of (\S+)\.$", re.MULTILINE)


@pytest.fixture(scope="module")
def pinned() -> dict[str, str]:
    """The versions that the requirements pin for this machine."""
    lines = re.findall(r"^([a-z].*?) \\$", (DIST / "requirements.txt").read_text(), re.MULTILINE)
    requirements = [Requirement(line) for line in lines]
    return {
        canonicalize_name(each.name): str(each.specifier).removeprefix("==")
        for each in requirements
        if not each.marker or each.marker.evaluate()
    }


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    bill: dict[str, Any] = json.loads((DIST / "sbom.cdx.json").read_text())
    return bill


@pytest.fixture(scope="module")
def notices() -> dict[str, str]:
    """The sections of the notices by the packages they are of."""
    _, *parts = (DIST / "THIRD-PARTY-NOTICES.txt").read_text().split(f"\n{RULE}\n")
    heads, texts = parts[::2], parts[1::2]
    return {
        canonicalize_name(head.split()[0]): f"{head}\n{text}" for head, text in zip(heads, texts, strict=True)
    }


def test_a_release_is_these_files(wheel: Path, sdist: Path) -> None:
    papers = {"requirements.txt", "sbom.cdx.json", "THIRD-PARTY-NOTICES.txt", "SHA256SUMS"}

    assert {file.name for file in DIST.iterdir()} == {wheel.name, sdist.name, *papers}


def test_the_pins_are_those_that_everything_is_tested_with() -> None:
    assert (DIST / "requirements.txt").read_bytes() == (ROOT / "requirements" / "service.txt").read_bytes()


def test_the_bill_is_one_that_scanners_can_read(bill: dict[str, Any]) -> None:
    validator = JsonStrictValidator(SchemaVersion.from_version(bill["specVersion"]))

    assert validator.validate_str(json.dumps(bill)) is None
    assert validator.validate_str(json.dumps({**bill, "components": [{"name": "of no type"}]}))


def test_the_bill_lists_exactly_what_is_pinned(
    bill: dict[str, Any], pinned: dict[str, str], version: str
) -> None:
    listed = {canonicalize_name(part["name"]): part["version"] for part in bill["components"]}
    product = bill["metadata"]["component"]

    assert len(pinned) > 20
    assert listed == pinned
    assert (product["name"], product["version"]) == ("lenet5-service", version)


def test_the_bill_says_of_each_part_what_it_is_called_and_how_it_is_licensed(bill: dict[str, Any]) -> None:
    for part in bill["components"]:
        assert part["purl"] == f"pkg:pypi/{canonicalize_name(part['name'])}@{part['version']}"
        assert part["licenses"]


def test_whatever_is_installed_has_its_licence_told_in_full(
    pinned: dict[str, str], notices: dict[str, str]
) -> None:
    assert set(notices) == set(pinned)
    for name, told in notices.items():
        elsewhere = TEXT_ELSEWHERE.search(told)
        text = notices[canonicalize_name(elsewhere[1])] if elsewhere else told
        assert re.search(r"^Licence: \S", told, re.MULTILINE)
        assert "\n--- " in text, name
        assert len(text) > 1000, name


def test_the_sums_are_those_of_every_file() -> None:
    lines = [line.split() for line in (DIST / "SHA256SUMS").read_text().splitlines()]

    assert {name: told for told, name in lines} == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in DIST.iterdir()
        if file.name != "SHA256SUMS"
    }


def test_no_file_tells_where_it_was_made() -> None:
    for file in DIST.iterdir():
        assert str(ROOT).encode() not in file.read_bytes(), file.name


def test_the_changelog_says_what_this_version_brings(version: str) -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    (section,) = re.findall(
        rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )

    assert "\n- " in section

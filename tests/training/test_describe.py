"""A version that was published before cards had a figure gets it, and keeps all else."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from training import provenance
from training.data import Mnist
from training.describe import describe
from training.errors import DescriptionError
from training.provenance import revision

LATER = ("temperature_interval_95", "robustness", "kernels")
STRANGERS = ("letters", "digits")
"""What the first cards did not have, and did not have of familiarity."""


@pytest.fixture
def early(trained_version: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "lenet5" / "1"
    shutil.copytree(trained_version, folder)
    for name in ("README.md", "report.html"):
        (folder / name).unlink()
    card = json.loads((folder / "card.json").read_text())
    early = {name: value for name, value in card.items() if name not in LATER}
    del early["training"]["revision"]
    for name in STRANGERS:
        del early["familiarity"][name]
    (folder / "card.json").write_text(json.dumps(early))
    return folder


def test_what_a_card_lacks_is_measured_and_all_else_stays(
    early: Path, trained_version: Path, drawn_mnist: Mnist
) -> None:
    before = json.loads((early / "card.json").read_text())
    files = {path.name: path.read_bytes() for path in early.iterdir() if path.suffix != ".json"}

    describe(early, drawn_mnist)

    card, trained = (json.loads((folder / "card.json").read_text()) for folder in (early, trained_version))
    assert before == {name: card[name] for name in before} | {
        part: {name: card[part][name] for name in before[part]} for part in ("training", "familiarity")
    }
    assert len(card["familiarity"]["letters"]) == 52
    assert set(card["familiarity"]["digits"]) == set(trained["familiarity"]["digits"])
    assert card["training"]["revision"] is None
    assert card["temperature_interval_95"] == pytest.approx(trained["temperature_interval_95"], rel=1e-3)
    assert card["kernels"] == trained["kernels"]
    assert {name: each["drawn"] for name, each in card["robustness"].items()} == dict.fromkeys(
        trained["robustness"], 100
    )
    assert files == {name: (early / name).read_bytes() for name in files}
    assert {"README.md", "report.html"} <= {path.name for path in early.iterdir()}


def test_a_second_description_changes_nothing(
    trained_version: Path, tmp_path: Path, drawn_mnist: Mnist
) -> None:
    folder = tmp_path / "lenet5" / "1"
    shutil.copytree(trained_version, folder)

    describe(folder, drawn_mnist)

    for name in ("card.json", "README.md", "report.html"):
        assert (folder / name).read_bytes() == (trained_version / name).read_bytes()


def test_trainings_with_other_seeds_stand_on_the_card_and_in_the_readme(
    trained_version: Path, tmp_path: Path, drawn_mnist: Mnist
) -> None:
    folder, other, stranger = (tmp_path / "lenet5" / name for name in ("1", "2", "3"))
    for copy, seed, recipe in ((folder, None, None), (other, 7, None), (stranger, 8, "another")):
        shutil.copytree(trained_version, copy)
        card = json.loads((copy / "card.json").read_text())
        card["training"]["seed"] = seed or card["training"]["seed"]
        card["training"]["settings"]["name"] = recipe or card["training"]["settings"]["name"]
        card["evaluation"]["test"]["errors"] = 50 if seed else 40
        (copy / "card.json").write_text(json.dumps(card))
    own = json.loads((folder / "card.json").read_text())["training"]["seed"]

    describe(folder, drawn_mnist, [other])

    seeds = json.loads((folder / "card.json").read_text())["seeds"]
    assert [(one["seed"], one["test_errors"]) for one in seeds] == [(own, 40), (7, 50)]
    assert "a mean of 45.0 test errors" in (folder / "README.md").read_text()
    with pytest.raises(DescriptionError, match="by another recipe"):
        describe(folder, drawn_mnist, [stranger])


def test_what_is_no_version_is_refused(tmp_path: Path, drawn_mnist: Mnist) -> None:
    with pytest.raises(DescriptionError, match="no version that can be read"):
        describe(tmp_path, drawn_mnist)


def test_a_training_in_a_checkout_names_its_commit() -> None:
    root = Path(__file__).parents[2]
    told = subprocess.run(
        ["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )

    expected = told.stdout.strip() if (root / ".git").exists() and told.returncode == 0 else None
    found = revision()

    assert (found and found.removesuffix("-dirty")) == expected


def test_a_training_outside_of_a_checkout_names_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "PROGRAM", tmp_path)

    assert revision() is None

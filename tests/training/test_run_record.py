"""A run goes on from its own record alone, and from none that contradicts itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from training import run_record
from training.errors import ResumeError
from training.recipes import BEST, LECTURE, Recipe
from training.run_record import Run

RECIPE = BEST.shortened(images=300, epochs=3)
FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


def record(**changes: object) -> dict[str, Any]:
    """Give the record of a run after two of three epochs."""
    return {
        "recipe": repr(RECIPE),
        "seed": 1,
        "network": "lenet5",
        "epochs": 2,
        "history": {name: [0.5, 0.25] for name in FIGURES},
        "seconds": 3.5,
        "kernels": {"1": [[[[0.5]]]]},
        **changes,
    }


def read(folder: Path, *, recipe: Recipe = RECIPE, seed: int = 1, network: str = "lenet5") -> Run:
    return run_record.read(folder, recipe, seed=seed, network=network)


def write(folder: Path, found: object) -> None:
    (folder / "run.json").write_text(json.dumps(found))
    (folder / "2.keras").write_bytes(b"")


def test_a_folder_without_a_record_is_that_of_a_new_run(tmp_path: Path) -> None:
    expected = Run(recipe=repr(RECIPE), seed=1, network="lenet5")

    assert read(tmp_path / "absent") == read(tmp_path) == expected
    assert (expected.epochs, expected.history) == (0, {})


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = Run(**record())
    run_record.write(tmp_path, run)
    (tmp_path / "2.keras").write_bytes(b"")

    assert read(tmp_path) == run
    assert {path.name for path in tmp_path.iterdir()} == {"run.json", "2.keras"}


def test_a_record_of_before_there_were_other_networks_is_that_of_lenet5(tmp_path: Path) -> None:
    found = record()
    del found["network"], found["kernels"]
    write(tmp_path, found)

    assert read(tmp_path).epochs == 2
    with pytest.raises(ResumeError, match="a run of another network"):
        read(tmp_path, network="ridges")


def test_a_run_that_diverged_may_go_on(tmp_path: Path) -> None:
    write(tmp_path, record(history={"loss": [0.5, float("nan")]}))

    assert read(tmp_path).epochs == 2


@pytest.mark.parametrize(
    ("changes", "other"),
    [
        ({"seed": 2}, "seed"),
        ({"recipe": LECTURE}, "recipe"),
        ({"recipe": BEST.shortened(images=300, epochs=4)}, "recipe"),
        ({"network": "ridges"}, "network"),
        ({"recipe": LECTURE, "seed": 2, "network": "ridges"}, "recipe and seed and network"),
    ],
)
def test_another_run_does_not_go_on_with_it(tmp_path: Path, changes: dict[str, Any], other: str) -> None:
    write(tmp_path, record())

    with pytest.raises(ResumeError) as caught:
        read(tmp_path, **changes)

    assert str(caught.value) == (
        f"{tmp_path}: holds a run of another {other}; remove it, or give another --runs"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"epochs": -1}, "epochs: Input should be greater than or equal to 0"),
        ({"epochs": "2"}, "epochs: Input should be a valid integer"),
        ({"epochs": True}, "epochs: Input should be a valid integer"),
        ({"epochs": 2.0}, "epochs: Input should be a valid integer"),
        ({"seed": "1"}, "seed: Input should be a valid integer"),
        ({"history": [0.5]}, "history: Input should be a valid dictionary"),
        ({"history": {"loss": [0.5, "0.25"]}}, "history/loss/1: Input should be a valid number"),
        ({"seconds": -1.0}, "seconds: Input should be greater than or equal to 0"),
        ({"xyzzy": 1}, "xyzzy: Unexpected keyword argument"),
        ({"epochs": 99_999}, "99999 epochs are finished, of 3"),
        ({"epochs": 1}, "1 epochs are finished, and loss has 2 figures"),
        ({"history": {"loss": [0.5]}}, "2 epochs are finished, and loss has 1 figures"),
        ({"kernels": {"3": []}}, "2 epochs are finished, and it has kernels of others"),
        ({"kernels": {"last": []}}, "2 epochs are finished, and it has kernels of others"),
        (
            {"epochs": 3, "history": {}},
            "3 epochs are finished, and their weights are not there",
        ),
    ],
)
def test_a_record_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    write(tmp_path, record(**changes))

    with pytest.raises(ResumeError) as caught:
        read(tmp_path)

    assert str(caught.value) == f"{tmp_path / 'run.json'}: damaged: {why}; remove the folder to start anew"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff", b"{}"])
def test_what_is_no_record_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)

    with pytest.raises(ResumeError, match=r"run\.json: damaged: "):
        read(tmp_path)

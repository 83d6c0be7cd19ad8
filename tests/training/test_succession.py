"""A trial takes no name in use, and neither does a network that is worse on the validation images."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.arguments import Settings, parse
from training.errors import SuccessionError
from training.evaluation import Evaluation, evaluate
from training.succession import predecessor, require_worthy, settled


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """A package with version 1: 19 of 5,000 validation images read wrong."""
    publish(tmp_path / "package" / "lenet5" / "1")
    return tmp_path / "package"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "models"


def publish(
    version: Path,
    *,
    trial: bool = False,
    recipe: str = "best",
    errors: int = 19,
    images: int = 5000,
) -> None:
    version.mkdir(parents=True)
    validation = {"images": images, "errors": errors}
    card = {"trial": trial, "recipe": recipe, "evaluation": {"validation": validation}}
    (version / "card.json").write_text(json.dumps(card))


def asked(repository: Path, *arguments: str) -> Settings:
    return parse(["--repository", str(repository), *arguments])


def validated(errors: int, images: int = 5000) -> Evaluation:
    """What a network that errs so often is measured to be."""
    labels = np.zeros(images, np.uint8)
    answers = np.zeros(images, np.int64)
    answers[:errors] = 1
    return evaluate(np.eye(10)[answers], labels)


@pytest.mark.parametrize("option", [["--images", "300"], ["--epochs", "1"], ["--recipe", "lecture"]])
def test_what_is_shortened_or_of_another_recipe_is_a_trial_under_another_name(
    repository: Path, packaged: Path, option: list[str]
) -> None:
    found = settled(asked(repository, *option), packaged=packaged)

    assert (found.trial, found.name) == (True, "lenet5-trial")


@pytest.mark.parametrize("option", [["--images", "300"], ["--epochs", "1"], ["--recipe", "lecture"]])
@pytest.mark.parametrize("where", ["package", "models"])
def test_a_trial_under_a_name_in_use_is_refused_unless_told_to(
    tmp_path: Path, repository: Path, packaged: Path, option: list[str], where: str
) -> None:
    if where == "models":
        publish(repository / "mine" / "7")
    name = {"package": "lenet5", "models": "mine"}[where]
    settings = asked(repository, *option, "--name", name)

    with pytest.raises(SuccessionError, match=f"this is a trial, and {name} [17] is for use"):
        settled(settings, packaged=packaged)

    found = settled(replace(settings, replace=True), packaged=packaged)
    assert (found.trial, found.name) == (True, name)
    assert not (tmp_path / "models" / "lenet5").exists()


def test_a_whole_run_by_the_default_recipe_is_no_trial_whatever_the_predecessors_was(
    repository: Path, packaged: Path
) -> None:
    found = settled(asked(repository, "--recipe", "prepared"), packaged=packaged)

    assert (found.trial, found.name) == (False, "lenet5")


def test_a_whole_run_of_the_same_recipe_is_no_trial(repository: Path, packaged: Path) -> None:
    found = settled(asked(repository, "--recipe", "best", "--seed", "2"), packaged=packaged)

    assert (found.trial, found.name) == (False, "lenet5")


def test_a_name_that_nothing_has_is_free_for_any_recipe_and_any_trial(
    repository: Path, packaged: Path
) -> None:
    whole = settled(asked(repository, "--recipe", "lecture", "--name", "slides"), packaged=packaged)
    short = settled(asked(repository, "--epochs", "1", "--name", "slides"), packaged=packaged)

    assert (whole.trial, whole.name) == (False, "slides")
    assert (short.trial, short.name) == (True, "slides")


def test_trials_follow_each_other_whatever_they_are_worth(repository: Path, packaged: Path) -> None:
    publish(repository / "lenet5-trial" / "1", trial=True, errors=19)
    found = settled(asked(repository, "--epochs", "1"), packaged=packaged)

    require_worthy(found, validated(4000), packaged=packaged)

    assert (found.trial, found.name) == (True, "lenet5-trial")


def test_a_trial_does_not_even_take_the_name_of_trials_when_a_version_for_use_has_it(
    repository: Path, packaged: Path
) -> None:
    publish(repository / "lenet5-trial" / "1")

    with pytest.raises(SuccessionError, match="lenet5-trial 1 is for use"):
        settled(asked(repository, "--epochs", "1"), packaged=packaged)


def test_the_newest_version_that_is_no_trial_counts(repository: Path, packaged: Path) -> None:
    for version in ("2", "9", "10"):
        publish(repository / "lenet5" / version, errors=int(version))
    publish(repository / "lenet5" / "11", trial=True)
    found = predecessor(repository, "lenet5", packaged=packaged)

    assert found is not None
    assert (found.title, found.errors, found.images) == ("lenet5 10", 10, 5000)


def test_where_the_repository_has_none_the_packages_counts(repository: Path, packaged: Path) -> None:
    publish(repository / "lenet5" / "11", trial=True)
    found = predecessor(repository, "lenet5", packaged=packaged)

    assert found is not None
    assert found.title == "lenet5 1"
    assert predecessor(repository, "other", packaged=packaged) is None


def test_the_network_that_this_package_ships_is_found(repository: Path) -> None:
    found = predecessor(repository, "lenet5")

    assert found is not None
    assert (found.recipe, found.images) == ("prepared", 5000)


@pytest.mark.parametrize("errors", [0, 18, 19, 25])
def test_what_is_better_or_worse_by_chance_takes_the_name(
    repository: Path, packaged: Path, errors: int
) -> None:
    require_worthy(asked(repository), validated(errors), packaged=packaged)


@pytest.mark.parametrize("errors", [26, 40, 4032])
def test_what_is_worse_by_more_than_chance_does_not_unless_told_to(
    repository: Path, packaged: Path, errors: int
) -> None:
    # sqrt(19 + 25) = 6.6, which 25 - 19 is within; sqrt(19 + 26) = 6.7, which 26 - 19 is not.
    with pytest.raises(SuccessionError) as caught:
        require_worthy(asked(repository), validated(errors), packaged=packaged)

    assert f"worse than lenet5 1, which stays the newest: {errors:,} of 5,000 validation" in str(caught.value)
    assert "kept in runs/prepared-1" in str(caught.value)
    require_worthy(asked(repository, "--replace"), validated(errors), packaged=packaged)


def test_shares_are_compared_where_the_numbers_of_images_differ(repository: Path, packaged: Path) -> None:
    # 19 of 5,000 is 76 of 20,000.
    require_worthy(asked(repository), validated(90, 20_000), packaged=packaged)
    with pytest.raises(SuccessionError, match="worse than lenet5 1"):
        require_worthy(asked(repository), validated(110, 20_000), packaged=packaged)


def test_a_trial_is_asked_again_when_it_is_published(repository: Path, packaged: Path) -> None:
    begun = settled(asked(repository, "--epochs", "1"), packaged=packaged)
    publish(repository / "lenet5-trial" / "1")

    with pytest.raises(SuccessionError, match="lenet5-trial 1 is for use"):
        require_worthy(begun, validated(0), packaged=packaged)


@pytest.mark.parametrize("text", [None, "{", "[]", '{"trial": false}', '{"evaluation": 1}'])
def test_a_version_that_nothing_can_be_compared_with_is_named(
    repository: Path, packaged: Path, text: str | None
) -> None:
    version = repository / "lenet5" / "3"
    version.mkdir(parents=True)
    if text is not None:
        (version / "card.json").write_text(text)

    with pytest.raises(SuccessionError, match=r"3/card\.json: cannot be read, .* move its folder away"):
        settled(asked(repository), packaged=packaged)


def test_a_card_that_has_no_end_or_makes_its_reader_wait_is_refused_at_once(
    repository: Path, packaged: Path
) -> None:
    version = repository / "lenet5" / "1"
    version.mkdir(parents=True)
    for make in (
        os.mkfifo,
        lambda card: card.symlink_to("/dev/zero"),
        lambda card: card.write_bytes(b" " * 2**21),
        lambda card: card.mkdir(),
    ):
        card = version / "card.json"
        make(card)
        with pytest.raises(SuccessionError, match="cannot be read"):
            predecessor(repository, "lenet5", packaged=packaged)
        card.rmdir() if card.is_dir() else card.unlink()


def test_a_card_without_validation_figures_keeps_its_name_until_told_otherwise(
    repository: Path, packaged: Path
) -> None:
    version = repository / "mine" / "1"
    version.mkdir(parents=True)
    (version / "card.json").write_text(json.dumps({"recipe": "best", "evaluation": {"test": {}}}))
    asking = asked(repository, "--name", "mine")

    assert not settled(asking, packaged=packaged).trial
    with pytest.raises(SuccessionError, match="no validation figures"):
        require_worthy(asking, validated(1), packaged=packaged)
    require_worthy(replace(asking, replace=True), validated(1), packaged=packaged)

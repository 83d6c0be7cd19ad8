"""The models of the package are served beneath the operator's repository, which overrides them by name."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.digits.network import Batching
from service.errors import ModelError
from service.repository import opening
from service.repository.repository import Repository

Open = Callable[[], Repository]
Publish = Callable[..., Path]


@pytest.fixture
def package(tmp_path: Path, publish: Publish) -> Path:
    """A package with two versions of one model, and one of another."""
    for name, version in (("lenet5", "1"), ("lenet5", "2"), ("other", "1")):
        publish(tmp_path / "package" / name / version)
    return tmp_path / "package"


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


@pytest.fixture
def served(package: Path, volume: Path, batching: Batching) -> Open:
    return lambda: opening.open_folder(
        volume, device="cpu", batching=batching, most_versions=10, beneath=package
    )


@pytest.fixture
def publish(copy_packaged: Callable[..., Path]) -> Publish:
    return lambda version, recipe="": copy_packaged(version, recipe=recipe)


def every(found: Repository) -> list[tuple[str, str, str]]:
    return [(network.card.name, network.card.version, network.card.recipe) for network in found.every()]


PACKAGED = [("lenet5", "1", ""), ("lenet5", "2", ""), ("other", "1", "")]


def test_an_empty_volume_serves_the_package_until_a_version_comes(
    volume: Path, served: Open, publish: Publish
) -> None:
    found = served()
    assert every(found) == PACKAGED

    publish(volume / "lenet5" / "1", "mine")
    found.refresh()

    # The name is the operator's now, with all of its versions; also after a start.
    for each in (found, served()):
        assert every(each) == [("lenet5", "1", "mine"), ("other", "1", "")]


def test_a_volume_of_the_first_release_goes_on_working(
    volume: Path, served: Open, batching: Batching, copy_packaged: Callable[..., Path]
) -> None:
    """As it was published then: the folder of one model with one version, copied from that package."""
    copy_packaged(volume / "lenet5" / "1")
    alone = opening.open_folder(volume, device="cpu", batching=batching, most_versions=10)

    assert [(network.card.name, network.card.version) for network in alone.every()] == [("lenet5", "1")]
    assert every(served()) == [("lenet5", "1", alone.find("lenet5").card.recipe), ("other", "1", "")]


def test_a_folder_with_nothing_good_in_it_overrides_nothing(volume: Path, served: Open) -> None:
    found = served()
    (volume / "lenet5" / "7").mkdir(parents=True)
    found.refresh()

    for each in (found, served()):
        assert every(each) == PACKAGED
        assert set(each.refused()) == {("lenet5", "7")}


def test_what_the_operator_served_stays_when_the_volume_is_empty_for_a_while(
    volume: Path, served: Open, publish: Publish
) -> None:
    publish(volume / "lenet5" / "5", "mine")
    found = served()
    shutil.rmtree(volume / "lenet5")
    found.refresh()

    assert every(found) == [("lenet5", "5", "mine"), ("other", "1", "")]
    found.load("lenet5")
    assert every(found) == every(served()) == PACKAGED


def test_a_volume_that_is_not_there_is_named(volume: Path, served: Open) -> None:
    volume.rmdir()

    with pytest.raises(ModelError, match="volume: cannot be read: No such file"):
        served()


def test_a_repository_of_which_nothing_is_served_is_told(
    volume: Path, served: Open, log_entries: Callable[[], list[dict[str, str]]]
) -> None:
    served()

    (entry,) = log_entries()
    assert entry["event"] == "nothing in the repository is served, only the models of the package"
    assert entry["folder"] == str(volume)

"""A model is pinned, unloaded and loaded by files in its folder: for all that serve it, and after a start."""

import asyncio
import json
import os
import shutil
import stat
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.digits.network import Batching
from service.errors import InvalidInputError, ModelError, UnknownNameError
from service.repository import opening
from service.repository.repository import BESIDE, LATEST, Repository
from service.settings import PACKAGED_MODELS, PACKAGED_RECOGNISER

Open = Callable[[], Repository]


@pytest.fixture
def models(tmp_path: Path, copy_packaged: Callable[..., Path]) -> Path:
    """A repository with the versions 1, 2 and 3."""
    for version in "123":
        copy_packaged(tmp_path / "models" / "lenet5" / version)
    return tmp_path / "models"


@pytest.fixture
def served(models: Path, batching: Batching) -> Open:
    """Start a service of its own."""
    return lambda: opening.open_folder(
        models, device="cpu", batching=batching, most_versions=10, beneath=PACKAGED_MODELS
    )


def answers(found: Repository) -> str:
    return found.find("lenet5").card.version


def digits_by(found: Repository) -> list[str]:
    return [network.card.name for network in found.recognisers()]


def test_what_is_left_answers_by_default_but_not_the_packages_other_network(
    models: Path, served: Open, write_elsewhere: Callable[[Path], Path]
) -> None:
    found = served()
    found.unload("lenet5")

    assert (digits_by(found), found.default) == ([BESIDE], None)
    with pytest.raises(UnknownNameError, match="name a model"):
        found.recogniser()

    write_elsewhere(models / "elsewhere" / "1")
    later = served()

    assert (digits_by(later), later.default) == (["elsewhere", BESIDE], "elsewhere")


def test_a_pin_holds_here_elsewhere_and_after_a_start_until_it_is_taken_away(
    models: Path, served: Open, copy_packaged: Callable[..., Path]
) -> None:
    here, elsewhere = served(), served()
    assert answers(here) == "3"

    here.pin("lenet5", "1")
    elsewhere.refresh()
    later = served()
    assert [(answers(each), each.pinned("lenet5")) for each in (here, elsewhere, later)] == [("1", "1")] * 3
    assert [each.versions("lenet5") for each in (here, elsewhere, later)] == [["1", "2", "3"]] * 3

    copy_packaged(models / "lenet5" / "4")
    for each in (here, elsewhere, later):
        each.refresh()
    assert [answers(each) for each in (here, elsewhere, later)] == ["1"] * 3
    assert here.find("lenet5", "4").card.version == "4"

    elsewhere.pin("lenet5", LATEST)
    for each in (here, later):
        each.refresh()
    assert [(answers(each), each.pinned("lenet5")) for each in (here, elsewhere, later, served())] == [
        ("4", None)
    ] * 4


def test_a_pin_is_one_whole_file_that_others_can_read(models: Path, served: Open) -> None:
    found = served()
    for version in "12":
        found.pin("lenet5", version)

    pin = models / "lenet5" / "pinned"
    assert pin.read_text() == "2\n"
    assert stat.S_IMODE(pin.stat().st_mode) == 0o644
    assert sorted(path.name for path in pin.parent.iterdir()) == ["1", "2", "3", "pinned"]


def test_a_pin_by_hand_will_do(models: Path, served: Open) -> None:
    (models / "lenet5" / "pinned").write_text(" 2")

    assert answers(served()) == "2"


def test_a_pinned_version_is_served_although_it_is_none_of_the_newest(
    models: Path, batching: Batching
) -> None:
    (models / "lenet5" / "pinned").write_text("1")
    found = opening.open_folder(models, device="cpu", batching=batching, most_versions=1)

    assert found.versions("lenet5") == ["1", "3"]
    assert answers(found) == "1"


@pytest.mark.parametrize(
    ("pin", "key", "reason"),
    [
        ("", ("lenet5", ""), "pinned: a version is a whole number"),
        ("-1", ("lenet5", ""), "pinned: a version is a whole number"),
        ("../1", ("lenet5", ""), "pinned: a version is a whole number"),
        ("1" * 100, ("lenet5", ""), "pinned: it has 100 bytes"),
    ],
)
def test_a_pin_that_cannot_be_read_is_refused_by_name_and_changes_nothing(
    pin: str,
    key: tuple[str, str],
    reason: str,
    models: Path,
    served: Open,
    copy_packaged: Callable[..., Path],
) -> None:
    found = served()
    found.pin("lenet5", "2")
    (models / "lenet5" / "pinned").write_text(pin)
    found.refresh()
    copy_packaged(models / "lenet5" / "4")
    found.refresh()

    assert answers(found) == "2"
    assert reason in found.refused()[key].reason
    # A start knows of nothing that could stay: the newest answers, and it is told.
    started = served()
    assert answers(started) == "4"
    assert reason in started.refused()[key].reason


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_a_pin_that_is_no_file_is_refused(make: Callable[[Path], Any], models: Path, served: Open) -> None:
    make(models / "lenet5" / "pinned")
    found = served()

    assert answers(found) == "3"
    assert found.refused()["lenet5", ""].reason == "pinned: it is no regular file"


def test_where_the_pinned_version_was_removed_the_newest_answers_in_every_process_alike(
    models: Path, served: Open
) -> None:
    found = served()
    found.pin("lenet5", "2")
    shutil.rmtree(models / "lenet5" / "2")
    found.refresh()

    for each in (found, served()):
        assert answers(each) == "3"
        assert each.versions("lenet5") == ["1", "3"]
        assert each.refused()["lenet5", "2"].reason == "it is pinned, and there is no such version"


def test_where_the_pin_is_removed_by_hand_the_newest_answers_in_every_process_alike(
    models: Path, served: Open
) -> None:
    here, elsewhere = served(), served()
    here.pin("lenet5", "1")
    elsewhere.refresh()
    (models / "lenet5" / "pinned").unlink()
    for each in (here, elsewhere):
        each.refresh()

    assert [(answers(each), each.pinned("lenet5")) for each in (here, elsewhere)] == [("3", None)] * 2


def test_a_pin_on_a_version_that_is_still_tried_changes_nothing_yet(
    models: Path, served: Open, write_elsewhere: Callable[[Path], Path]
) -> None:
    found = served()
    found.pin("lenet5", "2")
    version = write_elsewhere(models / "elsewhere" / "4").rename(models / "lenet5" / "4")
    card = json.loads((version / "card.json").read_text())
    (version / "card.json").write_text(json.dumps({**card, "name": "lenet5"}))
    (models / "lenet5" / "pinned").write_text("4")
    found.refresh()
    assert answers(found) == "2"

    found.settle()

    assert answers(found) == "4"


def test_what_cannot_be_pinned_changes_nothing(models: Path, served: Open) -> None:
    found = served()
    found.pin("lenet5", "2")
    (models / "lenet5" / "4").mkdir()

    for name, version, error in (
        ("lenet5", "9", UnknownNameError),
        ("lenet5", "", UnknownNameError),
        ("lenet5", "newest", UnknownNameError),
        ("lenet5", "../../lenet5/1", UnknownNameError),
        ("xyzzy", "1", UnknownNameError),
        ("../models/lenet5", "1", UnknownNameError),
        ("xyzzy", LATEST, UnknownNameError),
        ("lenet5", "4", ModelError),
    ):
        with pytest.raises(error):
            found.pin(name, version)
    found.refresh()

    assert answers(found) == "2"
    assert (models / "lenet5" / "pinned").read_text() == "2\n"


def test_a_version_that_was_mended_is_pinned_before_the_next_look(
    models: Path, served: Open, copy_packaged: Callable[..., Path]
) -> None:
    (models / "lenet5" / "4").mkdir()
    found = served()
    (models / "lenet5" / "4").rmdir()
    copy_packaged(models / "lenet5" / "4")
    found.pin("lenet5", "4")

    assert answers(found) == "4"
    assert not found.refused()


def test_a_model_of_the_package_is_pinned_in_the_repository(models: Path, served: Open) -> None:
    shutil.rmtree(models / "lenet5")
    found = served()
    found.pin("lenet5", PACKAGED_RECOGNISER.name)

    assert found.pinned("lenet5") == served().pinned("lenet5") == PACKAGED_RECOGNISER.name
    assert (models / "lenet5" / "pinned").read_text() == f"{PACKAGED_RECOGNISER.name}\n"


def test_the_package_itself_is_not_written(batching: Batching) -> None:
    found = opening.open_folder(PACKAGED_MODELS, device="cpu", batching=batching, most_versions=1)
    for change in (lambda name: found.pin(name, PACKAGED_RECOGNISER.name), found.load, found.unload):
        with pytest.raises(InvalidInputError, match="LENET_MODEL_REPOSITORY names a folder"):
            change("lenet5")

    assert answers(found) == PACKAGED_RECOGNISER.name
    assert list((PACKAGED_MODELS / "lenet5").iterdir()) == [PACKAGED_RECOGNISER]


def test_a_repository_that_cannot_be_written_is_named(served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    found = served()
    monkeypatch.setattr("tempfile.mkstemp", fails)
    with pytest.raises(InvalidInputError, match=r"cannot be written from here \(Read-only file system\)"):
        found.pin("lenet5", "1")
    for change in (found.load, found.unload):
        with pytest.raises(InvalidInputError, match=r"cannot be written from here \(Read-only file system\)"):
            change("lenet5")
    found.refresh()

    assert answers(found) == "3"


def test_a_pin_that_was_not_written_leaves_nothing(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    found = served()
    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(InvalidInputError, match="No space left"):
        found.pin("lenet5", "1")

    assert sorted(path.name for path in (models / "lenet5").iterdir()) == ["1", "2", "3"]


def test_an_unloaded_model_is_loaded_by_its_pin_everywhere(served: Open) -> None:
    found, elsewhere = served(), served()
    found.unload("lenet5")
    elsewhere.refresh()
    found.pin("lenet5", "2")
    elsewhere.refresh()

    assert [answers(each) for each in (found, elsewhere, served())] == ["2"] * 3


def test_what_was_unloaded_or_replaced_leaves_neither_memory_nor_thread(
    served: Open, digits: np.ndarray
) -> None:
    found = served()

    async def ask() -> weakref.ref[Any]:
        network = found.recogniser("lenet5")
        await network.answer(digits)
        return weakref.ref(network)

    before = {thread for thread in threading.enumerate() if thread.name == "engine"}
    seen = []
    for _ in range(3):
        seen.append(asyncio.run(ask()))
        found.unload("lenet5")
        found.load("lenet5")
        seen.append(asyncio.run(ask()))
        found.load("lenet5")
        found.refresh()
    started = {thread for thread in threading.enumerate() if thread.name == "engine"} - before
    for thread in started:
        thread.join(timeout=0.2 if thread.is_alive() else 0)

    assert [network() for network in seen[:-1]] == [None] * 5
    assert sum(thread.is_alive() for thread in started) <= 1


def test_an_unload_holds_here_elsewhere_and_after_a_start_until_the_model_is_loaded(
    models: Path, served: Open, copy_packaged: Callable[..., Path]
) -> None:
    here, elsewhere = served(), served()
    here.unload("lenet5")
    elsewhere.refresh()
    later = served()
    copy_packaged(models / "lenet5" / "4")
    for each in (here, elsewhere, later):
        each.refresh()

        assert digits_by(each) == [BESIDE]
        assert each.unloaded() == ["lenet5"]
        assert each.on_disk("lenet5") == ["1", "2", "3", "4"]
        assert not each.refused()

    elsewhere.load("lenet5")
    for each in (here, later):
        each.refresh()
    for each in (here, elsewhere, later, served()):
        assert answers(each) == "4"
        assert each.unloaded() == []


def test_layers_are_unloaded_here_elsewhere_and_after_a_start_until_they_are_loaded(served: Open) -> None:
    here, elsewhere = served(), served()
    here.unload("lenet5-layers")
    elsewhere.refresh()
    for each in (here, elsewhere, served()):
        assert (answers(each), each.serves_layers("lenet5"), each.unloaded()) == ("3", False, [])

    elsewhere.unload("lenet5")
    here.refresh()
    for each in (here, elsewhere):
        with pytest.raises(UnknownNameError):
            each.unload("lenet5-layers")
    here.load("lenet5")
    assert not here.serves_layers("lenet5")

    here.load("lenet5-layers")
    elsewhere.refresh()
    for each in (here, elsewhere, served()):
        assert (answers(each), each.serves_layers("lenet5")) == ("3", True)


@pytest.mark.parametrize("text", ["", "xyzzy", "unload\nunload"])
def test_a_request_about_layers_that_is_none_is_refused_by_name_and_changes_nothing(
    text: str, models: Path, served: Open
) -> None:
    (models / "lenet5" / "requested-layers").write_text(text)
    found = served()

    assert found.serves_layers("lenet5")
    assert found.refused()["lenet5", ""].reason == "requested-layers: expected load or unload"


def test_a_model_of_the_package_is_unloaded_in_the_repository(models: Path, served: Open) -> None:
    shutil.rmtree(models / "lenet5")
    served().unload("lenet5")

    assert digits_by(served()) == [BESIDE]


def test_a_start_with_an_unloaded_model_that_a_setting_names_is_no_error(
    models: Path, batching: Batching
) -> None:
    (models / "lenet5" / "requested").write_text("unload")
    found = opening.open_folder(models, device="cpu", batching=batching, most_versions=10, default="lenet5")

    assert found.unloaded() == ["lenet5"]


def test_what_was_loaded_again_is_read_again_everywhere(models: Path, served: Open) -> None:
    here, elsewhere = served(), served()
    card = models / "lenet5" / "3" / "card.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "recipe": "another"}))
    before = elsewhere.find("lenet5")
    for _ in range(2):
        elsewhere.refresh()
    assert elsewhere.find("lenet5") is before

    here.load("lenet5")
    elsewhere.refresh()
    after = elsewhere.find("lenet5")
    elsewhere.refresh()

    assert [each.find("lenet5").card.recipe for each in (here, elsewhere)] == ["another"] * 2
    # Once is enough.
    assert elsewhere.find("lenet5") is after


def test_what_is_read_again_is_served_until_it_was_tried(
    models: Path, served: Open, write_elsewhere: Callable[[Path], Path]
) -> None:
    here, elsewhere = served(), served()
    write_elsewhere(models / "elsewhere" / "3")
    card = json.loads((models / "elsewhere" / "3" / "card.json").read_text())
    shutil.rmtree(models / "lenet5" / "3")
    (models / "elsewhere" / "3").rename(models / "lenet5" / "3")
    (models / "lenet5" / "3" / "card.json").write_text(json.dumps({**card, "name": "lenet5"}))
    here.load("lenet5")
    assert here.recogniser("lenet5").size == (32, 32)

    elsewhere.refresh()
    assert elsewhere.recogniser("lenet5").size == (28, 28)
    elsewhere.settle()

    assert elsewhere.recogniser("lenet5").size == (32, 32)


def test_a_model_that_cannot_be_loaded_stays_unloaded_everywhere(models: Path, served: Open) -> None:
    here, elsewhere = served(), served()
    here.unload("lenet5")
    for version in "123":
        (models / "lenet5" / version / "golden.npz").unlink()
    with pytest.raises(ModelError, match=r"golden\.npz"):
        here.load("lenet5")
    for each in (here, elsewhere):
        each.refresh()

    assert [each.unloaded() for each in (here, elsewhere)] == [["lenet5"]] * 2


@pytest.mark.parametrize("text", ["", "xyzzy", "unload" * 20])
def test_a_request_that_cannot_be_read_is_refused_by_name_and_changes_nothing(
    text: str, models: Path, served: Open
) -> None:
    loaded, unloaded = served(), served()
    unloaded.unload("lenet5")
    (models / "lenet5" / "requested").write_text(text)
    for each in (loaded, unloaded):
        each.refresh()

        assert each.refused()["lenet5", ""].reason.startswith("requested: ")
    assert answers(loaded) == "3"
    assert digits_by(unloaded) == [BESIDE]


def test_an_unloaded_model_stays_so_while_its_folder_cannot_be_read(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = served()
    found.unload("lenet5")
    listdir = os.listdir

    def fails(path: Path) -> list[str]:
        if path == models / "lenet5":
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", fails)
    found.refresh()

    assert digits_by(found) == [BESIDE]

"""A model answers only when every file is the one that was verified, and its golden images come out right."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.engine.batcher import Batcher, QueueLimits
from service.errors import ModelError, UnknownNameError
from service.repository import opening
from service.repository.repository import Repository

BOUNDS = QueueLimits(batch=64, requests=10, rows=100, wait_s=1, deadline_s=1)
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def version(copy_packaged: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy of the packaged model that may be altered."""
    return copy_packaged(tmp_path / "lenet5" / "1")


def load(folder: Path) -> Repository:
    return opening.open_folder(
        folder, most_versions=10, device="cpu", batching=lambda run: Batcher(run, BOUNDS, observe=ignore)
    )


def ignore(*_: object) -> None:
    pass


def change_card(version: Path, /, **members: Any) -> None:  # noqa: ANN401
    path = version / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def replace(version: Path, name: str, data: bytes) -> None:
    """Replace a file and state its hash on the card, as one who tampers with care would."""
    (version / name).write_bytes(data)
    files = json.loads((version / "card.json").read_text())["files"]
    files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    change_card(version, files=files)


def test_the_packaged_model_is_served(version: Path) -> None:
    served = load(version.parents[1])

    assert served.find("lenet5").card.version == "1"
    assert served.find("lenet5", "1") is served.current()[0]
    assert served.versions("lenet5") == ["1"]


def test_versions_are_ordered_by_number(version: Path) -> None:
    for name in ("2", "10"):
        other = version.with_name(name)
        shutil.copytree(version, other)
        change_card(other, version=name)
    served = load(version.parents[1])

    assert served.versions("lenet5") == ["1", "2", "10"]
    assert served.find("lenet5").card.version == "10"
    assert served.find("lenet5", "2").card.version == "2"


@pytest.mark.parametrize(
    ("name", "number"), [("xyzzy", None), ("", None), ("lenet5", "2"), ("lenet5", "01"), ("lenet5", "")]
)
def test_what_is_not_served_is_unknown(name: str, number: str | None, version: Path) -> None:
    with pytest.raises(UnknownNameError, match="there are:"):
        load(version.parents[1]).find(name, number)


def test_a_version_that_came_later_is_served_when_the_model_is_loaded(version: Path) -> None:
    served = load(version.parents[1])
    other = version.with_name("2")
    shutil.copytree(version, other)
    change_card(other, version="2")

    assert served.versions("lenet5") == ["1"]
    served.load("lenet5")
    assert served.versions("lenet5") == ["1", "2"]
    shutil.rmtree(version)
    served.load("lenet5")
    assert served.versions("lenet5") == ["2"]


def test_an_unloaded_model_is_unknown_until_it_is_loaded(version: Path) -> None:
    served = load(version.parents[1])
    served.unload("lenet5")

    assert served.current() == []
    for call in (served.find, served.unload):
        with pytest.raises(UnknownNameError):
            call("lenet5")
    served.load("lenet5")
    assert served.find("lenet5", "1").card.version == "1"


def test_a_version_that_cannot_be_loaded_changes_nothing(version: Path) -> None:
    served = load(version.parents[1])
    network = served.find("lenet5")
    (version / "golden.npz").unlink()

    with pytest.raises(ModelError, match=r"golden\.npz"):
        served.load("lenet5")
    assert served.find("lenet5") is network


@pytest.mark.parametrize(
    "name", ["xyzzy", "", ".", "..", "*", "lenet5/", "../lenet5", "xyzzy-layers", "-layers"]
)
def test_only_a_model_of_the_folder_is_loaded(name: str, version: Path) -> None:
    served = load(version.parents[1])

    with pytest.raises(UnknownNameError):
        served.load(name)


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="LENET_MODEL_REPOSITORY"):
        load(tmp_path)
    with pytest.raises(ModelError, match="LENET_MODEL_REPOSITORY"):
        load(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["card.json", "model.onnx", "golden.npz"])
def test_a_missing_file_is_refused(name: str, version: Path) -> None:
    (version / name).unlink()

    with pytest.raises(ModelError, match=f"{name}: cannot be read"):
        load(version.parents[1])


@pytest.mark.parametrize("name", ["model.onnx", "golden.npz"])
def test_one_flipped_bit_in_a_file_is_refused(name: str, version: Path) -> None:
    data = bytearray((version / name).read_bytes())
    data[len(data) // 2] ^= 1
    (version / name).write_bytes(data)

    with pytest.raises(ModelError, match="altered"):
        load(version.parents[1])


def test_altered_weights_with_a_matching_hash_fail_the_golden_images(version: Path) -> None:
    data = bytearray((version / "model.onnx").read_bytes())
    # Weights of the first dense layer, the largest part of the file, of a hundred that lie apart: some inputs
    # are always 0. Of a float's bytes one has its exponent.
    middle = len(data) // 2
    refused = 0
    for offset in range(4):
        altered = bytearray(data)
        altered[middle + offset : middle + 40_000 : 400] = bytes(
            byte ^ 0x40 for byte in altered[middle + offset : middle + 40_000 : 400]
        )
        replace(version, "model.onnx", bytes(altered))
        try:
            load(version.parents[1])
        except ModelError as error:
            assert "golden images" in str(error)  # noqa: PT017  three of the four change little
            refused += 1

    assert refused


@pytest.mark.parametrize("data", [b"", b"xyzzy", b"PK\x05\x06" + bytes(18)])
def test_golden_images_that_cannot_be_read_are_refused(data: bytes, version: Path) -> None:
    replace(version, "golden.npz", data)

    with pytest.raises(ModelError, match=r"golden\.npz"):
        load(version.parents[1])


@pytest.mark.parametrize("shape", [(0, 28, 28), (10, 27, 28), (9, 28, 28)])
def test_golden_images_without_their_answers_are_refused(shape: tuple[int, ...], version: Path) -> None:
    np.savez(
        version / "golden.npz", images=np.zeros(shape, np.uint8), probabilities=np.zeros((10, 10), np.float32)
    )
    replace(version, "golden.npz", (version / "golden.npz").read_bytes())

    with pytest.raises(ModelError, match="do not belong together"):
        load(version.parents[1])


def test_wrong_golden_answers_are_refused(version: Path, digits: np.ndarray) -> None:
    uniform = np.full((10, 10), 0.1, np.float32)
    np.savez(version / "golden.npz", images=digits, probabilities=uniform)
    replace(version, "golden.npz", (version / "golden.npz").read_bytes())

    with pytest.raises(ModelError, match="answered wrongly on CPUExecutionProvider"):
        load(version.parents[1])


@pytest.mark.parametrize(
    "members",
    [
        {"name": "other"},
        {"version": "2"},
        {"version": 1},
        {"parameters": "many"},
        {"files": {}},
        {"files": {"model.onnx": {"sha256": "xyzzy", "bytes": 1}}},
        {"layers": None},
    ],
    ids=repr,
)
def test_a_wrong_card_is_refused(members: dict[str, Any], version: Path) -> None:
    change_card(version, **members)

    with pytest.raises(ModelError, match=r"card\.json"):
        load(version.parents[1])


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
def test_a_card_that_is_no_json_is_refused(text: str, version: Path) -> None:
    (version / "card.json").write_text(text)

    with pytest.raises(ModelError, match=r"card\.json"):
        load(version.parents[1])


@pytest.mark.parametrize("name", ["1a", "1.5", "2-old"])
def test_a_version_that_is_no_number_is_refused(name: str, version: Path) -> None:
    version.rename(version.with_name(name))

    with pytest.raises(ModelError, match="whole number"):
        load(version.parents[1])


def test_a_network_with_other_inputs_is_refused(version: Path) -> None:
    replace(version, "model.onnx", (version / "layers.onnx").read_bytes())

    with pytest.raises(ModelError, match="expected the input image"):
        load(version.parents[1])

"""A model directory by the documented contract alone: whoever wrote it, it is served, or refused."""

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from service.digits.ink import InkNetwork
from service.digits.network import Batching, Network
from service.engine import session
from service.errors import ModelError, UnknownNameError, UnservedError
from service.repository import opening
from service.repository.repository import Repository
from service.settings import PACKAGED_MODELS, Settings

Write = Callable[[Path], Path]


@pytest.fixture
def load(batching: Batching) -> Callable[..., Repository]:
    def load(folder: Path, **changes: str) -> Repository:
        return opening.open_folder(folder, most_versions=10, device="cpu", batching=batching, **changes)

    return load


def card_of(version: Path) -> dict[str, Any]:
    return json.loads((version / "card.json").read_text(encoding="utf-8"))


def write_card(version: Path, card: dict[str, Any]) -> None:
    (version / "card.json").write_text(json.dumps(card), encoding="utf-8")


def change_layer(version: Path, name: str, /, **members: object) -> None:
    card = card_of(version)
    card["layers"] = [{**each, **(members if each["name"] == name else {})} for each in card["layers"]]
    write_card(version, card)


def change_file(version: Path, name: str, change: Callable[[Any], None]) -> None:
    """Change a graph, and state its hash on the card."""
    model = onnx.load(version / name)
    change(model.graph)
    replace_file(version, name, model.SerializeToString())


def replace_file(version: Path, name: str, data: bytes) -> None:
    """Write a file, and state its hash on the card."""
    (version / name).write_bytes(data)
    card = card_of(version)
    card["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    write_card(version, card)


@pytest.fixture
def elsewhere(write_elsewhere: Write, tmp_path: Path) -> Path:
    return write_elsewhere(tmp_path / "models" / "elsewhere" / "1")


def test_a_directory_that_another_program_wrote_is_served(
    elsewhere: Path, load: Callable[..., Repository]
) -> None:
    network = load(elsewhere.parents[1]).recogniser()

    assert (network.card.name, network.card.role, network.size) == ("elsewhere", "recogniser", (32, 32))
    assert (network.card.training, network.card.robustness, network.card.kernels) == (None, None, None)
    golden = np.load(elsewhere / "golden.npz")
    np.testing.assert_allclose(
        network.score(golden["images"]).probabilities, golden["probabilities"], atol=1e-5
    )


def test_its_weights_are_named_and_have_the_axes_of_the_card(
    elsewhere: Path, load: Callable[..., Repository]
) -> None:
    layers = load(elsewhere.parents[1]).recogniser().layers
    found = {name: layers.weights(layer) for name, layer in layers.table.items()}

    assert {name: {key: weight.axes for key, weight in each.items()} for name, each in found.items()} == {
        "edges_1": {"strength": ("everything",)},
        "flatten_1": {},
        "dense_1": {"kernel": ("inputs", "units"), "bias": ("units",)},
    }
    assert found["edges_1"]["strength"].values.tolist() == [2]
    assert found["dense_1"]["kernel"].values.shape == (1024, 10)


def test_an_output_of_two_axes_is_a_map(elsewhere: Path, load: Callable[..., Repository]) -> None:
    network = load(elsewhere.parents[1]).recogniser()
    images = np.random.default_rng(0).integers(0, 256, (70, 32, 32), np.uint8)
    (edges,) = network.layers.feature_maps(images, network.layers.select(["edges_1"]))

    np.testing.assert_allclose(edges, images / 255 * 2, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "members", "reason"),
    [
        ("dense_1", {"weights": {}}, "dense_1 has 10250 parameters and no weights"),
        ("dense_1", {"weights": {"kernel": ["inputs"]}}, r"no float32 dense_1\.kernel"),
        ("dense_1", {"weights": {"xyzzy": ["inputs"]}}, r"no float32 dense_1\.xyzzy"),
        ("edges_1", {"output_shape": [32, 32, 1]}, "the output of edges_1 has the shape"),
        ("edges_1", {"output_shape": [32, 31]}, "the output of edges_1 has the shape"),
        ("edges_1", {"output_shape": [0, 32]}, "greater than 0"),
        ("edges_1", {"kernel_size": 5}, "kernel_size"),
        ("edges_1", {"name": "xyzzy"}, "its layers are"),
    ],
)
def test_a_card_that_describes_other_layers_than_the_file_has_is_refused(
    elsewhere: Path, load: Callable[..., Repository], layer: str, members: dict[str, Any], reason: str
) -> None:
    change_layer(elsewhere, layer, **members)

    with pytest.raises(ModelError, match=reason):
        load(elsewhere.parents[1])


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"classes": list("1234567890")}, "classes"),
        ({"role": "xyzzy"}, "role"),
        ({"role": "ink"}, "expected the input image"),
    ],
)
def test_a_card_of_another_kind_is_refused(
    elsewhere: Path, load: Callable[..., Repository], members: dict[str, Any], reason: str
) -> None:
    write_card(elsewhere, {**card_of(elsewhere), **members})

    with pytest.raises(ModelError, match=reason):
        load(elsewhere.parents[1])


@pytest.mark.parametrize("size", [[20, 20], [32, 27]])
def test_a_network_without_room_for_an_image_of_mnist_is_refused(
    elsewhere: Path, load: Callable[..., Repository], size: list[int]
) -> None:
    def shrink(graph: Any) -> None:  # noqa: ANN401  onnx ships no types
        for axis, length in enumerate(size, 1):
            graph.input[0].type.tensor_type.shape.dim[axis].dim_value = length
        (square,) = [tensor for tensor in graph.initializer if tensor.name == "square"]
        square.CopyFrom(onnx.numpy_helper.from_array(np.int64([-1, *size]), "square"))

    for name in ("model.onnx", "layers.onnx"):
        change_file(elsewhere, name, shrink)

    with pytest.raises(ModelError, match=r"at least 28x28|cannot load"):
        load(elsewhere.parents[1])


def test_a_network_that_cannot_be_run_is_refused_and_takes_no_other_down(
    elsewhere: Path, settings: Settings, load: Callable[..., Repository]
) -> None:
    models = elsewhere.parents[1]
    shutil.copytree(settings.model_repository / "lenet5", models / "lenet5")
    other = elsewhere.with_name("2")
    shutil.copytree(elsewhere, other)
    write_card(other, {**card_of(other), "version": "2"})

    def break_it(graph: Any) -> None:  # noqa: ANN401  onnx ships no types
        (square,) = [tensor for tensor in graph.initializer if tensor.name == "square"]
        square.CopyFrom(onnx.numpy_helper.from_array(np.int64([3, 32, 32]), "square"))

    change_file(other, "model.onnx", break_it)
    served = load(models)

    assert served.versions("elsewhere") == ["1"]
    assert list(served.refused()) == [("elsewhere", "2")]
    assert served.recogniser().card.name == "lenet5"


def test_a_card_of_the_first_round_is_read_as_the_one_of_today(
    settings: Settings, tmp_path: Path, load: Callable[..., Repository], copy_packaged: Callable[..., Path]
) -> None:
    version = copy_packaged(tmp_path / "lenet5" / "1")
    card = card_of(version)
    names = ("name", "type", "output_shape", "parameters")
    card["layers"] = [{name: each[name] for name in names} for each in card["layers"]]
    later = {"network", "role", "temperature_interval_95", "robustness", "kernels"}
    write_card(version, {key: value for key, value in card.items() if key not in later})
    old, new = load(tmp_path).recogniser(), load(settings.model_repository).recogniser()

    assert old.layers.select() == new.layers.select()
    for layer in old.layers.select():
        weights = new.layers.weights(layer)
        for name, weight in old.layers.weights(layer).items():
            np.testing.assert_array_equal(weight.values, weights[name].values)


def test_a_network_of_the_role_ink_is_found_versioned_and_verified_and_reads_no_digit(
    write_ink: Write, settings: Settings, tmp_path: Path, load: Callable[..., Repository]
) -> None:
    shutil.copytree(settings.model_repository / "lenet5", tmp_path / "lenet5")
    write_ink(tmp_path / "sheet" / "1")
    write_ink(tmp_path / "sheet" / "2")
    served = load(tmp_path)
    ink = served.find("sheet")
    assert isinstance(ink, InkNetwork)
    picture = np.random.default_rng(9).random((1, 33, 20), np.float32)

    found, count = ink.find(picture)
    np.testing.assert_allclose(found, 1 - picture[:, ::2, ::2], atol=1e-6)
    np.testing.assert_allclose(count, [[1 / 3] * 3], atol=1e-6)
    assert (ink.card.version, served.versions("sheet"), ink.size) == ("2", ["1", "2"], (None, None))
    assert served.recogniser().card.name == "lenet5"
    assert [network.card.name for network in served.recognisers()] == ["lenet5"]
    with pytest.raises(UnknownNameError, match="reads no digits; these do: lenet5"):
        served.recogniser("sheet")


def test_the_model_ink_of_the_operator_is_the_one_that_is_asked_whatever_its_sizes_are(
    write_ink: Write, tmp_path: Path, load: Callable[..., Repository]
) -> None:
    write_ink(tmp_path / "ink" / "7")
    served = load(tmp_path, beneath=PACKAGED_MODELS)
    views = np.zeros((2, 64, 64), np.uint8)
    views[1, :, 32:] = 255

    ink, count = served.ink().look(views)

    assert served.ink().card.version == "7"
    assert (ink.shape, count.shape) == ((2, 64, 64), (2, 3))
    np.testing.assert_allclose(ink[0], 1)
    np.testing.assert_allclose(ink[1, :, [0, 30, 34, 63]].T, np.tile([1, 1, 0, 0], (64, 1)), atol=0.3)


def test_ink_is_found_by_runs_of_few_images_each_of_a_size_that_was_verified(
    write_ink: Write, tmp_path: Path, load: Callable[..., Repository], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ink(tmp_path / "ink" / "1")
    sizes = []
    run = session.Session.run

    def noted(self: session.Session, outputs: Any, inputs: Any) -> Any:  # noqa: ANN401  as Session.run
        sizes.append(len(inputs["image"]))
        return run(self, outputs, inputs)

    monkeypatch.setattr(session.Session, "run", noted)
    served = load(tmp_path)
    verified = sizes.copy()
    sizes.clear()
    pictures = np.random.default_rng(5).random((21, 12, 10), np.float32)

    found, count = served.ink().find(pictures)

    assert verified == [1, 8]
    assert sizes == [8, 8, 5]
    assert count.shape == (21, 3)
    np.testing.assert_allclose(found, 1 - pictures[:, ::2, ::2], atol=1e-6)


def test_each_golden_image_is_verified_although_a_run_takes_fewer(
    write_ink: Write, tmp_path: Path, load: Callable[..., Repository]
) -> None:
    version = write_ink(tmp_path / "sheet" / "1")
    images = np.random.default_rng(6).random((11, 6, 4), np.float32)
    ink = 1 - images[:, ::2, ::2]
    ink[-1] -= 0.5
    golden = io.BytesIO()
    np.savez(golden, images=images, ink=ink, count=np.full((11, 3), 1 / 3, np.float32))
    replace_file(version, "golden.npz", golden.getvalue())

    with pytest.raises(ModelError, match=r"the ink differs by 0\.5"):
        load(tmp_path)


def test_without_a_network_for_ink_it_says_so(
    settings: Settings, tmp_path: Path, load: Callable[..., Repository]
) -> None:
    shutil.copytree(settings.model_repository / "lenet5", tmp_path / "lenet5")

    with pytest.raises(UnservedError, match="the model ink, which is not served"):
        load(tmp_path).ink()


def test_wrong_golden_ink_is_refused(
    write_ink: Write, tmp_path: Path, load: Callable[..., Repository]
) -> None:
    version = write_ink(tmp_path / "sheet" / "1")
    change_file(
        version,
        "model.onnx",
        lambda graph: graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(np.float32([1.1]), "white")),
    )

    with pytest.raises(ModelError, match=r"the ink differs by 0\.1"):
        load(tmp_path)


def test_the_default_is_the_setting_else_the_only_recogniser_else_lenet5(
    write_elsewhere: Write,
    write_ink: Write,
    settings: Settings,
    tmp_path: Path,
    load: Callable[..., Repository],
) -> None:
    write_ink(tmp_path / "sheet" / "1")
    write_elsewhere(tmp_path / "one" / "1")
    assert load(tmp_path).default == "one"
    write_elsewhere(tmp_path / "two" / "1")
    undecided = load(tmp_path)
    assert undecided.default is None
    with pytest.raises(UnknownNameError, match=r"name a model.*: one, two"):
        undecided.recogniser()
    assert load(tmp_path, default="two").recogniser().card.name == "two"
    shutil.copytree(settings.model_repository / "lenet5", tmp_path / "lenet5")
    assert load(tmp_path).default == "lenet5"

    assert load(tmp_path, default="one").recogniser().card.name == "one"
    for name in ("xyzzy", "sheet"):
        with pytest.raises(ModelError, match=f"LENET_MODEL names {name}"):
            load(tmp_path, default=name)


def test_a_provider_that_prepares_for_each_size_gets_powers_of_two_and_a_thread(
    elsewhere: Path, load: Callable[..., Repository], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = load(elsewhere.parents[1]).recogniser()
    row = replace(session.PROVIDERS["cpu"], any_batch=False, in_place=False)
    monkeypatch.setitem(session.PROVIDERS, "cpu", row)
    sizes = []
    run = session.Session.run

    def noted(self: session.Session, outputs: Any, inputs: Any) -> Any:  # noqa: ANN401  as Session.run
        sizes.append(len(inputs["image"]))
        return run(self, outputs, inputs)

    monkeypatch.setattr(session.Session, "run", noted)
    network: Network = load(elsewhere.parents[1]).recogniser()
    warmed = set(sizes)
    sizes.clear()
    images = np.random.default_rng(2).integers(0, 256, (37, 32, 32), np.uint8)
    found = network.score(images)

    assert {1, 2, 4, 8, 16, 32, 64} <= warmed
    assert sizes == [64]
    assert network.batcher.in_place_s == 0
    np.testing.assert_allclose(found.probabilities, plain.score(images).probabilities, atol=1e-6)

"""Whatever lies in a repository beside a good version: it is refused by name, and what is good is served."""

import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from service.digits.network import Batching
from service.errors import ModelError
from service.repository import opening, sandbox, trials
from service.repository.repository import Repository
from service.settings import PACKAGED_INK, PACKAGED_MODELS, PACKAGED_RECOGNISER

Break = Callable[[Path], None]
Open = Callable[..., Repository]
GOOD = PACKAGED_RECOGNISER


@pytest.fixture
def models(tmp_path: Path, copy_packaged: Callable[..., Path]) -> Path:
    """A repository with one good version."""
    copy_packaged(tmp_path / "models" / "lenet5" / "1")
    return tmp_path / "models"


@pytest.fixture
def served(batching: Batching) -> Open:
    def served(models: Path, *, most_versions: int = 10, beneath: Path | None = None) -> Repository:
        return opening.open_folder(
            models, device="cpu", batching=batching, most_versions=most_versions, beneath=beneath
        )

    return served


def copy(version: Path) -> Path:
    """Copy the good version to a number of its own."""
    shutil.copytree(GOOD, version)
    write_card(version, name=version.parent.name, version=version.name)
    return version


def write_card(version: Path, /, **members: Any) -> None:  # noqa: ANN401
    path = version / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def put(version: Path, name: str, data: bytes) -> None:
    """Put a file in place of another, with its size and hash on the card."""
    (version / name).write_bytes(data)
    files = json.loads((version / "card.json").read_text())["files"]
    files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    write_card(version, files=files)


def in_card(before: str, after: str) -> Break:
    def change(version: Path) -> None:
        text = (version / "card.json").read_text()
        assert before in text
        (version / "card.json").write_text(text.replace(before, after, 1))

    return change


def replaced(name: str, make: Callable[[Path], object]) -> Break:
    def change(version: Path) -> None:
        (version / name).unlink()
        make(version / name)

    return change


def instead(make: Callable[[Path], object]) -> Break:
    """Break the folder of the version itself."""

    def change(version: Path) -> None:
        shutil.rmtree(version)
        make(version)

    return change


def a_socket(path: Path) -> None:
    here = Path.cwd()
    # Its path may have a hundred characters only.
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def a_hole(path: Path) -> None:
    """A file of four gigabytes that takes no place, as its card says."""
    with path.open("wb") as file:
        file.truncate(2**32)
    files = json.loads((path.parent / "card.json").read_text())["files"]
    write_card(path.parent, files={**files, path.name: {**files[path.name], "bytes": 2**32}})


def golden(**arrays: np.ndarray) -> Break:
    def change(version: Path) -> None:
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        put(version, "golden.npz", file.getvalue())

    return change


def golden_that_lies(version: Path) -> None:
    """An array whose header has a shape of a terabyte."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (2**40, 28, 28)}
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("images.npy", header.getvalue())
        archive.writestr("probabilities.npy", header.getvalue())
    put(version, "golden.npz", file.getvalue())


def network(nodes: list[Any], constants: list[Any]) -> bytes:
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 28, 28, 1])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        for name in ("probabilities", "logits", "familiarity")
    ]
    graph = helper.make_graph(nodes, "g", [image], outputs, constants)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()


def of_constants(side: int, times: int) -> bytes:
    """A network of 500 bytes that multiplies matrices of constants while it is opened."""
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["c0"], value=helper.make_tensor("v", 1, [1], [1.0]))
    ]
    nodes += [helper.make_node("MatMul", [f"c{i}", f"c{i}"], [f"c{i + 1}"]) for i in range(times)]
    nodes += [
        helper.make_node("ReduceSum", [f"c{times}"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        *(
            helper.make_node("Add", ["float", "sum"], [name])
            for name in ("probabilities", "logits", "familiarity")
        ),
    ]
    return network(nodes, [numpy_helper.from_array(np.array([side, side]), "shape")])


def that_loads_for_minutes(version: Path) -> None:
    """A network of 600 bytes that convolves constants while it is opened, and takes little memory for it."""
    shapes = {"image_shape": [1, 4, 600, 600], "kernel_shape": [32, 4, 300, 300]}
    nodes = [
        helper.make_node("ConstantOfShape", [shape], [constant], value=helper.make_tensor("v", 1, [1], [1.0]))
        for shape, constant in zip(shapes, ("constant", "kernel"), strict=True)
    ]
    nodes += [
        helper.make_node("Conv", ["constant", "kernel"], ["map"]),
        helper.make_node("ReduceSum", ["map"], ["sum"], keepdims=0),
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        *(
            helper.make_node("Add", ["float", "sum"], [name])
            for name in ("probabilities", "logits", "familiarity")
        ),
    ]
    constants = [numpy_helper.from_array(np.array(shape), name) for name, shape in shapes.items()]
    put(version, "model.onnx", network(nodes, constants))


def of_its_own(version: Path) -> None:
    """A good network that the service does not know from its package."""
    for name in ("model.onnx", "layers.onnx"):
        model = onnx.load(version / name)
        model.doc_string = str(version)
        put(version, name, model.SerializeToString())


def try_all(found: Repository) -> None:
    while found.try_next():
        found.refresh()


def weights_elsewhere(version: Path) -> None:
    model = onnx.load_from_string((version / "model.onnx").read_bytes())
    tensor = next(each for each in model.graph.initializer if each.name.endswith("kernel"))
    (version / "weights.bin").write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    put(version, "model.onnx", model.SerializeToString())


def that_fails_when_it_runs(version: Path) -> None:
    """A network that loads, and has no answer for any image."""
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        *(
            helper.make_node("Reshape", ["float", "shape"], [name])
            for name in ("probabilities", "logits", "familiarity")
        ),
    ]
    put(version, "model.onnx", network(nodes, [numpy_helper.from_array(np.array([7, 11]), "shape")]))


IMAGES, ANSWERS = np.zeros((10, 28, 28), np.uint8), np.zeros((10, 10), np.float32)
TEST_ACCURACY = '"accuracy": 0.9963'

BROKEN: dict[str, tuple[Break, str]] = {
    "nothing in it": (instead(Path.mkdir), "card.json: cannot be read"),
    "a pipe for the folder": (instead(os.mkfifo), "it is no folder"),
    "a file for the folder": (instead(Path.touch), "it is no folder"),
    "a link to nowhere for the folder": (instead(lambda path: path.symlink_to("gone")), "it is no folder"),
    "a link to itself for the folder": (instead(lambda path: path.symlink_to(path)), "it is no folder"),
    **{
        f"{what} for {name}": (replaced(name, make), f"{name}: {reason}")
        for name in ("card.json", "model.onnx", "layers.onnx", "golden.npz")
        for what, make, reason in (
            ("a pipe", os.mkfifo, "it is no regular file"),
            ("a socket", a_socket, "it is no regular file"),
            ("a folder", Path.mkdir, "it is no regular file"),
            ("zeros without end", lambda path: path.symlink_to("/dev/zero"), "it is no regular file"),
            ("a terminal", lambda path: path.symlink_to("/dev/ptmx"), "it is no regular file"),
            ("a link to nowhere", lambda path: path.symlink_to("gone"), "cannot be read"),
            ("a link to itself", lambda path: path.symlink_to(path), "cannot be read"),
            ("a file of the kernel", lambda path: path.symlink_to("/proc/self/maps"), ""),
        )
    },
    "an empty card": (lambda version: (version / "card.json").write_bytes(b""), "card.json: "),
    "a large card": (
        lambda version: (version / "card.json").write_bytes(b" " * (2**20 + 1)),
        "card.json: it has 1,048,577 bytes",
    ),
    "a deep card": (lambda version: (version / "card.json").write_text("[" * 100_000), "card.json: "),
    "a card deep in a part that is read": (
        in_card('"temperature": ', '"temperature": ' + "[" * 10_000 + "]" * 10_000 + ', "t": '),
        "card.json: ",
    ),
    "no UTF-8": (lambda version: (version / "card.json").write_bytes(b'{"name": "\xff"}'), "card.json: "),
    "half a character": (in_card('"recipe": "', r'"recipe": "\ud800'), "card.json: "),
    "not a number": (in_card(TEST_ACCURACY, '"accuracy": NaN'), "card.json: evaluation/test/accuracy"),
    "an infinite number": (in_card(TEST_ACCURACY, '"accuracy": Infinity'), "evaluation/test/accuracy"),
    "a number that becomes infinite": (in_card(TEST_ACCURACY, '"accuracy": 1e999'), "test/accuracy"),
    "a threshold that is none": (
        in_card('"threshold": -', '"threshold": NaN, "t": -'),
        "familiarity/threshold",
    ),
    "a huge number": (in_card('"parameters": 257546', '"parameters": ' + "9" * 4000), "parameters"),
    "a number below zero": (in_card('"parameters": 257546', '"parameters": -1'), "parameters"),
    "a text for a number": (in_card('"parameters": 257546', '"parameters": "many"'), "parameters"),
    "a list for a text": (in_card('"recipe": "', '"recipe": ["x"], "r": "'), "recipe"),
    "a name without end": (
        in_card('"files": {', '"files": {"' + "x" * 100_000 + '": 1, '),
        "card.json: files/x",
    ),
    "the card of another": (lambda version: write_card(version, name="xyzzy"), "it is the card of xyzzy"),
    "the card of another version": (lambda version: write_card(version, version="3"), "lenet5 version 3"),
    "a class too few": (
        lambda version: write_card(version, classes=list("012345678")),
        "expected the digits 0 to 9",
    ),
    "half a network": (
        lambda version: os.truncate(version / "model.onnx", 500_000),
        "model.onnx: altered: it has 500,000 bytes, and 1,120,250 on the card",
    ),
    "four gigabytes": (replaced("model.onnx", a_hole), "model.onnx: it has 4,294,967,296 bytes"),
    "golden images of the wrong type": (
        golden(images=IMAGES.astype(np.float32), probabilities=ANSWERS),
        "belong together",
    ),
    "golden images of objects": (
        golden(images=np.array([{}]), probabilities=ANSWERS),
        "golden.npz: cannot be read",
    ),
    "a bomb of golden images": (
        golden(images=np.zeros((2**17, 28, 28), np.uint8), probabilities=ANSWERS),
        "golden.npz: cannot be read: images has more than",
    ),
    "golden images that lie": (golden_that_lies, "golden.npz: cannot be read"),
    "golden images without answers": (golden(images=IMAGES), "golden.npz: cannot be read"),
    "wrong golden answers": (golden(images=IMAGES, probabilities=ANSWERS), "answered wrongly"),
    "no network": (lambda version: put(version, "model.onnx", b"xyzzy"), "ONNX Runtime cannot load"),
    "weights in another file": (weights_elsewhere, "model.onnx: weights outside of the file"),
    "a network without outputs": (
        lambda version: put(version, "model.onnx", (GOOD / "layers.onnx").read_bytes()),
        "expected the input image",
    ),
    "a network that fails when it runs": (that_fails_when_it_runs, "golden images are not answered"),
    "a network that takes gigabytes": (
        lambda version: put(version, "model.onnx", of_constants(15_000, 2)),
        "",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_is_refused_by_name_and_what_is_good_is_served(
    kind: str, models: Path, served: Open
) -> None:
    change, reason = BROKEN[kind]
    polled = served(models)
    network = polled.find("lenet5")
    change(copy(models / "lenet5" / "2"))
    change(copy(models / "other" / "1"))

    # By a look at the folder of a service that runs, and by a new start.
    for found in (polled, served(models)):
        for _ in range(2):
            found.settle()
        refused = found.refused()

        assert [(each.card.name, each.card.version) for each in found.every()] == [("lenet5", "1")]
        assert set(refused) == {("lenet5", "2"), ("other", "1")}
        assert reason in refused["lenet5", "2"].reason
        assert len(refused["lenet5", "2"].reason) <= 500
        assert str(models) not in refused["lenet5", "2"].reason
    assert polled.find("lenet5") is network

    # And it is served once it is mended.
    for name, version in refused:
        path = models / name / version
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        copy(path)
    polled.refresh()

    assert [(each.card.name, each.card.version) for each in polled.current()] == [
        ("lenet5", "2"),
        ("other", "1"),
    ]
    assert not polled.refused()


ONE_LOOK = """
import resource, sys
from pathlib import Path
from service.repository import opening, sandbox
served = opening.open_folder(Path(sys.argv[1]), device="cpu", batching=sandbox.unasked, most_versions=10)
assert [network.card.version for network in served.every()] == ["1"], served.refused()
for _ in range(20):
    served.refresh()
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    print(resource.getrusage(who).ru_maxrss)
"""


def memory(models: Path) -> tuple[int, int]:
    """Give the most MiB that a process takes which serves a folder, and those that it starts."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_LOOK, models],
        env={**os.environ, "PYTHONPATH": str(PACKAGED_MODELS.parents[1])},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    own, children = done.stdout.split()
    return int(own) // 1024, int(children) // 1024


@pytest.mark.parametrize(
    "kind",
    [
        *("zeros without end for card.json", "zeros without end for model.onnx", "four gigabytes"),
        *("a bomb of golden images", "golden images that lie", "a network that takes gigabytes"),
    ],
)
def test_what_is_broken_takes_no_memory(kind: str, models: Path) -> None:
    without, _ = memory(models)
    for number in range(2, 8):
        BROKEN[kind][0](copy(models / "lenet5" / str(number)))
    own, children = memory(models)

    assert own < without + 24  # a card, and each file of one version
    assert children < 100 + (sandbox.BASE_BYTES + sandbox.PER_BYTE * 2**24) // 2**20


def test_a_network_that_loads_for_too_long_is_refused_and_tried_again_later(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    that_loads_for_minutes(copy(models / "lenet5" / "2"))
    monkeypatch.setattr(sandbox, "DEADLINE_S", 3)
    found = served(models)
    tried = time.monotonic()
    for _ in range(3):
        found.settle()

    assert found.versions("lenet5") == ["1"]
    assert found.refused()["lenet5", "2"].reason == "it does not load within 3 seconds"
    assert time.monotonic() - tried < 1
    assert tried < found.refused()["lenet5", "2"].again <= tried + sandbox.AGAIN_S


def test_a_start_waits_so_long_however_many_networks_load_for_minutes_and_each_is_refused_later(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2, 6):
        that_loads_for_minutes(copy(models / "lenet5" / str(number)))
    monkeypatch.setattr(trials, "TOGETHER_S", 2)
    began = time.monotonic()
    found = served(models)
    took = time.monotonic() - began

    assert found.versions("lenet5") == ["1"]
    assert {name for name, _ in found.untried()} == {"lenet5"}
    # A process that starts when the time ends is waited for, half a second or ten times as long.
    assert took < 2 + 5

    monkeypatch.setattr(sandbox, "DEADLINE_S", 1)
    try_all(found)

    assert found.versions("lenet5") == ["1"]
    assert {key: refusal.reason for key, refusal in found.refused().items()} == {
        ("lenet5", str(number)): "it does not load within 1 seconds" for number in range(2, 6)
    }


def test_a_good_network_is_served_before_those_that_load_for_minutes_are_tried_to_their_end(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_its_own(models / "lenet5" / "1")
    for version in ("2", "3"):
        that_loads_for_minutes(copy(models / "lenet5" / version))
    monkeypatch.setattr(trials, "TOGETHER_S", 0)
    monkeypatch.setattr(sandbox, "FIRST_S", 3)
    found = served(models)
    for _ in range(3):
        found.try_next()
        found.refresh()

    assert found.versions("lenet5") == ["1"]
    assert not found.refused()
    assert found.untried() == [("lenet5", "3"), ("lenet5", "2")]

    monkeypatch.setattr(sandbox, "DEADLINE_S", 0.1)
    try_all(found)

    assert set(found.refused()) == {("lenet5", "3"), ("lenet5", "2")}


def test_until_a_version_was_tried_that_of_the_package_answers(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_its_own(models / "lenet5" / "1")
    monkeypatch.setattr(trials, "TOGETHER_S", 0)
    found = served(models, beneath=PACKAGED_MODELS)
    assert found.untried() == [("lenet5", "1")]
    assert found.versions("lenet5") == [PACKAGED_RECOGNISER.name]
    assert not found.serves_from(models)

    try_all(found)

    assert found.serves_from(models)
    assert found.recogniser().card.name == "lenet5"


def test_a_look_waits_for_no_version_that_is_tried(models: Path, served: Open) -> None:
    found = served(models)
    that_loads_for_minutes(copy(models / "lenet5" / "2"))
    found.refresh()
    trying = threading.Thread(target=lambda: [found.try_next() for _ in range(2)])
    trying.start()
    copy(models / "lenet5" / "3")
    began = time.monotonic()
    found.refresh()
    took = time.monotonic() - began
    is_tried = trying.is_alive()
    found.stop()
    trying.join()

    assert is_tried
    assert found.versions("lenet5") == ["1", "3"]
    assert took < 3


def test_a_model_that_a_setting_names_is_no_error_while_it_is_tried(
    models: Path, batching: Batching, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_its_own(copy(models / "other" / "1"))
    monkeypatch.setattr(trials, "TOGETHER_S", 0)
    found = opening.open_folder(models, device="cpu", batching=batching, most_versions=10, default="other")
    assert found.untried() == [("other", "1")]

    try_all(found)

    assert found.recogniser().card.name == "other"


def test_a_pinned_version_is_tried_first(models: Path, served: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2, 5):
        of_its_own(copy(models / "lenet5" / str(number)))
    (models / "lenet5" / "pinned").write_text("3")
    monkeypatch.setattr(trials, "TOGETHER_S", 0)

    assert [version for _, version in served(models).untried()] == ["3", "4", "2"]


def test_a_slow_network_is_loaded_by_request(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = served(models)
    of_its_own(copy(models / "lenet5" / "2"))
    monkeypatch.setattr(sandbox, "FIRST_S", 1e-6)
    found.load("lenet5")

    assert found.versions("lenet5") == ["1", "2"]


def test_a_service_that_stops_waits_for_no_version(models: Path, served: Open) -> None:
    found = served(models)
    for version in ("2", "3"):
        that_loads_for_minutes(copy(models / "lenet5" / version))
    looking = threading.Thread(target=found.settle)
    looking.start()
    looking.join(2)  # until it is at it
    began = time.monotonic()
    found.stop()
    looking.join()

    assert time.monotonic() - began < 5
    assert found.versions("lenet5") == ["1"]


def test_a_version_that_ends_its_process_is_refused(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(copy(models / "lenet5" / "2"), "model.onnx", of_constants(3, 1))
    monkeypatch.setattr(sandbox, "__name__", "nothing.of.that.name")

    refused = served(models).refused()["lenet5", "2"]

    assert "the process in which it was tried ended with status 1" in refused.reason


def test_a_file_that_cannot_be_read_for_a_while_is_read_when_it_can_be(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(models / "lenet5" / "2")
    os_open = os.open

    def fails(path: Any, *arguments: Any) -> int:  # noqa: ANN401
        if str(path).endswith("2/layers.onnx"):
            raise OSError(5, "Input/output error")
        return os_open(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fails)
        found = served(models)
        assert found.refused()["lenet5", "2"].reason == "layers.onnx: cannot be read: Input/output error"
    found.refresh()

    assert found.versions("lenet5") == ["1", "2"]
    assert not found.refused()


def test_a_model_whose_folder_cannot_be_read_stays_and_is_refused_at_a_start(
    models: Path, served: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(models / "lenet5" / "2")
    copy(models / "other" / "1")
    found = served(models)
    listdir = os.listdir

    def fails(path: Path) -> list[str]:
        if path == models / "lenet5":
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr(os, "listdir", fails)
    found.refresh()
    started = served(models)

    assert found.versions("lenet5") == ["1", "2"]
    assert [network.card.name for network in started.every()] == ["other"]
    for each in (found, started):
        assert each.refused()["lenet5", ""].reason == "cannot be read: Permission denied"


def test_a_repository_that_cannot_be_read_for_a_while_loses_nothing(models: Path, served: Open) -> None:
    found = served(models)
    models.rename(models.with_name("away"))
    with pytest.raises(ModelError, match="No such file or directory"):
        found.refresh()
    assert found.versions("lenet5") == ["1"]

    models.with_name("away").rename(models)
    found.refresh()

    assert found.versions("lenet5") == ["1"]


def test_one_good_version_is_served_however_many_newer_ones_are_broken(models: Path, served: Open) -> None:
    for number in range(2, 40):
        (models / "lenet5" / str(number)).mkdir()
    found = served(models, most_versions=2)

    assert found.versions("lenet5") == ["1"]
    assert len(found.refused()) == 38


def test_a_refusal_ends_with_its_folder(models: Path, served: Open) -> None:
    (models / "lenet5" / "2").mkdir()
    found = served(models)
    assert found.refused()

    (models / "lenet5" / "2").rmdir()
    found.refresh()

    assert not found.refused()


@pytest.mark.parametrize("name", ["..data", "lost+found", ".new-x", "README.md"])
def test_what_is_no_model_is_left_alone(name: str, models: Path, served: Open) -> None:
    (models / name).mkdir()
    (models / name / "1").mkdir()
    if name == "README.md":
        shutil.rmtree(models / name)
        (models / name).touch()

    assert not served(models).refused()


@pytest.mark.parametrize("name", [b"\xff", b"a\nb", b"\x1b[31m"])
def test_a_name_that_is_no_text_is_refused_as_text(name: bytes, models: Path, served: Open) -> None:
    os.mkdir(os.path.join(os.fsencode(models), name))  # noqa: PTH102, PTH118
    os.mkdir(os.path.join(os.fsencode(models), b"lenet5", b"2" + name))  # noqa: PTH102, PTH118
    refused = served(models).refused()

    assert len(refused) == 2
    assert all(part.isprintable() for key in refused for part in key)
    assert json.loads(json.dumps(list(refused)).encode())


def test_a_volume_of_kubernetes_is_served(models: Path, served: Open) -> None:
    """Whose names are links into a hidden folder, which is replaced as a whole."""
    (models / "lenet5").rename(models / "..first")
    (models / "..data").symlink_to("..first")
    (models / "lenet5").symlink_to("..data")

    found = served(models)

    assert found.versions("lenet5") == ["1"]
    assert not found.refused()


def test_links_to_files_are_followed(models: Path, served: Open) -> None:
    version = copy(models / "lenet5" / "2")
    for file in version.iterdir():
        kept = models.with_name(file.name)
        file.rename(kept)
        file.symlink_to(kept)

    assert served(models).versions("lenet5") == ["1", "2"]


def test_a_network_of_another_role_takes_no_name_that_the_service_asks(
    models: Path, served: Open, copy_packaged: Callable[..., Path]
) -> None:
    ink = models / "lenet5" / "9"
    shutil.copytree(PACKAGED_INK, ink)
    write_card(ink, name="lenet5", version="9")
    copy_packaged(models / "ink" / "9")
    found = served(models, beneath=PACKAGED_MODELS)

    assert found.recogniser().card.version == "1"
    assert found.ink().card.version == PACKAGED_INK.name
    assert {key: refusal.reason for key, refusal in found.refused().items()} == {
        ("lenet5", "9"): "its role is ink, and the model lenet5 reads digits",
        ("ink", "9"): "its role is recogniser, and the model ink finds ink",
    }
    for name in ("lenet5", "ink"):
        with pytest.raises(ModelError, match="its role is"):
            found.pin(name, "9")


def test_a_default_that_is_refused_stops_no_start_and_one_that_is_not_there_does(
    models: Path, batching: Batching
) -> None:
    (models / "own" / "1").mkdir(parents=True)

    def start(default: str) -> Repository:
        return opening.open_folder(models, device="cpu", batching=batching, most_versions=10, default=default)

    assert start("own").recogniser("lenet5").card.version == "1"
    with pytest.raises(ModelError, match="LENET_MODEL names xyzzy"):
        start("xyzzy")


@pytest.mark.parametrize("version", ["latest", "v4", "-1", "+4", "٣", "\udcff9"])
def test_a_folder_that_may_be_meant_as_a_version_is_refused_by_name(
    version: str, models: Path, served: Open
) -> None:
    (models / "lenet5" / version).mkdir()
    (models / "lenet5" / ".draft").mkdir()
    found = served(models)

    assert found.versions("lenet5") == ["1"]
    assert [refusal.reason for refusal in found.refused().values()] == ["a version is a whole number"]


def test_a_version_without_a_folder_of_its_own_is_refused_by_name(
    models: Path, served: Open, copy_packaged: Callable[..., Path]
) -> None:
    copy_packaged(models / "flat")

    assert "not in that of a version" in served(models).refused()["flat", ""].reason


def test_no_model_takes_the_name_of_the_layers_of_another(
    models: Path, served: Open, copy_packaged: Callable[..., Path]
) -> None:
    copy_packaged(models / "lenet5-layers" / "1")
    found = served(models)

    assert [network.card.name for network in found.every()] == ["lenet5"]
    assert "is that of a model's layers" in found.refused()["lenet5-layers", ""].reason


def with_node(version: Path, file: str, output: str, operator: str, constant: float) -> None:
    """Put an operator with a constant before an output of a file."""
    model = onnx.load(version / file)
    for node in model.graph.node:
        node.output[:] = ["before" if name == output else name for name in node.output]
        node.input[:] = ["before" if name == output else name for name in node.input]
    model.graph.initializer.append(numpy_helper.from_array(np.float32(constant), "own"))
    model.graph.node.append(helper.make_node(operator, ["before", "own"], [output]))
    put(version, file, model.SerializeToString())


@pytest.mark.parametrize(
    ("file", "output", "operator", "constant", "reason"),
    [
        ("model.onnx", "logits", "Mul", 2.0, "its logits' softmax differ"),
        ("model.onnx", "logits", "Mul", np.nan, "logits is not finite"),
        ("model.onnx", "familiarity", "Add", np.nan, "familiarity is not finite"),
        ("layers.onnx", "conv2d_2", "Add", np.inf, "conv2d_2 is not finite"),
    ],
)
def test_every_output_of_golden_images_is_looked_at(
    file: str, output: str, operator: str, constant: float, reason: str, models: Path, served: Open
) -> None:
    version = models / "lenet5" / "2"
    shutil.copytree(models / "lenet5" / "1", version)
    write_card(version, version="2")
    with_node(version, file, output, operator, constant)
    found = served(models)

    assert found.versions("lenet5") == ["1"]
    assert reason in found.refused()["lenet5", "2"].reason

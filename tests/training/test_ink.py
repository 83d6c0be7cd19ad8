"""A network that finds ink: a few scenes, one epoch, export, and the service reads the version."""

import io
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from framing.looks import find
from service.digits.ink import InkNetwork
from service.digits.network import Batching
from service.repository import version_files
from training import arguments, networks, prepared
from training.arguments import Settings
from training.data import Mnist, split
from training.errors import DataError, ExportError, ResumeError
from training.ink.evaluation import InkAnswers, dice, evaluate
from training.ink.golden import golden_views
from training.lessons import MixedDigits
from training.networks.ink import FAMILY, PARAMETERS, stroke_loss
from training.pipeline import _lessons, train_ink
from training.progress import Plain
from training.recipes import BEST, PREPARED, STROKES
from training.startup import load_tensorflow

RECIPE = STROKES.shortened(images=24, epochs=2)


class Stopped(Exception):  # noqa: N818  Not an error: it stands for a kill.
    """The process ends here."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("ink")
    # It is a trial, and the package has a version for use.
    given = ["--network", "ink", "--images", "24", "--epochs", "2", "--name", "ink", "--replace"]
    return arguments.parse([*given, "--repository", str(folder / "models"), "--runs", str(folder / "run")])


@pytest.fixture(scope="module")
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def version(drawn_mnist: Mnist, settings: Settings, log: io.StringIO) -> Path:
    """The folder of the version that this trial gave; it was stopped after the first epoch."""
    load_tensorflow()

    class Stop(Plain):
        def epoch(self, number: int, figures: dict[str, float]) -> None:
            super().epoch(number, figures)
            raise Stopped

    with pytest.raises(Stopped):
        train_ink(drawn_mnist, settings, RECIPE, Stop(log))
    return train_ink(drawn_mnist, settings, RECIPE, Plain(log))


@pytest.fixture(scope="module")
def card(version: Path) -> dict:
    return json.loads((version / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def served(version: Path, batching: Batching) -> InkNetwork:
    read = version_files.read(version, most_bytes=2**24)
    network = version_files.open_network(read, device="cpu", batching=batching)
    assert isinstance(network, InkNetwork)
    return network


def test_the_command_line_gives_each_network_its_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    ink = arguments.parse(["--network", "ink"])

    assert (ink.recipe, ink.name, ink.trial, ink.runs) == (STROKES, "ink", False, Path("runs/ink-strokes-1"))
    assert arguments.parse([]).recipe == PREPARED
    for wrong in (["--network", "ink", "--recipe", "best"], ["--recipe", "strokes"]):
        with pytest.raises(SystemExit):
            arguments.parse(wrong)
        assert "the recipe strokes is for the network ink" in capsys.readouterr().err


def test_the_recipe_is_the_one_that_was_found() -> None:
    steps = STROKES.scenes * 5 // STROKES.batch_size

    assert steps * STROKES.epochs == 12_000
    assert STROKES.warm_up(steps) == 600
    assert (STROKES.batch_size, STROKES.learning_rate, STROKES.ema_momentum) == (256, 3e-3, 0.999)
    assert STROKES.shortened(images=None, epochs=None) == STROKES
    assert (RECIPE.scenes, RECIPE.validation_scenes, RECIPE.epochs) == (24, 24, 2)


def test_the_network_has_the_layers_that_were_found() -> None:
    network = FAMILY.build()

    assert sum(int(np.prod(each.shape)) for each in network.trainable_variables) == PARAMETERS
    assert network.input_shape == (None, 64, 64, 1)
    assert network.output_shape == [(None, 64, 64), (None, 3)]
    with pytest.raises(TypeError, match="reads no digits"):
        networks.recogniser("ink")
    with pytest.raises(TypeError, match="finds no ink"):
        networks.finder("lenet5")


def test_the_loss_is_cross_entropy_and_dice() -> None:
    random = np.random.default_rng(1)
    stroke = random.random((3, 64, 64), np.float32)
    logits = random.normal(0, 3, (3, 64, 64)).astype(np.float32)
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    entropy = -(stroke * np.log(p) + (1 - stroke) * np.log(1 - p)).mean(axis=(1, 2))
    ratio = (2 * (p * stroke).sum(axis=(1, 2)) + 8) / (p.sum(axis=(1, 2)) + stroke.sum(axis=(1, 2)) + 8)

    found = keras.ops.convert_to_numpy(stroke_loss(stroke, logits))

    np.testing.assert_allclose(found, entropy + 1 - ratio, rtol=1e-4)


def test_a_stopped_run_goes_on_and_draws_nothing_twice(version: Path, log: io.StringIO) -> None:
    told = log.getvalue()

    assert version.name == "1"
    assert told.count("24 scenes are drawn") == 1
    assert "going on after epoch 1 of 2" in told
    assert [line.split()[1] for line in told.splitlines() if line.startswith("epoch")] == ["1/2", "2/2"]


def test_the_version_holds_what_the_contract_says(version: Path, card: dict) -> None:
    assert {path.name for path in version.iterdir()} == {
        "model.onnx",
        "golden.npz",
        "card.json",
        "README.md",
    }
    assert (card["role"], card["network"], card["recipe"], card["trial"]) == ("ink", "ink", "strokes", True)
    assert card["parameters"] == PARAMETERS
    assert card["input"] == {"name": "image", "datatype": "UINT8", "shape": [None, 64, 64, 1]}
    assert [(each["name"], each["shape"]) for each in card["outputs"]] == [
        ("ink", [None, 64, 64]),
        ("count", [None, 3]),
    ]
    assert set(card["files"]) == {"model.onnx", "golden.npz"}
    figures = card["evaluation"]["validation"]
    assert figures["images"] == 24 * 5
    assert 0 <= figures["errors"] <= figures["images"]
    assert {len(each) for each in card["training"]["history"].values()} == {2}
    assert card["parity"]["max_abs_difference"] <= 1e-3
    assert "A trial, not for use" in (version / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("batch", [1, 7])
def test_the_model_answers_any_batch(version: Path, batch: int) -> None:
    session = onnxruntime.InferenceSession(version / "model.onnx", providers=["CPUExecutionProvider"])
    views = np.random.default_rng(0).integers(0, 256, (batch, 64, 64, 1), np.uint8)

    ink, count = session.run(["ink", "count"], {"image": views})

    assert (ink.shape, count.shape) == ((batch, 64, 64), (batch, 3))
    assert (ink.dtype, count.dtype) == (np.float32, np.float32)
    assert ink.min() >= 0
    assert ink.max() <= 1
    np.testing.assert_allclose(count.sum(axis=1), 1, atol=1e-5)
    assert {each.key for each in onnx.load(version / "model.onnx").metadata_props} >= {"name", "role"}


def test_the_service_reads_the_version_and_finds_what_the_training_found(
    version: Path, served: InkNetwork
) -> None:
    golden = np.load(version / "golden.npz")

    ink, count = served.find(golden["images"])

    assert served.size == (64, 64)
    assert golden["images"].shape == (11, 64, 64)
    np.testing.assert_allclose(ink, golden["ink"], atol=1e-4)
    np.testing.assert_allclose(count, golden["count"], atol=1e-4)


def test_what_is_served_can_be_asked_as_looks_ask(served: InkNetwork, drawn_mnist: Mnist) -> None:
    (found,) = find([drawn_mnist.test_images[0]], served.look)

    assert sum(found.counts) == pytest.approx(1, abs=1e-5)


def test_the_golden_views_are_the_same_every_time_and_show_ink_but_for_the_last() -> None:
    (views, stroke), (again, _) = golden_views(), golden_views()

    np.testing.assert_array_equal(views, again)
    assert (views.dtype, stroke.dtype) == (np.uint8, np.float32)
    assert [bool((each > 0.5).any()) for each in stroke] == [True] * 10 + [False]


def test_evaluation_counts_views_whose_ink_is_not_found() -> None:
    stroke = np.zeros((4, 64, 64), np.float32)
    stroke[:3, 10:30, 20:30] = 1
    ink = np.zeros_like(stroke)
    ink[0] = stroke[0]
    ink[1, 10:24, 20:30] = 1  # Dice 2 * 140 / 340
    ink[2, 40:50, 20:30] = 1
    ink[3, 0, :4] = 1  # too few to be ink
    count = np.eye(3, dtype=np.float32)[[1, 1, 1, 0]]

    found = evaluate(InkAnswers(ink, np.eye(3, dtype=np.float32)[[1, 1, 2, 0]]), stroke, count)

    np.testing.assert_allclose(dice(ink, stroke), [1, 280 / 340, 0, 1])
    assert (found.images, found.errors, found.count_errors) == (4, 1, 1)
    assert found.dice == pytest.approx((1 + 280 / 340) / 3)


def test_a_network_that_does_not_find_the_golden_ink_is_not_published(
    version: Path, settings: Settings, drawn_mnist: Mnist, tmp_path: Path
) -> None:
    assert version.exists()
    with pytest.raises(ExportError, match="does not find the ink of golden views"):
        train_ink(
            drawn_mnist,
            replace(settings, repository=tmp_path, trial=False),
            RECIPE,
            Plain(io.StringIO()),
        )
    assert not list(tmp_path.iterdir())


def test_a_run_of_other_scenes_is_not_gone_on_with(
    version: Path, settings: Settings, drawn_mnist: Mnist
) -> None:
    assert version.exists()
    with pytest.raises(ResumeError, match="holds what another run drew"):
        train_ink(drawn_mnist, replace(settings, seed=2), RECIPE, Plain(io.StringIO()))


# A recogniser of what it finds.


@pytest.fixture
def mixed(version: Path, drawn_mnist: Mnist, tmp_path: Path) -> MixedDigits:
    given = arguments.parse(
        ["--recipe", "prepared", "--images", "100", "--runs", str(tmp_path), "--ink", str(version)]
    )
    lessons, made_by = _lessons(given, *split(drawn_mnist, 100), Plain(io.StringIO()))
    assert made_by == version
    assert isinstance(lessons, MixedDigits)
    return lessons


def test_batches_are_mixed_of_images_scenes_and_hands(mixed: MixedDigits) -> None:
    images, (labels,) = mixed.batch(3, 2)
    again, _ = mixed.batch(3, 2)
    other, _ = mixed.batch(3, 3)

    assert (images.shape, images.dtype) == ((8, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((8, 10), np.float32)
    assert (labels.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images, other)
    assert mixed.steps == -(-100 // 8)
    scenes, digits = mixed._scenes
    assert len(scenes) == len(digits) > 20
    # Each was framed, by levels or by what the network found.
    assert (scenes.max(axis=(1, 2)) == 255).mean() > 0.8


def test_the_recipe_for_prepared_scenes_leaves_the_best_as_it_was() -> None:
    assert repr(BEST).startswith("Recipe(name='best', training_images=55000, epochs=250, batch_size=128,")
    assert "scene" not in repr(BEST)
    assert (PREPARED.scene_share, PREPARED.hand_share, PREPARED.gentle) == (0.3, 0.05, 0.6)
    gentle = PREPARED.augmentation and PREPARED.augmentation.gentler(0.6)
    assert gentle
    assert (gentle.rotation_deg, gentle.shift_px) == pytest.approx((9, 1.5))
    assert gentle.scale == pytest.approx((0.91, 1.072))
    assert (gentle.pen_share, gentle.paper_share) == (0.15, 0.08)


def test_without_an_ink_network_it_is_said_how_to_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "PACKAGED", tmp_path / "package")
    given = arguments.parse(["--recipe", "prepared", "--repository", str(tmp_path)])

    with pytest.raises(DataError, match="train one by --network ink"):
        prepared.ink_network(given)

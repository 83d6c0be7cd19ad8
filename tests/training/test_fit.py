"""A run is decided by its seed, and one that was stopped ends where the uninterrupted one ends."""

import resource
from pathlib import Path

import numpy as np
import pytest

from training.data import Mnist, Part, split
from training.errors import ResumeError, StorageError
from training.fit import fit
from training.lessons import Digits
from training.networks.lenet5 import FAMILY
from training.recipes import BEST, LECTURE, Recipe
from training.run_record import Run

RECIPE = BEST.shortened(images=128, epochs=3)


class Stopped(Exception):  # noqa: N818  Not an error: it stands for a kill.
    """The process ends here."""


@pytest.fixture(scope="module")
def parts(drawn_mnist: Mnist) -> tuple[Part, Part]:
    return split(drawn_mnist, 128)


def weights(
    parts: tuple[Part, Part],
    folder: Path,
    *,
    recipe: Recipe = RECIPE,
    seed: int = 1,
    stop_after: int | None = None,
    stop_in_batch: bool = False,
) -> tuple[list[np.ndarray], Run]:
    epochs = 0

    def on_epoch(number: int, figures: dict[str, float]) -> None:
        nonlocal epochs
        epochs = number
        assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(figures)
        if number == stop_after and not stop_in_batch:
            raise Stopped

    def on_batch(step: int) -> None:
        if epochs == stop_after and stop_in_batch and step == 2:
            raise Stopped

    network, run = fit(
        recipe,
        Digits(recipe, *parts, seed),
        family=FAMILY,
        seed=seed,
        checkpoints=folder,
        on_epoch=on_epoch,
        on_batch=on_batch,
    )
    return network.get_weights(), run


@pytest.fixture(scope="module")
def uninterrupted(
    parts: tuple[Part, Part], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[np.ndarray], Run, Path]:
    folder = tmp_path_factory.mktemp("run")
    return *weights(parts, folder), folder


@pytest.mark.parametrize("stop_in_batch", [False, True])
def test_a_run_killed_after_an_epoch_and_resumed_ends_as_the_uninterrupted_one(
    parts: tuple[Part, Part],
    uninterrupted: tuple[list[np.ndarray], Run, Path],
    tmp_path: Path,
    stop_in_batch: bool,  # noqa: FBT001  A parameter of the test.
) -> None:
    with pytest.raises(Stopped):
        weights(parts, tmp_path, stop_after=1, stop_in_batch=stop_in_batch)
    # What a kill leaves while the next checkpoint is written.
    (tmp_path / "2.keras").write_bytes((tmp_path / "1.keras").read_bytes()[:100_000])
    (tmp_path / "run.json.new").write_text('{"recipe": "')
    resumed, run = weights(parts, tmp_path)
    expected, whole, _ = uninterrupted

    assert run.epochs == whole.epochs == 3
    for name, figures in whole.history.items():
        np.testing.assert_allclose(run.history[name], figures, rtol=1e-4, err_msg=name)
    assert set(run.kernels) == set(whole.kernels) == {"1", "3"}
    for epoch, kernels in whole.kernels.items():
        np.testing.assert_allclose(run.kernels[epoch], kernels, atol=2e-4)
    for found, weight in zip(resumed, expected, strict=True):
        np.testing.assert_allclose(found, weight, atol=1e-5)


def test_a_disk_that_is_full_ends_the_run_and_keeps_the_checkpoint_before(
    parts: tuple[Part, Part], uninterrupted: tuple[list[np.ndarray], Run, Path], tmp_path: Path
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(Stopped):
        weights(parts, tmp_path, stop_after=1)

    # A checkpoint has 4 MB. What is over the limit is not written, as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    try:
        with pytest.raises(StorageError) as caught:
            weights(parts, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    left = {path.name for path in tmp_path.iterdir()}
    resumed, _ = weights(parts, tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}: cannot be written: File too large; the same command goes on from epoch 1"
    )
    assert left == {"1.keras", "run.json"}
    for found, weight in zip(resumed, uninterrupted[0], strict=True):
        np.testing.assert_allclose(found, weight, atol=1e-5)


def test_a_finished_run_gives_its_weights_again_without_training(
    parts: tuple[Part, Part], uninterrupted: tuple[list[np.ndarray], Run, Path]
) -> None:
    expected, run, folder = uninterrupted

    again, finished = weights(parts, folder)

    assert finished == run
    assert run.seconds > 0
    for found, weight in zip(again, expected, strict=True):
        np.testing.assert_array_equal(found, weight)


def test_the_last_kernels_that_are_kept_are_those_of_the_network(
    uninterrupted: tuple[list[np.ndarray], Run, Path],
) -> None:
    weights, run, _ = uninterrupted

    # Keras has height, width, channels, filters.
    np.testing.assert_allclose(run.kernels["3"], weights[0].transpose(3, 2, 0, 1), atol=6e-5)
    assert not np.allclose(run.kernels["1"], run.kernels["3"], atol=1e-3)


def test_only_the_newest_checkpoint_is_kept(uninterrupted: tuple[list[np.ndarray], Run, Path]) -> None:
    assert {path.name for path in uninterrupted[2].iterdir()} == {"3.keras", "run.json"}


def test_a_run_of_another_seed_or_recipe_is_not_resumed(
    parts: tuple[Part, Part], uninterrupted: tuple[list[np.ndarray], Run, Path]
) -> None:
    for changed in ({"seed": 2}, {"recipe": BEST.shortened(images=128, epochs=4)}):
        with pytest.raises(ResumeError, match=r"a run of another (recipe|seed)"):
            weights(parts, uninterrupted[2], **changed)


@pytest.mark.parametrize(
    "damage", [("run.json", b"{"), ("run.json", b'{"x": 1}'), ("3.keras", b"no archive")]
)
def test_a_damaged_checkpoint_is_refused(
    parts: tuple[Part, Part],
    uninterrupted: tuple[list[np.ndarray], Run, Path],
    tmp_path: Path,
    damage: tuple[str, bytes],
) -> None:
    for path in uninterrupted[2].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / damage[0]).write_bytes(damage[1])

    with pytest.raises(ResumeError, match="damaged"):
        weights(parts, tmp_path)


def test_the_lectures_recipe_is_the_lectures() -> None:
    # Lines 841, 871 and 879.
    found = (LECTURE.training_images, LECTURE.epochs, LECTURE.batch_size, LECTURE.learning_rate)

    assert found == (40_000, 20, 1024, 1e-3)
    assert (LECTURE.augmentation, LECTURE.ema_momentum, LECTURE.cosine, LECTURE.weight_decay) == (
        None,
        None,
        False,
        0,
    )


@pytest.mark.parametrize("recipe", [BEST, LECTURE])
def test_a_recipe_at_its_own_size_stays_as_it_is(recipe: Recipe) -> None:
    assert recipe.shortened(images=None, epochs=None) == recipe
    assert recipe.shortened(images=60_000, epochs=None) == recipe


def test_a_trial_takes_enough_steps_to_learn_from() -> None:
    trial = BEST.shortened(images=300, epochs=1)

    assert (trial.training_images, trial.epochs, trial.batch_size) == (300, 1, 9)
    assert trial.ema_momentum == pytest.approx(0.7)


def test_the_lectures_recipe_learns(parts: tuple[Part, Part], tmp_path: Path) -> None:
    _, run = weights(parts, tmp_path, recipe=LECTURE.shortened(images=128, epochs=6))

    assert run.history["val_accuracy"][-1] > 0.8
    assert run.history["loss"][-1] < run.history["loss"][0]

"""One training run: resumable, seeded, on images that are augmented as they are needed."""

import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training import run_record
from training.data import Images, Labels
from training.errors import ResumeError, StorageError
from training.family import Family, input_size, scaled
from training.layers import first_kernels
from training.recipes import Recipe
from training.run_record import Run
from training.storage import unwritable

CLASSES = 10


def fit(  # noqa: PLR0913  A network, two sets of images, and two listeners.
    recipe: Recipe,
    train: tuple[Images, Labels],
    validation: tuple[Images, Labels],
    *,
    family: Family,
    seed: int,
    checkpoints: Path,
    on_epoch: Callable[[int, dict[str, float]], None],
    on_batch: Callable[[int], None],
) -> tuple[keras.Model, Run]:
    """
    Train until the recipe's last epoch, from the newest checkpoint when there is one.

    Args:
        recipe: What to do.
        train: Images ``(number, 28, 28)`` uint8 and their labels.
        validation: The same, never trained on; only watched.
        family: The kind of network.
        seed: Decides weights, order and augmentation.
        checkpoints: Folder of this run; written after every epoch.
        on_epoch: Told the number of epochs finished and the last one's figures.
        on_batch: Told the step finished within the epoch.

    Returns:
        The network with its final (averaged, when the recipe averages) weights, and the finished run.

    Raises:
        ResumeError: The folder holds another run, or a damaged one.
        StorageError: A checkpoint cannot be written; the one before is kept.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    steps = steps_of(recipe, len(train[0]))
    run = run_record.read(checkpoints, recipe, seed=seed, network=family.name)
    network = _loaded(checkpoints, run) if run.epochs else _compiled(family, recipe, steps)
    if run.epochs < recipe.epochs:
        callbacks = [_Checkpoint(checkpoints, run, shown_epochs(recipe.epochs), on_epoch, on_batch)]
        if recipe.ema_momentum is not None:
            # Validation figures belong to the averaged weights, which are the ones kept.
            callbacks.insert(0, keras.callbacks.SwapEMAWeights())
        network.fit(
            _batches(network, recipe, *train, seed=seed, first_epoch=run.epochs, steps=steps),
            validation_data=(scaled(validation[0], network), _one_hot(validation[1])),
            validation_batch_size=1000,
            initial_epoch=run.epochs,
            epochs=recipe.epochs,
            steps_per_epoch=steps,
            callbacks=callbacks,
            # The batches come in each epoch's own order already.
            shuffle=False,
            verbose=0,
        )
    elif recipe.ema_momentum is not None:
        network.optimizer.finalize_variable_values(network.trainable_variables)
    return network, run


def shown_epochs(epochs: int) -> set[int]:
    """Give the epochs after which kernels are kept to be shown: the first, a quarter, half, and the last."""
    return {1, max(1, epochs // 4), max(1, epochs // 2), epochs}


def steps_of(recipe: Recipe, images: int) -> int:
    """Give the steps of one epoch; the last batch may be smaller."""
    return -(-images // recipe.batch_size)


def _compiled(family: Family, recipe: Recipe, steps: int) -> keras.Model:
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.cosine:
        total = recipe.epochs * steps
        warm_up = min(steps, total // 10)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=recipe.learning_rate / 100,
            decay_steps=total - warm_up,
            warmup_target=recipe.learning_rate,
            warmup_steps=warm_up,
        )
    network = family.build()
    network.compile(
        optimizer=keras.optimizers.AdamW(
            rate,
            weight_decay=recipe.weight_decay,
            use_ema=recipe.ema_momentum is not None,
            ema_momentum=recipe.ema_momentum or 0.0,
        ),
        loss=family.loss,
        metrics=["accuracy"],
    )
    return network


def _batches(  # noqa: PLR0913  A batch depends on all of them.
    network: keras.Model,
    recipe: Recipe,
    images: Images,
    labels: Labels,
    *,
    seed: int,
    first_epoch: int,
    steps: int,
) -> tf.data.Dataset:
    """Give every batch of every epoch to come, each decided by seed, epoch and step alone."""

    def batch(step: np.int64) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        epoch, step_in_epoch = divmod(int(step), steps)
        order = np.random.default_rng([seed, epoch]).permutation(len(images))
        chosen = order[step_in_epoch * recipe.batch_size :][: recipe.batch_size]
        seen = images[chosen]
        if recipe.augmentation is not None:
            seen = recipe.augmentation(seen, np.random.default_rng([seed, epoch, step_in_epoch]))
        return scaled(seen, network), _one_hot(labels[chosen])

    def shaped(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seen, answers = tf.numpy_function(batch, [step], [tf.float32, tf.float32], stateful=False)
        return tf.ensure_shape(seen, (None, *input_size(network), 1)), tf.ensure_shape(
            answers, (None, CLASSES)
        )

    return (
        tf.data.Dataset.range(first_epoch * steps, recipe.epochs * steps)
        .map(shaped, num_parallel_calls=2, deterministic=True)
        .prefetch(8)
    )


def _one_hot(labels: Labels) -> npt.NDArray[np.float32]:
    return np.eye(CLASSES, dtype=np.float32)[labels]


class _Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types.
    """Writes the run after every epoch, and tells whoever shows the progress."""

    def __init__(
        self,
        folder: Path,
        run: Run,
        shown: set[int],
        on_epoch: Callable[[int, dict[str, float]], None],
        on_batch: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._folder, self._run, self._shown = folder, run, shown
        self._on_epoch, self._on_batch = on_epoch, on_batch
        self._begun = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        del logs
        self._on_batch(batch + 1)

    def on_test_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        del logs
        # While it validates the network has the averaged weights, when the recipe averages.
        epoch = self._run.epochs + 1
        found = first_kernels(self.model) if batch == 0 and epoch in self._shown else None
        if found:
            self._run.kernels[str(epoch)] = found[1]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, figure in (logs or {}).items():
            self._run.history.setdefault(name, []).append(float(figure))
        self._run.epochs = epoch + 1
        now = time.monotonic()
        self._run.seconds += now - self._begun
        self._begun = now
        try:
            self._write()
        except OSError as error:
            run_record.weights(self._folder, self._run.epochs).unlink(missing_ok=True)
            message = f"{unwritable(self._folder, error)}; the same command goes on from epoch {epoch}"
            raise StorageError(message) from error
        self._on_epoch(self._run.epochs, dict(logs or {}))

    def _write(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # The weights are named by their epoch and the state is replaced last, so that a run
        # killed at any moment finds a state and the weights that belong to it.
        self.model.save(run_record.weights(self._folder, self._run.epochs))
        run_record.write(self._folder, self._run)
        run_record.weights(self._folder, self._run.epochs - 1).unlink(missing_ok=True)


def _loaded(folder: Path, run: Run) -> keras.Model:
    try:
        return keras.saving.load_model(run_record.weights(folder, run.epochs))
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"{folder}: the checkpoint is damaged; remove the folder to start anew"
        raise ResumeError(message) from error

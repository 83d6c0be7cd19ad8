"""One training run: resumable, seeded, on images that are augmented as they are needed."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training import run_record
from training.errors import ResumeError, StorageError
from training.family import Kind, input_size, scaled
from training.layers import first_kernels
from training.lessons import Lessons
from training.recipes import Recipe
from training.run_record import Run
from training.storage import unwritable


def fit(  # noqa: PLR0913  A network, what it learns from, and two listeners.
    recipe: Recipe,
    lessons: Lessons,
    *,
    family: Kind,
    seed: int,
    checkpoints: Path,
    on_epoch: Callable[[int, dict[str, float]], None],
    on_batch: Callable[[int], None],
) -> tuple[keras.Model, Run]:
    """
    Train until the recipe's last epoch, from the newest checkpoint when there is one.

    Args:
        recipe: What to do.
        lessons: What to learn from; they have the same seed.
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
    run = run_record.read(checkpoints, recipe, seed=seed, network=family.name)
    network = _loaded(checkpoints, run) if run.epochs else _compiled(family, recipe, lessons.steps)
    if run.epochs < recipe.epochs:
        callbacks = [_Checkpoint(checkpoints, run, shown_epochs(recipe.epochs), on_epoch, on_batch)]
        if recipe.ema_momentum is not None:
            # Validation figures belong to the averaged weights, which are the ones kept.
            callbacks.insert(0, keras.callbacks.SwapEMAWeights())
        images, targets = lessons.validation
        network.fit(
            _batches(network, recipe, lessons, first_epoch=run.epochs),
            validation_data=(scaled(images, network), _outputs(targets)),
            validation_batch_size=1000,
            initial_epoch=run.epochs,
            epochs=recipe.epochs,
            steps_per_epoch=lessons.steps,
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


def _compiled(family: Kind, recipe: Recipe, steps: int) -> keras.Model:
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.cosine:
        total = recipe.epochs * steps
        warm_up = recipe.warm_up(steps)
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
        loss=_listed(family.loss),
        loss_weights=_listed(family.loss_weights),
        metrics=_listed(family.metrics),
    )
    return network


def _batches(network: keras.Model, recipe: Recipe, lessons: Lessons, *, first_epoch: int) -> tf.data.Dataset:
    """Give every batch of every epoch to come."""
    height, width = input_size(network)

    def batch(step: np.int64) -> list[npt.NDArray[np.float32]]:
        images, targets = lessons.batch(*divmod(int(step), lessons.steps))
        return [scaled(images, network), *targets]

    def shaped(step: tf.Tensor) -> tuple[tf.Tensor, Any]:
        kinds = [tf.float32] * (1 + len(lessons.shapes))
        seen, *targets = tf.numpy_function(batch, [step], kinds, stateful=False)
        answers = [
            tf.ensure_shape(target, (None, *shape))
            for target, shape in zip(targets, lessons.shapes, strict=True)
        ]
        return tf.ensure_shape(seen, (None, height, width, 1)), _outputs(answers)

    return (
        tf.data.Dataset.range(first_epoch * lessons.steps, recipe.epochs * lessons.steps)
        .map(tf.autograph.experimental.do_not_convert(shaped), num_parallel_calls=2, deterministic=True)
        .prefetch(8)
    )


def _outputs(targets: Sequence[Any]) -> Any:  # noqa: ANN401  arrays or tensors, as they come
    """Give targets as Keras takes them: one by itself, several as a tuple."""
    return targets[0] if len(targets) == 1 else tuple(targets)


def _listed(each: Any) -> Any:  # noqa: ANN401  whatever Keras takes for each output
    """Give what is for each output as a list, as Keras demands; what is for the only one as it is."""
    return list(each) if isinstance(each, tuple) else each


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

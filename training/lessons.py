"""What networks learn from, batch by batch: seed, epoch and step decide each."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from framing.looks import SEVERAL, VIEW_PX
from training.data import Images, Labels, Part
from training.parts import PART, Records
from training.recipes import InkRecipe, PreparedRecipe, Recipe
from training.scenes.views import VIEWS

CLASSES = 10
COUNTS = SEVERAL + 1

Targets = tuple[npt.NDArray[np.float32], ...]
"""What a network has to give, float32, for each of its outputs ``(number, *shape)``."""

Batch = tuple[Images, Targets]
"""Images, ``(number, height, width)`` uint8, and what a network has to give for them."""


class Lessons(Protocol):
    """
    What a network learns from.

    Attributes:
        steps: Batches of an epoch.
        shapes: Of one image's targets.
        validation: What is never trained on, only watched.
    """

    steps: int
    shapes: tuple[tuple[int, ...], ...]
    validation: Batch

    def batch(self, epoch: int, step: int) -> Batch:
        """Give a batch."""


class Digits:
    """Images of digits, each once in an epoch, in each epoch's own order and augmentation."""

    shapes: tuple[tuple[int, ...], ...] = ((CLASSES,),)

    def __init__(self, recipe: Recipe, train: Part, validation: Part, seed: int) -> None:
        """Take images ``(number, 28, 28)`` uint8 and their labels: to train on, and to watch."""
        self._recipe, self._seed = recipe, seed
        self._images, self._labels = train
        self.steps = -(-len(self._images) // recipe.batch_size)
        self.validation: Batch = validation[0], (one_hot(validation[1]),)

    def batch(self, epoch: int, step: int) -> Batch:
        """Give a batch; the last of an epoch may be smaller."""
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._images))
        chosen = order[step * self._recipe.batch_size :][: self._recipe.batch_size]
        seen = self._images[chosen]
        if self._recipe.augmentation is not None:
            seen = self._recipe.augmentation(seen, np.random.default_rng([self._seed, epoch, step]))
        return seen, (one_hot(self._labels[chosen]),)


class MixedDigits:
    """Batches of MNIST's images, of scenes as the service prepares them, and of made hands."""

    shapes: tuple[tuple[int, ...], ...] = ((CLASSES,),)

    def __init__(  # noqa: PLR0913  three sources, and what to make of them
        self,
        recipe: PreparedRecipe,
        train: Part,
        validation: Part,
        *,
        scenes: Part,
        scene_weights: npt.NDArray[np.float64],
        hands: Part,
        seed: int,
    ) -> None:
        """
        Take images ``(number, 28, 28)`` uint8 and their labels.

        Args:
            recipe: Shares and augmentation.
            train: MNIST's.
            validation: MNIST's too.
            scenes: As they were prepared.
            scene_weights: How often each of them is taken, beside the others, ``(number,)``.
            hands: As they were made.
            seed: Of every choice.
        """
        self._recipe, self._seed = recipe, seed
        # An epoch is as long as without the others.
        self.steps = -(-len(train[0]) // recipe.batch_size)
        self.validation: Batch = validation[0], (one_hot(validation[1]),)
        self._train, self._scenes, self._hands = train, scenes, hands
        self._reach = np.cumsum(scene_weights) / np.sum(scene_weights)

    def batch(self, epoch: int, step: int) -> Batch:
        """Draw a batch anew."""
        random = np.random.default_rng([self._seed, epoch, step])
        recipe = self._recipe
        kinds = random.random(recipe.batch_size)
        scenes = int((kinds < recipe.scene_share).sum())
        hands = int((kinds < recipe.scene_share + recipe.hand_share).sum()) - scenes
        at_scenes = np.minimum(np.searchsorted(self._reach, random.random(scenes)), len(self._reach) - 1)
        at_hands = random.integers(len(self._hands[0]), size=hands)
        at_train = random.integers(len(self._train[0]), size=recipe.batch_size - scenes - hands)
        prepared = self._scenes[0][at_scenes]
        others = np.concatenate([self._hands[0][at_hands], self._train[0][at_train]])
        if recipe.augmentation is not None and scenes:
            prepared = recipe.augmentation.gentler(recipe.gentle)(prepared, random)
        if recipe.augmentation is not None and scenes < recipe.batch_size:
            others = recipe.augmentation(others, random)
        labels = [self._scenes[1][at_scenes], self._hands[1][at_hands], self._train[1][at_train]]
        return np.concatenate([prepared, others]), (one_hot(np.concatenate(labels)),)


class InkViews:
    """Views of scenes, each once in an epoch, in each epoch's own order."""

    shapes: tuple[tuple[int, ...], ...] = ((VIEW_PX, VIEW_PX), (COUNTS,))

    def __init__(self, recipe: InkRecipe, train: list[Records], validation: list[Records], seed: int) -> None:
        """
        Take what was drawn, part by part: see ``training.ink.scenes``.

        Args:
            recipe: The batch's size.
            train: To train on; read from the disk as it is needed.
            validation: To watch; every view of it is kept in memory.
            seed: Of the order.
        """
        self._size, self._seed, self._parts = recipe.batch_size, seed, train
        self._number = sum(len(part) for part in train) * VIEWS
        self.steps = -(-self._number // self._size)
        self.validation: Batch = _of(
            np.concatenate([_views(part) for part in validation]), _counts(validation)
        )

    def batch(self, epoch: int, step: int) -> Batch:
        """Give a batch; the last of an epoch may be smaller."""
        order = np.random.default_rng([self._seed, epoch]).permutation(self._number)
        places = [divmod(at, VIEWS) for at in order[step * self._size :][: self._size].tolist()]
        records = [(self._parts[scene // PART][scene % PART], view) for scene, view in places]
        views = np.stack([record["views"][view] for record, view in records])
        return _of(views, np.array([record["count"] for record, _ in records]))


def one_hot(labels: Labels, classes: int = CLASSES) -> npt.NDArray[np.float32]:
    """Give for each label a row with 1 in its place, ``(number, classes)``."""
    return np.eye(classes, dtype=np.float32)[labels]


def _views(part: Records) -> npt.NDArray[np.uint8]:
    return np.asarray(part["views"]).reshape(-1, 2, VIEW_PX, VIEW_PX)


def _counts(parts: list[Records]) -> npt.NDArray[np.uint8]:
    return np.repeat(np.concatenate([part["count"] for part in parts]), VIEWS)


def _of(views: npt.NDArray[np.uint8], counts: npt.NDArray[np.uint8]) -> Batch:
    """Give views, ``(number, 2, 64, 64)`` of grey and stroke, and their scenes' counts as a batch."""
    stroke = np.divide(views[:, 1], 255, dtype=np.float32)
    return views[:, 0], (stroke, one_hot(counts, COUNTS))

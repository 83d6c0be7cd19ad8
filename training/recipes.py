"""The ways to train: as the lecture does it, as well as the same network can be, and a network for ink."""

from dataclasses import dataclass, replace
from typing import Self

from training.augmentation import Augmentation
from training.scenes.views import VIEWS


@dataclass(frozen=True)
class Recipe:
    """
    Everything that decides a training run, besides the data and the seed.

    Attributes:
        name: What the command line and the model card call it.
        training_images: The first so many of the 60,000 are trained on; the rest validate.
        epochs: Passes over the training images.
        batch_size: Images per step of the optimiser.
        learning_rate: Of Adam; with ``cosine`` the peak.
        cosine: Warm up for one epoch, then fall to zero along a cosine.
        weight_decay: Decoupled (AdamW); 0 is plain Adam.
        ema_momentum: Per-step momentum of the averaged weights that are kept, or None.
        augmentation: How each epoch sees every image anew, or None.
    """

    name: str
    training_images: int
    epochs: int
    batch_size: int
    learning_rate: float
    cosine: bool = False
    weight_decay: float = 0.0
    ema_momentum: float | None = None
    augmentation: Augmentation | None = None

    def shortened(self, *, images: int | None, epochs: int | None) -> Self:
        """
        Give the same recipe on fewer images or epochs, for a trial.

        Few images come in smaller batches, and few steps are averaged over fewer: otherwise a
        trial would take three steps and keep the weights that it began with.
        """
        trained_on = self.training_images if images is None else min(images, self.training_images)
        batch_size = min(self.batch_size, max(8, trained_on // 32))
        passes = self.epochs if epochs is None else epochs
        momentum = self.ema_momentum
        if momentum is not None:
            momentum = max(0.0, min(momentum, 1 - 10 * batch_size / (passes * trained_on)))
        return replace(
            self, training_images=trained_on, epochs=passes, batch_size=batch_size, ema_momentum=momentum
        )

    def warm_up(self, steps: int) -> int:
        """Give the steps of the warm-up, when an epoch has so many: an epoch, of a short run a tenth."""
        return min(steps, self.epochs * steps // 10)


@dataclass(frozen=True)
class PreparedRecipe(Recipe):
    """
    A recogniser's recipe whose batches are not MNIST's images alone.

    Attributes:
        scenes: How many scenes are drawn, and prepared as the service prepares pictures.
        scene_share: Share of a batch that are such.
        hand_share: Share of a batch that are made hands.
        gentle: Strength of the geometric augmentation of scenes, beside MNIST's: the pen's, the paper's and
            the camera's share is in them already.
    """

    scenes: int = 60_000
    scene_share: float = 0.3
    hand_share: float = 0.05
    gentle: float = 0.6

    def shortened(self, *, images: int | None, epochs: int | None) -> Self:
        """Give the same recipe on fewer images, and so many scenes, or fewer epochs."""
        shorter = super().shortened(images=images, epochs=epochs)
        return shorter if images is None else replace(shorter, scenes=min(images, self.scenes))


@dataclass(frozen=True)
class InkRecipe(Recipe):
    """
    The recipe of a network that finds ink.

    Attributes:
        scenes: How many scenes are drawn, once; the training images are what is drawn in them. An epoch has
            each of their views.
        validation_scenes: How many are drawn of the images that are held back.
    """

    scenes: int = 76_800
    validation_scenes: int = 1000

    def shortened(self, *, images: int | None, epochs: int | None) -> Self:
        """Give the same recipe on fewer images, and so many scenes, or fewer epochs."""
        shorter = super().shortened(images=images, epochs=epochs)
        scenes = self.scenes if images is None else min(images, self.scenes)
        momentum = self.ema_momentum
        if momentum is not None:
            # An epoch has more steps than that of as many images.
            steps = shorter.epochs * scenes * VIEWS / shorter.batch_size
            momentum = max(0.0, min(momentum, 1 - 10 / steps))
        return replace(
            shorter,
            scenes=scenes,
            validation_scenes=min(scenes, self.validation_scenes),
            ema_momentum=momentum,
        )

    def warm_up(self, steps: int) -> int:
        """Give the steps of the warm-up: one in twenty of all."""
        return self.epochs * steps // 20


LECTURE = Recipe(
    # Lines 841, 873 and 883: 40,000 of the 60,000, adam, batches of 1024, 20 epochs.
    name="lecture",
    training_images=40_000,
    epochs=20,
    batch_size=1024,
    learning_rate=1e-3,
)

BEST = Recipe(
    name="best",
    training_images=55_000,
    epochs=250,
    batch_size=128,
    learning_rate=2e-3,
    cosine=True,
    weight_decay=1e-2,
    ema_momentum=0.999,
    augmentation=Augmentation(),
)

PREPARED = PreparedRecipe(
    # 193 epochs of 430 steps: 83,000.
    name="prepared",
    training_images=55_000,
    epochs=193,
    batch_size=128,
    learning_rate=2e-3,
    cosine=True,
    weight_decay=1e-2,
    ema_momentum=0.999,
    augmentation=Augmentation(),
)

STROKES = InkRecipe(
    # 8 epochs of 1,500 steps: 12,000 of 256 views, of which each scene has five.
    name="strokes",
    training_images=55_000,
    epochs=8,
    batch_size=256,
    learning_rate=3e-3,
    cosine=True,
    weight_decay=1e-2,
    ema_momentum=0.999,
)

DISTORTED = replace(
    # For a network of 60,000 parameters, which learns less well what is distorted more: gentler, and faster.
    PREPARED,
    name="distorted",
    epochs=100,
    learning_rate=7e-3,
    augmentation=Augmentation().gentler(0.7),
    scene_share=0.1,
)

_USUAL: dict[str, Recipe] = {"ink": STROKES, "lenet5-1998": DISTORTED}

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (BEST, DISTORTED, LECTURE, PREPARED, STROKES)}


def usual(network: str) -> Recipe:
    """Return what a network is trained by when no recipe is named."""
    return _USUAL.get(network, PREPARED)

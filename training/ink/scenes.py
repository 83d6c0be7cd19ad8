"""The views that an ink network is trained on: drawn once, into the run's folder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from framing.looks import VIEW_PX
from training import parts
from training.data import Images, Labels, Part
from training.recipes import InkRecipe
from training.scenes.mixture import Mixture
from training.scenes.views import VIEWS, views

RECORD = np.dtype([("views", np.uint8, (VIEWS, 2, VIEW_PX, VIEW_PX)), ("count", np.uint8)])
"""Of each scene its views, grey levels and stroke, and its count: ``NONE``, ``ONE`` or ``SEVERAL``."""

VALIDATION_SEED = 0
"""Every run is watched by the same scenes, so that runs can be compared."""

OnPart = Callable[[int, int], None]


@dataclass(frozen=True)
class ViewMaker:
    """Draws the views of scenes, ``RECORD`` each."""

    images: Images
    labels: Labels
    seed: int

    @cached_property
    def _mixture(self) -> Mixture:
        return Mixture(self.images, self.labels, self.seed)

    def __call__(self, numbers: range) -> parts.Records:
        """Draw the scenes of these numbers."""
        records = np.empty(len(numbers), RECORD)
        for record, number in zip(records, numbers, strict=True):
            sample, random = self._mixture.draw(number)
            record["views"], record["count"] = views(sample.scene, random), sample.how_many
        return records


def training_views(folder: Path, recipe: InkRecipe, train: Part, seed: int, on_part: OnPart) -> Path:
    """
    Draw the scenes of a run, as far as they are not there.

    Args:
        folder: Of the run.
        recipe: Says how many.
        train: Images to draw from, and their labels.
        seed: Of the run.
        on_part: Told the parts that are there, and how many there will be.

    Returns:
        The folder of the parts.

    Raises:
        ResumeError: It holds another run's.
        StorageError: It cannot be written.
    """
    title = f"views of {recipe.scenes} scenes of {recipe.training_images} images, seed {seed}"
    # Zero is the validation scenes'.
    maker = ViewMaker(*train, seed=seed + 1)
    return parts.drawn(folder / "views", title, maker, recipe.scenes, on_part)


def validation_views(folder: Path, recipe: InkRecipe, validation: Part) -> Path:
    """Draw the scenes that every run is watched by; as ``training_views``."""
    title = f"views of {recipe.validation_scenes} scenes of the images behind {recipe.training_images}"
    maker = ViewMaker(*validation, seed=VALIDATION_SEED)
    return parts.drawn(
        folder / "validation-views", title, maker, recipe.validation_scenes, lambda _, __: None
    )

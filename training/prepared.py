"""Scenes as the service prepares pictures: what a recogniser gets to read besides MNIST's own images."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from framing import flat, looks
from framing.looks import ONE
from framing.mnist import Grey, is_framed
from training import networks, parts
from training.arguments import Settings
from training.data import Images, Labels, Part
from training.errors import DataError
from training.lessons import MixedDigits
from training.publication import CARD, MODEL, versions
from training.recipes import PreparedRecipe
from training.scenes.hands import hands
from training.scenes.mixture import Mixture
from training.scenes.views import grey_of
from training.succession import PACKAGED

HANDS = 20_000

RECORD = np.dtype([("image", np.uint8, (28, 28)), ("digit", np.uint8), ("weight", np.uint8)])
"""A prepared scene, the digit in it, and how often it is taken beside the others."""

MORE = {
    "stretched": 6,
    "bitmap": 4,
    "tiny": 4,
    "cropped": 3,
    "specked": 2,
    "off centre": 2,
    "grey scan": 2,
    "drawing": 2,
}
"""Kinds of scenes that are taken more often: flat ones are few among those that an ink network sees."""


class InkSession:
    """A published network that finds ink, as ``framing.looks`` asks it."""

    def __init__(self, version: Path) -> None:
        """Load it, for one thread."""
        # Here and not above: --help should answer at once.
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            version / MODEL, options, providers=["CPUExecutionProvider"]
        )

    def __call__(
        self, views: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Look at views, ``(number, 64, 64)``."""
        ink, count = self._session.run(["ink", "count"], {"image": views[..., None]})
        return ink, count


@dataclass(frozen=True)
class SceneMaker:
    """Draws scenes of one digit and prepares them, ``RECORD`` each; some in two ways, and some in none."""

    images: Images
    labels: Labels
    seed: int
    ink: Path

    @cached_property
    def _mixture(self) -> Mixture:
        return Mixture(self.images, self.labels, self.seed)

    @cached_property
    def _network(self) -> InkSession:
        return InkSession(self.ink)

    def __call__(self, numbers: range) -> parts.Records:
        """Draw and prepare the scenes of these numbers."""
        found = []
        for number in numbers:
            sample, _ = self._mixture.draw(number)
            if sample.how_many != ONE:
                continue
            grey = grey_of(sample.scene)
            (learned,) = looks.find([grey], self._network)
            images = (by_levels(grey), learned.framed.image if learned.framed else None)
            weight = MORE.get(sample.kind, 1)
            found += [(image, sample.digit, weight) for image in images if image is not None]
        return np.array(found, RECORD)


def ink_network(settings: Settings) -> Path:
    """
    Give the version of the network that scenes are prepared with.

    Raises:
        DataError: There is none.
    """
    repositories = (settings.repository, PACKAGED)
    newest_first = [each for folder in repositories for each in reversed(versions(folder / networks.INK))]
    candidates = [settings.ink] if settings.ink else newest_first
    for version in candidates:
        if (version / CARD).exists() and (version / MODEL).exists():
            return version
    message = (
        f"no network that finds ink in {settings.ink or settings.repository / networks.INK}: train one by "
        f"--network {networks.INK}, or name a version by --ink"
    )
    raise DataError(message)


def lessons(
    recipe: PreparedRecipe, settings: Settings, train: Part, validation: Part, ink: Path
) -> MixedDigits:
    """
    Draw and prepare the scenes of a run, as far as they are not there, and mix batches of them.

    Raises:
        ResumeError: The run's folder holds another run's.
        StorageError: It cannot be written.
        DataError: Nothing was found in any scene.
    """
    title = (
        f"{recipe.scenes} scenes of {recipe.training_images} images, seed {settings.seed}, prepared by {ink}"
    )
    # Zero is that of the scenes that ink networks are watched by.
    maker = SceneMaker(*train, seed=settings.seed + 1, ink=ink)
    folder = parts.drawn(settings.runs / "prepared", title, maker, recipe.scenes, lambda _, __: None)
    scenes = np.concatenate(parts.read(folder))
    if not len(scenes):
        message = f"{folder}: of no scene a digit could be made; draw more, or take another ink network"
        raise DataError(message)
    number = min(HANDS, recipe.scenes)
    return MixedDigits(
        recipe,
        train,
        validation,
        scenes=(scenes["image"], scenes["digit"]),
        scene_weights=scenes["weight"].astype(np.float64),
        hands=hands(number, np.random.default_rng([settings.seed, HANDS])),
        seed=settings.seed,
    )


def by_levels(grey: Grey) -> Grey | None:
    """Frame a picture as MNIST frames its digits, ``(28, 28)``; None when that takes more than its levels."""
    for ready in (grey, 255 - grey):
        if is_framed(ready):
            return ready
    found = flat.find(grey)
    return found.framed.image if found else None

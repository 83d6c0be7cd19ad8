"""How well pictures of every family are read, against MNIST's own images and two simple preparations."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from benchmarks.baselines import boxed, resized
from service.digits.preparation import by_levels, seen
from service.digits.recognition import Recognition, recognise
from service.engine.batcher import Batcher, QueueLimits
from service.repository.opening import open_folder
from service.repository.repository import Repository
from service.settings import Settings
from training.data import load as load_mnist
from training.errors import DataError
from training.scenes.blanks import NO_DIGIT
from training.scenes.families import frozen, new, scenes, several, without_digit
from training.scenes.scene import Family, Picture, Scene

MODEL = "lenet5"
TRAINED_ON = 55_000  # what follows among the training images was never trained on


@dataclass(frozen=True)
class Reading:
    """
    What became of the pictures of one family; all but the time are shares of them.

    Attributes:
        name: What the pictures are.
        accuracy: Read rightly after the service's preparation; a blank one is not.
        clean: MNIST's images of the same digits, read rightly: what a perfect preparation gives.
        resized: Read rightly when only resized to 28x28.
        boxed: Read rightly after one threshold for the whole picture, MNIST's box and centre of mass.
        blank: Found to have no ink.
        is_digit: Said to be a digit.
        median_ms: The service's whole way with one picture beyond decoding, milliseconds.
    """

    name: str
    accuracy: float
    clean: float
    resized: float
    boxed: float
    blank: float
    is_digit: float
    median_ms: float


@dataclass(frozen=True)
class Refusal:
    """
    What became of the pictures of a family that has no single digit.

    Attributes:
        name: What the pictures are.
        told: Share of which the service says what they are: several digits, or blank.
        is_digit: Share of which it says that they are a digit.
    """

    name: str
    told: float
    is_digit: float


@dataclass(frozen=True)
class Readings:
    """
    What became of every family.

    Attributes:
        frozen: Of the first round's, which stay as they are.
        new: Of those added since.
        refused: Of those without a single digit.
    """

    frozen: list[Reading]
    new: list[Reading]
    refused: list[Refusal]


def measure(per_family: int, seed: int) -> Readings:
    """
    Make, prepare and score pictures of every family.

    Raises:
        DataError: MNIST is not on this machine, or altered.
    """
    mnist = load_mnist(_mnist_path())
    images, labels = mnist.train_images[TRAINED_ON:], mnist.train_labels[TRAINED_ON:]
    served = _served()

    def read(families: Mapping[str, Family]) -> list[Reading]:
        found = []
        for name, family in families.items():
            indices, made = zip(*scenes(name, family, images, per_family, seed), strict=True)
            chosen, pictures = list(indices), [scene.picture for scene in made]
            found.append(_measured(name, served, pictures, images[chosen], labels[chosen]))
        return found

    def refused(families: Mapping[str, Family], digits: npt.NDArray[np.uint8], reason: str) -> list[Refusal]:
        return [
            _refused(name, served, scenes(name, family, digits, per_family, seed), reason)
            for name, family in families.items()
        ]

    nothing = np.broadcast_to(NO_DIGIT, (per_family, *NO_DIGIT.shape))
    return Readings(
        frozen=read(frozen(neighbours=images)),
        new=read(new()),
        refused=refused(several(images), images, "several") + refused(without_digit(), nothing, "blank"),
    )


def _served() -> Repository:
    """Load the shipped networks; what is scored here and now does not go through its queue."""
    bounds = QueueLimits(batch=1, requests=1, rows=1, wait_s=1, deadline_s=1)
    return open_folder(
        Settings().model_repository,
        device="cpu",
        batching=lambda run: Batcher(run, bounds, observe=lambda _, __: None),
        most_versions=1,
    )


def _measured(
    name: str,
    served: Repository,
    made: Sequence[Picture],
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
) -> Reading:
    """Measure one family; ``images`` and ``labels`` are MNIST's of the same digits, one for one."""
    network = served.recogniser(MODEL)

    def read(prepared: npt.NDArray[np.uint8]) -> float:
        return float((network.score(prepared).probabilities.argmax(axis=1) == labels).mean())

    def timed(picture: Picture) -> tuple[Recognition, float]:
        started = time.perf_counter()
        (found,) = recognise(network, [by_levels(seen(picture))], served.ink)
        return found, time.perf_counter() - started

    answers, seconds = zip(*map(timed, made), strict=True)
    return Reading(
        name=name,
        accuracy=float(np.mean([one.digit == label for one, label in zip(answers, labels, strict=True)])),
        clean=read(images),
        resized=read(np.stack([*map(resized, made)])),
        boxed=read(np.stack([*map(boxed, made)])),
        blank=float(np.mean([one.reason == "blank" for one in answers])),
        is_digit=float(np.mean([one.reason is None for one in answers])),
        median_ms=1000 * median(seconds),
    )


def _refused(name: str, served: Repository, made: Iterable[tuple[int, Scene]], reason: str) -> Refusal:
    network = served.recogniser(MODEL)
    found = [
        one for _, scene in made for one in recognise(network, [by_levels(seen(scene.picture))], served.ink)
    ]
    return Refusal(
        name=name,
        told=float(np.mean([one.reason == reason for one in found])),
        is_digit=float(np.mean([one.reason is None for one in found])),
    )


def _mnist_path() -> Path:
    named = os.environ.get("MNIST_PATH")
    places = [Path("../shared/data/mnist.npz"), Path.home() / ".keras/datasets/mnist.npz"]
    for place in [Path(named)] if named else places:
        if place.is_file():
            return place
    message = "MNIST is not on this machine; name its npz file by MNIST_PATH"
    raise DataError(message)

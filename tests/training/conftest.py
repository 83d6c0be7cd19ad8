"""Images to train on: MNIST where this machine has it, and digits drawn here where it need not be."""

import os
from pathlib import Path

import numpy as np
import pytest

from training.arguments import Settings
from training.augmentation import Augmentation
from training.data import Mnist, load
from training.golden import golden_images
from training.progress import Plain
from training.recipes import BEST
from training.startup import load_tensorflow

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def mnist_path() -> Path:
    """MNIST's file, wherever this machine keeps it."""
    places = [
        *([Path(os.environ["MNIST_PATH"])] if os.environ.get("MNIST_PATH") else []),
        REPOSITORY.parent / "shared" / "data" / "mnist.npz",
        Path.home() / ".keras" / "datasets" / "mnist.npz",
    ]
    for place in places:
        if place.is_file():
            return place
    pytest.skip("MNIST is not on this machine; name its file by MNIST_PATH")


@pytest.fixture(scope="session")
def mnist(mnist_path: Path) -> Mnist:
    """All of MNIST."""
    return load(mnist_path)


@pytest.fixture(scope="session")
def drawn_mnist() -> Mnist:
    """The golden digits, distorted into 600 images to learn from and 100 to test on."""
    random = np.random.default_rng(0)
    distort = Augmentation(rotation_deg=10, shear=0.1, shift_px=1.5, pen_share=0, paper_share=0)
    labels = np.tile(np.arange(10, dtype=np.uint8), 70)
    images = distort(golden_images()[labels], random)
    return Mnist(images[:600], labels[:600], images[600:], labels[600:])


@pytest.fixture(scope="session")
def trained_version(drawn_mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a version that one epoch on a few hundred drawn digits gave."""
    from training.__main__ import train  # noqa: PLC0415  A main module is for those who run it.

    load_tensorflow()
    folder = tmp_path_factory.mktemp("trained")
    settings = Settings(
        recipe=BEST.shortened(images=300, epochs=1),
        trial=True,
        data=None,
        repository=folder / "models",
        name="lenet5",
        seed=1,
        runs=folder / "run",
    )
    with (folder / "log").open("w") as log:
        return train(drawn_mnist, settings, Plain(log))

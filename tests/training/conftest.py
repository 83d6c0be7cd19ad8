"""Images to train on: MNIST where this machine has it, and digits drawn here where it need not be."""

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


def pytest_configure(config: pytest.Config) -> None:
    # Keras 3.15 saves its variables by a protocol that NumPy 2 has deprecated.
    config.addinivalue_line(
        "filterwarnings", "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    )


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
def trial(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One epoch on a few hundred images."""
    folder = tmp_path_factory.mktemp("trained")
    return Settings(
        recipe=BEST.shortened(images=300, epochs=1),
        trial=True,
        data=None,
        repository=folder / "models",
        name="lenet5",
        named=True,
        # It is a trial, and the package has a version for use.
        replace=True,
        seed=1,
        runs=folder / "run",
    )


@pytest.fixture(scope="session")
def trained_version(drawn_mnist: Mnist, trial: Settings) -> Path:
    """The folder of the version that this trial gave."""
    from training.pipeline import train

    load_tensorflow()
    with (trial.runs.parent / "log").open("w") as log:
        return train(drawn_mnist, trial, Plain(log))

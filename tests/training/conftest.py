"""Images to train on: MNIST where this machine has it, and digits drawn here where it need not be."""

from pathlib import Path

import pytest

from training.arguments import Settings
from training.data import Mnist, load
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
def trial(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One epoch on a few hundred images."""
    folder = tmp_path_factory.mktemp("trained")
    return Settings(
        network="lenet5",
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

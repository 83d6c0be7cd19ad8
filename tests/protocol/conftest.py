"""A service with two versions of the packaged model, and the networks themselves to compare with."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from service.settings import PACKAGED_RECOGNISER

Run = Callable[[str, np.ndarray], dict[str, np.ndarray]]


@pytest.fixture(scope="session")
def repository(copy_packaged: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for version in ("1", "2"):
        copy_packaged(folder / "lenet5" / version)
    return folder


@pytest.fixture(scope="session")
def address(serve: Callable[..., str], repository: Path) -> str:
    """The address of a service of two versions, whose models may be loaded and unloaded."""
    return serve(
        LENET_MODEL_REPOSITORY=str(repository),
        LENET_REPOSITORY_API="on",
        LENET_DEVICE="cpu",
        LENET_THREADS="1",
    )


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a file of the packaged model by ONNX Runtime itself; give every output by its name."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = {
        name: ort.InferenceSession(PACKAGED_RECOGNISER / name, options, providers=["CPUExecutionProvider"])
        for name in ("model.onnx", "layers.onnx")
    }

    def run(name: str, images: np.ndarray) -> dict[str, np.ndarray]:
        names = [output.name for output in sessions[name].get_outputs()]
        return dict(zip(names, sessions[name].run(names, {"image": images}), strict=True))

    return run

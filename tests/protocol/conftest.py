"""A service with two versions of the packaged model, and the networks themselves to compare with."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from service.settings import Settings

Run = Callable[[str, np.ndarray], dict[str, np.ndarray]]


@pytest.fixture(scope="session")
def repository(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for version in ("1", "2"):
        copied = folder / "lenet5" / version
        shutil.copytree(settings.model_repository / "lenet5" / "1", copied)
        card = json.loads((copied / "card.json").read_text())
        (copied / "card.json").write_text(json.dumps({**card, "version": version}))
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
def run(settings: Settings) -> Run:
    """Run a file of the packaged model by ONNX Runtime itself; give every output by its name."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = {
        name: ort.InferenceSession(
            settings.model_repository / "lenet5" / "1" / name, options, providers=["CPUExecutionProvider"]
        )
        for name in ("model.onnx", "layers.onnx")
    }

    def run(name: str, images: np.ndarray) -> dict[str, np.ndarray]:
        names = [output.name for output in sessions[name].get_outputs()]
        return dict(zip(names, sessions[name].run(names, {"image": images}), strict=True))

    return run

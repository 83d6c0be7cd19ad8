"""What a program is promised that uses the clients generated of the protocol's documents."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "kserve" / "bin" / "python"

Run = Callable[[str, np.ndarray], dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def told(
    address: str,
    grpc_address: str,
    digits: np.ndarray,
    encode: Callable[..., bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Any]]:
    """What the clients got, by the protocol that they spoke."""
    if not PYTHON.exists():
        pytest.skip("the clients are not installed; `make kserve` installs them and runs this")
    picture = tmp_path_factory.mktemp("open_inference") / "seven.png"
    picture.write_bytes(encode(digits[7]))
    script = Path(__file__).with_name("open_inference_script.py")
    answer = subprocess.run(
        [PYTHON, script, address, grpc_address, picture], check=False, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.parametrize("spoken", ["rest", "grpc"])
def test_server_and_model_are_described(spoken: str, told: dict[str, dict[str, Any]]) -> None:
    assert told[spoken]["server"] == "lenet5-service"
    assert told[spoken]["inputs"] == ["image"]


@pytest.mark.parametrize("spoken", ["rest", "grpc"])
def test_files_and_images_are_answered_what_the_network_computes(
    spoken: str, told: dict[str, dict[str, Any]], digits: np.ndarray, run: Run
) -> None:
    for name, image in (("file", digits[7]), ("black", np.zeros((28, 28), np.uint8))):
        (expected,) = run("model.onnx", image[None, ..., None])["probabilities"]
        np.testing.assert_array_equal(np.array(told[spoken][name], np.float32), expected)


@pytest.mark.parametrize(
    ("spoken", "missing", "invalid"), [("rest", 404, 400), ("grpc", "NOT_FOUND", "INVALID_ARGUMENT")]
)
def test_errors_have_the_status_of_the_protocol(
    spoken: str, missing: int | str, invalid: int | str, told: dict[str, dict[str, Any]]
) -> None:
    assert (told[spoken]["unknown"], told[spoken]["wrong"]) == (missing, invalid)

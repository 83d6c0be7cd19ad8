"""What a program that uses KServe's client is promised; the client lives in an environment of its own."""

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
    address: str, digits: np.ndarray, encode: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What KServe's client got."""
    if not PYTHON.exists():
        pytest.skip("KServe's client is not installed; `make kserve` installs it and runs this")
    folder = tmp_path_factory.mktemp("kserve")
    np.save(folder / "images.npy", digits[..., None])
    paths = [folder / f"{index}.png" for index in range(len(digits))]
    for path, digit in zip(paths, digits, strict=True):
        path.write_bytes(encode(digit))
    script = Path(__file__).with_name("kserve_script.py")
    answer = subprocess.run(
        [PYTHON, script, address, folder / "images.npy", *paths], check=False, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_the_server_and_its_models_are_live_and_ready(told: dict[str, Any]) -> None:
    assert [told[name] for name in ("live", "ready", "model_ready", "unknown_ready")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("form", ["json", "binary", "files"])
def test_every_form_answers_what_the_network_computes_to_the_last_bit(
    form: str, told: dict[str, Any], digits: np.ndarray, run: Run
) -> None:
    expected = run("model.onnx", digits[..., None])

    assert told[form]["model"] == "lenet5"
    assert told[form]["outputs"].keys() == {"probabilities", "logits"}
    for name, values in told[form]["outputs"].items():
        np.testing.assert_array_equal(np.array(values, np.float32), expected[name])


def test_feature_maps_are_named_outputs(told: dict[str, Any], digits: np.ndarray, run: Run) -> None:
    expected = run("layers.onnx", digits[..., None])

    assert list(told["layers"]["outputs"]) == ["conv2d_1", "dense_2"]
    for name, values in told["layers"]["outputs"].items():
        np.testing.assert_array_equal(np.array(values, np.float32), expected[name])


def test_a_request_keeps_its_id_and_gets_one_when_it_has_none(told: dict[str, Any]) -> None:
    assert told["json"]["id"] == "one"
    assert told["plain"]


def test_errors_are_told_in_words(told: dict[str, Any]) -> None:
    assert told["unknown"]["status"] == 404
    assert "there are: lenet5, lenet5-layers" in told["unknown"]["message"]
    assert told["wrong"]["status"] == 400
    assert "image is UINT8" in told["wrong"]["message"]

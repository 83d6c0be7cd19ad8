"""What a program that uses KServe's clients is promised; they live in an environment of their own."""

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
    """What KServe's clients got, by the protocol that they spoke."""
    if not PYTHON.exists():
        pytest.skip("KServe's clients are not installed; `make kserve` installs them and runs this")
    folder = tmp_path_factory.mktemp("kserve")
    np.save(folder / "images.npy", digits[..., None])
    paths = [folder / f"{index}.png" for index in range(len(digits))]
    for path, digit in zip(paths, digits, strict=True):
        path.write_bytes(encode(digit))
    script = Path(__file__).with_name("kserve_script.py")
    answer = subprocess.run(
        [PYTHON, script, address, grpc_address, folder / "images.npy", *paths],
        check=False,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.parametrize("spoken", ["rest", "grpc"])
def test_the_server_and_its_models_are_live_and_ready(spoken: str, told: dict[str, dict[str, Any]]) -> None:
    assert [told[spoken][name] for name in ("live", "ready", "model_ready", "unknown_ready")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("spoken", "form"),
    [
        *(("rest", form) for form in ("json", "binary", "files")),
        *(("grpc", form) for form in ("raw", "contents", "files", "files_in_contents")),
    ],
)
def test_every_form_answers_what_the_network_computes_to_the_last_bit(
    spoken: str, form: str, told: dict[str, dict[str, Any]], digits: np.ndarray, run: Run
) -> None:
    expected = run("model.onnx", digits[..., None])
    answer = told[spoken][form]

    assert answer["model"] == "lenet5"
    assert answer["outputs"].keys() == {"probabilities", "logits"}
    for name, values in answer["outputs"].items():
        np.testing.assert_array_equal(np.array(values, np.float32), expected[name])


@pytest.mark.parametrize("spoken", ["rest", "grpc"])
def test_feature_maps_are_named_outputs(
    spoken: str, told: dict[str, dict[str, Any]], digits: np.ndarray, run: Run
) -> None:
    expected = run("layers.onnx", digits[..., None])
    outputs = told[spoken]["layers"]["outputs"]

    assert list(outputs) == ["conv2d_1", "dense_2"]
    for name, values in outputs.items():
        np.testing.assert_array_equal(np.array(values, np.float32), expected[name])


def test_a_request_keeps_its_id_and_gets_one_when_it_has_none(told: dict[str, dict[str, Any]]) -> None:
    assert told["rest"]["json"]["id"] == told["grpc"]["raw"]["id"] == "one"
    assert told["rest"]["plain"]
    assert told["grpc"]["contents"]["id"]


@pytest.mark.parametrize(
    ("spoken", "missing", "invalid"), [("rest", 404, 400), ("grpc", "NOT_FOUND", "INVALID_ARGUMENT")]
)
def test_errors_are_told_in_words(
    spoken: str, missing: int | str, invalid: int | str, told: dict[str, dict[str, Any]]
) -> None:
    unknown, wrong = told[spoken]["unknown"], told[spoken]["wrong"]

    assert unknown["status"] == missing
    assert "there are: lenet5, lenet5-layers" in unknown["message"]
    assert wrong["status"] == invalid
    assert "image is UINT8" in wrong["message"]

"""What users of MLServer's codecs and command line are promised; they live in an environment of their own."""

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv" / "mlserver" / "bin"

Run = Callable[[str, np.ndarray], dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def call() -> Callable[..., str]:
    """Run a program of the environment to its good end; give what it wrote."""
    if not (FOLDER / "mlserver").exists():
        pytest.skip("MLServer is not installed; `make mlserver` installs it and runs this")

    def call(program: str, *arguments: object) -> str:
        done = subprocess.run(
            [FOLDER / program, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


@pytest.fixture(scope="module")
def pictures(digits: np.ndarray, encode: Callable[..., bytes]) -> list[bytes]:
    return [encode(digit) for digit in digits]


@pytest.fixture(scope="module")
def told(
    call: Callable[..., str],
    address: str,
    grpc_address: str,
    digits: np.ndarray,
    pictures: list[bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Any]]:
    """What a script with MLServer's codecs got."""
    folder = tmp_path_factory.mktemp("mlserver")
    np.save(folder / "images.npy", digits[..., None])
    paths = [folder / f"{index}.png" for index in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        path.write_bytes(picture)
    script = Path(__file__).with_name("mlserver_script.py")
    return json.loads(call("python", script, address, grpc_address, folder / "images.npy", *paths))


@pytest.mark.parametrize("way", ["rest", "contents", "raw"])
@pytest.mark.parametrize("given", ["files", "images", "levels"])
def test_what_codecs_encode_is_answered_as_they_decode_it(
    given: str, way: str, told: dict[str, dict[str, Any]], digits: np.ndarray, run: Run
) -> None:
    answer = told[f"{given} {way}"]
    expected = run("model.onnx", digits[..., None])

    assert answer["id"] == "one"
    for name in ("probabilities", "logits"):
        np.testing.assert_array_equal(np.array(answer[name], np.float32), expected[name])


@pytest.mark.parametrize("options", [(), ("-s", 4, "-b")])
def test_the_command_line_answers_every_line(
    options: tuple[object, ...],
    call: Callable[..., str],
    address: str,
    pictures: list[bytes],
    tmp_path: Path,
    digits: np.ndarray,
    run: Run,
) -> None:
    texts = [base64.b64encode(picture).decode() for picture in pictures]
    tensors = [{"name": "image", "shape": [1], "datatype": "BYTES", "data": [text]} for text in texts]
    (tmp_path / "asked").write_text("\n".join(json.dumps({"inputs": [tensor]}) for tensor in tensors))
    where = ("-u", address.removeprefix("http://"), "-m", "lenet5")
    call("mlserver", "infer", *where, "-i", tmp_path / "asked", "-o", tmp_path / "told", *options)
    lines = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    found = {line["parameters"]["batch_index"]: line["outputs"][0]["data"] for line in lines}
    expected = run("model.onnx", digits[..., None])["probabilities"]

    assert len(found) == len(lines) == len(pictures)
    for index, probabilities in found.items():
        np.testing.assert_allclose(np.ravel(probabilities), expected[index], atol=1e-6)


def test_the_command_line_tells_what_was_wrong_with_a_line(
    call: Callable[..., str], address: str, tmp_path: Path
) -> None:
    tensor = {"name": "image", "shape": [1], "datatype": "FP64", "data": [0.5]}
    (tmp_path / "asked").write_text(json.dumps({"inputs": [tensor]}))
    where = ("-u", address.removeprefix("http://"), "-m", "lenet5")
    call("mlserver", "infer", *where, "-i", tmp_path / "asked", "-o", tmp_path / "told", "-r", 1)

    assert "image is UINT8 (grey levels" in json.loads((tmp_path / "told").read_text())["error"]["msg"]

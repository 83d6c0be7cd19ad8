"""A session computes on the device that was asked for, or says why it cannot."""

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.engine import session
from service.engine.session import CPU, CUDA, Session
from service.errors import DeviceError, ModelError
from service.settings import PACKAGED_RECOGNISER


@pytest.fixture(scope="module")
def model() -> bytes:
    return (PACKAGED_RECOGNISER / "model.onnx").read_bytes()


def has_nvidia_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def test_a_network_tells_its_inputs_and_outputs(model: bytes) -> None:
    network = Session(model, device="cpu", threads=1)

    assert network.provider == CPU
    assert network.inputs == {"image": ("uint8", (None, 28, 28, 1))}
    assert network.outputs["probabilities"] == ("float", (None, 10))
    assert network.outputs["familiarity"] == ("float", (None,))


def test_the_outputs_come_in_the_order_they_were_asked_for(model: bytes, digits: np.ndarray) -> None:
    network = Session(model, device="cpu", threads=2)
    familiarity, probabilities = network.run(("familiarity", "probabilities"), {"image": digits[..., None]})

    assert familiarity.shape == (10,)
    assert probabilities.argmax(axis=1).tolist() == list(range(10))


@pytest.mark.skipif(has_nvidia_driver(), reason="here CUDA can be had")
def test_cuda_is_refused_where_there_is_none(model: bytes) -> None:
    with pytest.raises(DeviceError, match="LENET_DEVICE is cuda"):
        Session(model, device="cuda", threads=1)


@pytest.mark.skipif(has_nvidia_driver(), reason="here CUDA can be had")
def test_auto_says_which_device_it_got(model: bytes) -> None:
    assert Session(model, device="auto", threads=1).provider == CPU


def test_cuda_is_only_tried_when_the_driver_and_the_build_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: None)
    monkeypatch.setattr(session.ort, "get_available_providers", lambda: [CUDA, CPU])
    with_build = session._cuda_may_work()
    monkeypatch.setattr(session.ort, "get_available_providers", lambda: [CPU])

    assert (with_build, session._cuda_may_work()) == (True, False)


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "zeros"])
def test_bytes_that_are_no_network_are_refused_in_one_line(
    damage: str, model: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    data = {"empty": b"", "text": b"xyzzy", "cut": model[: len(model) // 2], "zeros": bytes(1000)}[damage]

    with pytest.raises(ModelError, match="cannot load the network") as refused:
        Session(data, device="cpu", threads=1)
    assert "\n" not in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_a_session_does_not_read_its_file_again(model: bytes, tmp_path: Path, digits: np.ndarray) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(model)
    network = Session(path.read_bytes(), device="cpu", threads=1)
    path.unlink()

    assert network.run(["probabilities"], {"image": digits[..., None]})[0].shape == (10, 10)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told by Linux")
def test_what_one_session_kept_of_a_run_serves_another() -> None:
    # In a process of its own, in which nothing else has run.
    program = """
import sys
from pathlib import Path
import numpy as np
from service.engine.session import Session

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

model = Path(sys.argv[1]).read_bytes()
sessions = [Session(model, device="cpu", threads=1) for _ in range(2)]
images = np.zeros((2_000, 28, 28, 1), np.uint8)
for session in sessions:
    before = resident()
    session.run(["probabilities"], {"image": images})
    print(resident() - before)
"""
    found = subprocess.run(
        [sys.executable, "-c", program, PACKAGED_RECOGNISER / "model.onnx"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    first, second = map(int, found.stdout.split())
    assert first > 50 * 2**20
    assert second < first / 2

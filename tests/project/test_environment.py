"""What has to be true of the installed packages."""

import os
import subprocess
import sys
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
from packaging.version import Version

from service.settings import PACKAGED_RECOGNISER

FLOORS = {
    # Holes that were closed in these versions: forms and paths, boundaries and headers, chunks, graphs.
    "starlette": "1.3.1",
    "python-multipart": "0.0.31",
    "uvicorn": "0.51",
    "h11": "0.16.0",
    "onnxruntime": "1.28.3",
}


def providers_of(package: str) -> list[str]:
    return [
        found.metadata["Name"]
        for found in distributions()
        if any(str(file).startswith(f"{package}/__init__.py") for file in found.files or ())
    ]


def test_exactly_one_distribution_provides_onnxruntime() -> None:
    assert len(providers_of("onnxruntime")) == 1


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_no_package_is_older_than_its_last_known_hole(package: str, floor: str) -> None:
    installed = version(providers_of("onnxruntime")[0] if package == "onnxruntime" else package)

    assert Version(installed) >= Version(floor)


@pytest.mark.parametrize(
    "program",
    [
        "from service.engine.session import Session; Session(network, device='cpu', threads=1)",
        "import training.verification, onnxruntime; onnxruntime.InferenceSession(network)",
    ],
)
def test_onnxruntime_reports_nothing_to_its_maker(program: str, tmp_path: Path) -> None:
    # It keeps an identifier of the machine there, and what it has not sent yet.
    root = Path(__file__).parents[2]
    network = PACKAGED_RECOGNISER / "model.onnx"
    # In a build it sends nothing anyway, which would prove nothing.
    builds = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL", "ORT_DISABLE_TELEMETRY"}
    environment = {name: value for name, value in os.environ.items() if name not in builds}
    subprocess.run(
        [sys.executable, "-c", f"network = open({str(network)!r}, 'rb').read(); {program}"],
        cwd=root,
        env={**environment, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        check=True,
    )

    assert list(tmp_path.rglob("*onnxruntime*")) == []

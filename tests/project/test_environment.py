"""What has to be true of the installed packages."""

from importlib.metadata import distributions, version

import pytest
from packaging.version import Version

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

"""
Remove from an environment what the service never loads.

    python trim.py cpu|cuda

Run it by the environment's own Python.
"""

import shutil
import sys
import sysconfig
from pathlib import Path

TESTS = ("**/tests", "onnx/backend/test", "onnx/fuzz")
"""Their tests, and the tests' data."""

TOOLS = (
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "numpy/f2py",
    "numpy/distutils",
)
"""Tools that prepare networks or build extensions."""

OTHER_PROGRAMS = ("onnxruntime/capi/libonnxruntime.so.*",)
"""ONNX Runtime a second time, for programs in C; Python's module has it built in."""

TENSORRT = ("onnxruntime/capi/libonnxruntime_providers_tensorrt.so",)
"""The provider that the service never asks for."""

CUDA = ("onnxruntime/capi/libonnxruntime_providers_cuda.so",)
"""The provider of an image that will see no GPU. Its small loader stays: ONNX Runtime warns without it."""


def main(device: str) -> None:
    """Remove, and say how much."""
    packages = Path(sysconfig.get_path("purelib"))
    patterns = [*TESTS, *TOOLS, *OTHER_PROGRAMS, *TENSORRT, *(CUDA if device == "cpu" else ())]
    before = _size(packages)
    commands = [
        path for path in Path(sysconfig.get_path("scripts")).iterdir() if not path.name.startswith("python")
    ]
    for found in commands + [path for pattern in patterns for path in packages.glob(pattern)]:
        if found.is_dir():
            shutil.rmtree(found)
        else:
            found.unlink(missing_ok=True)
    print(f"environment: {before / 1e6:.0f} MB, of which kept: {_size(packages) / 1e6:.0f} MB")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main(sys.argv[1])

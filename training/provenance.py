"""Where and with what a network was trained."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import onnxruntime
import tensorflow as tf

PROGRAM = Path(__file__).resolve().parents[1]

LIBRARIES = ("tensorflow", "keras", "tf2onnx", "onnx", "numpy", "opencv-python-headless")


def hardware() -> str:
    """Name the processor, its usable cores, and the accelerators that TensorFlow sees."""
    accelerators = [
        tf.config.experimental.get_device_details(device).get("device_name", device.name)
        for device in tf.config.list_physical_devices("GPU")
    ]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ", ".join([f"{_processor()}, {cores} cores", *accelerators])


def versions() -> dict[str, str]:
    """Give the version of Python and of each library that shapes the result."""
    # ONNX Runtime comes in two distributions, of which one is installed: the package itself knows.
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **found, "onnxruntime": str(onnxruntime.__version__)}


def revision() -> str | None:
    """Give the commit of the program, ``-dirty`` when files differ; None outside of a git checkout."""
    if not (PROGRAM / ".git").exists():
        return None
    command = ["git", "-C", str(PROGRAM), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603  ours
    except (OSError, subprocess.SubprocessError):
        # No git here, or not our checkout: the training does not depend on it.
        return None
    return told.stdout.strip() or None


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

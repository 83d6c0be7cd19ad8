"""The environments of peers: made once from their pinned requirements, in a folder that git ignores."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import UnavailableError
from benchmarks.peers import Server

FOLDER = Path(__file__).with_name(".environments")
MADE = "made-from"  # holds the requirements that an environment was made from
MOST_SAID = 300  # characters of an installer's reason
PYTHON_312 = "PYTHON312"


@dataclass(frozen=True)
class Environment:
    """
    What a server is run by.

    Attributes:
        program: The interpreter.
        folder: The working folder.
        variables: What the interpreter itself needs to be told.
    """

    program: Path
    folder: Path
    variables: Mapping[str, str]


def prepare(server: Server) -> Environment:
    """
    Give a server's environment, made first when it is not there or was made from other requirements.

    Raises:
        UnavailableError: An interpreter is missing, or the requirements cannot be installed.
    """
    if server.runtime == "own":
        return Environment(Path(sys.executable), server.folder, {})
    if server.runtime == "node":
        return _node(server)
    place = FOLDER / server.folder.name
    program = place / "bin" / "python"
    base = Path(sys.executable) if server.runtime == "python" else _python_312()
    requirements = server.folder / "requirements.txt"
    if not _is_made(place, requirements):
        shutil.rmtree(place, ignore_errors=True)
        uv = [sys.executable, "-m", "uv", "--quiet"]
        _run([*uv, "venv", "--no-config", "--python", str(base), str(place)])
        _run([*uv, "pip", "install", "--python", str(program), "--requirement", str(requirements)])
        shutil.copy(requirements, place / MADE)
    variables = {"PATH": os.pathsep.join([str(program.parent), os.environ.get("PATH", "")])}
    if server.runtime == "python3.12":
        # Triton's Python backend embeds the interpreter, and looks for its library among the system's.
        library = "import sysconfig; print(sysconfig.get_config_var('LIBDIR'))"
        variables["LD_LIBRARY_PATH"] = _run([str(base), "-c", library]).strip()
    return Environment(program, server.folder, variables)


def _node(server: Server) -> Environment:
    """Node finds packages beside the app only, so the app is copied to them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        message = "needs Node.js and npm"
        raise UnavailableError(message)
    place = FOLDER / server.folder.name
    requirements = server.folder / "package.json"
    if not _is_made(place, requirements):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        shutil.copy(requirements, place)
        # The one script, of onnxruntime-node, would fetch CUDA; what the processor needs is in the package.
        _run([npm, "install", "--no-package-lock", "--ignore-scripts", "--silent", "--prefix", str(place)])
        shutil.copy(requirements, place / MADE)
    shutil.copy(server.folder / "app.js", place)
    return Environment(Path(node), place, {"NODE_ENV": "production"})


def _is_made(place: Path, requirements: Path) -> bool:
    made = place / MADE
    return made.is_file() and made.read_bytes() == requirements.read_bytes()


def _python_312() -> Path:
    """Find Python 3.12, and where it really is: a launcher on the path would look for it at each start."""
    program = os.environ.get(PYTHON_312) or shutil.which("python3.12")
    if not program:
        message = f"needs Python 3.12: python3.12 on the path, or named by {PYTHON_312}"
        raise UnavailableError(message)
    return Path(_run([program, "-c", "import sys; print(sys.executable)"]).strip())


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UnavailableError(str(error)) from error
    if done.returncode:
        said = " ".join((done.stderr.strip() or done.stdout.strip() or "no word why").split())
        message = f"{Path(command[0]).name} failed: {said[:MOST_SAID]}"
        raise UnavailableError(message)
    return done.stdout

"""An environment that a user made, outside of the repository, with one of the two archives in it."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DIST = ROOT / "dist"
UV = ROOT / ".venv" / "bin" / "uv"

MEANT_FOR_OTHERS = ("LENET_", "PYTHON", "VIRTUAL_ENV", "UV_PROJECT")
"""Variables that begin so would let settings or modules in from elsewhere."""


@dataclass(frozen=True)
class Installation:
    """
    An environment, and an empty folder in which its commands run.

    Attributes:
        environment: The virtual environment's folder.
        folder: Where its commands run.
    """

    environment: Path
    folder: Path

    @classmethod
    def of(cls, archive: Path, folder: Path) -> "Installation":
        """Install what is pinned, and the archive itself."""
        made = cls(folder / "environment", folder / "empty")
        made.folder.mkdir()
        made.do(UV, "venv", "--quiet", "--python", ROOT / ".venv" / "bin" / "python", made.environment)
        pinned = ["--require-hashes", "--requirement", DIST / "requirements.txt"]
        # What builds the archive of sources comes with hashes, too.
        tools = ["--build-constraints", ROOT / "requirements" / "release.txt", "--require-build-hashes"]
        made.install(*pinned)
        made.install("--no-deps", *tools, archive)
        return made

    def install(self, *arguments: str | Path) -> None:
        """Install by uv, which has most in its cache."""
        self.do(UV, "pip", "install", "--quiet", "--python", self.command("python"), *arguments)

    def command(self, name: str) -> Path:
        """Give the path of a command of the environment."""
        return self.environment / "bin" / name

    def do(self, *command: str | Path, **settings: str) -> str:
        """Run a command to its good end; give what it printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._variables(settings),
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout

    @contextlib.contextmanager
    def serving(self) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """Start the service on a port that is free; give the process and its address."""
        process = subprocess.Popen(
            [self.command("lenet5")],
            cwd=self.folder,
            env=self._variables({"LENET_PORT": "0", "LENET_THREADS": "1"}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process, _address(process)
        finally:
            process.kill()
            process.communicate()

    def _variables(self, settings: dict[str, str]) -> dict[str, str]:
        """Give the variables of this process without those that would let something else in."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.upper().startswith(MEANT_FOR_OTHERS)
        }
        return {**inherited, **settings}


def _address(process: subprocess.Popen[str]) -> str:
    """Wait until it says where it listens."""
    assert process.stdout
    for line in process.stdout:
        for word in json.loads(line)["event"].split():
            if word.startswith("http://127.0.0.1:"):
                return str(word)
    raise AssertionError(process.communicate()[1])

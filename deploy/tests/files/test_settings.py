"""Whatever sets a LENET_ variable names a setting that there is, with a value that it takes."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = [
    ROOT / "Dockerfile",
    ROOT / "docker-compose.yml",
    *(ROOT / "deploy" / "kubernetes").rglob("deployment.yaml"),
    *sorted((ROOT / "deploy" / "kserve").iterdir()),
]
SET = re.compile(r"(?:name: )?(LENET_[A-Z_]+)(?:, value: |: |=)\"?([^\s\"},\\]+)")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_service_takes_every_setting(file: Path) -> None:
    given = dict(SET.findall(file.read_text()))
    assert given
    # The service's own packages are in the project's environment, not in this one.
    program = f"from service.settings import load; load({given!r}, __import__('pathlib').Path('none'))"
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-c", program],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr

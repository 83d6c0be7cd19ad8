"""Docker's client."""

import json
import subprocess
from typing import Any

IMAGE = "lenet5-service:cpu"


def docker(*arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401  subprocess' own
    """Run Docker's client."""
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True, **options)
    assert not check or done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done


def inspect(name: str) -> dict[str, Any]:
    """Give what the engine knows of a container or an image."""
    return json.loads(docker("inspect", name).stdout)[0]

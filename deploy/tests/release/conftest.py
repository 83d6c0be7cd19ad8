"""What `make release` left in dist/, and an installation of each of its archives."""

import subprocess
from pathlib import Path

import pytest
from installation import DIST, ROOT, Installation


@pytest.fixture(scope="session")
def version() -> str:
    text = (ROOT / "service" / "__init__.py").read_text()
    return text.split('__version__ = "')[1].split('"')[0]


@pytest.fixture(scope="session")
def wheel(version: str) -> Path:
    return DIST / f"lenet5_service-{version}-py3-none-any.whl"


@pytest.fixture(scope="session")
def sdist(version: str) -> Path:
    return DIST / f"lenet5_service-{version}.tar.gz"


@pytest.fixture(scope="session")
def committed() -> set[str]:
    """The files of the two packages that git knows, in the tree's own words."""
    listed = subprocess.run(
        ["git", "ls-files", "service", "training", "framing"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(listed.stdout.split("\n")) - {""}


@pytest.fixture(scope="session", params=["wheel", "sdist"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    archive: Path = request.getfixturevalue(request.param)
    return Installation.of(archive, tmp_path_factory.mktemp(f"of-{request.param}"))

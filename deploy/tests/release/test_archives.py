"""The wheel and the archive of sources: what is in them, and what they say of themselves."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from installation import ROOT
from packaging.metadata import Metadata
from packaging.requirements import Requirement

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def metadata(wheel: Path, version: str) -> Metadata:
    """Read what the wheel says of itself, as strictly as the standard asks."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"lenet5_service-{version}.dist-info/METADATA")
    return Metadata.from_email(text, validate=True)


def test_the_wheel_holds_exactly_what_is_committed_of_the_packages(
    wheel: Path, version: str, committed: set[str]
) -> None:
    description = {
        f"lenet5_service-{version}.dist-info/{name}"
        for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    }
    with zipfile.ZipFile(wheel) as archive:
        files = set(archive.namelist())

    assert files == committed | description


def test_the_archive_of_sources_holds_what_the_wheel_is_made_of_and_no_more(
    sdist: Path, version: str, committed: set[str]
) -> None:
    beside = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore", "PKG-INFO"}
    with tarfile.open(sdist) as archive:
        files = {member.name for member in archive if not member.isdir()}

    assert files == {f"lenet5_service-{version}/{name}" for name in committed | beside}


def test_neither_holds_pictures_of_mnist_or_a_report_that_shows_them(committed: set[str]) -> None:
    data = {path for path in map(PurePosixPath, committed) if path.suffix in {".npz", ".npy", ".png", ".gz"}}

    # The golden digits are drawn by the project.
    assert {path.name for path in data} == {"golden.npz"}
    assert not any(path.endswith("report.html") for path in committed)


def test_the_sources_give_the_wheel_of_the_tree_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT]
    subprocess.run(build, check=True, cwd=tmp_path, capture_output=True)

    # That of dist/ was made of the archive of sources.
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_it_says_what_it_is_and_under_which_licence(metadata: Metadata, version: str) -> None:
    assert metadata.name == "lenet5-service"
    assert str(metadata.version) == version
    assert metadata.summary == PROJECT["description"]
    assert metadata.license_expression == "MIT"
    assert metadata.license_files == ["LICENSE"]
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (ROOT / "README.md").read_text()


def test_it_says_what_it_needs(metadata: Metadata) -> None:
    needed = {str(Requirement(each)) for each in PROJECT["dependencies"]}
    found = {str(each) for each in metadata.requires_dist or [] if "extra ==" not in str(each)}

    assert str(metadata.requires_python) == ">=3.11"
    assert found == needed
    assert set(metadata.provides_extra or []) == {"cuda", "grpc", "ray", "tracing", "training"}

"""Which version of a model answers: the newest, unless a file beside the versions pins another."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from service.digits.version_files import read_file
from service.errors import InvalidInputError, ModelError
from service.settings import PACKAGED_MODELS

PINNED = "pinned"
"""``<repository>/<model>/pinned`` has the version, as text. It belongs to the repository, not to a process:
it holds after a restart, and for all that serve the same folder."""

NUMBER = re.compile("[0-9]+")
"""What a version is called."""

_READABLE = 0o644
"""Temporary files are private; a pin is for whoever serves the folder."""


def read(model: Path) -> str | None:
    """
    Give the version that is pinned in a model's folder, None when none is.

    Raises:
        ModelError: There is a pin that cannot be read, or that names no version.
    """
    path = model / PINNED
    if not os.path.lexists(path):
        return None
    version = read_file(path, most_bytes=64).decode("ascii", "replace").strip()
    if not NUMBER.fullmatch(version):
        message = f"{path}: a version is a whole number"
        raise ModelError(message)
    return version


def write(repository: Path, name: str, version: str) -> None:
    """
    Pin a model at a version, whole or not at all.

    Raises:
        InvalidInputError: The repository cannot be written.
    """
    model = repository / name
    with _written(repository):
        model.mkdir(exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{PINNED}-", dir=model)
        try:
            with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123  a descriptor
                file.write(f"{version}\n")
                file.flush()
                os.fsync(descriptor)
            Path(draft).chmod(_READABLE)
            Path(draft).replace(model / PINNED)
        except BaseException:
            Path(draft).unlink()
            raise


def remove(repository: Path, name: str) -> None:
    """
    Let the newest version of a model answer again.

    Raises:
        InvalidInputError: The repository cannot be written.
    """
    with _written(repository):
        (repository / name / PINNED).unlink(missing_ok=True)


@contextlib.contextmanager
def _written(repository: Path) -> Iterator[None]:
    if repository == PACKAGED_MODELS:
        message = "the models of the package are not pinned; LENET_MODEL_REPOSITORY names a folder for pins"
        raise InvalidInputError(message)
    try:
        yield
    except OSError as error:
        message = (
            f"the pin is not changed: the repository cannot be written from here ({error.strerror});"
            " `lenet5 pin` changes it where it can"
        )
        raise InvalidInputError(message) from error

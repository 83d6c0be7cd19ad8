"""What an operator asks of a model, in files beside its versions: which one answers, and whether any does."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service.errors import InvalidInputError, ModelError
from service.repository.version_files import read_file, status
from service.settings import PACKAGED_MODELS

PINNED = "pinned"
"""``<repository>/<model>/pinned`` has the version that answers, as text. Without it the newest does.

It belongs to the repository, not to a process, and so does ``requested``: both hold after a restart, and for
all that serve the same folder.
"""

REQUESTED = "requested"
"""``<repository>/<model>/requested`` has ``unload``, or ``load``: each time that it is written, what is on
disk is loaded anew. Without it a model is loaded."""

REQUESTED_LAYERS = "requested-layers"
"""The same of a model's layers, which are a model of their own for clients; for them nothing is read anew."""

NUMBER = re.compile("[0-9]+")
"""What a version is called."""

_MOST_BYTES = 64

_READABLE = 0o644
"""Temporary files are private; these are for whoever serves the folder."""


@dataclass(frozen=True)
class Request:
    """
    What was asked last; another time it is another request.

    Attributes:
        verb: ``load`` or ``unload``; ``""`` when it cannot be read.
        written: Which file says so, as the file system tells it.
    """

    verb: str
    written: object = None


def pinned(model: Path) -> str | None:
    """
    Give the version that is pinned in a model's folder, None when none is.

    Raises:
        ModelError: There is a pin that cannot be read, or that names no version.
    """
    path = model / PINNED
    if not os.path.lexists(path):
        return None
    version = _read(path)
    if not NUMBER.fullmatch(version):
        message = f"{path}: a version is a whole number"
        raise ModelError(message)
    return version


def requested(model: Path, file: str = REQUESTED) -> Request | None:
    """
    Give what was requested last of a model, None when nothing was.

    Args:
        model: Its folder.
        file: ``REQUESTED``, or ``REQUESTED_LAYERS``.

    Raises:
        ModelError: There is a request that cannot be read, or is none.
    """
    path = model / file
    if not os.path.lexists(path):
        return None
    # Before it is read: what is written meanwhile is then seen by the next look.
    written = status(path)
    verb = _read(path)
    if verb not in {"load", "unload"}:
        message = f"{path}: expected load or unload"
        raise ModelError(message)
    return Request(verb, written)


def pin(repository: Path, name: str, version: str | None) -> None:
    """
    Pin a model at a version, or, at None, let its newest answer again.

    Raises:
        InvalidInputError: The repository cannot be written.
    """
    with _written(repository):
        if version is None:
            (repository / name / PINNED).unlink(missing_ok=True)
        else:
            _write(repository / name / PINNED, version)


def request(repository: Path, name: str, verb: Literal["load", "unload"], file: str = REQUESTED) -> Request:
    """
    Ask all that serve a model to load what is on disk of it, or to serve none of it; give the request.

    Args:
        repository: Where it is written.
        name: Of the model.
        verb: What is asked.
        file: ``REQUESTED``, or ``REQUESTED_LAYERS``.

    Raises:
        InvalidInputError: The repository cannot be written.
    """
    with _written(repository):
        _write(repository / name / file, verb)
    return Request(verb, status(repository / name / file))


def _read(path: Path) -> str:
    return read_file(path, most_bytes=_MOST_BYTES).decode("ascii", "replace").strip()


def _write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123  a descriptor
            file.write(f"{text}\n")
            file.flush()
            os.fsync(descriptor)
        Path(draft).chmod(_READABLE)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise


@contextlib.contextmanager
def _written(repository: Path) -> Iterator[None]:
    if repository == PACKAGED_MODELS:
        message = (
            "the package itself is not written: LENET_MODEL_REPOSITORY names a folder in which its models are"
            " pinned, loaded and unloaded"
        )
        raise InvalidInputError(message)
    try:
        yield
    except OSError as error:
        message = (
            f"nothing is changed: the repository cannot be written from here ({error.strerror}); a pin or a"
            " request is made where it can, for all that serve it"
        )
        raise InvalidInputError(message) from error

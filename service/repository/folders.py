"""What is on disk of models: folders, versions and pins; names and links alone, no network is read."""

import math
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service.errors import ModelError
from service.repository import control, version_files
from service.repository.control import Request

MOST_REASON = 500
"""Characters of a reason: it is told in log lines and answers, and may repeat what stands in a file."""

LAYERS_SUFFIX = "-layers"
"""Under ``/v2``, ``<name>-layers`` is the model ``<name>`` with every layer as an output."""

_NO_MODEL = frozenset({"lost+found"})
"""Folders that a file system makes at the root of a volume, besides hidden ones."""


@dataclass(frozen=True)
class Refusal:
    """
    A version, or with the version ``""`` a model's folder, that is on disk and cannot be served.

    Attributes:
        reason: Why, without the path.
        state: What its files looked like.
        again: From when on it is tried again although they have not changed, on the monotonic clock.
    """

    reason: str
    state: object = None
    again: float = math.inf


@dataclass(frozen=True)
class Untried:
    """
    A version on disk whose network was not tried yet.

    Attributes:
        directory: Where it is.
        state: What its files looked like.
        place: 0 of the version that is wanted most in its model, then upwards.
    """

    directory: Path
    state: Hashable
    place: int


@dataclass
class Look:
    """
    What is on disk.

    Attributes:
        directories: Of each folder and model the versions, oldest first; None when it cannot be read.
        pins: The version that each model is pinned at; ``""`` when the pin cannot be read.
        requests: What was requested last of each model.
        without_layers: Models whose layers are to be no model.
        refused: What cannot be served.
        untried: What may be served once it was tried.
    """

    directories: dict[Path, dict[str, dict[str, Path] | None]] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    without_layers: set[str] = field(default_factory=set)
    refused: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    untried: dict[tuple[str, str], Untried] = field(default_factory=dict)


def look(folders: Sequence[Path]) -> Look:
    """
    Look at folders, the operator's first; no file is read but what the operator asks of models.

    Raises:
        ModelError: One of them cannot be read.
    """
    found = Look()
    for folder in folders:
        models = found.directories[folder] = {}
        for name, path in _entries(folder):
            if not name.isprintable():
                found.refused[_shown(name), ""] = Refusal("a name is printable text")
            elif os.path.isdir(path):  # noqa: PTH112  Path's raises when it may not look
                if name.endswith(LAYERS_SUFFIX):
                    message = f"a name that ends in {LAYERS_SUFFIX} is that of a model's layers"
                    found.refused[name, ""] = Refusal(message)
                else:
                    models[name] = _versions(name, path, found)
            elif path.is_symlink():
                found.refused[name, ""] = Refusal("a link that leads to no folder")
    for name in {name for models in found.directories.values() for name in models}:
        _look_at_control(folders[0] / name, found)
    return found


def in_order(version: str) -> tuple[int, str]:
    """Give a key that sorts versions from the oldest to the newest."""
    return int(version), version


def reason(error: ModelError, directory: Path) -> str:
    """Give a reason without the path."""
    return str(error).replace(f"{directory}/", "").replace(str(directory), "it")[:MOST_REASON]


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """
    Give the names in a folder of models that may be models'.

    Raises:
        ModelError: It cannot be read.
    """
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  names, not paths
    except OSError as error:
        message = f"{folder}: cannot be read: {error.strerror}; LENET_MODEL_REPOSITORY names the right place"
        raise ModelError(message) from error
    for name in names:
        if not name.startswith(".") and name not in _NO_MODEL:
            yield name, folder / name


def _versions(name: str, model: Path, look: Look) -> dict[str, Path] | None:
    """Give the versions in a model's folder, oldest first; None when it cannot be read."""
    try:
        found = os.listdir(model)  # noqa: PTH208  names, not paths
    except OSError as error:
        look.refused[name, ""] = Refusal(f"cannot be read: {error.strerror}")
        return None
    versions = {}
    for version in found:
        if control.NUMBER.fullmatch(version):
            if os.path.isdir(model / version):  # noqa: PTH112  Path's raises when it may not look
                versions[version] = model / version
            else:
                look.refused[name, version] = Refusal("it is no folder")
        elif version[0] in "0123456789" or _may_be_meant(model / version):
            look.refused[name, _shown(version)] = Refusal("a version is a whole number")
    if version_files.CARD in found:
        look.refused[name, ""] = Refusal(
            f"{version_files.CARD} stands in the model's folder, not in that of a version"
        )
    return dict(sorted(versions.items(), key=lambda item: in_order(item[0])))


def _may_be_meant(folder: Path) -> bool:
    """Tell whether a folder without a number may be meant as a version: hidden ones are drafts."""
    name = folder.name
    return not name.startswith(".") and name not in _NO_MODEL and os.path.isdir(folder)  # noqa: PTH112  as above


def _look_at_control(model: Path, look: Look) -> None:
    try:
        if (pinned := control.pinned(model)) is not None:
            look.pins[model.name] = pinned
    except ModelError as error:
        look.refused[model.name, ""] = Refusal(reason(error, model))
        look.pins[model.name] = ""
    try:
        layers = control.requested(model, control.REQUESTED_LAYERS)
        if layers and layers.verb == "unload":
            look.without_layers.add(model.name)
        request = control.requested(model)
    except ModelError as error:
        look.refused[model.name, ""] = Refusal(reason(error, model))
        request = Request("")
    if look.directories[model.parent].get(model.name, {}) is None:
        # Nothing can be seen in it, which is not as if nothing were there.
        request = Request("")
    if request:
        look.requests[model.name] = request


def _shown(name: str) -> str:
    """Write a name so that logs and answers take it: it may have line ends, or bytes that are no text."""
    return name.encode("unicode_escape").decode()


def reasons(refused: Mapping[tuple[str, str], Refusal]) -> str:
    """Give in one text why each version is refused."""
    return "; ".join(
        f"{name} version {version}: {refusal.reason}" if version else f"{name}: {refusal.reason}"
        for (name, version), refusal in refused.items()
    )

"""The served models: a folder of ``<model>/<version>/`` directories, each verified before it answers."""

import functools
import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from service.digits.card import Card
from service.digits.layers import Layers
from service.digits.network import SIDE, Network
from service.engine.session import Device, Session
from service.errors import ModelError, UnknownNameError

CARD = "card.json"
NETWORK = "model.onnx"
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"
_VERSIONS = "*/[0-9]*/"


Read = Callable[[str], dict[str, Network]]


class Repository:
    """The versions of every model, newest last."""

    def __init__(self, networks: dict[str, dict[str, Network]], read: Read) -> None:
        """
        Take networks by model name and version.

        Args:
            networks: Those that are served.
            read: Loads and verifies every version of a model that is on disk, oldest first.
        """
        self._networks = networks
        self._read = read
        self._changing = threading.Lock()

    def find(self, name: str, version: str | None = None) -> Network:
        """
        Give a model's version; without one the newest.

        Raises:
            UnknownNameError: No such model or version is served.
        """
        versions = self._networks.get(name)
        if versions is None:
            message = f"no model of that name is served; there are: {', '.join(self._networks)}"
            raise UnknownNameError(message)
        if version is None:
            return next(reversed(versions.values()))
        if version not in versions:
            message = f"{name} has no version of that name; there are: {', '.join(versions)}"
            raise UnknownNameError(message)
        return versions[version]

    def newest(self) -> list[Network]:
        """Give the newest version of each model."""
        return [self.find(name) for name in self._networks]

    def versions(self, name: str) -> list[str]:
        """Give the versions of a model that are served, oldest first."""
        return list(self._networks[name])

    def load(self, name: str) -> None:
        """
        Serve the versions of a model that are on disk now; until they are verified, those that were.

        Raises:
            UnknownNameError: There is no version of such a model on disk.
            ModelError: A version is incomplete, altered or answers wrongly.
        """
        with self._changing:
            versions = self._read(name)
            if not versions:
                message = "the repository has no version of a model of that name"
                raise UnknownNameError(message)
            self._networks = {**self._networks, name: versions}

    def unload(self, name: str) -> None:
        """
        Stop serving a model; requests that have it already are answered.

        Raises:
            UnknownNameError: No such model is served.
        """
        with self._changing:
            self.find(name)
            self._networks = {each: found for each, found in self._networks.items() if each != name}


def load(folder: Path, *, device: Device, threads: int) -> Repository:
    """
    Load and verify every version of every model in a folder.

    Raises:
        ModelError: There is no model, or one is incomplete, altered or answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    read = functools.partial(_load_versions, folder, device=device, threads=threads)
    names = sorted({directory.parent.name for directory in folder.glob(_VERSIONS)})
    if not names:
        message = (
            f"{folder}: no <model>/<version>/ folder in it; LENET_MODEL_REPOSITORY names the right place"
        )
        raise ModelError(message)
    return Repository({name: read(name) for name in names}, read)


def load_version(directory: Path, *, device: Device, threads: int) -> Network:
    """
    Load one version: every file by its hash, then the network by its golden images.

    Raises:
        ModelError: A file is missing or altered, or the network answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    card = _card(directory)
    files = {name: _verified(directory / name, file.sha256) for name, file in card.files.items()}
    missing = [name for name in (NETWORK, LAYERS, GOLDEN) if name not in files]
    if missing:
        message = f"{directory / CARD}: it lists no {' and no '.join(missing)}"
        raise ModelError(message)
    session, layer_session = (
        Session(files[name], device=device, threads=threads) for name in (NETWORK, LAYERS)
    )
    network = Network(card, session, Layers(card, layer_session, files[LAYERS]))
    network.verify(*_golden(files[GOLDEN], directory))
    return network


def _load_versions(folder: Path, name: str, *, device: Device, threads: int) -> dict[str, Network]:
    # The name may be a client's: it is compared, and never made a path.
    directories = [directory for directory in folder.glob(_VERSIONS) if directory.parent.name == name]
    return {
        directory.name: load_version(directory, device=device, threads=threads)
        for directory in sorted(directories, key=_number)
    }


def _number(directory: Path) -> int:
    if not directory.name.isdecimal():
        message = f"{directory}: a version is a whole number"
        raise ModelError(message)
    return int(directory.name)


def _card(directory: Path) -> Card:
    path = directory / CARD
    try:
        card = Card.model_validate_json(path.read_bytes())
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ModelError(message) from None
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{path}: {'/'.join(map(str, first['loc']))}: {first['msg']}"
        raise ModelError(message) from None
    if (card.name, card.version) != (directory.parent.name, directory.name):
        message = f"{path}: it is the card of {card.name} version {card.version}"
        raise ModelError(message)
    return card


def _verified(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ModelError(message) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        message = f"{path}: altered since it was verified: its SHA-256 is not the one on the card"
        raise ModelError(message)
    return data


def _golden(data: bytes, directory: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            images, probabilities = archive["images"], archive["probabilities"]
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        message = f"{directory / GOLDEN}: cannot be read: {error}"
        raise ModelError(message) from None
    if images.shape[1:] != (SIDE, SIDE) or len(images) != len(probabilities) or len(images) == 0:
        message = f"{directory / GOLDEN}: images and probabilities do not belong together"
        raise ModelError(message)
    return images, probabilities

"""The served models: a folder of ``<model>/<version>/`` directories, each verified before it answers."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from service.digits.card import Card
from service.digits.layers import Layers
from service.digits.network import SIDE, Batching, Network
from service.engine.session import Device, Session
from service.errors import ModelError, UnknownNameError

CARD = "card.json"
NETWORK = "model.onnx"
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"


class Repository:
    """The versions of every model, newest last."""

    def __init__(self, networks: dict[str, dict[str, Network]]) -> None:
        """Take networks by model name and version."""
        self._networks = networks

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


def load(folder: Path, *, device: Device, batching: Batching) -> Repository:
    """
    Load and verify every version of every model in a folder.

    Raises:
        ModelError: There is no model, or one is incomplete, altered or answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    networks: dict[str, dict[str, Network]] = {}
    for directory in sorted(folder.glob("*/[0-9]*/"), key=lambda path: (path.parent.name, _number(path))):
        network = load_version(directory, device=device, batching=batching)
        networks.setdefault(network.card.name, {})[network.card.version] = network
    if not networks:
        message = (
            f"{folder}: no <model>/<version>/ folder in it; LENET_MODEL_REPOSITORY names the right place"
        )
        raise ModelError(message)
    return Repository(networks)


def load_version(directory: Path, *, device: Device, batching: Batching) -> Network:
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
        # One thread a run: on processors it is requests that run side by side, not the parts of one.
        Session(files[name], device=device, threads=1)
        for name in (NETWORK, LAYERS)
    )
    network = Network(card, session, Layers(card, layer_session, files[LAYERS]), batching)
    network.verify(*_golden(files[GOLDEN], directory))
    return network


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

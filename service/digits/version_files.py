"""One version of a model on disk: every file by its hash, then the network by its golden images."""

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
from service.errors import ModelError

CARD = "card.json"
NETWORK = "model.onnx"
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"


def load(directory: Path, *, device: Device, batching: Batching) -> Network:
    """
    Load, verify and warm a version.

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


def state(directory: Path) -> tuple[tuple[str, int, int], ...]:
    """Tell what a version's files look like from outside: when it changes, another look is worth it."""
    found = []
    for path in sorted(directory.glob("*")):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((path.name, status.st_size, status.st_mtime_ns))
    return tuple(found)


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

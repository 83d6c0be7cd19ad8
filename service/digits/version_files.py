"""One version of a model on disk: every file by its hash, then the network by its golden images."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from service.digits.card import Card, RecogniserCard
from service.digits.ink import InkNetwork
from service.digits.layers import Layers
from service.digits.network import Batching, Network
from service.engine.session import Array, Device, Session
from service.errors import ModelError

CARD = "card.json"
NETWORK = "model.onnx"
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"


def load(directory: Path, *, device: Device, batching: Batching) -> Network | InkNetwork:
    """
    Load, verify and warm a version.

    Raises:
        ModelError: A file is missing or altered, or the network answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    card = _card(directory)
    files = {name: _verified(directory / name, file.sha256) for name, file in card.files.items()}
    needed = (NETWORK, LAYERS, GOLDEN) if isinstance(card, RecogniserCard) else (NETWORK, GOLDEN)
    missing = [name for name in needed if name not in files]
    if missing:
        message = f"{directory / CARD}: it lists no {' and no '.join(missing)}"
        raise ModelError(message)

    def session(name: str) -> Session:
        # One thread a run: on processors it is requests that run side by side, not the parts of one.
        return Session(files[name], device=device, threads=1)

    network: Network | InkNetwork
    if isinstance(card, RecogniserCard):
        network = Network(card, session(NETWORK), Layers(card, session(LAYERS), files[LAYERS]), batching)
    else:
        network = InkNetwork(card, session(NETWORK))
    images, expected = _golden(files[GOLDEN], directory, network)
    try:
        network.verify(images, expected)
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001  ONNX Runtime's errors have no public class
        message = f"{directory}: golden images cannot be answered: {str(error).splitlines()[0]}"
        raise ModelError(message) from None
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
        data = path.read_bytes()
        card = Card.model_validate_json(data)
        if card.role == "recogniser":
            card = RecogniserCard.model_validate_json(data)
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


def _golden(data: bytes, directory: Path, network: Network | InkNetwork) -> tuple[Array, Array]:
    """Read golden images, and what a network's output is for them."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            images, expected = archive["images"], archive[network.output]
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        message = f"{directory / GOLDEN}: cannot be read: {error}"
        raise ModelError(message) from None
    fits = images.ndim == 3 and all(
        one in {None, found} for one, found in zip(network.size, images.shape[1:], strict=True)
    )
    if not fits or images.dtype != network.dtype or not 0 < len(images) == len(np.atleast_1d(expected)):
        message = f"{directory / GOLDEN}: images and {network.output} do not belong together"
        raise ModelError(message)
    return images, expected

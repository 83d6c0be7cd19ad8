"""One version of a model on disk: every file by size and hash, then the network by its golden images."""

import hashlib
import io
import math
import os
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from service.cards.card import Card, RecogniserCard
from service.digits.ink import InkNetwork
from service.digits.layers import Layers
from service.digits.network import Batching, Network
from service.engine.session import Array, Device, Session
from service.errors import ModelError, StartError

CARD = "card.json"
NETWORK = "model.onnx"
LAYERS = "layers.onnx"
GOLDEN = "golden.npz"
FILES = (CARD, NETWORK, LAYERS, GOLDEN)

CARD_BYTES = 2**20
"""Largest card: that of the packaged network has 45 KB."""

GOLDEN_BYTES = 2**18
"""Largest array of golden images or answers, unpacked: ten images have 8 KB, and each takes 55 KiB of maps
while it is verified."""

_OUTSIDE = b"\x0a\x08location"
"""How ONNX writes that a tensor stands in another file: ``external_data`` with the key ``location``."""


@dataclass(frozen=True)
class Version:
    """
    What a version's files say, each of them of the size and hash on the card.

    Attributes:
        card: Its card.
        files: The bytes of each file that its role needs, by name.
    """

    card: Card
    files: Mapping[str, bytes]


def read(directory: Path, *, most_bytes: int) -> Version:
    """
    Read a version; no engine has seen it yet.

    Args:
        directory: ``<model>/<version>/``.
        most_bytes: Largest file.

    Raises:
        ModelError: A file is missing, altered, too large or no file at all, or they do not belong together.
    """
    card = read_card(directory)
    needed = (NETWORK, LAYERS, GOLDEN) if isinstance(card, RecogniserCard) else (NETWORK, GOLDEN)
    missing = [name for name in needed if name not in card.files]
    if missing:
        message = f"{directory / CARD}: it lists no {' and no '.join(missing)}"
        raise ModelError(message)
    files = {name: _verified(directory / name, card, most_bytes) for name in needed}
    for name in needed:
        if name != GOLDEN and _OUTSIDE in files[name]:
            message = f"{directory / name}: weights outside of the file are not read"
            raise ModelError(message)
    return Version(card, files)


def read_card(directory: Path) -> Card:
    """
    Read a version's card.

    Raises:
        ModelError: It cannot be read, is no card, or that of another version.
    """
    path = directory / CARD
    try:
        data = read_file(path, most_bytes=CARD_BYTES)
        card = Card.model_validate_json(data)
        if card.role == "recogniser":
            card = RecogniserCard.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{path}: {'/'.join(map(str, first['loc']))}: {first['msg']}"
        raise ModelError(message) from None
    if (card.name, card.version) != (directory.parent.name, directory.name):
        message = f"{path}: it is the card of {card.name} version {card.version}"
        raise ModelError(message)
    return card


def open_network(version: Version, *, device: Device, batching: Batching) -> Network | InkNetwork:
    """
    Load, verify and warm a network.

    Raises:
        ModelError: The engine cannot run it, or it answers wrongly.
        DeviceError: The device that was asked for cannot be had.
    """
    card, files = version.card, version.files

    def session(name: str) -> Session:
        # One thread a run: on processors it is requests that run side by side, not the parts of one.
        return Session(files[name], device=device, threads=1)

    network: Network | InkNetwork
    try:
        if isinstance(card, RecogniserCard):
            network = Network(card, session(NETWORK), Layers(card, session(LAYERS), files[LAYERS]), batching)
        else:
            network = InkNetwork(card, session(NETWORK))
        network.verify(*_golden(files[GOLDEN], network))
    except StartError:
        raise
    except Exception as error:
        # ONNX Runtime has a class for each way in which a run fails, none public; NumPy has its own.
        message = f"its golden images are not answered: {_first_line(error)}"
        raise ModelError(message) from error
    return network


def state(directory: Path) -> tuple[object, ...]:
    """Tell what a version's files look like from outside: when it changes, another look is worth it."""
    return (directory, *(status(directory / name) for name in FILES))


def read_file(path: Path, *, most_bytes: int, size: int | None = None) -> bytes:
    """
    Read a regular file: nothing that has no end or makes its reader wait.

    Links are followed, for a volume of Kubernetes is made of them; it is what they lead to that counts.

    Args:
        path: Its path.
        most_bytes: Largest size.
        size: The size that it has to have.

    Raises:
        ModelError: It cannot be read, is no regular file, or of another size.
    """
    try:
        # Before it is opened: to open a device may do something.
        _require_regular(os.stat(path), path)  # noqa: PTH116  as os.fstat below
        # Non-blocking: it may have been replaced by a pipe since.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  a descriptor
            status = os.fstat(descriptor)
            _require_regular(status, path)
            if size is not None and status.st_size != size:
                message = f"{path}: altered: it has {status.st_size:,} bytes, and {size:,} on the card"
                raise ModelError(message)
            if status.st_size > most_bytes:
                message = (
                    f"{path}: it has {status.st_size:,} bytes, more than the {most_bytes:,} that are read"
                )
                raise ModelError(message)
            data = bytearray()
            while piece := file.read(status.st_size - len(data)):
                data += piece
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        # A disk or a network may be well again at the next look, with the same files; one that comes is seen.
        raise ModelError(message, again_s=math.inf if isinstance(error, FileNotFoundError) else 0) from error
    if len(data) != status.st_size:
        message = f"{path}: it was changed while it was read"
        raise ModelError(message, again_s=0)
    return bytes(data)


def _require_regular(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        message = f"{path}: it is no regular file"
        raise ModelError(message)


def status(path: Path) -> object:
    """Tell what a file looks like from outside, or why it cannot be looked at."""
    try:
        found = path.stat()
    except OSError as error:
        return error.errno
    # The time of change, not that of modification: it tells of permissions and of another file as well.
    return found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns


def _verified(path: Path, card: Card, most_bytes: int) -> bytes:
    file = card.files[path.name]
    data = read_file(path, most_bytes=most_bytes, size=file.bytes)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        message = f"{path}: altered since it was verified: its SHA-256 is not the one on the card"
        raise ModelError(message)
    return data


def _golden(data: bytes, network: Network | InkNetwork) -> tuple[Array, ...]:
    """
    Read golden images, and what each of a network's outputs is for them.

    Raises:
        ModelError: They cannot be read, or do not belong together.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            images, *expected = (_array(archive, name) for name in ("images", *network.outputs))
    except Exception as error:
        # The archive's errors have a dozen classes, from KeyError to zlib's.
        message = f"{GOLDEN}: cannot be read: {_first_line(error)}"
        raise ModelError(message) from error
    fits = images.ndim == 3 and all(
        one in {None, found} for one, found in zip(network.size, images.shape[1:], strict=True)
    )
    if (
        not fits
        or images.dtype != network.dtype
        or any(each.dtype.kind != "f" for each in expected)
        or not all(0 < len(images) == len(np.atleast_1d(each)) for each in expected)
    ):
        message = f"{GOLDEN}: images and {' and '.join(network.outputs)} do not belong together"
        raise ModelError(message)
    return images, *expected


def _array(archive: zipfile.ZipFile, name: str) -> Array:
    """Unpack an array, but not more than it may have: what an archive says of its sizes may be a lie."""
    with archive.open(f"{name}.npy") as file:
        data = file.read(GOLDEN_BYTES + 1)
    if len(data) > GOLDEN_BYTES:
        message = f"{name} has more than {GOLDEN_BYTES:,} bytes"
        raise ValueError(message)
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        message = f"{name} is no array of NumPy's format 1.0"
        raise ValueError(message)
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    # Not by NumPy's reader, which makes room for whatever the header says.
    array: Array = np.frombuffer(data, dtype, offset=stream.tell())
    return array.reshape(shape, order="F" if is_fortran else "C")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)

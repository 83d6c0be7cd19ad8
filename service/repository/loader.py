"""From a folder to a network that may answer: read with limits, tried apart, loaded, verified and warmed."""

import math
from pathlib import Path

from service.cards.card import Card
from service.digits.ink import InkNetwork
from service.digits.network import Batching, Network
from service.engine.session import Device
from service.errors import ModelError
from service.repository import version_files
from service.repository.sandbox import Sandbox
from service.settings import PACKAGED_MODELS


class UntriedError(ModelError):
    """A version has a network that was not tried yet."""


class Loader:
    """
    Loads versions of models.

    A network that was not tried in a process of its own, and did not come with the package, is not loaded.
    """

    def __init__(self, *, device: Device, batching: Batching, most_bytes: int) -> None:
        """
        Load nothing yet.

        Args:
            device: Where networks run.
            batching: Puts a queue before each.
            most_bytes: Largest file of a version.
        """
        self._device = device
        self._batching = batching
        self._most_bytes = most_bytes
        self._sandbox = Sandbox(most_bytes=most_bytes)
        self._proven = {
            _networks(version_files.read_card(card.parent))
            for card in PACKAGED_MODELS.glob(f"*/*/{version_files.CARD}")
        }

    def close(self) -> None:
        """End the process in which versions were tried; the next trial starts another."""
        self._sandbox.close()

    def stop(self) -> None:
        """Try no version any more; from any thread."""
        self._sandbox.stop()

    def load(self, directory: Path) -> Network | InkNetwork:
        """
        Load, verify and warm a version.

        Raises:
            UntriedError: ``prove`` comes first.
            ModelError: It cannot be served.
            DeviceError: The device that was asked for cannot be had.
        """
        version = version_files.read(directory, most_bytes=self._most_bytes)
        if _networks(version.card) not in self._proven:
            message = "its network was not tried yet"
            raise UntriedError(message, again_s=0)
        return version_files.open_network(version, device=self._device, batching=self._batching)

    def prove(self, directory: Path, *, within_s: float | None, until: float = math.inf) -> None:
        """
        Try a version in a process of its own, unless its network was tried.

        Args:
            directory: ``<model>/<version>/``.
            within_s: Seconds that its network may take to load; None for a first try.
            until: When it has to end at the latest, on the monotonic clock.

        Raises:
            TooSlowError: It took longer.
            ModelError: It cannot be served.
        """
        networks = _networks(version_files.read_card(directory))
        if networks not in self._proven:
            self._sandbox.prove(directory, within_s=within_s, until=until)
            self._proven.add(networks)


def _networks(card: Card) -> tuple[str, ...]:
    """Tell what an engine would load of a version."""
    return tuple(
        card.files[name].sha256
        for name in (version_files.NETWORK, version_files.LAYERS)
        if name in card.files
    )

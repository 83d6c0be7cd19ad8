"""From a folder to a network that may answer: read with limits, tried apart, loaded, verified and warmed."""

from pathlib import Path
from types import TracebackType
from typing import Self

from service.digits import version_files
from service.digits.card import Card
from service.digits.ink import InkNetwork
from service.digits.network import Batching, Network
from service.digits.sandbox import Sandbox
from service.engine.session import Device
from service.settings import PACKAGED_MODELS


class Loader:
    """
    Loads versions of models; in a ``with`` block, at whose end the process for trying them ends.

    Networks that have been loaded here, or came with the package, are not tried again.
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

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process in which versions were tried."""
        self._sandbox.close()

    def stop(self) -> None:
        """Try no version any more; from any thread."""
        self._sandbox.stop()

    def load(self, directory: Path) -> Network | InkNetwork:
        """
        Load, verify and warm a version.

        Raises:
            ModelError: It cannot be served.
            DeviceError: The device that was asked for cannot be had.
        """
        version = version_files.read(directory, most_bytes=self._most_bytes)
        if _networks(version.card) not in self._proven:
            self._sandbox.prove(directory)
        network = version_files.open_network(version, device=self._device, batching=self._batching)
        self._proven.add(_networks(version.card))
        return network


def _networks(card: Card) -> tuple[str, ...]:
    """Tell what an engine would load of a version."""
    return tuple(
        card.files[name].sha256
        for name in (version_files.NETWORK, version_files.LAYERS)
        if name in card.files
    )

"""Whether requests may be sent to this process; a flag that is set, never computed by a probe."""

from collections.abc import Callable, Sequence
from typing import Any

from service.repository.repository import Served


class Readiness:
    """
    Not ready until ``open``, and not after ``close``.

    Attributes:
        report: The body of the readiness probe.
    """

    def __init__(self) -> None:
        """Begin as starting."""
        self.report: dict[str, Any] = {"ready": False, "reason": "starting", "models": [], "provider": None}
        self._watchers: list[Callable[[], None]] = []

    @property
    def ready(self) -> bool:
        """Requests may be sent here."""
        return bool(self.report["ready"])

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call a function whenever it becomes ready or unready."""
        self._watchers.append(on_change)

    def open(self, networks: Sequence[Served]) -> None:
        """Become ready with these networks, loaded and verified."""
        self.report = {"ready": True, "models": [], "provider": networks[0].provider if networks else None}
        self.serve(networks)
        self._tell()

    def serve(self, networks: Sequence[Served]) -> None:
        """Note other networks; ready or not is as it was."""
        self.report = {
            **self.report,
            "models": [{"name": network.card.name, "version": network.card.version} for network in networks],
        }

    def close(self, reason: str) -> None:
        """Become unready for a reason."""
        self.report = {**self.report, "ready": False, "reason": reason}
        self._tell()

    def _tell(self) -> None:
        for on_change in self._watchers:
            on_change()

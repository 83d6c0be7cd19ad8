"""Whether requests may be sent to this process; a flag that is set, never computed by a probe."""

from collections.abc import Sequence
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

    @property
    def ready(self) -> bool:
        """Requests may be sent here."""
        return bool(self.report["ready"])

    def open(self, networks: Sequence[Served]) -> None:
        """Become ready with these networks, loaded and verified."""
        self.report = {"ready": True, "models": [], "provider": networks[0].provider if networks else None}
        self.serve(networks)

    def serve(self, networks: Sequence[Served]) -> None:
        """Note other networks; ready or not is as it was."""
        self.report = {
            **self.report,
            "models": [{"name": network.card.name, "version": network.card.version} for network in networks],
        }

    def close(self, reason: str) -> None:
        """Become unready for a reason."""
        self.report = {**self.report, "ready": False, "reason": reason}

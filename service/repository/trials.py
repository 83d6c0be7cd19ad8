"""Which version is tried next in a process of its own, and how long: no version keeps the others waiting."""

import time
from collections.abc import Hashable, Mapping
from pathlib import Path

from service.errors import ModelError
from service.repository import sandbox
from service.repository.folders import Refusal, Untried, reason
from service.repository.loader import Loader
from service.repository.sandbox import TooSlowError

TOGETHER_S = 10
"""Time for all tries of a start, or of a request to load; what is left then is tried while the service runs.
The startup probe of Kubernetes waits 60 s."""

Key = tuple[str, str]


class Trials:
    """The versions that wait to be tried, by model and version."""

    def __init__(self, loader: Loader) -> None:
        """Wait for nothing yet."""
        self._loader = loader
        self._waiting: Mapping[Key, Untried] = {}
        self._slow: set[Hashable] = set()

    @property
    def waiting(self) -> Mapping[Key, Untried]:
        """What waits to be tried, the next one first."""
        return self._waiting

    def wait_for(self, untried: Mapping[Key, Untried]) -> None:
        """Wait for these and no others; the process for trying ends when there are none."""
        self._slow &= {one.state for one in untried.values()}
        self._waiting = dict(sorted(untried.items(), key=lambda item: self._turn(*item)))
        if not untried:
            self._loader.close()

    def run(self, directory: Path, state: Hashable, *, until: float) -> Refusal | None:
        """
        Try a version; tell why it is refused, if it is.

        One that is not done at its first try has ``sandbox.DEADLINE_S`` when all the others were tried.

        Args:
            directory: Where it is.
            state: What its files look like.
            until: When it has to end at the latest, on the monotonic clock.
        """
        is_last = state in self._slow
        within_s = sandbox.DEADLINE_S if is_last else None
        try:
            self._loader.prove(directory, within_s=within_s, until=until)
        except ModelError as error:
            # One that was cut short by the end of all tries is tried again.
            if isinstance(error, TooSlowError) and not (is_last and time.monotonic() < until):
                self._slow.add(state)
                return None
            return Refusal(reason(error, directory), state, time.monotonic() + error.again_s)
        return None

    def _turn(self, key: Key, one: Untried) -> tuple[bool, int, Key]:
        return one.state in self._slow, one.place, key

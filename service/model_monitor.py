"""What is looked after while the service runs: versions that come and go, networks that still answer."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable

from service import logs
from service.engine.worker_pool import WorkerPool
from service.errors import ModelError, RequestError, ServiceError
from service.readiness import Readiness
from service.repository.repository import Repository

LOOK_S = 0.25
"""How often it wakes; what it does then is due more seldom."""

MOST_FAILURES = 3
"""So many wrong answers or failed runs one after the other are no accident: a device is lost, or memory is
broken. Only a new process helps."""


class ModelMonitor:
    """Keeps readiness true."""

    def __init__(
        self,
        repository: Repository,
        readiness: Readiness,
        loading: WorkerPool,
        *,
        poll_s: float,
        canary_s: float,
    ) -> None:
        """
        Take what to look after.

        Args:
            repository: Looked at for changes every ``poll_s``, 0 never.
            readiness: Told what is served and whether it answers right.
            loading: The thread on which versions are loaded.
            poll_s: Seconds between looks at the folder.
            canary_s: Seconds between golden images for every model; at once when an engine fails.
        """
        self._repository = repository
        self._readiness = readiness
        self._loading = loading
        self._poll_s = poll_s
        self._canary_s = canary_s
        self._failures = 0
        self._hindrance = ""
        self._refused: set[tuple[str, str, str]] = set()
        self._unloaded: set[str] = set()
        self._current = {network.card.name: network for network in repository.current()}
        self._log = logs.get("models")

    async def run(self) -> None:
        """Look after everything until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            # Beside the looks, which wait for no version.
            tasks.create_task(self._try_versions())
            polled = asked = time.monotonic()
            while True:
                await asyncio.sleep(LOOK_S)
                now = time.monotonic()
                if self._poll_s and now - polled >= self._poll_s:
                    polled = now
                    await self.refresh()
                failing = any(network.failures for network in self._repository.current())
                if failing or self._failures or now - asked >= self._canary_s:
                    asked = now
                    await self.ask()

    async def _try_versions(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if self._repository.untried():
                await self.try_next()

    async def refresh(self) -> None:
        """Serve what came, take out what went, and tell."""
        await self._look(self._loading.run(self._repository.refresh))

    async def try_next(self) -> None:
        """Try the version whose turn it is, serve or refuse it, and tell."""

        async def tried() -> bool:
            await asyncio.to_thread(self._repository.try_next)
            return await self._loading.run(self._repository.refresh)

        await self._look(tried())

    async def _look(self, look: Awaitable[bool]) -> None:
        try:
            await look
        except Exception as error:  # noqa: BLE001  whatever is wrong with a folder, the looks at it go on
            # It stays so until somebody mends it: once is enough.
            if str(error) != self._hindrance:
                self._hindrance = str(error)
                self._log.error(
                    "the models were not looked at",
                    extra={logs.FACTS: {"reason": str(error)}},
                    exc_info=not isinstance(error, ServiceError),
                )
        else:
            self._hindrance = ""
            self.report()

    def report(self) -> None:
        """Log what answers, is refused or unloaded, as far as that is new, and keep readiness true."""
        refused = {(*key, refusal.reason) for key, refusal in self._repository.refused().items()}
        for name, version, reason in sorted(refused - self._refused):
            facts = {"model": name, "version": version, "reason": reason}
            self._log.error("version refused", extra={logs.FACTS: facts})
        self._refused = refused
        unloaded = set(self._repository.unloaded())
        for name in sorted(unloaded - self._unloaded):
            self._log.info("model unloaded", extra={logs.FACTS: {"model": name}})
        self._unloaded = unloaded
        current = {network.card.name: network for network in self._repository.current()}
        for name, network in current.items():
            before = self._current.get(name)
            if network is not before:
                facts = {
                    "model": name,
                    "version": network.card.version,
                    "before": before.card.version if before else "none",
                }
                self._log.info("version served", extra={logs.FACTS: facts})
        self._current = current
        self._readiness.serve(self._repository.current())

    async def ask(self) -> None:
        """Ask every model something whose answer is known; three wrong answers end the process."""
        try:
            for network in self._repository.current():
                await network.check()
        except RequestError:
            # It is full, or slow: that is no wrong answer.
            return
        except Exception as error:  # noqa: BLE001  whatever an engine raises, the model does not answer
            self._failures += 1
            reason = str(error) if isinstance(error, ModelError) else "a network does not answer"
            self._log.exception("canary failed", extra={logs.FACTS: {"failures": self._failures}})
            self._readiness.close(reason)
            if self._failures >= MOST_FAILURES:
                self._log.critical("the engine is broken; this process ends")
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(float("inf"))
        else:
            if self._failures:
                self._failures = 0
                self._readiness.open(self._repository.current())

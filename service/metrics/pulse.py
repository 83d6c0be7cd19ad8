"""What the event loop does every second for those who watch it."""

import asyncio
import time

from service import logs
from service.metrics.ledger import Ledger
from service.metrics.sharing import Sharing

INTERVAL_S = 1.0
"""A process that is killed takes at most so many seconds of its counts with it."""


async def beat(ledger: Ledger, sharing: Sharing) -> None:
    """Note how late the event loop is, and show the other processes what was counted; until cancelled."""
    hindered = False
    while True:
        due = time.perf_counter() + INTERVAL_S
        await asyncio.sleep(INTERVAL_S)
        ledger.lag(max(0.0, time.perf_counter() - due))
        try:
            sharing.publish()
        except OSError as error:
            if not hindered:
                facts = {"reason": error.strerror}
                logs.get("metrics").error("counts are not shared", extra={logs.FACTS: facts})
            hindered = True
        else:
            hindered = False

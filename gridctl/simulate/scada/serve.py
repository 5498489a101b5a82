"""The life of the outstations: physics at the wall clock, the ledger, and a clean end."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from gridctl.simulate.ledger import LedgerFile
from gridctl.simulate.ports import OutstationServers
from gridctl.simulate.scada.account import Account
from gridctl.simulate.scada.grid import Grid

STEP_S = 0.2


async def serve_outstations(
    servers: OutstationServers,
    grid: Grid,
    account: Account,
    *,
    stop: Event,
    ledger: Path | None,
    duration_s: float | None,
    on_ready: Callable[[list[str]], None],
) -> dict[str, Any]:
    """Serve until `stop` is set or the duration is over; return the ledger's last state."""
    file = LedgerFile(ledger, account.summary)
    ends_s = None if duration_s is None else time.monotonic() + duration_s
    on_ready(await servers.start())
    try:
        while not stop.is_set() and (ends_s is None or time.monotonic() < ends_s):
            file.tick(time.monotonic())
            await asyncio.sleep(STEP_S)
            grid.step(time.time_ns() // 1_000_000)
    finally:
        await servers.stop()
        account.final = True
        file.write()
    return account.summary()

"""The life of the outstations: physics at the wall clock, the account of the polls, and a clean end."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gridctl.runtime.progress import ProgressFile
from gridctl.runtime.stop import Stop
from gridctl.simulate.ports import OutstationServers
from gridctl.simulate.scada.account import Account
from gridctl.simulate.scada.grid import Grid

STEP_S = 0.2


async def serve_outstations(
    servers: OutstationServers,
    grid: Grid,
    account: Account,
    *,
    stop: Stop,
    account_file: Path | None,
    duration_s: float | None,
    on_ready: Callable[[list[str]], None],
) -> dict[str, Any]:
    """Serve until it is asked to stop or the duration is over; return the account."""
    file = ProgressFile(account_file, account.summary)
    ends_s = None if duration_s is None else time.monotonic() + duration_s
    on_ready(await servers.start())
    try:
        while not stop.is_asked() and (ends_s is None or time.monotonic() < ends_s):
            file.tick(time.monotonic())
            await asyncio.sleep(STEP_S)
            grid.step(time.time_ns() // 1_000_000)
    finally:
        await servers.stop()
        account.final = True
        file.write()
    return account.summary()

"""Serve the outstations: their faults, an account of the polls, physics at the wall clock, and a clean stop."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from gridctl.errors import UsageProblem
from gridctl.runtime.clock import wall_clock_ms
from gridctl.runtime.progress import ProgressFile
from gridctl.runtime.stop import Stop
from gridctl.simulate.ports import OutstationServers
from gridctl.simulate.scada.grid import Grid
from gridctl.simulate.scada.outstations import Outstation

FaultKind = Literal["silent", "exception", "wrong-transaction", "corrupt", "slow"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
# What the argument is when none is given: Modbus exception 4 (device failure), milliseconds.
ARGUMENTS: dict[FaultKind, tuple[int, range]] = {"exception": (4, range(1, 12)), "slow": (300, range(1, 60_001))}
EXAMPLE = "write KIND:UNIT or KIND:UNIT:ARGUMENT, for example silent:3, exception:4:2 or slow:5:300"


@dataclass(frozen=True)
class Fault:
    """What one outstation does wrong. `argument`: the exception code, or the delay in milliseconds."""

    kind: FaultKind
    argument: int = 0


def parse_faults(texts: Iterable[str], outstations: int) -> dict[int, Fault]:
    """Read `KIND:UNIT[:ARGUMENT]`; UNIT is the number of the outstation, counted through all ports."""
    faults: dict[int, Fault] = {}
    for text in texts:
        number, fault = _parse(text)
        if not 1 <= number <= outstations:
            raise UsageProblem(f"--fault {text}: there are outstations 1 to {outstations}", next_step=EXAMPLE)
        if number in faults:
            raise UsageProblem(f"--fault {text}: outstation {number} already has a fault", next_step=EXAMPLE)
        faults[number] = fault
    return faults


def _parse(text: str) -> tuple[int, Fault]:
    name, *numbers = text.split(":")
    kind = next((known for known in KINDS if known == name), None)
    if kind is None:
        raise UsageProblem(f"--fault {text}: unknown kind {name}", next_step=f"kinds: {', '.join(KINDS)}")
    default, allowed = ARGUMENTS.get(kind, (0, range(0)))
    if not all(part.isdecimal() for part in numbers) or not 1 <= len(numbers) <= 1 + bool(allowed):
        raise UsageProblem(f"--fault {text}: cannot be read", next_step=EXAMPLE)
    argument = int(numbers[1]) if len(numbers) > 1 else default
    if allowed and argument not in allowed:
        raise UsageProblem(
            f"--fault {text}: {argument} is not in {allowed.start} to {allowed.stop - 1}", next_step=EXAMPLE
        )
    return int(numbers[0]), Fault(kind, argument)


PollAnswer = Literal["data", "exception", "corrupt", "slow", "silent", "wrong-transaction"]
# With another transaction id no answer to the request has gone out.
UNANSWERED: tuple[PollAnswer, ...] = ("silent", "wrong-transaction")


class OutstationAccount:
    """Counts read requests by device and outcome; with the written map a poll is one read request."""

    def __init__(self, fleet: Sequence[Outstation]) -> None:
        self.fleet = fleet
        self.outcomes: dict[str, Counter[PollAnswer]] = {device.device_id: Counter() for device in fleet}
        self.final = False

    def count(self, device: Outstation, outcome: PollAnswer) -> None:
        """Count one poll."""
        self.outcomes[device.device_id][outcome] += 1

    def summary(self) -> dict[str, Any]:
        """Return the counts, in all and by device."""
        devices = {device_id: _entry(outcomes) for device_id, outcomes in self.outcomes.items()}
        names = ("polls", "polls_answered", "polls_unanswered")
        totals = {name: sum(entry[name] for entry in devices.values()) for name in names}
        return {"simulator": "scada", "final": self.final, **totals, "devices": devices}


def _entry(outcomes: Counter[PollAnswer]) -> dict[str, Any]:
    unanswered = sum(outcomes[outcome] for outcome in UNANSWERED)
    return {
        "polls": outcomes.total(),
        "polls_answered": outcomes.total() - unanswered,
        "polls_unanswered": unanswered,
        "outcomes": dict(sorted(outcomes.items())),
    }


STEP_S = 0.2


async def serve_outstations(
    servers: OutstationServers,
    grid: Grid,
    account: OutstationAccount,
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
            grid.step(wall_clock_ms())
    finally:
        await servers.stop()
        account.final = True
        file.write()
    return account.summary()

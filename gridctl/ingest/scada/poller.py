"""One device's life: wait until it is due, ask, put the reading, and never let another device wait."""

import asyncio
import time
from collections.abc import Callable, Sequence

from gridctl.ingest.scada.account import DeviceAccount
from gridctl.ingest.scada.blocks import Block
from gridctl.ingest.scada.outbox import Outbox, Record
from gridctl.ingest.scada.plan import PollPlan
from gridctl.ingest.scada.ports import Link, Outcome, ReadFailed
from gridctl.ingest.scada.schedule import Slots

Remark = Callable[[str], None]
# Over how long the connections of a map are opened, at most.
OPENING_MAX_MS = 1000


class DevicePoller:
    """Polls one device on its own link until it is told to stop; a poll that has begun is finished."""

    def __init__(self, plan: PollPlan, link: Link, outbox: Outbox, account: DeviceAccount, remark: Remark) -> None:
        self._plan = plan
        self._link = link
        self._outbox = outbox
        self._account = account
        self._remark = remark
        self._last_outcome: Outcome = "data"
        self._told_outcome: Outcome = "data"
        self._last_late_s: float | None = None

    async def run(self, phase_ms: int, stop: asyncio.Event) -> None:
        """Poll at the device's interval."""
        loop = asyncio.get_running_loop()
        try:
            # Hundreds of connections at one moment overflow a listener's backlog: they are spread like the polls.
            spread_ms = min(self._plan.interval_ms / 4, OPENING_MAX_MS)
            await _reached(loop.time() + phase_ms / self._plan.interval_ms * spread_ms / 1000, stop)
            await self._open(loop.time() + self._plan.timeout_ms / 1000)
            slots = Slots(self._plan.interval_ms, phase_ms, _wall_ms(), loop.time())
            poll_seq = 0
            while await _reached(slots.due_s, stop):
                await self._slot(slots, poll_seq)
                missed = slots.advance(_wall_ms(), loop.time())
                self._account.skipped += missed
                # A gap in the sequence tells the reader of the events of polls that were not made.
                poll_seq += 1 + missed
        finally:
            self._link.close()

    async def _open(self, deadline_s: float) -> None:
        """Connect ahead of the first poll; when that fails, the poll will say so."""
        try:
            await self._link.open(deadline_s)
        except ReadFailed:
            return

    async def _slot(self, slots: Slots, poll_seq: int) -> None:
        begun_s = asyncio.get_running_loop().time()
        late_s = begun_s - slots.due_s
        if self._last_late_s is not None:
            self._account.deviate((late_s - self._last_late_s) * 1000)
        self._last_late_s = late_s
        if not self._outbox.has_room():
            self._account.skipped += 1
            return
        outcome, detail, answers = await self._asked(begun_s + self._plan.timeout_ms / 1000)
        self._account.outcomes[outcome] += 1
        device = self._plan.device
        origin = f"modbus://{device.address}/{device.unit_id} poll {poll_seq}"
        self._outbox.put(Record(self._plan.reading(answers, slots.due_ms, poll_seq), origin))
        self._tell(outcome, detail)

    def _tell(self, outcome: Outcome, detail: str) -> None:
        """Remark on a change that has lasted for two polls: single late answers would be noise."""
        if outcome == self._last_outcome != self._told_outcome:
            device = self._plan.device
            state = "answers again" if outcome == "data" else detail
            self._remark(f"{device.device_id} ({device.address}, unit {device.unit_id}): {state}")
            self._told_outcome = outcome
        self._last_outcome = outcome

    async def _asked(self, deadline_s: float) -> tuple[Outcome, str, dict[Block, Sequence[int]]]:
        """Send the poll's requests one after the other; a unit that gives no answer is not asked for the rest."""
        answers: dict[Block, Sequence[int]] = {}
        outcome: Outcome = "data"
        detail = ""
        for block in self._plan.blocks:
            try:
                answers[block] = await self._link.read(block, deadline_s)
            except ReadFailed as failure:
                outcome, detail = failure.outcome, failure.detail
                if outcome != "exception":
                    break
        return outcome, detail, answers


async def _reached(due_s: float, stop: asyncio.Event) -> bool:
    """Wait until a time; False when it is time to stop instead."""
    try:
        async with asyncio.timeout_at(due_s):
            await stop.wait()
    except TimeoutError:
        return True
    return False


def _wall_ms() -> float:
    return time.time_ns() / 1_000_000

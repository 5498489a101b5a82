"""One device's life: wait until it is due, ask, put the reading, count, and never let another device wait.

Polls are due at whole multiples of the interval on the wall clock, shifted by the device's phase. Due times come from
the clock and not from the end of the poll before, so nothing drifts, and a restart goes on with the same grid of times.
Waiting is on the monotonic clock. Times never repeat and never go back.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition
from typing import Any, NamedTuple

from gridctl.ingest.scada.plan import Block, PollPlan
from gridctl.ingest.scada.ports import Link, PollOutcome, ReadFailed
from gridctl.runtime.histogram import Histogram


class Slots:
    """The due times of one device; times come in as arguments."""

    def __init__(self, interval_ms: int, phase_ms: int, wall_ms: float, monotonic_s: float) -> None:
        self._interval_ms = interval_ms
        self._phase_ms = phase_ms
        self._offset_ms = wall_ms - monotonic_s * 1000
        self._slot = self._slot_at(monotonic_s) + 1

    @property
    def due_ms(self) -> int:
        """When the poll is due, on the wall clock."""
        return self._slot * self._interval_ms + self._phase_ms

    @property
    def due_s(self) -> float:
        """When the poll is due, on the monotonic clock."""
        return (self.due_ms - self._offset_ms) / 1000

    def advance(self, wall_ms: float, monotonic_s: float) -> int:
        """Go on to the next poll that is not yet due; return how many between were missed.

        A wall clock that was set forward (or a machine that slept) moves the due times along. One that was set back
        does not: event times would repeat.
        """
        ahead_ms = wall_ms - monotonic_s * 1000 - self._offset_ms
        if ahead_ms > self._interval_ms:
            self._offset_ms += ahead_ms
        expected = self._slot + 1
        self._slot = max(expected, self._slot_at(monotonic_s) + 1)
        return self._slot - expected

    def _slot_at(self, monotonic_s: float) -> int:
        return int((monotonic_s * 1000 + self._offset_ms - self._phase_ms) // self._interval_ms)


CAP_BYTES = 32 * 1024 * 1024


class PolledReading(NamedTuple):
    """A reading, and what polled it."""

    raw: bytes
    origin: str


class Outbox:
    """One thread puts, one takes."""

    def __init__(self, cap_bytes: int = CAP_BYTES) -> None:
        self._cap_bytes = cap_bytes
        self._records: deque[PolledReading] = deque()
        self._held_bytes = 0
        self._closed = False
        self._changed = Condition()

    def has_room(self) -> bool:
        """Say whether another poll may be made; one that was made always finds its place."""
        with self._changed:
            return self._held_bytes < self._cap_bytes

    def put(self, record: PolledReading) -> None:
        """Add a record."""
        with self._changed:
            self._records.append(record)
            self._held_bytes += len(record.raw)
            self._changed.notify()

    def close(self) -> None:
        """Say that nothing more will be put."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, wait_s: float) -> list[PolledReading] | None:
        """Return all that is there, waiting at most this long for the first; None when nothing more will come."""
        with self._changed:
            if not self._records and not self._closed:
                self._changed.wait(wait_s)
            if not self._records:
                return None if self._closed else []
            taken = list(self._records)
            self._records.clear()
            self._held_bytes = 0
            return taken


ANSWERED: tuple[PollOutcome, ...] = ("data", "exception")


@dataclass
class DeviceAccount:
    """One device. `skipped` polls were not made: the process stood still, or what was read could not be taken."""

    interval_ms: int
    outcomes: Counter[PollOutcome] = field(default_factory=Counter)
    skipped: int = 0
    # There is one for each device: seven bits make two good digits, in some hundred keys.
    deviations_us: Histogram = field(default_factory=lambda: Histogram(exact_bits=7))

    def deviate(self, deviation_ms: float) -> None:
        """Note how far an interval was from the planned one."""
        self.deviations_us.add([abs(round(deviation_ms * 1000))])

    @property
    def answered(self) -> int:
        """Polls that the device answered, with data or with an exception."""
        return sum(self.outcomes[outcome] for outcome in ANSWERED)

    def summary(self) -> dict[str, Any]:
        """Return the counts of this device."""
        polls = self.outcomes.total()
        return {
            "polls": polls,
            "polls_answered": self.answered,
            "polls_unanswered": polls - self.answered,
            "polls_skipped": self.skipped,
            "outcomes": dict(sorted(self.outcomes.items())),
            "interval_jitter_ms": quantiles_ms([self.deviations_us]),
        }


def summary_of(accounts: Mapping[str, DeviceAccount]) -> dict[str, Any]:
    """Return the counts of all devices, with the jitter by interval, and those of each."""
    devices = {device_id: account.summary() for device_id, account in accounts.items()}
    names = ("polls", "polls_answered", "polls_unanswered", "polls_skipped")
    intervals = sorted({account.interval_ms for account in accounts.values()})
    jitter = {
        str(interval_ms): quantiles_ms(
            account.deviations_us for account in accounts.values() if account.interval_ms == interval_ms
        )
        for interval_ms in intervals
    }
    totals = {name: sum(device[name] for device in devices.values()) for name in names}
    return {**totals, "interval_jitter_ms": jitter, "devices": devices}


def quantiles_ms(deviations_us: Iterable[Histogram]) -> dict[str, float | None]:
    """Return median, 99th percentile and maximum in milliseconds, to two digits; None where nothing was measured."""
    total = Histogram(exact_bits=7)
    for each in deviations_us:
        total.merge(each)

    def quantile(share: float) -> float | None:
        value_us = total.percentile(share)
        return None if value_us is None else float(f"{value_us / 1000:.2g}")

    return {"p50": quantile(0.5), "p99": quantile(0.99), "max": quantile(1.0)}


Notify = Callable[[str], None]
# Over how long the connections of a map are opened, at most.
OPENING_MAX_MS = 1000


class DevicePoller:
    """Polls one device on its own link until it is stopped; a poll that has begun is finished."""

    def __init__(self, plan: PollPlan, link: Link, outbox: Outbox, account: DeviceAccount, notify: Notify) -> None:
        self._plan = plan
        self._link = link
        self._outbox = outbox
        self._account = account
        self._notify = notify
        self._last_outcome: PollOutcome = "data"
        self._reported_outcome: PollOutcome = "data"
        self._last_late_s: float | None = None

    async def run(self, phase_ms: int, stop: asyncio.Event) -> None:
        """Poll at the device's interval."""
        loop = asyncio.get_running_loop()
        try:
            # Hundreds of connections at one moment overflow a listener's backlog: they are spread like the polls.
            spread_ms = min(self._plan.interval_ms / 4, OPENING_MAX_MS)
            await _reached(loop.time() + phase_ms / self._plan.interval_ms * spread_ms / 1000, stop)
            with suppress(ReadFailed):  # the poll will say so
                await self._link.open(loop.time() + self._plan.timeout_ms / 1000)
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
        self._outbox.put(PolledReading(self._plan.reading(answers, slots.due_ms, poll_seq), origin))
        self._report_change(outcome, detail)

    def _report_change(self, outcome: PollOutcome, detail: str) -> None:
        """Notify on a change that has lasted for two polls: single late answers would be noise."""
        if outcome == self._last_outcome != self._reported_outcome:
            device = self._plan.device
            state = "answers again" if outcome == "data" else detail
            self._notify(f"{device.device_id} ({device.address}, unit {device.unit_id}): {state}")
            self._reported_outcome = outcome
        self._last_outcome = outcome

    async def _asked(self, deadline_s: float) -> tuple[PollOutcome, str, dict[Block, Sequence[int]]]:
        """Send the poll's requests one after the other; a unit that gives no answer is not asked for the rest."""
        answers: dict[Block, Sequence[int]] = {}
        outcome: PollOutcome = "data"
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

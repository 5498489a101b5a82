"""How a fleet's packets leave: as JSON lines as fast as they can be written, or at the wall clock to a broker."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from gridctl.runtime.clock import wall_clock_ms
from gridctl.runtime.progress import ProgressFile
from gridctl.runtime.stop import Stop
from gridctl.simulate.fleet import BLOCK, Fleet, Packet
from gridctl.simulate.ports import Publisher


def write_lines(
    fleet: Fleet,
    out: BinaryIO,
    progress: Callable[[int], None] = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Write every tick of the fleet's schedule, which must have an end, unless `stopping`; return the lines written."""
    schedule, devices = fleet.plan.schedule, fleet.plan.devices
    written = 0
    for tick in range(schedule.ticks or 0):
        base_ms, spread_ms = schedule.time_ms(tick), schedule.interval_at(tick)
        fleet.begin_tick(tick, base_ms)
        for first in range(0, devices, BLOCK):
            if stopping():
                out.flush()
                return written
            lines = fleet.lines(first, min(devices, first + BLOCK), base_ms, spread_ms)
            out.write(("\n".join(lines) + "\n").encode("latin-1"))
            written += len(lines)
            progress(len(lines))
    out.flush()
    return written


SLICE_S = 0.05
DRAIN_S = 10.0
WELL_FORMED = "well_formed"


class LiveFleet:
    """Publishes a fleet until its schedule ends or it is asked to stop."""

    def __init__(
        self,
        fleet: Fleet,
        publisher: Publisher,
        stop: Stop,
        account: Path | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.fleet = fleet
        self.publisher = publisher
        self.stop = stop
        self.progress = progress
        self.sent: Counter[str] = Counter()
        self.late_s = 0.0
        self.final = False
        self.account = ProgressFile(account, self.summary)

    def run(self) -> dict[str, Any]:
        """Publish, wait for the acknowledgements, write the account and return it."""
        try:
            self._ticks()
            self.publisher.drain(DRAIN_S)
            self.final = True
        finally:
            self.account.write()
            self.publisher.close()
        return self.summary()

    def _ticks(self) -> None:
        schedule = self.fleet.plan.schedule
        tick, due_s = 0, time.monotonic()
        while not self.stop.is_asked() and (schedule.ticks is None or tick < schedule.ticks):
            self.fleet.begin_tick(tick, wall_clock_ms())
            interval_s = schedule.interval_at(tick) / 1000
            self._one_tick(due_s, interval_s)
            tick += 1
            # A fleet too large for its interval runs late; it never skips a report to catch up.
            due_s = max(due_s + interval_s, time.monotonic() - interval_s)
            self._wait_until(due_s)

    def _one_tick(self, due_s: float, interval_s: float) -> None:
        devices = self.fleet.plan.devices
        slices = max(1, min(devices, int(interval_s / SLICE_S)))
        size = min(BLOCK, -(-devices // slices))
        first = 0
        while first < devices and not self.stop.is_asked():
            last = min(devices, first + size, (first // BLOCK + 1) * BLOCK)
            self._wait_until(due_s + interval_s * first / devices)
            for packet in self.fleet.packets(first, last, wall_clock_ms()):
                self._send(packet)
            self.progress(last - first)
            first = last

    def _send(self, packet: Packet) -> None:
        tag = packet.fault or WELL_FORMED
        self.publisher.publish(f"devices/{self.fleet.kind}/{packet.device_id}", packet.payload, tag)
        self.sent[tag] += 1

    def _wait_until(self, due_s: float) -> None:
        now_s = time.monotonic()
        self.late_s = max(0.0, now_s - due_s)
        self.account.tick(now_s)
        while now_s < due_s and not self.stop.wait(min(0.5, due_s - now_s)):
            now_s = time.monotonic()
            self.account.tick(now_s)

    def summary(self) -> dict[str, Any]:
        """Return the account: sent and acknowledged, well formed and malformed, in all and by fault."""
        acknowledged = self.publisher.acknowledged()
        malformed = {
            fault: {"sent": sent, "acknowledged": acknowledged.get(fault, 0)}
            for fault, sent in sorted(self.sent.items())
            if fault != WELL_FORMED
        }
        return {
            "simulator": self.fleet.kind,
            "devices": self.fleet.plan.devices,
            "final": self.final,
            "sent": self.sent.total(),
            "acknowledged": sum(acknowledged.values()),
            "well_formed": {"sent": self.sent[WELL_FORMED], "acknowledged": acknowledged.get(WELL_FORMED, 0)},
            "malformed": {
                "sent": sum(entry["sent"] for entry in malformed.values()),
                "acknowledged": sum(entry["acknowledged"] for entry in malformed.values()),
            },
            "malformed_by_fault": malformed,
            "late_s": round(self.late_s, 3),
        }
